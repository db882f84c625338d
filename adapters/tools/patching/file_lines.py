"""The lines of a text file, their ends apart, to be searched ever less strictly."""

import codecs
from collections.abc import Callable, Sequence
from dataclasses import field
from typing import TypeAlias

from codexctl.domain.values import dataclass

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_SINGLE_QUOTES = "\u2018\u2019\u201a\u201b"
_DOUBLE_QUOTES = "\u201c\u201d\u201e\u201f"
_SPACES = "\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
# How read_file shows a byte that is not UTF-8; models write it like that.
_UNDECODABLE = "".join(map(chr, range(0xDC80, 0xDD00)))
_PLAIN = {
    ord(one): plain
    for ones, plain in (
        (_DASHES, "-"),
        (_SINGLE_QUOTES, "'"),
        (_DOUBLE_QUOTES, '"'),
        (_SPACES, " "),
        (_UNDECODABLE, "\ufffd"),
    )
    for one in ones
}


def plain(line: str) -> str:
    """Return a line without the differences that matching forgives."""
    return line.translate(_PLAIN).strip()


_Level: TypeAlias = Callable[[str], str]
_LEVELS: tuple[_Level, ...] = (str, str.rstrip, str.strip, plain)


@dataclass(slots=True, kw_only=True)
class FileLines:
    r"""A file, cut into lines.

    Attributes:
        mark: The byte order mark at its start, or nothing.
        texts: The lines without their ends.
        ends: The end of each: ``\n``, ``\r\n``, or nothing for a last line that has none.
    """

    mark: bytes
    texts: list[str]
    ends: list[str]
    _seen: dict[_Level, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, data: bytes) -> "FileLines":
        """Return the lines of a file. Bytes that are not UTF-8 survive :meth:`encoded`."""
        mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
        *ended, last = data[len(mark) :].decode("utf-8", "surrogateescape").split("\n")
        lines = cls(mark=mark, texts=[], ends=[])
        for line in ended:
            lines.texts.append(line.removesuffix("\r"))
            lines.ends.append("\r\n" if line.endswith("\r") else "\n")
        if last:
            lines.texts.append(last)
            lines.ends.append("")
        return lines

    @property
    def new_end(self) -> str:
        """The end that new lines get: that of the first line, as with the official client."""
        return self.ends[0] or "\n" if self.ends else "\n"

    def encoded(self) -> bytes:
        """Return the file.

        Raises:
            UnicodeEncodeError: A line holds half a surrogate pair.
        """
        text = "".join(text + end for text, end in zip(self.texts, self.ends, strict=True))
        return self.mark + text.encode("utf-8", "surrogateescape")

    def find(self, wanted: Sequence[str], start: int, *, at_end: bool = False) -> int | None:
        """Return where lines stand, one after the other, or None if they do not.

        The whole file is searched exactly first, then without regard to white space at the end of
        lines, then to that around them, then to typographic dashes, quotes and spaces.

        Args:
            wanted: The lines, at least one.
            start: The first index that counts.
            at_end: Whether nothing but blank lines may come behind them.
        """
        starts = [end - len(wanted) for end in self._ends_of_file()] if at_end else None
        for level in _LEVELS:
            texts, pattern = self._at(level), [level(text) for text in wanted]
            if starts is None:
                found = _index(texts, pattern, start)
            else:
                found = next(
                    (one for one in starts if one >= start and _is_at(texts, pattern, one)), None
                )
            if found is not None:
                return found
        return None

    def find_heading(self, heading: str, start: int) -> int | None:
        """Return where a heading stands; it may be the first words of a line, with no end."""
        found = self.find([heading], start)
        if found is not None:
            return found
        wanted = plain(heading)
        for index, text in enumerate(self.plain()[start:], start):
            follows = text[len(wanted) : len(wanted) + 1]
            if text.startswith(wanted) and not (follows.isalnum() or follows == "_"):
                return index
        return None

    def plain(self) -> list[str]:
        """Return the lines without the differences that matching forgives."""
        return self._at(plain)

    def _at(self, level: _Level) -> list[str]:
        if level not in self._seen:
            self._seen[level] = [level(text) for text in self.texts]
        return self._seen[level]

    def _ends_of_file(self) -> list[int]:
        """Return how many lines there are, and how many up to the last that is not blank."""
        filled = len(self.texts)
        while filled and not self.texts[filled - 1].strip():
            filled -= 1
        return [len(self.texts), filled]


def _index(texts: list[str], pattern: list[str], start: int) -> int | None:
    last = len(texts) - len(pattern)
    while start <= last:
        try:
            start = texts.index(pattern[0], start, last + 1)
        except ValueError:
            return None
        if _is_at(texts, pattern, start):
            return start
        start += 1
    return None


def _is_at(texts: list[str], pattern: list[str], start: int) -> bool:
    return texts[start : start + len(pattern)] == pattern
