"""Two streams on one screen."""

import errno
import io
from collections.abc import Callable

import pytest
from tests.fakes.screen import KeptScreen, on_terminal, piped

from codexctl.domain.errors import FileNotWritten
from codexctl.entrypoints.rendering.output import Output
from codexctl.entrypoints.rendering.screen import Screen

CLEAR = "\r\x1b[K"


class Broken(io.BytesIO):
    """A stream that takes nothing."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def flush(self) -> None:
        raise OSError(self.number, "it is broken")


def test_answers_and_notes_go_their_own_ways() -> None:
    kept = piped()
    kept.screen.answer("one ")
    kept.screen.note("a note")
    kept.screen.answer("line\n")
    kept.screen.error("an error")
    kept.screen.finish()
    assert (kept.stdout, kept.stderr) == ("one line\n", "a note\nan error\n")


def test_a_note_on_the_answers_terminal_gets_a_line_of_its_own() -> None:
    kept = on_terminal()
    kept.screen.answer("one")
    kept.screen.note("a note")
    kept.screen.answer(" two")
    assert kept.stdout == "one\na note\n two"


def test_a_line_end_that_a_note_has_made_already_is_not_made_again() -> None:
    kept = on_terminal()
    kept.screen.answer("one")
    kept.screen.note("first")
    kept.screen.note("second")
    kept.screen.answer("\n\ntwo")
    assert kept.stdout == "one\nfirst\nsecond\n\ntwo"


def test_a_note_after_a_whole_line_makes_no_empty_one() -> None:
    kept = on_terminal()
    kept.screen.answer("one\n")
    kept.screen.note("a note")
    kept.screen.answer("\ntwo\n")
    assert kept.stdout == "one\na note\n\ntwo\n"


FOLLOWERS: dict[str, Callable[[Screen], None]] = {
    "answer": lambda screen: screen.answer(""),
    "note": lambda screen: screen.note(""),
    "error": lambda screen: screen.error(""),
    "finish": lambda screen: screen.finish(),
    "status": lambda screen: screen.status(""),
}


@pytest.mark.parametrize("name", FOLLOWERS)
def test_whatever_comes_next_takes_the_place_of_a_status(name: str) -> None:
    kept = on_terminal()
    kept.screen.status("waiting…")
    FOLLOWERS[name](kept.screen)
    assert kept.stdout.removesuffix("\n") == "waiting…" + CLEAR


def test_a_status_is_cleared_once() -> None:
    kept = on_terminal()
    kept.screen.status("waiting…")
    kept.screen.finish()
    kept.screen.finish()
    assert kept.stdout == "waiting…" + CLEAR


def test_a_status_fits_one_line() -> None:
    kept = on_terminal()
    kept.screen.status("a\nb\r\x1b" + "c" * 1_000)
    assert kept.stdout == r"a b \x1b" + "c" * 52


@pytest.mark.parametrize("kept", [piped(), on_terminal(quiet=True)], ids=["a pipe", "quiet"])
def test_no_status_is_shown_to_nobody(kept: KeptScreen) -> None:
    kept.screen.status("waiting…")
    kept.screen.finish()
    assert kept.stdout + kept.stderr == ""


def test_no_status_is_shown_in_the_middle_of_an_answers_line() -> None:
    kept = on_terminal()
    kept.screen.answer("Hel")
    kept.screen.status("thinking…")
    kept.screen.answer("lo")
    assert kept.stdout == "Hello"


def test_quiet_leaves_out_notes_and_keeps_errors() -> None:
    kept = piped(quiet=True)
    kept.screen.note("a note")
    kept.screen.error("an error")
    assert kept.stderr == "an error\n"


def test_styles_are_colours_of_ours_around_text_that_cannot_colour() -> None:
    kept = on_terminal(colour=True)
    kept.screen.note("a \x1b[31mnote", "yellow")
    kept.screen.error("an error")
    kept.screen.status("a status")
    assert kept.stdout == (
        "\x1b[33ma \\x1b[31mnote\x1b[0m\n\x1b[31man error\x1b[0m\n\x1b[2ma status\x1b[0m"
    )


@pytest.mark.parametrize("number", [errno.EPIPE, errno.ENOSPC, errno.EIO])
def test_standard_error_that_takes_nothing_ends_nothing(number: int) -> None:
    out = io.BytesIO()
    screen = Screen(Output(out), Output(Broken(number), is_terminal=True))
    screen.status("waiting…")
    screen.note("a note")
    screen.error("an error")
    screen.answer("Hello\n")
    assert out.getvalue() == b"Hello\n"


def test_standard_output_that_nobody_reads_is_a_broken_pipe() -> None:
    screen = Screen(Output(Broken(errno.EPIPE)), Output(io.BytesIO()))
    with pytest.raises(BrokenPipeError):
        screen.answer("Hello")


def test_standard_output_on_a_full_disk_is_a_file_that_is_not_written() -> None:
    screen = Screen(Output(Broken(errno.ENOSPC)), Output(io.BytesIO()))
    with pytest.raises(FileNotWritten) as caught:
        screen.answer("Hello")
    assert caught.value.message == "Standard output could not be written: it is broken."
