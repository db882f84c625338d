"""The tool ``read_file``."""

import os
import socket
from pathlib import Path

import pytest
from tests.unprivileged import ordinary_user

from codexctl.adapters.tools.closed import Closed
from codexctl.adapters.tools.read_file import read_file_tool
from codexctl.adapters.tools.reading import ReadableFiles
from codexctl.adapters.tools.tool import ToolFailure

_TEN_MIB = 10 * 1024 * 1024


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def _read(folder: Path, path: str, **more: float) -> str:
    return read_file_tool(ReadableFiles.at(folder)).run({"path": path, **more}).text


def _refusal(folder: Path, path: str, **more: float) -> str:
    with pytest.raises(ToolFailure) as caught:
        _read(folder, path, **more)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_lines_are_numbered(folder: Path) -> None:
    (folder / "a.txt").write_bytes(b"one\n\n\ttwo")
    assert _read(folder, "a.txt") == "     1\tone\n     2\t\n     3\t\ttwo\n"


def test_lines_end_at_the_three_line_ends_and_nowhere_else(folder: Path) -> None:
    (folder / "a").write_bytes("a\rb\r\nc\u2028d\x85e\x0cf\x0bg\n".encode())
    assert _read(folder, "a") == "     1\ta\n     2\tb\n     3\tc\u2028d\x85e\x0cf\x0bg\n"


def test_a_byte_order_mark_is_dropped(folder: Path) -> None:
    (folder / "a").write_bytes(b"\xef\xbb\xbfone\n")
    assert _read(folder, "a") == "     1\tone\n"


def test_bytes_that_are_not_utf8_are_shown_and_said(folder: Path) -> None:
    (folder / "a").write_bytes(b"caf\xe9\n\xef\xbb")
    note = "[bytes that are not UTF-8 are shown as \ufffd]\n"
    assert _read(folder, "a") == f"     1\tcaf\ufffd\n     2\t\ufffd\ufffd\n{note}"


def test_a_replacement_character_of_the_file_itself_is_not_called_invalid(folder: Path) -> None:
    (folder / "a").write_text("\ufffd", encoding="utf-8")
    assert _read(folder, "a") == "     1\t\ufffd\n"


def test_an_empty_file_is_said_so(folder: Path) -> None:
    (folder / "a").touch()
    assert _read(folder, "a") == "a is empty."


def test_2000_lines_are_shown_unless_told_otherwise(folder: Path) -> None:
    (folder / "a").write_text("x\n" * 5321)
    shown = _read(folder, "a").splitlines()
    assert shown[1999:] == ["  2000\tx", "[lines 2001 to 5321 not shown; ask with offset 2001]"]


def test_offset_and_limit_pick_lines(folder: Path) -> None:
    (folder / "a").write_text("one\ntwo\nthree\nfour\n")
    note = "[lines 4 to 4 not shown; ask with offset 4]\n"
    assert _read(folder, "a", offset=2, limit=2) == f"     2\ttwo\n     3\tthree\n{note}"


def test_an_offset_written_as_a_fraction_counts_as_the_whole_number(folder: Path) -> None:
    (folder / "a").write_text("one\ntwo\n")
    assert _read(folder, "a", offset=2.0, limit=1e300) == "     2\ttwo\n"


def test_an_offset_past_the_end_says_how_many_lines_there_are(folder: Path) -> None:
    (folder / "a").write_text("one\ntwo\n")
    assert _refusal(folder, "a", offset=3) == "a has 2 lines; offset 3 is past the end"


def test_lines_that_would_not_fit_the_budget_are_left_for_the_next_call(folder: Path) -> None:
    (folder / "a").write_text(("x" * 1000 + "\n") * 100)
    text = _read(folder, "a")
    assert len(text.encode()) <= 40_000
    assert text.endswith("[lines 40 to 100 not shown; ask with offset 40]\n")


def test_a_long_line_is_cut_with_a_marker(folder: Path) -> None:
    (folder / "a").write_text("é" * 2000 + "\n" + "é" * 30_000 + "\nend", encoding="utf-8")
    cut = "é" * 2000 + "… [28000 characters left out]"
    assert _read(folder, "a", offset=2) == f"     2\t{cut}\n     3\tend\n"
    assert _read(folder, "a", limit=1).startswith("     1\t" + "é" * 2000 + "\n")


def test_a_binary_file_is_said_so_with_its_size(folder: Path) -> None:
    (folder / "a").write_bytes(b"PNG\0" + b"x" * 96)
    assert _refusal(folder, "a") == "a is a binary file of 100 bytes; only text can be read"


def test_a_file_over_10_mib_is_read_only_in_part(folder: Path) -> None:
    (folder / "a").write_bytes(b"x" * 63 + b"\n" + (b"y" * 1023 + b"\n") * 10240)
    words = f"a has {_TEN_MIB + 64} bytes, more than can be read at once"
    assert _refusal(folder, "a").startswith(words)
    note = "[lines 2 onwards not shown; ask with offset 2]\n"
    assert _read(folder, "a", limit=1) == "     1\t" + "x" * 63 + "\n" + note


