"""One standard stream: its encoding, its flushing, and what a terminal is spared."""

import io

import pytest

from codexctl.entrypoints.rendering.output import Output, open_output, visible


class Terminal(io.BytesIO):
    """Bytes that a person looks at."""

    def isatty(self) -> bool:
        return True


class Flushes(io.BytesIO):
    """Counts what is passed on."""

    flushed = b""

    def flush(self) -> None:
        self.flushed = self.getvalue()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\x9b2J", r"\x9b2J"),
        ("a\rb\x08\x07\x7f\0", r"a\x0db\x08\x07\x7f\x00"),
        ("grüß ✓ 👩\u200d👧\u2028", "grüß ✓ 👩\u200d👧\u2028"),
    ],
)
def test_control_characters_are_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("is_terminal", "written"), [(True, b"\\x1b[31m\xc3\xbc"), (False, b"\x1b[31m\xc3\xbc")]
)
def test_only_a_terminal_is_spared_control_characters(
    is_terminal: bool,  # noqa: FBT001
    written: bytes,
) -> None:
    sink = io.BytesIO()
    Output(sink, is_terminal=is_terminal).write("\x1b[31mü")
    assert sink.getvalue() == written


def test_text_is_passed_on_at_once() -> None:
    sink = Flushes()
    Output(sink).write("H")
    assert sink.flushed == b"H"


def test_what_utf_8_cannot_carry_is_a_question_mark() -> None:
    sink = io.BytesIO()
    Output(sink).write("a\ud83db")
    assert sink.getvalue() == b"a?b"


@pytest.mark.parametrize(
    ("texts", "is_mid_line"), [([], False), (["a"], True), (["a\n"], False), (["a", ""], True)]
)
def test_it_is_known_whether_something_stands_on_the_last_line(
    texts: list[str],
    is_mid_line: bool,  # noqa: FBT001
) -> None:
    output = Output(io.BytesIO())
    for text in texts:
        output.write(text)
    assert output.is_mid_line == is_mid_line


@pytest.mark.parametrize("colour", ["auto", "always", "never"])
@pytest.mark.parametrize("no_colour", [True, False])
@pytest.mark.parametrize("stream", [Terminal(), io.BytesIO()], ids=["terminal", "pipe"])
def test_colour_is_for_terminals_unless_it_is_asked_for(
    colour: str,
    no_colour: bool,  # noqa: FBT001
    stream: io.BytesIO,
) -> None:
    wanted = {"always": True, "never": False, "auto": stream.isatty() and not no_colour}
    output = open_output(stream, colour=colour, no_colour=no_colour)
    assert (output.is_terminal, output.colour) == (stream.isatty(), wanted[colour])


def test_a_closed_stream_takes_everything() -> None:
    output = open_output(None, colour="always", no_colour=False)
    output.write("lost\x1b")
    assert (output.is_terminal, output.colour) == (False, False)
