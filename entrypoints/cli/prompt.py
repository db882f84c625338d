"""What to ask: the word on the command line, standard input, or both."""

import codecs
from typing import BinaryIO

from codexctl.domain.errors import UsageError

_MARKS = (
    # UTF-32 first: its little-endian mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_prompt(word: str | None, stdin: BinaryIO | None, *, append_stdin: bool) -> str:
    """Return the prompt.

    Standard input is read when the word is ``-``, when there is no word, or when asked for with
    ``--stdin``; otherwise it is left alone, so that a run started by a program that keeps its end
    of the pipe open does not hang.

    Raises:
        UsageError: There is nothing to ask, or it is not text.
    """
    if word is not None and word != "-":
        if not append_stdin:
            return _checked(word, "The prompt is empty.")
        extra = decode(_read(standard_input(stdin)))
        return _checked(word, "The prompt is empty.") + (
            f"\n\n<stdin>\n{extra.rstrip()}\n</stdin>" if extra.strip() else ""
        )
    if word is None and (stdin is None or stdin.isatty()):
        raise UsageError(
            "There is no prompt.",
            remedy="Write it as the last word (codexctl run 'What is here?'), or pipe it in.",
        )
    text = decode(_read(standard_input(stdin)))
    return _checked(text, "The prompt on standard input is empty.")


def decode(data: bytes) -> str:
    """Return the text of piped bytes: UTF-8, or what a byte order mark says.

    Raises:
        UsageError: It is not text.
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UsageError(
            f"Standard input is not valid {error.encoding.upper()} (byte {error.start}).",
            remedy="Convert it to UTF-8 first.",
        ) from error


def standard_input(stdin: BinaryIO | None) -> BinaryIO:
    """Return standard input.

    Raises:
        UsageError: The process was started without one.
    """
    if stdin is None:
        raise UsageError("Standard input is closed.", remedy="Give the text another way.")
    return stdin


def _read(stream: BinaryIO) -> bytes:
    try:
        return stream.read()
    except OSError as error:
        raise UsageError(
            f"Standard input cannot be read: {error.strerror}.", remedy="Give the text another way."
        ) from error


def _checked(text: str, complaint: str) -> str:
    if not text.strip():
        raise UsageError(complaint, remedy="Say what you want to know.")
    try:
        text.encode()
    except UnicodeEncodeError as error:  # how Python marks bytes of an argument that are no text
        raise UsageError("The prompt is not valid UTF-8.", remedy="Convert it first.") from error
    return text
