"""The credential file on a real disk: modes, strange things in its place, full disks, crowds."""

import os
import stat
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.fakes.stores import PAYING, SUBSCRIBED, quick_store

from codexctl.adapters.token_store.encrypted_file import EncryptedFileStore
from codexctl.adapters.token_store.keys import KeySourceName
from codexctl.adapters.token_store.locking import FileProfileLock, locked
from codexctl.adapters.token_store.private_folder import prepare_folder, windows_command
from codexctl.domain.errors import FileNotWritten, StoreBusy, StoreUnreadable

ROOT = Path(__file__).resolve().parents[2]
posix = pytest.mark.skipif(os.name == "nt", reason="modes and owners are of POSIX")


def _modes(folder: Path) -> dict[str, int]:
    """Return the modes; that of a lock file, which some versions of filelock remove, is checked."""
    paths = (folder, *folder.iterdir())
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in paths}
    assert modes.pop("credentials.lock", 0o600) == 0o600
    return modes


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@contextmanager
def _as_nobody() -> Generator[None, None, None]:
    """Do as a user who may not do everything; root may."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@posix
@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777], ids=oct)
def test_everything_is_born_private_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    home = tmp_path / "a" / "home"
    before = os.umask(umask)
    try:
        home.parent.mkdir(mode=0o700)
        home.parent.chmod(0o700)
        if umask == 0o777:
            home.mkdir()
            home.chmod(0o700)
        quick_store(home).save("default", PAYING)
        quick_store(home).save("default", SUBSCRIBED)
        quick_store(home).rekey(KeySourceName.FILE)
    finally:
        os.umask(before)
    assert _modes(home) == {"home": 0o700, "credentials.enc": 0o600, "credentials.key": 0o600}


@posix
def test_folders_above_a_new_home_are_private_too(tmp_path: Path) -> None:
    quick_store(tmp_path / "a" / "b").save("default", PAYING)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700


@posix
def test_what_was_made_laxer_is_tightened_by_the_next_save(tmp_path: Path) -> None:
    store = quick_store(tmp_path)
    store.save("default", PAYING)
    for name in (".", "credentials.enc", "credentials.key"):
        (tmp_path / name).chmod(0o777)
    quick_store(tmp_path).save("default", PAYING)
    files = {"credentials.enc": 0o600, "credentials.key": 0o600}
    assert _modes(tmp_path) == {tmp_path.name: 0o700, **files}


@posix
def test_a_folder_of_other_things_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    tmp_path.chmod(0o755)
    quick_store(tmp_path).save("default", PAYING)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


@posix
@pytest.mark.parametrize("mode", [0o775, 0o757, 0o1777], ids=oct)
def test_a_folder_of_other_things_that_others_can_write_to_is_refused(
    tmp_path: Path, mode: int
) -> None:
    (tmp_path / "letters").mkdir()
    tmp_path.chmod(mode)
    with pytest.raises(FileNotWritten, match="Other users can write to the folder"):
        quick_store(tmp_path).save("default", PAYING)
    assert [path.name for path in tmp_path.iterdir()] == ["letters"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    with pytest.raises(FileNotWritten, match=r"belongs to another user \(number 65534\)"):
        quick_store(tmp_path).save("default", PAYING)


@posix
def test_a_home_that_is_a_link_to_a_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "home").symlink_to("elsewhere")
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    quick_store(tmp_path / "home").save("default", PAYING)
    assert quick_store(tmp_path / "elsewhere").load("default") == PAYING
    assert stat.S_IMODE((tmp_path / "elsewhere").stat().st_mode) == 0o700


def _link(path: Path) -> None:
    path.symlink_to(path.with_name("target"))
    path.with_name("target").write_bytes(b"")


@posix
@pytest.mark.parametrize(
    ("put", "reason"),
    [
        (Path.mkdir, "a folder stands in its place"),
        (_link, "it is a symbolic link"),
        (os.mkfifo, "it is a device, a pipe or a socket"),
    ],
    ids=["folder", "link", "pipe"],
)
def test_what_stands_in_the_place_of_the_file_is_said_and_stays(
    tmp_path: Path, put: Callable[[Path], None], reason: str
) -> None:
    put(tmp_path / "credentials.enc")
    store = quick_store(tmp_path)
    for attempt in (lambda: store.load("default"), lambda: store.save("default", PAYING)):
        with pytest.raises(StoreUnreadable, match=reason):
            attempt()
    mode = (tmp_path / "credentials.enc").lstat().st_mode
    assert not stat.S_ISREG(mode)


@posix
@pytest.mark.parametrize("name", ["credentials.lock", "home"])
def test_a_home_where_nothing_can_be_made_is_one_clear_error(tmp_path: Path, name: str) -> None:
    home = tmp_path / "home"
    if name == "home":
        home.write_bytes(b"")
    else:
        (home / name).mkdir(parents=True)
    with pytest.raises((FileNotWritten, StoreUnreadable), match="folder"):
        quick_store(home).save("default", PAYING)


@posix
def test_a_file_that_may_not_be_read_is_unreadable_and_stays(tmp_path: Path) -> None:
    quick_store(tmp_path).save("default", PAYING)
    before = _contents(tmp_path)
    (tmp_path / "credentials.enc").chmod(0)
    with _as_nobody(), pytest.raises(StoreUnreadable, match="permission denied"):
        quick_store(tmp_path).load("default")
    (tmp_path / "credentials.enc").chmod(0o600)
    assert _contents(tmp_path) == before


@posix
def test_a_folder_that_may_not_be_written_to_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    if os.geteuid() == 0:
        os.chown(tmp_path, 65534, 65534)
        for above in tmp_path.parents[:2]:
            above.chmod(0o711)
    with _as_nobody():
        with pytest.raises(FileNotWritten, match="permission denied"):
            quick_store(tmp_path).save("default", PAYING)
        with pytest.raises(FileNotWritten, match="permission denied"):
            FileProfileLock(tmp_path).held("default").__enter__()


def test_a_writer_that_never_ends_is_waited_for_in_vain(tmp_path: Path) -> None:
    quick_store(tmp_path).save("default", PAYING)
    store = EncryptedFileStore(tmp_path, quick_store(tmp_path).sources, wait_seconds=0)
    with locked(tmp_path / "credentials.lock", wait_seconds=0, what="The credential file"):
        assert store.load("default") == PAYING
        with pytest.raises(StoreBusy, match="The credential file is in use by another codexctl"):
            store.save("default", SUBSCRIBED)


def test_left_overs_of_killed_writers_are_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".credentials.enc.0123456789abcdef.tmp").write_bytes(b"half")
    (tmp_path / ".credentials.key.0123456789abcdef.tmp").write_bytes(b"half")
    (tmp_path / "notes.tmp").write_bytes(b"mine")
    tmp_path.chmod(0o700)
    quick_store(tmp_path).save("default", PAYING)
    names = {path.name for path in tmp_path.iterdir()} - {"credentials.lock"}
    assert names == {"credentials.enc", "credentials.key", "notes.tmp"}


def test_the_command_for_windows_names_the_user_alone(tmp_path: Path) -> None:
    program, folder, *rights = windows_command(tmp_path)
    assert (Path(program).name, folder, rights[:2]) == (
        "icacls.exe",
        str(tmp_path),
        ["/inheritance:r", "/grant:r"],
    )
    assert rights[2].endswith(":(OI)(CI)F")


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    prepare_folder(tmp_path)
    assert list(tmp_path.iterdir()) == []