def test_an_absolute_path_is_read(folder: Path) -> None:
    (folder / "a").write_text("x")
    assert _read(folder, str(folder / "a")) == "     1\tx\n"


def test_a_link_is_followed(folder: Path) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "a").write_text("x")
    (folder / "link").symlink_to("deep/../deep")
    assert _read(folder, "link/a") == "     1\tx\n"


@pytest.mark.parametrize("path", ["../other", "link", "up/other", "../work-2/../other"])
def test_what_is_outside_the_working_folder_is_read(folder: Path, path: str) -> None:
    (folder.parent / "other").write_text("x")
    (folder.parent / "work-2").mkdir()
    (folder / "link").symlink_to("../other")
    (folder / "up").symlink_to("..")
    assert _read(folder, path) == "     1\tx\n"


@pytest.mark.parametrize(
    "path", ["../home/secret", "link", "up/home/secret", "way/secret", "../home", "../home/missing"]
)
def test_what_is_hidden_is_refused_whatever_there_is(folder: Path, path: str) -> None:
    home = folder.parent / "home"
    home.mkdir()
    (home / "secret").write_text("canary")
    (folder / "link").symlink_to("../home/secret")
    (folder / "up").symlink_to("..")
    (folder / "way").symlink_to(home)
    tool = read_file_tool(ReadableFiles.at(folder, Closed.of([home])))
    with pytest.raises(ToolFailure) as caught:
        tool.run({"path": path})
    wanted = folder.resolve() / path
    assert str(caught.value) == f"{wanted} may not be used: {home.resolve()} is closed to tools"


def test_a_file_is_not_read_on_when_nobody_waits_for_it(folder: Path) -> None:
    (folder / "a").write_text("x")
    with pytest.raises(ToolFailure) as caught:
        read_file_tool(ReadableFiles.at(folder), seconds=0).run({"path": "a"})
    assert str(caught.value) == "a cannot be read: out of time"


def test_a_missing_file_is_said_so(folder: Path) -> None:
    assert _refusal(folder, "x") == "x does not exist"


def test_a_folder_is_said_to_be_one(folder: Path) -> None:
    (folder / "x").mkdir()
    assert _refusal(folder, "x") == "x is a folder; list_files shows what is in it"


def test_a_loop_of_links_is_said_so(folder: Path) -> None:
    (folder / "x").symlink_to("y")
    (folder / "y").symlink_to("x")
    assert _refusal(folder, "x") == "x cannot be reached: its symbolic links form a loop"


def test_a_fifo_is_refused_and_nobody_waits_for_its_writer(folder: Path) -> None:
    os.mkfifo(folder / "x")
    assert _refusal(folder, "x") == "x is not a regular file but a FIFO; it was not opened"


def test_a_socket_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)  # the address of a socket has to be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("x")
        words = "x is not a regular file but a socket; it was not opened"
        assert _refusal(folder, "x") == words


def test_a_device_is_refused() -> None:
    words = "null is not a regular file but a character device; it was not opened"
    assert _refusal(Path("/dev"), "null") == words


def test_a_file_without_permission_is_said_so() -> None:
    with ordinary_user() as folder:
        (folder / "a").touch(mode=0)
        assert _refusal(folder, "a") == "a cannot be read: permission denied"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", '"" is not a path: it is empty or holds a null character'),
        ("a\0b", '"a\\u0000b" is not a path: it is empty or holds a null character'),
        ("a\ud800", '"a\\ud800" is not a path: it cannot be encoded'),
        ("a/b", "a/b cannot be reached: a part of the path is not a folder"),
        (".", ". is a folder; list_files shows what is in it"),
        ("n" * 300, "n" * 300 + " cannot be reached: the name is too long"),
    ],
    ids=["empty", "null", "surrogate", "through a file", "itself", "too long"],
)
def test_what_is_no_path_to_a_file_is_said_in_one_line(folder: Path, path: str, words: str) -> None:
    (folder / "a").touch()
    assert _refusal(folder, path) == words


def test_a_file_whose_name_is_not_utf8_is_read_by_the_name_that_is_shown(folder: Path) -> None:
    try:
        (folder / "caf\udce9").write_text("x")
    except OSError:
        pytest.skip("the file system takes UTF-8 names only")
    assert _read(folder, "caf\udce9") == "     1\tx\n"


def test_a_working_folder_that_is_the_root_holds_everything(folder: Path) -> None:
    (folder / "a").write_text("x")
    assert _read(Path("/"), str(folder / "a")) == "     1\tx\n"


def test_a_long_last_line_without_an_end_is_cut_too(folder: Path) -> None:
    (folder / "a").write_text("x" * 2500)
    assert _read(folder, "a") == "     1\t" + "x" * 2000 + "… [500 characters left out]\n"


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="Linux has a file that breaks")
def test_a_file_that_breaks_while_it_is_read_is_said_so() -> None:
    assert _refusal(Path("/proc/self"), "mem") == "mem cannot be read: Input/output error"
