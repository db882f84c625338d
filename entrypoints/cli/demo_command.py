"""``codexctl demo``: the main job against the emulator in this process."""

from argparse import Namespace
from pathlib import Path
from tempfile import TemporaryDirectory

from codexctl.application.run_conversation import Task
from codexctl.domain.credentials import Secret
from codexctl.domain.models import Provider
from codexctl.entrypoints.cli.run_command import DEFAULT_INSTRUCTIONS, follow
from codexctl.entrypoints.cli.surroundings import Surroundings
from codexctl.entrypoints.composition import running
from codexctl.entrypoints.emulator import Emulator
from codexctl.entrypoints.rendering.screen import Screen
from codexctl.entrypoints.rendering.text import TextReport
from codexctl.entrypoints.settings import DEFAULT_ORIGINATOR, Settings

_PROMPT = "What is in this folder?"
_FILES = {
    "README.md": "# A sample project\n\nMade for the demo and removed after it.\n",
    "notes/today.txt": "Try codexctl.\n",
}


def run(_options: Namespace, screen: Screen, _surroundings: Surroundings) -> int:
    """Ask, stream, call a tool and answer, with nothing from outside this process."""
    screen.note("A stand-in for the service runs in this process: no account, no network.")
    with TemporaryDirectory(prefix="codexctl-demo-") as name, Emulator() as emulator:
        folder = Path(name)
        _lay_out(folder)
        settings = Settings(
            base_urls={
                Provider.CHATGPT: emulator.chatgpt_base_url,
                Provider.API: emulator.api_base_url,
            },
            originator=DEFAULT_ORIGINATOR,
            access_token=Secret("made-up-token-for-the-emulator"),
            api_key=None,
            ca_bundle=None,
            debug=False,
        )
        screen.note(f"$ codexctl run {_PROMPT!r}")
        task = Task(prompt=_PROMPT, instructions=DEFAULT_INSTRUCTIONS)
        with running(
            settings, tools="all", working_folder=folder, idle_timeout_seconds=30.0
        ) as run_conversation:
            follow(run_conversation(task), TextReport(screen))
    screen.note("That was the whole path of a run. With an account: codexctl run --help")
    return 0


def _lay_out(folder: Path) -> None:
    for name, text in _FILES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
