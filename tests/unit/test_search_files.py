"""The tool ``search_files``, and the process that searches."""

import os
import socket
import threading
from pathlib import Path

import pytest

from codexctl.adapters.tools.closed import Closed
from codexctl.adapters.tools.deadlines import Deadline, SearchBroke
from codexctl.adapters.tools.reading import ReadableFiles
from codexctl.adapters.tools.search_child import FileAnswer, Task, receive, send, serve
from codexctl.adapters.tools.search_files import search_files_tool
from codexctl.adapters.tools.search_process import SearchProcess
from codexctl.adapters.tools.tool import ToolFailure
from codexctl.adapters.tools.walk import Bounds

_HOSTILE = "(a|aa)+$"
"""Takes for ever on many letters a that something else follows."""


def _write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def _search(
    folder: Path, pattern: str, bounds: Bounds | None = None, **arguments: object
) -> list[str]:
    tool = search_files_tool(ReadableFiles.at(folder), bounds)
    return tool.run({"pattern": pattern, **arguments}).text.split("\n")


def _refusal(folder: Path, pattern: str, path: str = ".") -> str:
    with pytest.raises(ToolFailure) as caught:
        _search(folder, pattern, path=path)
    return str(caught.value)


def _without_limit(_: int) -> None:
    """A test is not to be ended by the system."""


