"""The credential file on disks that are full or read-only. Root alone can mount them."""

import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.conftest import require_program
from tests.fakes.stores import PAYING, SUBSCRIBED, quick_store

from codexctl.adapters.token_store.keys import KeySourceName
from codexctl.adapters.token_store.locking import FileProfileLock
from codexctl.domain.errors import FileNotWritten


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@contextmanager
def _small_disk(folder: Path) -> Generator[Path, None, None]:
    """Mount a disk of 64 KiB."""
    if os.name == "nt" or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    mount = require_program("mount")
    disk = folder / "disk"
    disk.mkdir()
    command = [mount, "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", disk]
    if subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("nothing can be mounted here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def _fill(folder: Path) -> Path:
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 512):
                pass
        except OSError:
            pass
    return filler


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    with _small_disk(tmp_path) as disk:
        quick_store(disk).save("default", SUBSCRIBED)
        filler = _fill(disk)
        before = _contents(disk)
        for attempt in (
            lambda: quick_store(disk).save("default", PAYING),
            lambda: quick_store(disk).save("work", PAYING),
            lambda: quick_store(disk, None).rekey(KeySourceName.FILE),
            lambda: quick_store(disk, None).rekey(KeySourceName.PASSPHRASE),
            lambda: quick_store(disk, None).rekey(KeySourceName.KEYRING),
        ):
            with pytest.raises(FileNotWritten, match="the disk is full"):
                attempt()
            assert _contents(disk) == before
        assert quick_store(disk).load("default") == SUBSCRIBED
        filler.unlink()
        quick_store(disk).save("default", PAYING)
        assert quick_store(disk).load("default") == PAYING


def test_a_disk_that_was_full_from_the_start_is_no_trap(tmp_path: Path) -> None:
    with _small_disk(tmp_path) as disk:
        filler = _fill(disk)
        with pytest.raises(FileNotWritten, match="the disk is full"):
            quick_store(disk).save("default", PAYING)
        filler.unlink()
        quick_store(disk).save("default", PAYING)
        assert quick_store(disk).load("default") == PAYING


def test_a_read_only_disk_can_be_read(tmp_path: Path) -> None:
    with _small_disk(tmp_path) as disk:
        quick_store(disk).save("default", PAYING)
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        assert quick_store(disk).load("default") == PAYING
        with pytest.raises(FileNotWritten, match="the file system is read-only"):
            quick_store(disk).save("default", SUBSCRIBED)
        with pytest.raises(FileNotWritten, match="the file system is read-only"):
            FileProfileLock(disk).held("default").__enter__()
