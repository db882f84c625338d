"""Where in an answer a fault may strike: a place of every kind, from the first byte to the last."""

from dataclasses import dataclass

from tests.faults.server import Say
from tests.faults.streams import FIRST_FRAMES, FIRST_STEP, SAID_FIRST, chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in the first step's answer.

    Attributes:
        name: Its name.
        sent: The answer before it.
        rest: The answer after it.
        shown: The text that stands on standard output there.
        messages: The messages that are finished there.
        filler: A byte that may stand there over and over, and brings the answer no further.
    """

    name: str
    sent: bytes
    rest: bytes
    shown: str
    messages: list[str]
    filler: bytes


def _whole() -> bytes:
    (only,) = FIRST_STEP
    assert isinstance(only, Say)
    return only.data


WHOLE = _whole()
"""The first step's answer."""

_BODY = WHOLE.index(b"\r\n\r\n") + 4


def _after(frames: int, more: int = 0) -> int:
    """Return the end of the n-th frame's chunk, or a place so many bytes after it."""
    return _BODY + len(b"".join(map(chunk, FIRST_FRAMES[:frames]))) + more


END = _after(len(FIRST_FRAMES), -2)
"""The end of the terminal event; the end of its chunk is still to come."""


def _place(name: str, at: int, filler: bytes = b"0") -> Place:
    return Place(
        name=name,
        sent=WHOLE[:at],
        rest=WHOLE[at:],
        shown=_shown(at),
        messages=_messages(at),
        filler=filler,  # a zero lengthens a chunk's length, whose line does not end
    )


def _shown(at: int) -> str:
    if at < _after(3, -2):
        return ""
    return SAID_FIRST[:3] if at < _after(4, -2) else SAID_FIRST


def _messages(at: int) -> list[str]:
    return [SAID_FIRST] if at >= _after(5, -2) else []


PLACES = [
    _place("before the status line", 0, b"H"),
    _place("in the status line", len("HTTP/1.1 2")),
    _place("in the headers", len("HTTP/1.1 200 OK\r\ncontent-ty"), b"x"),
    _place("after the headers", _BODY),
    _place("in a chunk's length", _after(0, 1)),
    _place("in a frame's data", _after(0, 40), b"x"),
    _place("between frames", _after(2)),
    _place("after text was shown", _after(3)),
    _place("in the frame of more text", _after(3, 30), b"x"),
    _place("after the message was finished", _after(5)),
    _place("after the call was announced", _after(6)),
    _place("after the call's arguments were whole", _after(8)),
    _place("after the call was finished", _after(9)),
    _place("in the terminal event", _after(9, 40), b"x"),
]

BETWEEN_FRAMES = next(place for place in PLACES if place.name == "between frames")
