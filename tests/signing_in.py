"""Signs in with the installed command: a home of its own, and the emulator for the issuer."""

import fcntl
import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import requests
from tests.command import COMMAND, Ran, process_environment, run_command, run_here

from codexctl.domain.credentials import StoredLogin
from codexctl.entrypoints.account_composition import Account, open_account
from codexctl.entrypoints.emulator import Emulator
from codexctl.entrypoints.emulator.issuer.identity import ACCOUNT_ID
from codexctl.entrypoints.settings import read_settings

DESKTOP = {"DISPLAY": ":0", "BROWSER": "true"}
"""What a command sees on a desktop, with a browser that does nothing."""

FILE_NOTE = (
    "note: The key lies in a file beside the credentials: that protects copies of the credential"
    " file, not against whoever can read the whole folder.\n"
)
SIGNED_IN = f"Signed in: ChatGPT (account {ACCOUNT_ID}, plan plus), profile default.\n"
READY_TO_PASTE = r"\(it is not shown\) and press Enter.*\n"
HINT = "Sign in with: codexctl login\n"

_PREPARE = """
import fcntl, os, signal, sys, termios
signal.signal(signal.SIGINT, signal.SIG_DFL)
if sys.argv[1] == "terminal":
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[2], sys.argv[2:])
"""
"""Heeds SIGINT, which a test run in the background ignores, and takes the terminal for its own."""


@dataclass(frozen=True, slots=True)
class Silent:
    """A notifier for the library, which keeps what it is told."""

    told: list[str] = field(default_factory=list[str])

    def tell(self, text: str) -> None:
        """See :meth:`codexctl.domain.ports.Notifier.tell`."""
        self.told.append(text)


