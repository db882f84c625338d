"""An event stream as text: where the JSON of its events stands. Pure.

The lines are cut by the WHATWG rules (LF, CR LF and CR alone), as adapters/responses/sse.py does it
for what is read; but here each part has to be found again in the text, to be replaced there.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from codexctl.adapters.cassettes.json_text import Scalar, is_json, scalars
from codexctl.domain.values import dataclass

_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")
_FIELD = re.compile(r"(?:\A\ufeff?|[\r\n])(?:data|event):")
_BLANK_LINE = re.compile(r"\r\n\r\n|\n\n|\r\r")
_DELTA = "delta"
_LAST_WORDS = frozenset(
    ("response.completed", "response.failed", "response.incomplete", "error", "response.error")
)
_LAST_EVENTS = 4
"""How far from its end a stream is looked at: something may follow the event that says it all."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a stream that is text by itself: a line that holds no JSON.

    Attributes:
        start: Where it begins.
        end: Where it ends.
        is_cut: Whether the stream broke off in it.
    """

    start: int
    end: int
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """The data of one event that is JSON.

    Attributes:
        scalars: What it holds; their places are those in the stream.
    """

    scalars: tuple[Scalar, ...]

    def track(self, scalar: Scalar) -> tuple[object, ...] | None:
        """Return what a part of a longer text goes on with; None if it is no such part.

        Parts with the same answer make one text, in their order: those of one type at one place of
        one item. An item goes by its position, since some services change its id from event to
        event.
        """
        if _DELTA not in scalar.path or not scalar.is_text or scalar.is_key:
            return None
        told = {one.path[0]: one.value for one in self.scalars if len(one.path) == 1}
        item = told.get("output_index", told.get("item_id", told.get("call_id")))
        where = (told.get("content_index"), told.get("summary_index"))
        return (told.get("type"), item, *where, scalar.path)


def is_stream(text: str) -> bool:
    """Tell whether a text is an event stream, as far as it has a line of one."""
    return _FIELD.search(text) is not None


def is_over(text: str) -> bool:
    """Tell whether a stream has come to the event after which nobody reads on."""
    *whole, _cut = _BLANK_LINE.split(text)
    return any(
        one.path == ("type",) and one.value in _LAST_WORDS
        for block in whole[-_LAST_EVENTS:]
        for part in parts_of(f"{block}\n\n")
        if isinstance(part, Event)
        for one in part.scalars
    )


def parts_of(text: str) -> Iterator[Event | Piece]:
    """Yield the events of a stream, and every line that is no part of one."""
    data: list[tuple[int, int]] = []
    for line in _LINE.finditer(text):
        start, end = line.span(1)
        if start == len(text):
            break
        begin = start + (1 if text.startswith("\ufeff", start) else 0)
        if text.startswith("data:", begin):
            space = 6 if text.startswith(" ", begin + 5) else 5
            data.append((begin + space, end))
        elif start == end:
            yield from _event(text, data, is_cut=False)
            data = []
        else:
            yield Piece(start, end, is_cut=end == len(text))
    yield from _event(text, data, is_cut=True)


def _event(text: str, lines: list[tuple[int, int]], *, is_cut: bool) -> Iterator[Event | Piece]:
    said = "\n".join(text[start:end] for start, end in lines)
    if not is_json(said):
        yield from (Piece(start, end, is_cut and end == len(text)) for start, end in lines)
    elif len(lines) == 1:
        yield Event(tuple(scalars(said, lines[0][0])))
    else:
        yield Event(tuple(_in_place(scalars(said), lines)))


def _in_place(found: Iterable[Scalar], lines: list[tuple[int, int]]) -> Iterator[Scalar]:
    """Yield scalars of an event's data with the places they have in the stream."""
    begins = [0]
    for start, end in lines[:-1]:
        begins.append(begins[-1] + end - start + 1)
    for one in found:
        # No string of JSON goes over a line end, so each stands within one line.
        line = bisect_right(begins, one.start) - 1
        shift = lines[line][0] - begins[line]
        yield one._replace(start=one.start + shift, end=one.end + shift)
