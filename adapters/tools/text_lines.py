"""The lines of a text file, as they are numbered for the model.

Loaded by the searching process as well, so it needs nothing of this package.
"""

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO, TextIO

_BINARY_PROBE_BYTES = 8192
_CHARACTERS_AT_ONCE = 65_536
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

    No line is ever much longer in memory than ``most_characters``.
    """
    begun, dropped = "", 0
    while chunk := text.read(_CHARACTERS_AT_ONCE):
        lines = (begun + chunk).split("\n")
        begun = lines.pop()
        for line in lines:
            if dropped or len(line) > most_characters:
                yield line[:most_characters], len(line) - most_characters + dropped
                dropped = 0
            else:
                yield line, 0
        if len(begun) > most_characters:
            dropped += len(begun) - most_characters
            begun = begun[:most_characters]
    if begun:
        yield begun, dropped  # the last one, which has no end


def readable(line: str) -> str:
    """Return a line with U+FFFD for each byte that is no UTF-8."""
    return line if line.isascii() else line.translate(_UNDECODABLE)
