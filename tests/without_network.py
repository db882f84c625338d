"""Runs a command where there is no network."""

import shutil
import subprocess

import pytest


def no_network() -> list[str]:
    """Return the words that run a command in a network namespace without any interface.

    A test is skipped where no such namespace can be made.
    """
    unshare = shutil.which("unshare")
    words = [str(unshare), "--net", "--map-root-user"]
    if unshare is None or subprocess.run([*words, "true"], capture_output=True).returncode:
        pytest.skip("no network namespace can be made here (unshare --net --map-root-user)")
    return words
