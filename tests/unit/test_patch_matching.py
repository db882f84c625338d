"""Where hunks match, what becomes of the file, and what is said where they do not."""

import pytest

from codexctl.adapters.tools.patching.matching import updated
from codexctl.adapters.tools.patching.patch_format import parse_patch
from codexctl.adapters.tools.patching.sections import PatchError, UpdateFile

_ADVICE = (
    "Read the file again; the lines of a hunk that start with a space or - stand in the file just"
    " so, one below the other."
)
_HEADING_ADVICE = "Read the file again; behind @@ stands a whole line of the file, or nothing."


def _update(data: bytes | str, *hunk_lines: str) -> bytes:
    """Return the file after the lines of an update section, the first of them on line 3."""
    text = "\n".join(["*** Begin Patch", "*** Update File: a", *hunk_lines, "*** End Patch"])
    (section,) = parse_patch(text)
    assert isinstance(section, UpdateFile)
    return updated("a", data.encode() if isinstance(data, str) else data, section.hunks)


def _mismatch(data: bytes | str, *hunk_lines: str) -> str:
    with pytest.raises(PatchError) as caught:
        _update(data, *hunk_lines)
    return str(caught.value)


def _told(*lines: str) -> str:
    return "\n".join(lines)


def test_lines_are_replaced_where_they_stand() -> None:
    assert _update("a\nb\nc\n", " a", "-b", "+B", "+B2", " c") == b"a\nB\nB2\nc\n"


def test_the_first_place_that_matches_is_taken() -> None:
    assert _update("x\ny\nx\n", "-x", "+z") == b"z\ny\nx\n"


def test_each_hunk_is_searched_below_the_one_before() -> None:
    assert _update("x\nx\nx\n", "@@", "-x", "+1", "@@", "-x", "+2") == b"1\n2\nx\n"


def test_a_heading_is_searched_first_and_the_lines_below_it() -> None:
    file = "x\nclass A:\nx\nclass B:\nx\n"
    assert _update(file, "@@ class B:", "-x", "+y") == b"x\nclass A:\nx\nclass B:\ny\n"


def test_headings_are_searched_one_below_the_other() -> None:
    file = "class A:\n def f():\n  x\nclass B:\n def f():\n  x\n"
    after = "class A:\n def f():\n  x\nclass B:\n def f():\n  y\n"
    assert _update(file, "@@ class B:", "@@  def f():", "-  x", "+  y") == after.encode()


def test_a_heading_may_leave_out_how_its_line_goes_on() -> None:
    file = "class AB(X):\nx\nclass A(X):\nx\n"
    assert _update(file, "@@ class A", "-x", "+y") == b"class AB(X):\nx\nclass A(X):\ny\n"


def test_a_heading_may_be_repeated_as_first_line_of_its_hunk() -> None:
    assert _update("def f():\n x\n", "@@ def f():", " def f():", "- x", "+ y") == b"def f():\n y\n"


def test_two_hunks_may_stand_below_one_heading() -> None:
    hunks = ("@@ f", "-a", "+A", "@@ f", "-b", "+B")
    assert _update("f\na\nb\n", *hunks) == b"f\nA\nB\n"


def test_lines_that_are_only_added_go_to_the_end_of_the_file() -> None:
    assert _update("a\nb\n", "@@", "+new", "@@", "-a", "+A") == b"A\nb\nnew\n"


# The official client puts them at the end of the file, which its users report as a bug.
def test_lines_that_are_only_added_below_a_heading_go_right_below_it() -> None:
    assert _update("a\ndef f():\nb\n", "@@ def f():", "+new") == b"a\ndef f():\nnew\nb\n"


def test_two_additions_below_one_heading_keep_their_order() -> None:
    assert _update("f\nb\n", "@@ f", "+1", "@@ f", "+2", "@@", "-b", "+B") == b"f\n1\n2\nB\n"


def test_lines_that_are_only_added_at_the_end_go_there_whatever_the_heading() -> None:
    assert _update("f\nb\n", "@@ f", "+new", "*** End of File") == b"f\nb\nnew\n"


def test_an_empty_file_can_be_added_to() -> None:
    assert _update("", "@@", "+new") == b"new\n"


def test_a_file_can_lose_all_its_lines() -> None:
    assert _update("a\nb", "-a", "-b") == b""


def test_a_hunk_at_the_end_of_the_file_does_not_match_before_it() -> None:
    assert _update("x\ny\nx\n", "-x", "+z", "*** End of File") == b"x\ny\nz\n"


def test_blank_lines_at_the_end_of_the_file_do_not_count_for_its_end() -> None:
    assert _update("x\ny\nx\n\n \n", "-x", "+z", "*** End of File") == b"x\ny\nz\n\n \n"


