"""The tool ``list_files``."""

import os
from pathlib import Path

import pytest
from tests.unprivileged import ordinary_user

from codexctl.adapters.tools.closed import Closed
from codexctl.adapters.tools.list_files import list_files_tool
from codexctl.adapters.tools.reading import ReadableFiles
from codexctl.adapters.tools.tool import ToolFailure
from codexctl.adapters.tools.walk import Bounds


def _fill(folder: Path, *files: str) -> None:
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()


def _list(folder: Path, bounds: Bounds | None = None, **arguments: object) -> list[str]:
    tool = list_files_tool(ReadableFiles.at(folder), bounds)
    return tool.run(arguments).text.split("\n")


def test_files_are_listed_sorted_and_folders_are_not(tmp_path: Path) -> None:
    _fill(tmp_path, "b.py", "a/z.py", "a/b/c.py", "a.py")
    (tmp_path / "empty").mkdir()
    assert _list(tmp_path) == ["a.py", "a/b/c.py", "a/z.py", "b.py"]


def test_an_empty_folder_has_no_files(tmp_path: Path) -> None:
    assert _list(tmp_path) == ["No files match."]


def test_a_path_lists_one_folder_relative_to_the_working_folder(tmp_path: Path) -> None:
    _fill(tmp_path, "a/b/c.py", "d.py")
    assert _list(tmp_path, path="a") == ["a/b/c.py"]


@pytest.mark.parametrize(
    ("pattern", "files"),
    [
        ("*.py", ["a.py", "src/b.py", "src/deep/c.py"]),
        ("src/*.py", ["src/b.py"]),
        ("./src/*.py", ["src/b.py"]),
        ("src/**/*.py", ["src/b.py", "src/deep/c.py"]),
        ("**/deep/*", ["src/deep/c.py"]),
        ("src", ["src/b.py", "src/deep/c.py"]),
        ("!x", ["!x"]),
        ("#y", ["#y"]),
        ("*.rs", ["No files match."]),
    ],
)
def test_a_pattern_picks_files(tmp_path: Path, pattern: str, files: list[str]) -> None:
    _fill(tmp_path, "a.py", "src/b.py", "src/deep/c.py", "!x", "#y")
    assert _list(tmp_path, pattern=pattern) == files


@pytest.mark.parametrize("pattern", ["/", "a\\", "[z-a]", " ", "*a*a*a*a*b"])
def test_a_pattern_that_is_none_is_refused(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(ToolFailure, match="is not a glob pattern"):
        _list(tmp_path, pattern=pattern)


def test_lines_of_gitignore_that_are_no_pattern_count_for_nothing(tmp_path: Path) -> None:
    _fill(tmp_path, "a.log", "b")
    (tmp_path / ".gitignore").write_text("[z-a]\n!\n\n# b\n[[:alpha:]]\n/\n*.log\n")
    assert _list(tmp_path) == [".gitignore", "b"]


def test_a_rule_for_folders_below_something_does_not_ignore_the_thing_itself(
    tmp_path: Path,
) -> None:
    _fill(tmp_path, "a/x.py/kept", "a/x.py/left/out")
    (tmp_path / ".gitignore").write_text("**/*.py/**/\n")
    assert _list(tmp_path) == [".gitignore", "a/x.py/kept"]


def test_gitignore_is_honoured_at_every_level(tmp_path: Path) -> None:
    _fill(tmp_path, "a.log", "b.txt", "sub/a.log", "sub/keep.log", "sub/c.txt", "build/x")
    (tmp_path / ".gitignore").write_bytes(b"\xef\xbb\xbf# logs\r\n*.log\r\nbuild/\r\n")
    (tmp_path / "sub" / ".gitignore").write_text("/c.txt\n!keep.log\n")
    assert _list(tmp_path) == [".gitignore", "b.txt", "sub/.gitignore", "sub/keep.log"]


def test_a_folder_that_is_brought_back_does_not_bring_back_what_is_in_it(tmp_path: Path) -> None:
    _fill(tmp_path, "logs/a.log", "logs/b.txt")
    (tmp_path / ".gitignore").write_text("*.log\n!logs\n!logs/\n")
    assert _list(tmp_path) == [".gitignore", "logs/b.txt"]


def test_the_repositorys_own_excludes_are_honoured_and_git_is_not_listed(tmp_path: Path) -> None:
    _fill(tmp_path, "a", "b", ".git/info/exclude", ".git/config", "sub/.git/config", "sub/a")
    (tmp_path / ".git" / "info" / "exclude").write_text("/a\n")
    assert _list(tmp_path) == ["b", "sub/a"]


def test_rules_above_the_working_folder_reach_into_it(tmp_path: Path) -> None:
    _fill(tmp_path, ".git/config", "work/a.log", "work/b.txt")
    (tmp_path / ".gitignore").write_text("*.log\n")
    assert _list(tmp_path / "work") == ["b.txt"]


def test_rules_above_that_ignore_the_working_folder_itself_are_set_aside(tmp_path: Path) -> None:
    _fill(tmp_path, ".git/config", "work/a.log")
    (tmp_path / ".gitignore").write_text("*\n")
    assert _list(tmp_path / "work") == ["a.log"]


@pytest.mark.parametrize(
    ("path", "file"), [("build", "build/a"), ("build/deep", "build/deep/a"), (".git", ".git/a")]
)
def test_what_git_ignores_is_listed_when_it_is_asked_for(
    tmp_path: Path, path: str, file: str
) -> None:
    _fill(tmp_path, file)
    (tmp_path / ".git").mkdir(exist_ok=True)
    (tmp_path / ".gitignore").write_text("build\n")
    assert _list(tmp_path, path=path) == [file]
    assert _list(tmp_path) == [".gitignore"]


def test_a_pattern_is_matched_from_the_folder_that_is_listed(tmp_path: Path) -> None:
    _fill(tmp_path, "src/a/x.py", "src/x.py")
    assert _list(tmp_path, path="src", pattern="a/*.py") == ["src/a/x.py"]
    assert _list(tmp_path, path="src", pattern="src/*.py") == ["No files match."]


def test_rules_on_the_way_to_a_path_apply(tmp_path: Path) -> None:
    _fill(tmp_path, "src/a.log", "src/b.txt")
    (tmp_path / ".gitignore").write_text("*.log\n")
    assert _list(tmp_path, path="src") == ["src/b.txt"]


@pytest.mark.parametrize("kind", ["folder", "fifo", "link"])
def test_a_gitignore_that_is_no_file_is_passed_over(tmp_path: Path, kind: str) -> None:
    work = tmp_path / "work"
    _fill(work, "a.log")
    (tmp_path / "rules").write_text("*.log\n")
    rules = work / ".gitignore"
    match kind:
        case "folder":
            rules.mkdir()
        case "fifo":
            os.mkfifo(rules)
        case _:
            rules.symlink_to(tmp_path / "rules")
    assert _list(work)[-1] == "a.log"


def test_links_to_folders_are_not_followed_and_other_links_are_listed(tmp_path: Path) -> None:
    _fill(tmp_path, "a/b")
    (tmp_path / "folder").symlink_to("a")
    (tmp_path / "file").symlink_to("a/b")
    (tmp_path / "nowhere").symlink_to("gone")
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "fifo")
    assert _list(tmp_path) == ["a/b", "file", "nowhere"]


