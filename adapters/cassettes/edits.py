"""Replacing parts of a text, and what that does to borders in it. Pure."""

from collections.abc import Iterable, Sequence

from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """A part of a text that something else takes the place of.

    Attributes:
        start: Where the part begins.
        end: Where it ends.
        text: What stands there afterwards.
    """

    start: int
    end: int
    text: str


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Return the text with all edits made; they are in order and do not overlap."""
    parts: list[str] = []
    at = 0
    for edit in edits:
        parts += (text[at : edit.start], edit.text)
        at = edit.end
    return "".join((*parts, text[at:]))


def moved_borders(text: str, edits: Sequence[Edit], borders: Iterable[int]) -> list[int]:
    """Return where borders between the bytes of a text are once the edits are made.

    A border within a part that is replaced moves to the end of what takes its place.

    Args:
        text: The text before the edits.
        edits: In order, without overlaps; places count characters.
        borders: In order; places count the bytes of the text in UTF-8.
    """
    spans = _byte_spans(text, edits)
    moved: list[int] = []
    number, shift = 0, 0
    for border in borders:
        while number < len(spans) and spans[number][1] <= border:
            start, end, length = spans[number]
            shift += length - (end - start)
            number += 1
        if number < len(spans) and spans[number][0] < border:
            start, _, length = spans[number]
            moved.append(start + shift + length)
        else:
            moved.append(border + shift)
    return moved


def _byte_spans(text: str, edits: Sequence[Edit]) -> list[tuple[int, int, int]]:
    """Return start, end and new length of each edit in bytes."""
    spans: list[tuple[int, int, int]] = []
    at, at_bytes = 0, 0
    for edit in edits:
        start = at_bytes + _size(text[at : edit.start])
        end = start + _size(text[edit.start : edit.end])
        spans.append((start, end, _size(edit.text)))
        at, at_bytes = edit.end, end
    return spans


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))