@pytest.mark.parametrize(
    ("there", "written"),
    [
        ("one  \t", "one"),
        ("one", "one   "),
        ("\t one", "one"),
        ("one", "    one"),
        ("a \u2013 b \u2014 c\u2010d", "a - b - c-d"),
        ("\u2018a\u2019 \u201cb\u201d", "'a' \"b\""),
        ("a - 'b' \"c\"", "a \u2212 \u201ab\u201b \u201ec\u201f"),
        ("a\u00a0b\u3000c", "a b c"),
        ("\u2003a\u202fb", "a b"),
    ],
)
def test_white_space_around_and_typographic_punctuation_are_forgiven(
    there: str, written: str
) -> None:
    assert _update(f"x\n{there}\n", f"-{written}", "+new") == b"x\nnew\n"


def test_a_better_match_further_down_wins() -> None:
    assert _update(" x\nx \nx\n", "-x", "+y") == b" x\nx \ny\n"
    assert _update(" x\nx \n", "-x", "+y") == b" x\ny\n"
    assert _update("\u201cx\u201d\n 'x'\n", "-'x'", "+y") == "\u201cx\u201d\ny\n".encode()


def test_white_space_within_a_line_and_letter_case_are_not_forgiven() -> None:
    assert "does not match" in _mismatch("a  b\n", "-a b")
    assert "does not match" in _mismatch("a\n", "-A")


def test_lines_that_stay_are_kept_as_the_file_has_them() -> None:
    file = "\tdef f():  \n\u201cx\u201d\nend\n"
    after = "\tdef f():  \n\u201cx\u201d\nnew\n"
    assert _update(file, " def f():", ' "x"', "-end", "+new") == after.encode()


@pytest.mark.parametrize(
    ("there", "after"),
    [
        (b"a\r\nb\r\nc\r\n", b"a\r\nB\r\nc\r\n"),
        (b"a\r\nb\nc\n", b"a\r\nB\r\nc\n"),
        (b"a\nb\r\nc\r\n", b"a\nB\nc\r\n"),
        (b"a\nb\nc", b"a\nB\nc\n"),
        (b"a\r\nb\r\nc", b"a\r\nB\r\nc\r\n"),
        (b"a\r\nb\r\nc\r", b"a\r\nB\r\nc\r\r\n"),
    ],
    ids=["crlf", "crlf first", "lf first", "no last end", "crlf, no last end", "lone cr"],
)
def test_line_ends_are_kept_and_new_lines_end_like_the_first(there: bytes, after: bytes) -> None:
    assert _update(there, " a", "-b", "+B") == after


def test_a_single_line_without_an_end_gets_one() -> None:
    assert _update("a", " a", "+b") == b"a\nb\n"


def test_a_byte_order_mark_stays_in_front() -> None:
    assert _update(b"\xef\xbb\xbfa\n", "-a", "+b") == b"\xef\xbb\xbfb\n"


def test_bytes_that_are_not_utf8_survive() -> None:
    assert _update(b"caf\xe9\n\xff\0\nend\n", "-end", "+END") == b"caf\xe9\n\xff\0\nEND\n"


def test_bytes_that_are_not_utf8_match_what_read_file_shows_for_them() -> None:
    assert _update(b"caf\xe9\nx\n", " caf\ufffd", "-x", "+y") == b"caf\xe9\ny\n"


def test_lines_end_at_line_feeds_and_nowhere_else() -> None:
    file = "a\u2028b\x0bc\x0cd\n"
    assert _update(file, f" {file.rstrip()}", "+e") == (file + "e\n").encode()


def test_blank_lines_behind_a_hunk_may_only_set_it_apart() -> None:
    assert _update("a\nb\n", "-a", "+A", "", "", "@@", "-b", "+B", "") == b"A\nB\n"


def test_blank_lines_behind_a_hunk_are_context_where_they_are_there() -> None:
    assert _update("a\nb\na\n\nb\n", "-a", "+A", "") == b"a\nb\nA\n\nb\n"


def test_a_blank_line_may_stand_for_the_end_of_the_last_line() -> None:
    assert _update("a\n", " a", " ", "+b") == b"a\n\nb\n"
    assert _update("a\n", "-a", "-", "+b") == b"b\n"


def test_a_blank_line_that_is_all_there_is_to_match_has_to_be_there() -> None:
    assert _update("a\n\nb\n", "+new", " ") == b"a\nnew\n\nb\n"
    assert "does not match" in _mismatch("a\n", "+new", " ")


def test_a_blank_line_in_the_middle_of_the_file_stands_for_itself() -> None:
    assert "does not match" in _mismatch("a\nb\n", "-a", "-", "+c")


def test_half_a_surrogate_pair_cannot_be_written() -> None:
    words = "a: an added line holds half a surrogate pair, which is no text; write the character"
    assert _mismatch("x\n", "+\ud800") == f"{words} whole"