def test_what_is_over_the_limit_is_counted(tmp_path: Path) -> None:
    _fill(tmp_path, "a", "b", "c")
    note = "[2 of 3 files shown; narrow path or pattern, or raise limit]"
    assert _list(tmp_path, limit=2) == ["a", "b", note]


def test_200_files_are_shown_unless_told_otherwise(tmp_path: Path) -> None:
    _fill(tmp_path, *(f"{number:03}" for number in range(201)))
    assert _list(tmp_path)[200].startswith("[200 of 201 files shown;")


def test_paths_that_would_not_fit_the_budget_are_left_out_whole(tmp_path: Path) -> None:
    _fill(tmp_path, *(f"{number:0200}" for number in range(250)))
    lines = _list(tmp_path, limit=250)
    assert len("\n".join(lines)) <= 40_000
    assert lines[-1].startswith(f"[{len(lines) - 1} of 250 files shown;")


def test_a_walk_stops_after_so_many_entries_and_says_so(tmp_path: Path) -> None:
    _fill(tmp_path, "a", "b", "c/d", "c/e")
    note = "[stopped after 4 entries: there may be more files; narrow path]"
    lines = _list(tmp_path, Bounds(entries=4))
    assert lines[:2] == ["a", "b"]
    assert lines[-1] == note
    assert _list(tmp_path, Bounds(entries=5)) == ["a", "b", "c/d", "c/e"]


def test_names_that_could_deceive_are_shown_as_json(tmp_path: Path) -> None:
    _fill(tmp_path, "new\nline")
    assert _list(tmp_path) == ['"new\\nline"']


def test_a_name_that_is_not_utf8_is_shown_as_json(tmp_path: Path) -> None:
    try:
        _fill(tmp_path, "caf\udce9")
    except OSError:
        pytest.skip("the file system takes UTF-8 names only")
    (tmp_path / ".gitignore").write_text("x\n")
    assert _list(tmp_path, pattern="caf*") == ['"caf\\udce9"']


def test_folders_that_cannot_be_read_are_counted() -> None:
    with ordinary_user() as folder:
        _fill(folder, "a")
        (folder / "closed").mkdir(mode=0)
        assert _list(folder) == ["a", "[1 folders could not be read]"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("a", "a is not a folder; read_file shows a file"),
        ("gone", "gone does not exist"),
        ("a/b", "a/b cannot be reached: a part of the path is not a folder"),
    ],
)
def test_a_path_that_is_no_folder_is_refused(tmp_path: Path, path: str, words: str) -> None:
    _fill(tmp_path, "a")
    with pytest.raises(ToolFailure) as caught:
        _list(tmp_path, path=path)
    assert str(caught.value) == words


@pytest.mark.parametrize("path", ["../other", "link"])
def test_a_folder_outside_is_listed_with_absolute_paths(tmp_path: Path, path: str) -> None:
    _fill(tmp_path, "other/a", "work/b")
    (tmp_path / "work" / "link").symlink_to("../other")
    assert _list(tmp_path / "work", path=path) == [str(tmp_path.resolve() / "other" / "a")]


def test_a_hidden_folder_counts_as_one_that_cannot_be_read(tmp_path: Path) -> None:
    _fill(tmp_path, "a", "home/secret")
    files = ReadableFiles.at(tmp_path, Closed.of([tmp_path / "home"]))
    listed = list_files_tool(files).run({}).text
    assert listed == "a\n[1 folders could not be read]"


def test_a_walk_whose_time_is_up_shows_what_it_has(tmp_path: Path) -> None:
    _fill(tmp_path, "a", "b/c")
    note = "[stopped after 0 s: there may be more files; narrow path]"
    assert _list(tmp_path, Bounds(seconds=0)) == ["a", note]
