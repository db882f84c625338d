"""The file of the last message, where the whole command cannot show it."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.values import a_message

from codexctl.domain.errors import FileNotWritten, UsageError
from codexctl.entrypoints.cli.last_message import LastMessageFile


@pytest.fixture
def umask() -> Iterator[int]:
    """A umask that is not the usual one."""
    before = os.umask(0o027)
    yield 0o027
    os.umask(before)


def test_preparing_leaves_no_trace(tmp_path: Path) -> None:
    LastMessageFile.prepare(str(tmp_path / "answer.txt"))
    assert [*tmp_path.iterdir()] == []


@pytest.mark.usefixtures("umask")
def test_a_new_file_has_the_mode_of_any_new_file(tmp_path: Path) -> None:
    file = tmp_path / "answer.txt"
    LastMessageFile.prepare(str(file)).write(a_message("Hello"))
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("Hello", 0o640)


def test_half_a_surrogate_pair_is_a_question_mark(tmp_path: Path) -> None:
    file = tmp_path / "answer.txt"
    LastMessageFile.prepare(str(file)).write(a_message("a\ud83d"))
    assert file.read_bytes() == b"a?"


def test_a_link_to_a_file_that_is_not_there_makes_it(tmp_path: Path) -> None:
    link, target = tmp_path / "link", tmp_path / "target"
    link.symlink_to("target")
    LastMessageFile.prepare(str(link)).write(None)
    assert (link.is_symlink(), target.read_bytes()) == (True, b"")


def test_a_folder_that_is_taken_away_fails_the_writing(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    last_message = LastMessageFile.prepare(str(folder / "answer.txt"))
    folder.rmdir()
    with pytest.raises(FileNotWritten, match="No such file or directory"):
        last_message.write(a_message("Hello"))


def test_a_file_that_cannot_be_replaced_leaves_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "answer.txt"
    last_message = LastMessageFile.prepare(str(file))
    file.mkdir()
    with pytest.raises(FileNotWritten):
        last_message.write(a_message("Hello"))
    assert [*tmp_path.iterdir()] == [file]


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="there is no such file system here")
def test_a_folder_of_a_file_system_without_new_files_is_refused() -> None:
    with pytest.raises(UsageError):
        LastMessageFile.prepare("/proc/answer.txt")


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="there is no such folder here")
def test_an_open_file_is_written_to_and_keeps_what_it_holds(tmp_path: Path) -> None:
    with (tmp_path / "out.txt").open("w+b") as file:
        file.write(b"Hello\n")
        file.flush()
        LastMessageFile.prepare(f"/dev/fd/{file.fileno()}").write(a_message("again"))
        file.seek(0)
        assert file.read() == b"Hello\nagain"