def test_a_mismatch_shows_what_was_looked_for_and_what_is_like_it() -> None:
    file = "import os\n\ndef f(x):\n    return 1\n\ndef g():\n    return 2\n"
    assert _mismatch(file, "@@", " def f():", "-    return 1", "+    return 3") == _told(
        "a: hunk 1 (line 3 of the patch) does not match the file.",
        "It looks for these lines, from line 1 of the file on:",
        "  def f():",
        "      return 1",
        "Nearest in the file:",
        "     3\tdef f(x):",
        "     4\t    return 1",
        _ADVICE,
    )


def test_a_mismatch_far_down_shows_where_the_lines_part() -> None:
    file = "".join(f"{number}\n" for number in range(100))
    wanted = [f" {number}" for number in range(20, 30)]
    assert _mismatch(file, "@@", "-5", "@@", *wanted, "-x", "+y") == _told(
        "a: hunk 2 (line 5 of the patch) does not match the file.",
        "It looks for these lines, from line 7 of the file on:",
        *(f"  {number}" for number in range(20, 26)),
        "  … and 5 more",
        "Nearest in the file, the first 10 lines the same:",
        "    29\t28",
        "    30\t29",
        "    31\t30",
        _ADVICE,
    )


def test_lines_that_go_on_past_the_end_of_the_file_show_its_end() -> None:
    assert _mismatch("a\nb\nc\n", " b", " c", "-d") == _told(
        "a: hunk 1 (line 3 of the patch) does not match the file.",
        "It looks for these lines, from line 1 of the file on:",
        "  b",
        "  c",
        "  d",
        "Nearest in the file:",
        "     2\tb",
        "     3\tc",
        _ADVICE,
    )


def test_a_mismatch_with_nothing_like_it_shows_what_stands_there() -> None:
    assert _mismatch("one\ntwo\n", "-???") == _told(
        "a: hunk 1 (line 3 of the patch) does not match the file.",
        "It looks for these lines, from line 1 of the file on:",
        "  ???",
        "Nothing in the file is like that. From line 1 on it reads:",
        "     1\tone",
        "     2\ttwo",
        _ADVICE,
    )


def test_a_mismatch_in_an_empty_file_says_that_it_is_empty() -> None:
    assert "\nThe file is empty.\n" in _mismatch("", "-x")


def test_lines_above_the_hunk_before_are_said_to_be_there() -> None:
    words = "They stand at line 1, above that. Hunks go from the top of a file to its end, each"
    assert f"\n{words} below its headings.\n" in _mismatch("a\nb\n", "@@", "-b", "@@", "-a")


def test_lines_before_the_end_of_the_file_are_said_to_be_there() -> None:
    words = "They stand at line 1, but '*** End of File' says that they end it."
    assert f"\n{words}\n" in _mismatch("a\nb\n", "-a", "*** End of File")


def test_a_heading_that_is_not_there_is_told_with_what_is_like_it() -> None:
    assert _mismatch("def foo(x):\n    pass\n", "@@ def food(x):", "-    pass") == _told(
        "a: hunk 1 (line 3 of the patch) does not match the file: its heading is not there.",
        "It looks for this line, from line 1 of the file on:",
        "  def food(x):",
        "Nearest in the file:",
        "     1\tdef foo(x):",
        _HEADING_ADVICE,
    )


def test_lines_are_not_added_below_a_heading_far_above() -> None:
    assert "its heading is not there" in _mismatch("f\na\nb\n", "@@", "-b", "@@ f", "+new")


def test_a_binary_file_is_said_to_be_one() -> None:
    words = "The file holds null bytes: it is binary or UTF-16, and a patch is for UTF-8."
    assert f"\n{words}\n" in _mismatch("one\n".encode("utf-16"), "-one")


def test_a_padded_marker_is_said_to_be_taken_for_a_line() -> None:
    words = (
        "'*** Update File: b' was read as a line of the file, since a space stands before it; a"
        " marker stands at the start of its line."
    )
    assert f"\n{words}\n" in _mismatch("x\n", "-x", "  *** Update File: b", "@@", "-y")


def test_long_lines_are_cut_in_what_is_shown() -> None:
    text = _mismatch("x" * 5000 + "\n", "-" + "x" * 4000)
    assert text.splitlines()[2:5] == [
        f"  {'x' * 200}…",
        "Nearest in the file:",
        f"     1\t{'x' * 200}…",
    ]


def test_a_mismatch_in_a_large_file_is_told_soon() -> None:
    file = "".join(
        f"the line of number {number} is much like the others\n" for number in range(50_000)
    )
    text = _mismatch(file, "-the line of number 49_999 is much like the others")
    assert "Nearest in the file:" in text
