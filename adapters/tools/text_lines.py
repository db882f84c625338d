"""The lines of a text file, as they are numbered for the model.

Loaded by the searching process as well, so it needs nothing of this package.
"""

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO, TextIO

_BINARY_PROBE_BYTES = 8192
_SKIPPED_AT_ONCE = 8192
_UNDECODABLE = dict.fromkeys(range(0xDC80, 0xDD00), "\ufffd")
"""What ``surrogateescape`` makes of bytes that are no UTF-8."""


def opened_text(stream: BinaryIO) -> TextIO | None:
    """Return the text of a file from its beginning, or None for a binary file.

    A byte order mark is no text. Lines end at a line feed, a carriage return and the two together,
    and at nothing else; what is no UTF-8 comes as ``surrogateescape`` has it.

    Args:
        stream: The file, at its beginning; closed with the text.
    """
    start = stream.read(_BINARY_PROBE_BYTES)
    if b"\0" in start:
        return None
    stream.seek(len(codecs.BOM_UTF8) if start.startswith(codecs.BOM_UTF8) else 0)
    return io.TextIOWrapper(stream, "utf-8", "surrogateescape", newline=None)


def lines_of(text: TextIO, most_characters: int) -> Iterator[tuple[str, int]]:
    """Yield each line without its end, and how many characters of it are left out.

    No line is ever longer in memory than ``most_characters``.
    """
    while line := text.readline(most_characters + 1):
        if line.endswith("\n"):
            yield line[:-1], 0
        elif len(line) <= most_characters:
            yield line, 0  # the last one, which has no end
        else:
            left_out = len(line) - most_characters + _skip_rest_of_line(text)
            yield line[:most_characters], left_out


def readable(line: str) -> str:
    """Return a line with U+FFFD for each byte that is no UTF-8."""
    return line if line.isascii() else line.translate(_UNDECODABLE)


def _skip_rest_of_line(text: TextIO) -> int:
    """Return how many characters there were before its end."""
    skipped = 0
    while part := text.readline(_SKIPPED_AT_ONCE):
        if part.endswith("\n"):
            return skipped + len(part) - 1
        skipped += len(part)
    return skipped
