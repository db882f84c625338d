"""Writers that are killed at any moment leave the old or the new, and a key that fits."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from tests.command import process_environment
from tests.fakes.stores import IN_MEMORY

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="writers are forked to be killed")


def _torture(manner: str, kills: int) -> None:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        home, keyring = Path(folder, "home"), Path(folder, "keyring")
        program = [sys.executable, "-m", "tests.integration.token_store_torture"]
        finished = subprocess.run(
            [*program, home, keyring, manner, str(kills)],
            capture_output=True,
            text=True,
            env=process_environment(),
            cwd=ROOT,
        )
    # In the end, the left-overs are gone too: temporary files, and the keys of other sources.
    assert (finished.stdout, finished.stderr) == ("credentials.enc", "")


def test_a_writer_killed_at_a_line_leaves_old_or_new() -> None:
    _torture("lines", 60)


def test_a_writer_killed_anywhere_leaves_old_or_new() -> None:
    _torture("anywhere", 60)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("manner", "kills"), [("lines", 1000), ("anywhere", 300)])
def test_writers_killed_very_often_leave_old_or_new(manner: str, kills: int) -> None:
    _torture(manner, kills)
