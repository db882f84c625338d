"""The credential file on disks that are full or read-only."""

from pathlib import Path

import pytest
from tests.disks import fill, make_read_only, small_disk
from tests.fakes.stores import PAYING, SUBSCRIBED, quick_store

from codexctl.adapters.token_store.keys import KeySourceName
from codexctl.adapters.token_store.locking import FileProfileLock
from codexctl.domain.errors import FileNotWritten


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        quick_store(disk).save("default", SUBSCRIBED)
        filler = fill(disk)
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
    with small_disk(tmp_path / "disk") as disk:
        filler = fill(disk)
        with pytest.raises(FileNotWritten, match="the disk is full"):
            quick_store(disk).save("default", PAYING)
        filler.unlink()
        quick_store(disk).save("default", PAYING)
        assert quick_store(disk).load("default") == PAYING


def test_a_read_only_disk_can_be_read(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        quick_store(disk).save("default", PAYING)
        make_read_only(disk)
        assert quick_store(disk).load("default") == PAYING
        with pytest.raises(FileNotWritten, match="the file system is read-only"):
            quick_store(disk).save("default", SUBSCRIBED)
        with pytest.raises(FileNotWritten, match="the file system is read-only"):
            FileProfileLock(disk).held("default").__enter__()
