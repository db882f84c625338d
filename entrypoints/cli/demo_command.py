"""``codexctl demo``: the whole journey against the emulator in this process."""

from argparse import Namespace
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from codexctl.application.run_conversation import Task
from codexctl.domain.models import Provider
from codexctl.entrypoints.account_composition import Account, open_account
from codexctl.entrypoints.cli.run_command import DEFAULT_INSTRUCTIONS, follow
from codexctl.entrypoints.cli.surroundings import Surroundings
from codexctl.entrypoints.composition import RunOptions, running
from codexctl.entrypoints.emulator import Emulator
from codexctl.entrypoints.rendering.notices import ScreenNotifier
from codexctl.entrypoints.rendering.screen import Screen
from codexctl.entrypoints.rendering.text import TextReport
from codexctl.entrypoints.settings import DEFAULT_ORIGINATOR, Settings

_PROMPT = "What is in this folder?"
_FILES = {
    "README.md": "# A sample project\n\nMade for the demo and removed after it.\n",
    "notes/today.txt": "Try codexctl.\n",
}
_LIFETIME_SECONDS = 60
"""Less than the margin before its end at which a token is renewed: so the demo sees it happen."""


def run(_options: Namespace, screen: Screen, _surroundings: Surroundings) -> int:
    """Sign in, ask, call a tool, renew, sign out, with nothing from outside this process."""
    screen.note("A stand-in for the service runs in this process: no account, no network.")
    with (
        TemporaryDirectory(prefix="codexctl-demo-") as name,
        closing(Emulator(access_token_lifetime=_LIFETIME_SECONDS)) as emulator,
    ):
        emulator.start()
        folder = Path(name)
        settings = _settings(emulator, folder / "home")
        account = open_account(settings, ScreenNotifier(screen))
        _sign_in(account, screen)
        _ask(settings, folder / "project", screen)
        renewals = emulator.issuer_state.refreshes_succeeded
        screen.note(f"The token was about to end; it was renewed on the way ({renewals} times).")
        screen.note("$ codexctl logout")
        account.sign_out(account.profile, revoke=True)
        screen.note(f"Signed out; {len(emulator.issuer_state.tokens_revoked)} token revoked.")
    screen.note("That was the whole journey. With an account: codexctl login")
    return 0


def _settings(emulator: Emulator, home: Path) -> Settings:
    return Settings(
        base_urls={
            Provider.CHATGPT: emulator.chatgpt_base_url,
            Provider.API: emulator.api_base_url,
        },
        originator=DEFAULT_ORIGINATOR,
        access_token=None,
        api_key=None,
        ca_bundle=None,
        debug=False,
        home=str(home),
        issuer=emulator.issuer,
        key_source="file",
    )


def _sign_in(account: Account, screen: Screen) -> None:
    screen.note("$ codexctl login --device")
    code = account.by_device.begin()
    screen.note(f"Open {code.verification_url} and type in {code.user_code} (done by itself here).")
    subscription = account.by_device(code)
    account.keep_login(subscription)
    screen.note(f"Signed in: account {subscription.account_id}, plan {subscription.plan}.")


def _ask(settings: Settings, folder: Path, screen: Screen) -> None:
    for name, text in _FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    screen.note(f"$ codexctl run {_PROMPT!r}")
    task = Task(prompt=_PROMPT, instructions=DEFAULT_INSTRUCTIONS)
    options = RunOptions(tools="all", working_folder=folder, idle_timeout_seconds=30.0)
    with running(settings, options, ScreenNotifier(screen)) as run_conversation:
        follow(run_conversation(task), TextReport(screen))
