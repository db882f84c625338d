"""The environment variables that point codexctl at an emulator."""

import os
import shlex
from pathlib import Path

from codexctl.entrypoints.emulator import Emulator
from codexctl.entrypoints.emulator.addresses import env_lines

_OF_THE_MACHINE = ("PATH", "SYSTEMROOT", "TMPDIR")
"""What a program needs to be found and to start; the rest of the user's environment stays out."""


def emulator_environment(emulator: Emulator, home: Path) -> dict[str, str]:
    """Return a whole environment: codexctl signed in at the emulator, with a home of its own.

    Without its ``CODEXCTL_ACCESS_TOKEN`` nobody is signed in until ``codexctl login``.

    Args:
        emulator: A running emulator.
        home: A folder for whatever is kept: logins, sessions, caches.
    """
    exported = (shlex.split(line)[-1].partition("=") for line in env_lines(emulator))
    return {
        **{name: os.environ[name] for name in _OF_THE_MACHINE if name in os.environ},
        "HOME": str(home),
        "CODEXCTL_HOME": str(home / "codexctl"),
        "CODEXCTL_KEY_SOURCE": "file",  # the user's keyring is none of a test's business
        **{name: value for name, _, value in exported},
    }
