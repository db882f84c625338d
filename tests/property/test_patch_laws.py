"""Laws of patches: parsed, matched, applied wholly or not at all."""

import difflib
import json
import stat
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.patch_folder import FaultyGuard

from codexctl.adapters.tools.patching.apply import PatchResult, apply_patch
from codexctl.adapters.tools.patching.matching import updated
from codexctl.adapters.tools.patching.patch_format import parse_patch
from codexctl.adapters.tools.patching.places import Guard
from codexctl.adapters.tools.patching.sections import PatchError, UpdateFile
from codexctl.adapters.tools.tool import ToolFailure

_BEGIN, _END = "*** Begin Patch", "*** End Patch"
_LINE = st.text("ab \t-+*@\u201c\u00e9\udce9", max_size=4) | st.sampled_from(
    ["", "@@", "*** End Patch", " *** End of File", "def f():", "    pass"]
)
_LINES = st.lists(_LINE, max_size=8)
_FEW_LINES = st.lists(st.sampled_from(["a", "b", "", " a", "a "]), max_size=6)
_PATH = st.sampled_from(["a", "b", "d/a", "d/e/c", "./a", "n/m"])
_TEXT = st.lists(
    _LINE.map(lambda line: f"+{line}")
    | _LINE
    | st.sampled_from(
        [
            *(_BEGIN, _END, "*** Add File: a", "*** Delete File: b", "*** Update File: a"),
            *("*** Move to: d/x", "*** End of File", "@@ a", "-a", " a", " ", "<<EOF", "EOF"),
        ]
    ),
    max_size=12,
).map("\n".join)


@contextmanager
def _a_folder() -> Generator[Path, None, None]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def _state(folder: Path) -> dict[str, tuple[int, bytes | None]]:
    """Return mode and content of every file and link, and the mode of every folder."""
    state: dict[str, tuple[int, bytes | None]] = {}
    for path in folder.rglob("*"):
        mode, content = path.lstat().st_mode, None
        if stat.S_ISLNK(mode):
            content = bytes(path.readlink())
        elif stat.S_ISREG(mode):
            content = path.read_bytes()
        state[path.relative_to(folder).as_posix()] = mode, content
    return state


def _attempt(text: str, guard: Guard) -> PatchResult | None:
    """Apply a patch; return None if it says that nothing was changed."""
    try:
        return apply_patch(text, guard)
    except ToolFailure as exc:
        if not str(exc).endswith("\nNothing was changed."):
            raise
        return None


def _hunks(old: Sequence[str], new: Sequence[str], context: int) -> list[str]:
    """Return the lines of the hunks that make ``new`` of ``old``.

    Each has as much context as is asked for, or more until its place is the first one that matches.
    """
    lines: list[str] = []
    position = 0
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(
        context
    ):
        start, end = group[0][1], group[-1][2]
        places = range(position, len(old) - (end - start) + 1)
        found = next(
            (one for one in places if old[one : one + end - start] == old[start:end]), None
        )
        if found != start:
            return _hunks(old, new, context + 1)
        lines.append("@@")
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                lines += [f" {line}" for line in old[old_from:old_to]]
            else:
                lines += [f"-{line}" for line in old[old_from:old_to]]
                lines += [f"+{line}" for line in new[new_from:new_to]]
        position = end
    return lines


def _update(data: bytes, hunk_lines: Sequence[str]) -> bytes:
    text = "\n".join([_BEGIN, "*** Update File: a", *hunk_lines, _END])
    (section,) = parse_patch(text)
    assert isinstance(section, UpdateFile)
    return updated("a", data, section.hunks)