@dataclass(slots=True)
class Talk:
    """A running command, and what it says to the person before it.

    Attributes:
        process: It.
        ear: The descriptor of what it says: its standard error, or its terminal.
        mouth: The descriptor of what it is told.
        said: What it has said so far.
    """

    process: subprocess.Popen[bytes]
    ear: int
    mouth: int
    said: bytearray = field(default_factory=bytearray)

    def wait_for(self, pattern: str) -> str:
        """Wait until it has said something that fits, and return that."""
        while (found := re.search(pattern.encode(), self.said)) is None:
            more = self._hear()
            assert more, f"it ended, and said: {self.said.decode()}"
        return found[0].decode()

    def wait_for_url(self) -> str:
        """Return the address that it wants opened."""
        return self.wait_for(r"http://\S+/oauth/authorize\?\S+(?=\s)")

    def type(self, text: str) -> None:
        """Type or paste, as it is."""
        os.write(self.mouth, text.encode())

    def finish(self) -> Ran:
        """Wait for its end; a terminal's lines are made those of a file."""
        while self._hear():
            pass
        stdout = b"" if self.process.stdout is None else self.process.stdout.read()
        exit_code = self.process.wait(timeout=60)
        return Ran(
            exit_code=exit_code, stdout=stdout, stderr=self.said.decode().replace("\r\n", "\n")
        )

    def modes(self) -> list[Any]:
        """Return the modes of its terminal."""
        return termios.tcgetattr(self.ear)

    def _hear(self) -> bytes:
        try:
            more = os.read(self.ear, 4_096)
        except OSError:  # how Linux says that nobody holds the other side of a terminal any more
            more = b""
        self.said += more
        return more


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A user's machine: a home folder, and settings that point to an issuer.

    Attributes:
        home: The folder of everything that is kept.
        issuer: The issuer's address.
        extra: More of the environment.
    """

    home: Path
    issuer: str
    extra: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def environment(self) -> dict[str, str]:
        """The variables that a command is started with."""
        return {
            "HOME": str(self.home.parent),
            "CODEXCTL_HOME": str(self.home),
            "CODEXCTL_KEY_SOURCE": "file",
            "CODEXCTL_ISSUER": self.issuer,
            "CODEXCTL_CHATGPT_BASE_URL": f"{self.issuer}/backend-api/codex",
            "CODEXCTL_API_BASE_URL": f"{self.issuer}/v1",
            **self.extra,
        }

    def having(self, **variables: str) -> "Machine":
        """Return it with more of the environment."""
        return replace(self, extra={**self.extra, **variables})

    def run(self, *words: str, stdin: bytes = b"", **variables: str) -> Ran:
        """Run a command to its end."""
        return run_command(*words, environment={**self.environment, **variables}, stdin=stdin)

    def run_here(self, *words: str, stdin: bytes = b"", **variables: str) -> Ran:
        """Run a command in this process, which is quicker."""
        return run_here(*words, environment={**self.environment, **variables}, stdin=stdin)

    def sign_in(self, profile: str = "default", **variables: str) -> None:
        """Sign in with a device code, in this process, where that is not what a test is about."""
        account = self.account(**variables, CODEXCTL_PROFILE=profile)
        account.keep_login(account.by_device(account.by_device.begin()))

    def account(self, **variables: str) -> Account:
        """Return the account as the library has it."""
        settings = read_settings({**self.environment, **variables}, None)
        return open_account(settings, Silent())

    def stored(self, profile: str = "default", **variables: str) -> StoredLogin | None:
        """Return what is kept for a profile."""
        return self.account(**variables).store.load(profile)

    @contextmanager
    def talk(self, *words: str, **variables: str) -> Generator[Talk, None, None]:
        """Run a command over pipes; its standard input is open and empty."""
        with subprocess.Popen(
            [sys.executable, "-ISc", _PREPARE, "pipes", COMMAND, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=process_environment({**self.environment, **variables}),
        ) as process:
            assert process.stderr is not None
            assert process.stdin is not None
            with _ended(process):
                yield Talk(process, process.stderr.fileno(), process.stdin.fileno())

    @contextmanager
    def terminal(self, *words: str, **variables: str) -> Generator[Talk, None, None]:
        """Run a command on a terminal of its own."""
        master, slave = pty.openpty()
        try:
            with subprocess.Popen(
                [sys.executable, "-ISc", _PREPARE, "terminal", COMMAND, *words],
                stdin=slave,
                stdout=slave,
                stderr=slave,
                env={
                    **process_environment({**self.environment, **variables}),
                    "TERM": "xterm",
                    "NO_COLOR": "1",
                },
            ) as process:
                os.close(slave)
                with _ended(process):
                    yield Talk(process, master, master)
        finally:
            os.close(master)


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Generator[None, None, None]:
    """Leave no process behind when a test fails."""
    try:
        yield
    finally:
        if process.poll() is None:
            process.kill()


@contextmanager
def machine(
    folder: Path,
    *scenarios: str,
    clock: Callable[[], float] = time.time,
    access_token_lifetime: float = 864_000,
    approve_after: float = 0,
) -> Generator[tuple[Machine, Emulator], None, None]:
    """Return a machine and a running issuer that plays the scenarios.

    Args:
        folder: Where the home is made.
        scenarios: Of the issuer.
        clock: See `Emulator`, as for the rest.
        access_token_lifetime: In seconds.
        approve_after: In seconds.
    """
    with Emulator(
        issuer_scenarios=scenarios,
        strict_bearer=True,
        clock=clock,
        access_token_lifetime=access_token_lifetime,
        approve_after=approve_after,
    ) as emulator:
        yield Machine(home=folder / "home", issuer=emulator.issuer), emulator


@contextmanager
def callback_ports() -> Generator[None, None, None]:
    """Have the two ports of the callback for oneself; there are no others."""
    path = Path(tempfile.gettempdir()) / "codexctl-test-callback-ports.lock"
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def browse(url: str, follow: bool = True) -> requests.Response:  # noqa: FBT001, FBT002
    """Open an address as a browser would."""
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, allow_redirects=follow, timeout=60)


def where_it_ends(url: str) -> str:
    """Sign in in a browser that cannot come back, and return the address it ends up at."""
    return browse(url, follow=False).headers["location"]


SIGNALS = [(signal.SIGINT, "Interrupted", 130), (signal.SIGTERM, "Terminated", 143)]
