"""What a person types or pastes on a terminal and must not be shown."""

import getpass
import os
import select
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import BinaryIO

from codexctl.domain.credentials import Secret
from codexctl.domain.errors import SignInFailed, StoreSealed
from codexctl.entrypoints.cli.failures import Terminated
from codexctl.entrypoints.cli.surroundings import Surroundings
from codexctl.entrypoints.rendering.screen import Screen

_READ_BYTES = 65_536
_SLICE_SECONDS = 0.25


def is_at_terminal(surroundings: Surroundings) -> bool:
    """Tell whether a person can answer a question."""
    return surroundings.stdin is not None and surroundings.stdin.isatty()


@contextmanager
def hidden_input(stdin: BinaryIO | None) -> Generator[None, None, None]:
    """Keep a terminal from showing what is typed, and from cutting long lines, for a ``with``.

    A terminal in its usual mode takes at most 4,096 bytes a line and loses the rest, without a
    word. Does nothing where standard input is no terminal, or on a system without terminal modes.
    """
    try:
        import termios
    except ImportError:
        yield
        return
    if stdin is None or not stdin.isatty():
        yield
        return
    descriptor = stdin.fileno()
    before = termios.tcgetattr(descriptor)
    quiet = termios.tcgetattr(descriptor)
    quiet[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(descriptor, termios.TCSADRAIN, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def read_line(stdin: BinaryIO | None, until: float | None = None) -> str | None:
    """Return the next line, or None at the end of the input.

    Reads the descriptor and not ``sys.stdin``: the thread that waits here may have to be left
    behind, and the lock of ``sys.stdin`` would keep Python from ending.

    Args:
        stdin: Standard input.
        until: When to stop waiting, on the monotonic clock; None for never.

    Raises:
        SignInFailed: The line did not come in time.
    """
    if stdin is None:
        return None
    line = b""
    while not line.endswith((b"\n", b"\r")):
        _wait_for_input(stdin, until)
        more = os.read(stdin.fileno(), _READ_BYTES)
        if not more or more == b"\x04":  # Ctrl-D, which ends the input where lines are raw
            return line.decode(errors="replace") if line else None
        line += more
    return line.decode(errors="replace")


def _wait_for_input(stdin: BinaryIO, until: float | None) -> None:
    """Wait in slices: a signal just before a wait, or in another thread, does not end the wait."""
    while True:
        left = _SLICE_SECONDS if until is None else until - time.monotonic()
        try:
            ready, _, _ = select.select([stdin], [], [], min(max(0.0, left), _SLICE_SECONDS))
        except (OSError, ValueError):
            return  # Windows can wait for sockets only
        if ready:
            return
        if left <= 0:
            raise SignInFailed(
                "Nobody pasted an address in time.",
                remedy="Run codexctl login again, with a longer --timeout if need be.",
            )


def ask_passphrase(screen: Screen, *, is_new: bool) -> Secret:
    """Ask a person at the terminal for the passphrase of the store; twice for a new one.

    Raises:
        StoreSealed: They gave none, or two different ones.
    """
    screen.finish()
    passphrase = _typed("Passphrase of the credential store: ", screen)
    if is_new and _typed("Once more: ", screen) != passphrase:
        raise StoreSealed("The two passphrases differ.", remedy="Run the command again.")
    if not passphrase:
        raise StoreSealed(
            "No passphrase was given.",
            remedy="Run the command again, or set CODEXCTL_PASSPHRASE where no terminal can ask.",
        )
    return Secret(passphrase)


def _typed(prompt: str, screen: Screen) -> str:
    try:
        return getpass.getpass(prompt)
    except EOFError:
        screen.say("")  # ends the line of the prompt
        return ""
    except (KeyboardInterrupt, Terminated):
        screen.say("")
        raise
