"""``codexctl login``: the ways in."""

import threading
import time
import webbrowser
from argparse import Namespace
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from codexctl.domain.credentials import ApiKey, Credential, Secret, Subscription
from codexctl.domain.errors import SignInFailed, SignInRejected, UsageError
from codexctl.entrypoints.account_composition import (
    Account,
    Person,
    browser_receiver,
    paste_receiver,
    read_codex_login,
    ready_token,
)
from codexctl.entrypoints.cli.account import account_of, is_headless, kind_of
from codexctl.entrypoints.cli.exit_codes import DONE
from codexctl.entrypoints.cli.prompt import standard_input
from codexctl.entrypoints.cli.surroundings import Surroundings
from codexctl.entrypoints.cli.terminal_input import hidden_input, is_at_terminal, read_line
from codexctl.entrypoints.rendering.screen import Screen

if TYPE_CHECKING:
    from codexctl.domain.ports import RedirectReceiver

_LONGEST_SECRET = 65_536
_HOW_TO_PASTE = (
    "After signing in, the browser goes to a page that it cannot load. Copy the address of that\n"
    "page, paste it here (it is not shown) and press Enter."
)
_IF_ELSEWHERE = (
    "If the browser is on another machine, it ends at a page that it cannot load. Copy the\n"
    "address of that page, paste it here (it is not shown) and press Enter; or use:\n"
    "codexctl login --device"
)
_SHARED = (
    "This sign-in is now shared with the official client: the two spend one chain of refresh "
    "tokens, and whichever renews second may be signed out. codexctl login gives it one of its own."
)


def run(options: Namespace, screen: Screen, surroundings: Surroundings) -> int:
    """Sign in as the options say; see ``codexctl login --help``."""
    account = account_of(options, screen, surroundings)
    handed_over = _handed_over(options, surroundings)
    if handed_over is not None:
        _check_not_ended(handed_over)
        account.keep_login(handed_over)
        _tell_success(handed_over, account, screen)
        _tell_what_it_means(handed_over, screen)
        return DONE
    account.keep_login.check()
    account.check_key()
    way = _way(options, surroundings)
    if way == "device":
        _by_device(account, options, screen)
    else:
        _by_redirect(account, options, screen, surroundings, with_browser=way == "browser")
    return DONE


def _way(options: Namespace, surroundings: Surroundings) -> str:
    asked_for: str | None = options.way
    if asked_for is not None:
        return asked_for
    return "device" if is_headless(surroundings) else "browser"


def _handed_over(options: Namespace, surroundings: Surroundings) -> Credential | None:
    """Return the credential that needs no sign-in, if one was asked for."""
    if options.handed == "api-key":
        return ApiKey(_secret_from(surroundings, "api-key"), "codexctl login --api-key")
    if options.handed == "access-token":
        token = _secret_from(surroundings, "access-token")
        return ready_token(token.reveal(), "codexctl login --access-token")
    if options.import_codex is not None:
        return read_codex_login(_codex_file(options.import_codex, surroundings))
    return None


def _secret_from(surroundings: Surroundings, option: str) -> Secret:
    """Read a secret from a pipe. Never from the command line, where others could see it."""
    stream = standard_input(surroundings.stdin)
    what = option.replace("-", " ").replace("api", "API")
    if stream.isatty():
        raise UsageError(
            f"The {what} is read from standard input, and that is the terminal.",
            remedy=f"Pipe it in, such as: codexctl login --{option} < FILE",
        )
    secret = Secret(stream.read(_LONGEST_SECRET).decode(errors="replace").strip())
    remedy = f"Pipe in the {what} alone, complete and without quotes."
    if secret == Secret(""):
        raise UsageError("Nothing came on standard input.", remedy=remedy)
    if not secret.fits_a_header():
        raise UsageError(
            f"What came on standard input is no {what}: it has a space, a line end or a letter"
            " that none has.",
            remedy=remedy,
        )
    return secret


def _check_not_ended(credential: Credential) -> None:
    """Refuse a token that is of no use any more, before it takes the place of one that is."""
    if not isinstance(credential, Subscription) or credential.refresh_token is not None:
        return
    if credential.expires_at is None or not credential.is_expired(datetime.now(UTC), timedelta(0)):
        return
    raise SignInRejected(
        f"The token ended at {_moment(credential.expires_at)}, and nothing came to renew it with.",
        remedy="Hand over a fresh one, or sign in with: codexctl login",
    )


