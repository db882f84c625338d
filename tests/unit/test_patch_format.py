"""The text of a patch, parsed."""

import json
from typing import cast

import pytest

from codexctl.adapters.tools.patching.patch_format import parse_patch
from codexctl.adapters.tools.patching.sections import (
    AddFile,
    DeleteFile,
    Hunk,
    HunkLine,
    PatchError,
    Section,
    Sign,
    UpdateFile,
)

_HEADERS = "'*** Add File: PATH', '*** Delete File: PATH' or '*** Update File: PATH'"


def _patch(*lines: str) -> str:
    return "\n".join(["*** Begin Patch", *lines, "*** End Patch"])


def _lines(*lines: str) -> tuple[HunkLine, ...]:
    return tuple(HunkLine(cast("Sign", line[0]), line[1:]) for line in lines)


def _update(*hunks: Hunk, path: str = "a", move_to: str | None = None) -> tuple[Section, ...]:
    return (UpdateFile(path=path, hunks=hunks, move_to=move_to),)


def _refusal(text: str) -> str:
    with pytest.raises(PatchError) as caught:
        parse_patch(text)
    return str(caught.value)


def test_sections_of_every_kind_are_read_in_order() -> None:
    text = _patch(
        "*** Add File: new.py",
        "+one",
        "+",
        "+ two",
        "*** Delete File: old.py",
        "*** Update File: a.py",
        "*** Move to: b.py",
        "@@ def f():",
        " stays",
        "-goes",
        "+comes",
    )
    hunk = Hunk(headings=("def f():",), lines=_lines(" stays", "-goes", "+comes"), line_number=9)
    assert parse_patch(text) == (
        AddFile("new.py", "one\n\n two\n"),
        DeleteFile("old.py"),
        UpdateFile(path="a.py", hunks=(hunk,), move_to="b.py"),
    )


def test_each_hunk_starts_at_its_marker() -> None:
    text = _patch("*** Update File: a", "@@", "-one", "@@ two", "+three", "*** End of File")
    first = Hunk(lines=_lines("-one"), line_number=3)
    second = Hunk(headings=("two",), lines=_lines("+three"), at_end=True, line_number=5)
    assert parse_patch(text) == _update(first, second)


def test_the_first_hunk_may_do_without_its_marker() -> None:
    text = _patch("*** Update File: a", " one", "+two")
    assert parse_patch(text) == _update(Hunk(lines=_lines(" one", "+two"), line_number=3))


def test_headings_one_below_the_other_belong_to_one_hunk() -> None:
    text = _patch("*** Update File: a", "@@ class A:", "@@     def f():", "-x")
    hunk = Hunk(headings=("class A:", "    def f():"), lines=_lines("-x"), line_number=3)
    assert parse_patch(text) == _update(hunk)


@pytest.mark.parametrize(
    ("marker", "headings"),
    [
        ("@@ -1,3 +1,4 @@", ()),
        ("@@ -1 +2 @@ def f():", ("def f():",)),
        ("@@ ", ()),
        ("@@x", ("x",)),
    ],
)
def test_line_numbers_of_other_patch_formats_are_left_out(
    marker: str, headings: tuple[str, ...]
) -> None:
    hunk = Hunk(headings=headings, lines=_lines("-x"), line_number=3)
    assert parse_patch(_patch("*** Update File: a", marker, "-x")) == _update(hunk)


def test_a_line_without_anything_is_an_empty_line_that_stays() -> None:
    text = _patch("*** Update File: a", "@@", " one", "", "-two")
    assert parse_patch(text) == _update(Hunk(lines=_lines(" one", " ", "-two"), line_number=3))


def test_blank_lines_between_hunks_and_sections_are_no_context_of_lines_only_added() -> None:
    text = _patch(
        "", "*** Update File: a", "@@", "+one", "", "", "@@", "+two", "", "*** Delete File: b", ""
    )
    first = Hunk(lines=_lines("+one"), line_number=4)
    second = Hunk(lines=_lines("+two"), line_number=8)
    assert parse_patch(text) == (*_update(first, second), DeleteFile("b"))


def test_a_line_that_looks_like_a_marker_behind_a_sign_is_a_line_of_the_file() -> None:
    lines = (" *** End Patch", "-*** Update File: b", "+*** End of File", " @@ x")
    text = _patch("*** Update File: a", "@@", *lines)
    assert parse_patch(text) == _update(Hunk(lines=_lines(*lines), line_number=3))


def test_a_file_may_be_moved_without_a_hunk() -> None:
    text = _patch("*** Update File: a", "*** Move to: b")
    assert parse_patch(text) == _update(move_to="b")


def test_a_file_may_be_added_empty() -> None:
    assert parse_patch(_patch("*** Add File: a")) == (AddFile("a", ""),)


@pytest.mark.parametrize(
    "text",
    [
        "  *** Begin Patch \n *** Delete File:  a \n\t*** End Patch\n\n",
        "\n\n*** Begin Patch\n\n*** Delete File: a\n\n*** End Patch",
        "*** Begin Patch\r\n*** Delete File: a\r\n*** End Patch\r\n",
        "*** begin patch\n***Delete file: a\n*** END PATCH",
        "<<'EOF'\n*** Begin Patch\n*** Delete File: a\n*** End Patch\nEOF\n",
        'apply_patch <<"PATCH"\n*** Begin Patch\n*** Delete File: a\n*** End Patch\nPATCH',
        "<<EOF\n\n*** Begin Patch\n*** Delete File: a\n*** End Patch\n\nEOF",
        '{"input": "*** Begin Patch\\n*** Delete File: a\\n*** End Patch"}',
        ' {"patch": "*** Begin Patch\\n*** Delete File: a\\n*** End Patch"}\n',
    ],
)
def test_what_stands_around_markers_is_forgiven(text: str) -> None:
    assert parse_patch(text) == (DeleteFile("a"),)


