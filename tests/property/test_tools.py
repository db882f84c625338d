"""Laws of the tools."""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codexctl.adapters.tools.budget import fit, fit_output
from codexctl.adapters.tools.built_in import ToolSetting, built_in_tools
from codexctl.adapters.tools.read_file import read_file_tool
from codexctl.adapters.tools.reading import ReadableFiles
from codexctl.adapters.tools.registry import ToolRegistry
from codexctl.domain.tools import OutcomeStatus, ToolCall, ToolOutcome

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([".", "a", "..", "/", "~", "a\0", "\ud800"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
_ARGUMENTS = st.dictionaries(
    st.sampled_from(["path", "offset", "limit", "pattern", "input", "command", "other"]),
    _JSON | st.text() | st.integers(-1, 5),
)
_NAME = st.sampled_from(["a", "b", "foo", "x.py", "#h", "!n"])
_SEGMENT = _NAME | st.sampled_from(["*", "*.py", "**", "?", "f*", "[ab]"])


@contextmanager
def _a_folder() -> Generator[Path, None, None]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def _execute(folder: Path, name: str, arguments: str) -> ToolOutcome:
    call = ToolCall(call_id="c", name=name, arguments=arguments)
    return ToolRegistry(built_in_tools(ToolSetting(working_folder=folder))).execute(call)


def _is_orderly(outcome: ToolOutcome) -> bool:
    outcome.output.encode()
    crashed = "failed unexpectedly" in outcome.output
    return outcome.call_id == "c" and bool(outcome.output) and not crashed


@given(data=st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_any_bytes_can_be_read_or_are_refused_in_words(data: bytes) -> None:
    with _a_folder() as folder:
        (folder / "a").write_bytes(data)
        outcome = _execute(folder, "read_file", '{"path": "a"}')
    assert _is_orderly(outcome)
    assert (outcome.status is OutcomeStatus.FAILED) is (b"\0" in data)


@given(
    name=st.sampled_from(["read_file", "list_files", "view_image", "apply_patch", "shell"]),
    data=st.data(),
)
def test_any_arguments_give_an_outcome(name: str, data: st.DataObject) -> None:
    arguments = data.draw(st.text() | _JSON.map(json.dumps) | _ARGUMENTS.map(json.dumps))
    with _a_folder() as folder:
        (folder / "a").write_text("one\ntwo\n")
        assert _is_orderly(_execute(folder, name, arguments))


@given(text=st.text(), budget=st.integers(0, 60))
def test_a_text_that_is_cut_keeps_its_head_and_its_tail(text: str, budget: int) -> None:
    cut = fit(text, budget)
    size = len(text.encode())
    if size <= budget:
        assert cut == text
        return
    kept = [
        (cut[: marker.start()], cut[marker.end() :], int(marker[1]))
        for marker in re.finditer(r"…(\d+) bytes left out…", cut)
    ]
    assert any(
        text.startswith(head)
        and text.endswith(tail)
        and len((head + tail).encode()) == size - left_out
        and budget - 7 <= size - left_out <= budget
        for head, tail, left_out in kept
    )


@given(
    data=st.binary(max_size=60) | st.text(max_size=40).map(str.encode),
    missing=st.integers(0, 50),
    cut=st.integers(0, 60),
    budget=st.integers(0, 60),
)
def test_output_that_is_cut_fits_and_says_how_much_is_missing(
    data: bytes, missing: int, cut: int, budget: int
) -> None:
    text = fit_output(data[:cut], data[cut:], len(data) + missing, budget)
    whole = data.decode("utf-8", "replace")
    if not missing and len(whole.encode()) <= budget:
        assert text == whole
        return
    kept = [
        (text[: marker.start()], text[marker.end() :], int(marker[1]))
        for marker in re.finditer(r"…(\d+) bytes left out…", text)
    ]
    assert any(
        len((head + tail).encode()) <= budget
        and missing <= left_out <= len(data) + missing
        # One character for each byte at least; U+FFFD may stand for up to three.
        and len(head + tail) <= len(data) + missing - left_out <= len((head + tail).encode())
        for head, tail, left_out in kept
    )


@given(
    lines=st.lists(st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8")), min_size=1),
    ends=st.data(),
    limit=st.integers(1, 5),
)
def test_reading_on_where_told_gives_every_line_once(
    lines: list[str], ends: st.DataObject, limit: int
) -> None:
    end = ends.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    # A mark at the very start is not text.
    wanted = [lines[0].removeprefix("\ufeff") or "first", *lines[1:]]
    with _a_folder() as folder:
        (folder / "a").write_bytes((end.join(wanted) + end).encode())
        tool = read_file_tool(ReadableFiles.at(folder))
        offset, rows = 1, list[str]()
        while offset:
            text = tool.run({"path": "a", "offset": offset, "limit": limit}).text
            *page, last = text.removesuffix("\n").split("\n")
            note = re.fullmatch(r"\[lines \d+ to (\d+) not shown; ask with offset (\d+)\]", last)
            assert note is None or int(note[1]) == len(wanted)
            rows += page if note else [*page, last]
            offset = int(note[2]) if note else 0
    assert rows == [f"{number:>6}\t{line}" for number, line in enumerate(wanted, start=1)]


@st.composite
def _rules(draw: st.DrawFn) -> str:
    pattern = "/".join(draw(st.lists(_SEGMENT, min_size=1, max_size=3)))
    before, after = draw(st.sampled_from(["", "/", "!", "!/"])), draw(st.sampled_from(["", "/"]))
    return f"{before}{pattern}{after}\n"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is what it is held against")
@settings(max_examples=30, deadline=None)
@given(
    files=st.lists(st.lists(_NAME, min_size=1, max_size=4), min_size=1, max_size=12),
    rules=st.lists(_rules(), min_size=1, max_size=4),
    deeper=st.lists(_rules(), max_size=3),
    excludes=st.lists(_rules(), max_size=2),
)
def test_files_are_listed_that_git_does_not_ignore(
    files: list[list[str]], rules: list[str], deeper: list[str], excludes: list[str]
) -> None:
    with _a_folder() as folder:
        git = ["git", "-C", str(folder)]
        subprocess.run([*git, "init", "-q", "--template="], check=True)
        for *parents, name in files:
            place = folder.joinpath(*parents)
            if not any(one.is_file() for one in (place, *place.parents)):
                place.mkdir(parents=True, exist_ok=True)
                if not (place / name).is_dir():
                    (place / name).touch()
        (folder / ".gitignore").write_text("".join(rules))
        for one in [one for one in sorted(folder.glob("[!.]*")) if one.is_dir()][:1]:
            (one / ".gitignore").write_text("".join(deeper))
        (folder / ".git" / "info").mkdir(exist_ok=True)
        (folder / ".git" / "info" / "exclude").write_text("".join(excludes))
        others = [*git, "ls-files", "--others", "--exclude-standard", "-z"]
        done = subprocess.run(others, capture_output=True, text=True, check=True)
        listed = _execute(folder, "list_files", "{}").output
    wanted = sorted(filter(None, done.stdout.split("\0")))
    assert listed == ("\n".join(wanted) or "No files match.")