def _file(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")


@given(old=_LINES, new=_LINES, context=st.integers(1, 3))
def test_a_patch_made_of_two_versions_makes_the_second_of_the_first(
    old: list[str], new: list[str], context: int
) -> None:
    hunks = _hunks(old, new, context)
    if hunks:
        assert _update(_file(old), hunks) == _file(new)


@given(
    old=st.lists(st.tuples(_LINE, st.sampled_from(["\n", "\r\n"])), min_size=1, max_size=8),
    last_end=st.sampled_from(["\n", "\r\n", ""]),
    new=_LINES,
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
)
def test_lines_that_stay_keep_their_ends_and_new_ones_end_like_the_first(
    old: list[tuple[str, str]], last_end: str, new: list[str], mark: bytes
) -> None:
    if last_end or old[-1][0]:
        old[-1] = (old[-1][0], last_end)
    new_end = old[0][1] or "\n"
    texts = [text for text, _ in old]
    expected: list[str] = []
    matcher = difflib.SequenceMatcher(None, texts, new, autojunk=False)
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            expected += [text + (end or new_end) for text, end in old[old_from:old_to]]
        else:
            expected += [text + new_end for text in new[new_from:new_to]]
    hunks = _hunks(texts, new, 3)
    if hunks:
        data = mark + "".join(text + end for text, end in old).encode("utf-8", "surrogateescape")
        after = mark + "".join(expected).encode("utf-8", "surrogateescape")
        assert _update(data, hunks) == after


@given(
    there=_FEW_LINES,
    hunk=st.lists(st.sampled_from(["", " a", "-a", "+b", "-", " b", "@@ a", "@@"])),
)
def test_a_hunk_changes_no_more_lines_than_it_says(there: list[str], hunk: list[str]) -> None:
    try:
        after = _update(_file(there), hunk)
    except PatchError:
        return
    kept = len(after.splitlines()) - sum(line.startswith("+") for line in hunk)
    gone = sum(line.startswith("-") for line in hunk)
    # A blank line that a hunk ends with may come or be gone already.
    assert len(there) - gone <= kept <= len(there) - gone + hunk.count("") + hunk.count("-")


def _parsed(text: str) -> object:
    try:
        return parse_patch(text)
    except PatchError as exc:
        return str(exc)


@given(text=_TEXT | st.text())
def test_any_text_is_a_patch_or_refused_in_words(text: str) -> None:
    assert _parsed(text)


_ODD_PATH = st.sampled_from(["a", "b", "d", "d/a", "a/b", "link", "way/a", "out", ".git/x", "new"])
_HUNK_LINES = st.lists(st.sampled_from([" a", "-a", "-b", "+c", "", "@@"]), max_size=4)


@st.composite
def _odd_section(draw: st.DrawFn) -> list[str]:
    path = draw(_ODD_PATH)
    kind = draw(st.sampled_from(["add", "delete", "update", "move"]))
    if kind == "add":
        return [f"*** Add File: {path}", "+a"]
    if kind == "delete":
        return [f"*** Delete File: {path}"]
    if kind == "update":
        return [f"*** Update File: {path}", *draw(_HUNK_LINES)]
    return [f"*** Update File: {path}", f"*** Move to: {draw(_ODD_PATH)}"]


@given(sections=st.lists(_odd_section(), min_size=1, max_size=4), fault=st.integers(1, 30))
def test_any_patch_applies_wholly_or_changes_nothing(sections: list[list[str]], fault: int) -> None:
    text = "\n".join([_BEGIN, *(line for section in sections for line in section), _END])
    with _a_folder() as outside, _a_folder() as folder:
        (outside / "canary").write_text("a\n")
        (folder / "a").write_text("a\nb\n")
        (folder / "b").write_text("b\na\n")
        (folder / "b").chmod(0o755)
        for name in ("d", ".git"):
            (folder / name).mkdir()
            (folder / name / "a").write_text("a\n")
        (folder / "link").symlink_to("d/a")
        (folder / "way").symlink_to("d")
        (folder / "out").symlink_to(outside / "canary")
        before = _state(folder)
        if _attempt(text, FaultyGuard(folder, lambda number: number == fault)) is None:
            assert _state(folder) == before
        else:
            assert _state(folder / ".git") == {"a": before[".git/a"]}
        assert (outside / "canary").read_text() == "a\n"


@given(text=_TEXT)
def test_a_patch_means_the_same_as_argument_and_as_free_text(text: str) -> None:
    assert _parsed(json.dumps({"input": text})) == _parsed(text)


_FILES = st.dictionaries(_PATH.map(lambda path: path.removeprefix("./")), _FEW_LINES, max_size=4)
_ACTION = st.tuples(
    st.sampled_from(["add", "delete", "update", "move", "break"]), _PATH, _PATH, _FEW_LINES
)


def _section(
    files: dict[str, list[str]], action: tuple[str, str, str, list[str]]
) -> tuple[list[str], bool]:
    """Return a section and whether it can be applied; if it can, apply it to the files."""
    kind, path, target, lines = action
    name, new_name = path.removeprefix("./"), target.removeprefix("./")
    if kind == "add":
        files[name] = lines
        return [f"*** Add File: {path}", *(f"+{line}" for line in lines)], True
    if kind == "delete":
        return [f"*** Delete File: {path}"], files.pop(name, None) is not None
    header = [f"*** Update File: {path}"]
    if kind == "break":
        return [*header, "@@", "-this is in no file"], False
    hunks = _hunks(files.get(name, []), lines, 2)
    if kind == "move":
        header.append(f"*** Move to: {target}")
    elif not hunks:
        return [*header, "@@"], False
    if name not in files:
        return [*header, *hunks], False
    del files[name]
    files[new_name if kind == "move" else name] = lines
    return [*header, *hunks], True


@given(
    files=_FILES,
    patches=st.lists(st.lists(_ACTION, min_size=1, max_size=4), min_size=1, max_size=3),
    fault=st.none() | st.integers(1, 25),
)
def test_patches_leave_what_their_sections_say_or_what_was_there(
    files: dict[str, list[str]],
    patches: list[list[tuple[str, str, str, list[str]]]],
    fault: int | None,
) -> None:
    with _a_folder() as folder:
        for number, (name, lines) in enumerate(files.items()):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(_file(lines))
            (folder / name).chmod((0o644, 0o755, 0o600, 0o444)[number])
        for actions in patches:
            wanted = dict(files)
            sections = [_section(wanted, action) for action in actions]
            text = "\n".join([_BEGIN, *(line for lines, _ in sections for line in lines), _END])
            before = _state(folder)
            guard = FaultyGuard(folder, lambda number: number == fault)
            result = _attempt(text, guard)
            if result is None:
                assert not all(valid for _, valid in sections) or guard.folder.done >= (fault or 99)
                assert _state(folder) == before
                continue
            for name in result.left_behind:
                (folder / name).unlink()
            after = _state(folder)
            found = {name: data for name, (_, data) in after.items() if data is not None}
            assert found == {name: _file(lines) for name, lines in wanted.items()}
            named = {path for _, *paths, _ in actions for path in paths}
            changed = {str(path).removeprefix("./") for path in named}
            untouched = before.keys() & after.keys() - changed
            assert all(before[name] == after[name] for name in untouched)
            files = wanted