def test_line_ends_of_the_patch_are_not_those_of_the_file() -> None:
    text = _patch("*** Add File: a", "+one", "+two").replace("\n", "\r\n")
    assert parse_patch(text) == (AddFile("a", "one\ntwo\n"),)


def test_lines_end_at_line_feeds_and_nowhere_else() -> None:
    odd = "a\rb\u2028c\x0bd\x0ce\x85f"
    assert parse_patch(_patch("*** Add File: a", "+" + odd)) == (AddFile("a", odd + "\n"),)


@pytest.mark.parametrize("name", ['"quoted"', "new\nline", "caf\udce9"])
def test_a_name_may_be_written_as_the_other_tools_show_it(name: str) -> None:
    assert parse_patch(_patch(f"*** Delete File: {json.dumps(name)}")) == (DeleteFile(name),)


@pytest.mark.parametrize("name", ['"half', '"a" b'])
def test_a_name_with_quotes_that_is_no_json_is_taken_as_it_is(name: str) -> None:
    assert parse_patch(_patch(f"*** Delete File: {name}")) == (DeleteFile(name),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the patch is empty; it starts with '*** Begin Patch'"),
        (" \n\t", "the patch is empty; it starts with '*** Begin Patch'"),
        (
            "\nhello\n*** End Patch",
            "invalid patch, line 2: it has to start with '*** Begin Patch', not with 'hello'",
        ),
        (
            "*** Begin Patch\n*** Delete File: a\n",
            (
                "invalid patch, line 2: it has to end with '*** End Patch', not with"
                " '*** Delete File: a'; if it was cut short, write it whole or in smaller parts"
            ),
        ),
        (
            "*** Begin Patch",
            (
                "invalid patch, line 1: it has to end with '*** End Patch', not with"
                " '*** Begin Patch'; if it was cut short, write it whole or in smaller parts"
            ),
        ),
        (
            '{"input": "x", "more": 1}',
            (
                "invalid patch, line 1: it has to start with '*** Begin Patch', not with"
                """ '{"input": "x", "more": 1}'"""
            ),
        ),
        (
            "{" * 100_000,
            (
                "invalid patch, line 1: it has to start with '*** Begin Patch', not with"
                f" '{'{' * 80}…'"
            ),
        ),
        (
            "<<EOF\n*** Begin Patch\n*** Delete File: a\n*** End Patch\nEND",
            "invalid patch, line 1: it has to start with '*** Begin Patch', not with '<<EOF'",
        ),
    ],
)
def test_a_broken_envelope_is_told_with_its_line(text: str, words: str) -> None:
    assert _refusal(text) == words


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], f"line 2: the patch has no section; a section starts with {_HEADERS}"),
        (
            ["*** Frobnicate File: foo"],
            (
                "line 2: '*** Frobnicate File: foo' is no section header; a section starts with"
                f" {_HEADERS}"
            ),
        ),
        (["*** Add File:  "], "line 2: '*** Add File:' names no file"),
        (
            ["*** Add File: a", "+one", "", "+two"],
            (
                "line 5: '+two' belongs to no section; in an added file every line starts with +,"
                " an empty one too"
            ),
        ),
        (
            ["*** Add File: a", "one"],
            f"line 3: 'one' is no section header; a section starts with {_HEADERS}",
        ),
        (
            ["*** Delete File: a", "*** Move to: b"],
            "line 3: '*** Move to:' stands right below '*** Update File: PATH' only",
        ),
        (
            ["*** Delete File: a", "*** End Patch", "*** Begin Patch"],
            "line 3: '*** End Patch' with more behind it; one call takes one patch",
        ),
        (
            ["*** Update File: a", "*** Update File: b"],
            "line 2: the update of 'a' has no hunk; a hunk starts with @@",
        ),
        (
            ["*** Update File: a", "@@", "*** Delete File: b"],
            "line 3: the hunk has no lines; they start with a space, - or +",
        ),
        (
            ["*** Update File: a", "@@", "@@ def f():", "-x"],
            "line 3: the hunk has no lines; they start with a space, - or +",
        ),
        (
            ["*** Update File: a", "@@", "", "*** End of File"],
            "line 3: the hunk has no lines; they start with a space, - or +",
        ),
        (
            ["*** Update File: a", "@@", " x", "\tindented"],
            (
                "line 5: 'indented' is no line of a hunk; each starts with a space for a line that"
                " stays, - for one that goes, + for one that comes"
            ),
        ),
        (
            ["*** Update File: a", "@@", "-x", "*** End of File", "-y"],
            "line 6: expected @@ at the start of a hunk, not '-y'",
        ),
    ],
)
def test_a_broken_section_is_told_with_its_line(lines: list[str], words: str) -> None:
    assert _refusal(_patch(*lines)) == f"invalid patch, {words}"


def test_line_numbers_count_what_stands_around_the_envelope() -> None:
    text = "\n<<EOF\n" + _patch("*** Nonsense") + "\nEOF"
    assert _refusal(text).startswith("invalid patch, line 4: ")