def test_matches_are_shown_by_path_and_line(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    _write(tmp_path, c="one\ntwo\n", a="three\n\ntwo tows")
    (tmp_path / "b" / "d").write_text("two\n")
    assert _search(tmp_path, "t(wo|ows)") == ["a:3:two tows", "b/d:1:two", "c:2:two"]


def test_nothing_found_is_said_so(tmp_path: Path) -> None:
    _write(tmp_path, a="one\n")
    assert _search(tmp_path, "two") == ["No matches."]


def test_each_line_is_looked_at_by_itself(tmp_path: Path) -> None:
    _write(tmp_path, a="one\ntwo\n")
    assert _search(tmp_path, r"^\w+$") == ["a:1:one", "a:2:two"]
    assert _search(tmp_path, r"one\s+two") == ["No matches."]
    assert _search(tmp_path, r"one(?!\s)") == ["a:1:one"]


def test_lines_are_counted_as_read_file_counts_them(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("\ufeffx\ry\r\nz\u2028x\x0bx\n".encode())
    assert _search(tmp_path, "^x|z") == ["a:1:x", "a:3:z\u2028x\x0bx"]


def test_case_is_ignored_when_the_pattern_says_so(tmp_path: Path) -> None:
    _write(tmp_path, a="ÄÖ\n")
    assert _search(tmp_path, "äö") == ["No matches."]
    assert _search(tmp_path, "(?i)äö") == ["a:1:ÄÖ"]


def test_a_path_picks_a_folder_and_a_glob_picks_files_in_it(tmp_path: Path) -> None:
    for name in ("src/a.py", "src/deep/b.py", "src/c.txt", "d.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x\n")
    assert _search(tmp_path, "x", path="src", glob="*.py") == ["src/a.py:1:x", "src/deep/b.py:1:x"]
    assert _search(tmp_path, "x", path="src", glob="deep/*") == ["src/deep/b.py:1:x"]


def test_one_file_is_searched_even_if_git_ignores_it(tmp_path: Path) -> None:
    _write(tmp_path, **{"a.log": "x\n", ".gitignore": "*.log\n"})
    (tmp_path / "link").symlink_to("a.log")
    assert _search(tmp_path, "x", path="a.log") == ["a.log:1:x"]
    assert _search(tmp_path, "x", path="link") == ["a.log:1:x"]
    assert _search(tmp_path, "x") == ["No matches."]


def test_what_is_outside_the_working_folder_has_an_absolute_path(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    _write(tmp_path, a="x\n")
    assert _search(tmp_path / "work", "x", path="../a") == [f"{tmp_path.resolve()}/a:1:x"]
    assert _search(tmp_path / "work", "x", path="..") == [f"{tmp_path.resolve()}/a:1:x"]


def test_binary_files_links_and_special_files_are_left_out(tmp_path: Path) -> None:
    _write(tmp_path, a="x\n", b="x\0")
    (tmp_path / "link").symlink_to("a")
    os.mkfifo(tmp_path / "fifo")
    assert _search(tmp_path, "x") == ["a:1:x"]


def test_bytes_that_are_no_utf8_are_shown_as_such(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"caf\xe9 x\n")
    assert _search(tmp_path, "x") == ["a:1:caf\ufffd x"]


def test_a_name_that_could_deceive_is_shown_as_json(tmp_path: Path) -> None:
    _write(tmp_path, **{"new\nline": "x\n"})
    assert _search(tmp_path, "x") == ['"new\\nline":1:x']


def test_of_a_long_line_what_is_around_the_match_is_shown(tmp_path: Path) -> None:
    _write(tmp_path, a="-" * 500 + "x" + "-" * 500 + "\n" + "x" + "-" * 299 + "\n")
    around = "…" + "-" * 60 + "x" + "-" * 239 + "…"
    assert _search(tmp_path, "x") == [f"a:1:{around}", "a:2:x" + "-" * 299]


def test_a_match_near_the_end_of_a_long_line_is_shown_with_that_end(tmp_path: Path) -> None:
    _write(tmp_path, a="-" * 500 + "x")
    assert _search(tmp_path, "x$") == ["a:1:…" + "-" * 299 + "x"]


def test_lines_are_whole_however_they_lie_in_the_file(tmp_path: Path) -> None:
    _write(tmp_path, a=("-" * 40_000 + "x\r\n") * 5 + "x")
    rows = _search(tmp_path, "^-{40000}x$|^x$")
    assert [row.split(":")[1] for row in rows] == ["1", "2", "3", "4", "5", "6"]


def test_a_line_that_is_too_long_is_searched_at_its_beginning(tmp_path: Path) -> None:
    _write(tmp_path, a="-" * 1_000_000 + "x\nx\n")
    note = "[1 lines are too long to be searched to their ends]"
    assert _search(tmp_path, "x") == ["a:2:x", note]


def test_matches_over_the_limit_are_left_out(tmp_path: Path) -> None:
    _write(tmp_path, a="x\nx\n", b="x\n")
    note = "[the first 2 matches shown; narrow pattern, path or glob, or raise limit]"
    assert _search(tmp_path, "x", limit=2) == ["a:1:x", "a:2:x", note]
    assert _search(tmp_path, "x", limit=3) == ["a:1:x", "a:2:x", "b:1:x"]


def test_200_matches_are_shown_unless_told_otherwise(tmp_path: Path) -> None:
    _write(tmp_path, a="x\n" * 201)
    assert _search(tmp_path, "x")[200].startswith("[the first 200 matches shown;")


def test_matches_that_would_not_fit_the_budget_are_left_out_whole(tmp_path: Path) -> None:
    _write(tmp_path, a=("x" * 250 + "\n") * 250)
    lines = _search(tmp_path, "x", limit=1e300)
    assert len("\n".join(lines)) <= 40_000
    assert lines[-1].startswith(f"[the first {len(lines) - 1} matches shown;")


def test_a_search_ends_when_its_time_is_up_whatever_the_pattern(tmp_path: Path) -> None:
    _write(tmp_path, a="a" * 60 + "b\n")
    note = "[stopped after 0.3 s at {}; make the pattern simpler, or narrow path or glob]"
    lines = _search(tmp_path, _HOSTILE, Bounds(seconds=0.3))
    # Where the machine is slow, the process has not even begun.
    assert lines in (
        ["No matches so far.", note.format("a")],
        ["No matches so far.", note.format("the pattern")],
    )


def test_a_process_that_ends_by_itself_is_noticed(tmp_path: Path) -> None:
    _write(tmp_path, a="x\n")
    with SearchProcess("x", 1, Deadline.after(60)) as process, (tmp_path / "a").open("rb") as file:
        process.begin()
        process.end()
        with pytest.raises(SearchBroke):
            process.search(file.fileno())


def test_a_walk_that_stops_says_so(tmp_path: Path) -> None:
    _write(tmp_path, a="x\n", b="x\n")
    note = "[stopped after 1 entries: there may be more files; narrow path]"
    assert _search(tmp_path, "x", Bounds(entries=1))[1:] == [note]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("a(b", "missing ), unterminated subpattern at position 1"),
        ("*", "nothing to repeat at position 0"),
        ("[z-a]", "bad character range z-a at position 1"),
        ("ä\\Q", "bad escape \\Q at position 1"),
        ("(" * 900, "it is nested too deeply or repeats too often"),
        ("a{9999999999}", "it is nested too deeply or repeats too often"),
    ],
    ids=["open", "repeat", "range", "escape", "deep", "often"],
)
def test_a_pattern_that_is_none_is_refused_with_its_place(
    tmp_path: Path, pattern: str, words: str
) -> None:
    assert _refusal(tmp_path, pattern) == f"{pattern} is not a regular expression: {words}"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("gone", "gone does not exist"),
        ("binary", "binary is a binary file; only text can be searched"),
        ("fifo", "fifo is not a regular file but a FIFO; it was not opened"),
    ],
)
def test_a_path_that_cannot_be_searched_is_refused(tmp_path: Path, path: str, words: str) -> None:
    _write(tmp_path, binary="x\0")
    os.mkfifo(tmp_path / "fifo")
    assert _refusal(tmp_path, "x", path=path) == words


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="Linux has a file that breaks")
def test_a_file_that_breaks_while_it_is_searched_is_said_so(tmp_path: Path) -> None:
    words = "/proc/self/mem cannot be read: Input/output error"
    assert _refusal(tmp_path, "x", path="/proc/self/mem") == words


