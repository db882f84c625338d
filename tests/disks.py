"""Small disks that can be full or read-only. Root alone can mount them."""

import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.conftest import require_program


@contextmanager
def small_disk(folder: Path) -> Generator[Path, None, None]:
    """Mount a disk of 64 KiB, for a ``with``; skip the calling test where that cannot be done.

    Args:
        folder: Where to mount it; there must be nothing yet.
    """
    if os.name == "nt" or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    mount = require_program("mount")
    folder.mkdir()
    command = [mount, "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", folder]
    if subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("nothing can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(disk: Path) -> Path:
    """Write until nothing fits any more; return the file that takes the room."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 512):
                pass
        except OSError:
            return filler
    return filler


def make_read_only(disk: Path) -> None:
    """Let nothing be written to a disk any more."""
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
