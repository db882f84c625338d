"""The prompt, where the whole command cannot show it."""

import codecs
import errno
import io

import pytest

from codexctl.domain.errors import UsageError
from codexctl.entrypoints.cli.prompt import decode, read_prompt


class Untouchable(io.BytesIO):
    """A standard input that must be left alone."""

    def read(self, _size: int | None = -1, /) -> bytes:
        raise AssertionError("it was read")


class Unreadable(io.BytesIO):
    """A standard input that cannot be read."""

    def read(self, _size: int | None = -1, /) -> bytes:
        raise OSError(errno.EIO, "Input/output error")


class Terminal(io.BytesIO):
    """A standard input where a person types."""

    def isatty(self) -> bool:
        return True


def test_standard_input_is_left_alone_when_there_is_a_prompt() -> None:
    assert read_prompt("hi", Untouchable(), append_stdin=False) == "hi"


def test_a_person_may_type_the_prompt_when_asked_to() -> None:
    assert read_prompt("-", Terminal(b"typed\n"), append_stdin=False) == "typed\n"


def test_a_person_is_not_waited_for_unasked() -> None:
    with pytest.raises(UsageError, match=r"There is no prompt\."):
        read_prompt(None, Terminal(b"typed\n"), append_stdin=False)


@pytest.mark.parametrize(("word", "append"), [(None, False), ("-", False), ("hi", True)])
def test_a_standard_input_that_cannot_be_read_is_told(
    word: str | None,
    append: bool,  # noqa: FBT001
) -> None:
    with pytest.raises(UsageError) as caught:
        read_prompt(word, Unreadable(), append_stdin=append)
    assert caught.value.message == "Standard input cannot be read: Input/output error."


@pytest.mark.parametrize(
    "data",
    [
        "añ✓".encode(),
        codecs.BOM_UTF8 + "añ✓".encode(),
        codecs.BOM_UTF16_LE + "añ✓".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "añ✓".encode("utf-16-be"),
        codecs.BOM_UTF32_LE + "añ✓".encode("utf-32-le"),
        codecs.BOM_UTF32_BE + "añ✓".encode("utf-32-be"),
    ],
)
def test_the_mark_says_the_encoding(data: bytes) -> None:
    assert decode(data) == "añ✓"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [(b"\xff", "UTF-8"), (codecs.BOM_UTF16_LE + b"\x00", "UTF-16"), (b"\xed\xa0\x80", "UTF-8")],
)
def test_bytes_that_are_no_text_are_told(data: bytes, encoding: str) -> None:
    with pytest.raises(UsageError, match=f"Standard input is not valid {encoding}"):
        decode(data)