def test_files_that_cannot_be_read_are_counted_or_said(tmp_path: Path) -> None:
    _write(tmp_path, a="x\n", key="x\n")
    (tmp_path / "other").hardlink_to(tmp_path / "key")
    files = ReadableFiles.at(tmp_path, Closed.of([tmp_path / "key"]))
    tool = search_files_tool(files)
    assert tool.run({"pattern": "x"}).text == "a:1:x\n[2 files could not be read]"
    with pytest.raises(ToolFailure) as caught:
        tool.run({"pattern": "x", "path": "other"})
    assert str(caught.value) == "other cannot be read: permission denied"


def test_a_folder_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir()
    files = ReadableFiles.at(tmp_path, Closed((f"{tmp_path}/./closed",)))
    with pytest.raises(ToolFailure) as caught:
        search_files_tool(files).run({"pattern": "x", "path": "closed"})
    assert str(caught.value) == "closed cannot be read: permission denied"


def test_a_process_that_cannot_be_started_is_said_so(tmp_path: Path) -> None:
    words = "nothing was searched: the system starts no process: No such file or directory"
    with pytest.raises(ToolFailure) as caught:
        SearchProcess("x", 1, Deadline.after(60), str(tmp_path / "python"))
    assert str(caught.value) == words


def test_what_is_hidden_is_not_searched(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    _write(tmp_path, a="canary\n")
    (tmp_path / "home" / "secret").write_text("canary\n")
    tool = search_files_tool(ReadableFiles.at(tmp_path, Closed.of([tmp_path / "home"])))
    found = tool.run({"pattern": "canary"}).text
    assert found == "a:1:canary\n[1 folders could not be read]"
    with pytest.raises(ToolFailure, match="is closed to tools"):
        tool.run({"pattern": "canary", "path": "home/secret"})


def test_the_process_is_gone_when_the_search_is_over(tmp_path: Path) -> None:
    with SearchProcess("x", 1, Deadline.after(60)) as process:
        process.begin()
    assert process.exit_code is not None


def test_the_searching_side_answers_until_the_other_has_gone(tmp_path: Path) -> None:
    _write(tmp_path, a="x\ny\nx\n")
    ours, theirs = socket.socketpair()
    server = threading.Thread(target=serve, args=(theirs, _without_limit))
    server.start()
    with ours, (tmp_path / "a").open("rb") as first, (tmp_path / "a").open("rb") as second:
        send(ours, tuple(Task("x", 3, 60)))
        assert receive(ours) == ""
        answers: list[object] = []
        for file in (first, second):
            socket.send_fds(ours, [b"f"], [file.fileno()])
            answers.append(receive(ours))
    server.join()
    theirs.close()
    assert answers == [
        tuple(FileAnswer([(1, "x"), (3, "x")])),
        tuple(FileAnswer([(1, "x")])),
    ]