def _tell_what_it_means(credential: Credential, screen: Screen) -> None:
    """Tell whether somebody else renews a token that was handed over, or nobody."""
    if not isinstance(credential, Subscription):
        return
    if credential.refresh_token is not None:
        screen.note(f"note: {_SHARED}", "yellow")
        return
    end = "it is refused"
    if credential.expires_at is not None:
        end = f"it ends at {_moment(credential.expires_at)}"
    screen.note(
        f"note: Nothing came to renew this token with. When {end}, hand over a fresh one, or sign"
        " in with: codexctl login",
        "yellow",
    )


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M %Z}"


def _codex_file(word: str, surroundings: Surroundings) -> Path:
    if word:
        return Path(word)
    home = surroundings.environment.get("CODEX_HOME")
    return (Path(home) if home else Path("~/.codex").expanduser()) / "auth.json"


def _by_device(account: Account, options: Namespace, screen: Screen) -> None:
    code = account.by_device.begin()
    screen.say(
        f"Open this page in any browser and type the code in (it is good for 15 minutes):\n\n"
        f"    {code.verification_url}\n"
        f"    {code.user_code}\n\n"
        "Go on only if you started this sign-in yourself; a code from somebody else is a trap."
    )
    screen.status("waiting for you to approve it…")
    subscription = account.by_device(code, options.timeout)
    account.keep_login(subscription)
    _tell_success(subscription, account, screen)


def _by_redirect(
    account: Account,
    options: Namespace,
    screen: Screen,
    surroundings: Surroundings,
    *,
    with_browser: bool,
) -> None:
    can_paste = is_at_terminal(surroundings) or not with_browser
    # Where there is no display, what opens is a browser in this very terminal, in everybody's way.
    may_open = not is_headless(surroundings) or bool(surroundings.environment.get("BROWSER"))
    opens = with_browser and may_open and not options.no_open
    person = _person(screen, surroundings, opens=opens)
    receiver: RedirectReceiver | None = None
    if with_browser:
        screen.status("making the way back for the browser…")  # seconds, where a port is taken
        receiver = browser_receiver(person, options.timeout, takes_pastes=can_paste)
        if receiver is None:
            if not can_paste:
                raise SignInFailed(
                    "Other programs hold the ports that the browser comes back to (1455, 1457).",
                    remedy="End them, or run: codexctl login --device",
                )
            screen.say("The ports that the browser comes back to are taken: paste instead.")
    if receiver is None:
        until = time.monotonic() + options.timeout
        person = _person(screen, surroundings, opens=opens, until=until)
        receiver = paste_receiver(person)
    with closing(receiver), hidden_input(surroundings.stdin):
        subscription = account.by_redirect(receiver, account.keep_login)
    _tell_success(subscription, account, screen)


def _person(
    screen: Screen, surroundings: Surroundings, *, opens: bool, until: float | None = None
) -> Person:
    def present(url: str) -> None:
        screen.say(f"Open this address in a browser to sign in:\n\n    {url}\n")
        if until is not None:  # nobody listens for the browser
            screen.say(_HOW_TO_PASTE)
        elif is_at_terminal(surroundings):
            screen.say(_IF_ELSEWHERE)
        if opens:
            # In a thread: some browsers started from a terminal only return when they are closed.
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    def confirm() -> bool:
        screen.say("This is a code without its state. Use it only if you copied it yourself: y/n?")
        answer = read_line(surroundings.stdin, until)
        if answer is not None and answer.strip().lower() in ("y", "yes"):
            return True
        screen.say("Then paste the whole address that the sign-in ended at.")
        return False

    return Person(
        present=present,
        read_line=lambda: read_line(surroundings.stdin, until),
        confirm=confirm,
        tell=screen.say,
    )


def _tell_success(credential: Credential, account: Account, screen: Screen) -> None:
    details = ""
    if isinstance(credential, Subscription):
        parts = (
            f"account {credential.account_id}" if credential.account_id else None,
            f"plan {credential.plan}" if credential.plan else None,
        )
        details = ", ".join(part for part in parts if part)
    who = f" ({details})" if details else ""
    screen.note(f"Signed in: {kind_of(credential)}{who}, profile {account.profile}.")
    choice = account.key_choice()
    if choice.weakness is not None:
        screen.note(f"note: {choice.weakness}", "yellow")
