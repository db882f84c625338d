"""Faults of the connection: it ends, or it is slow (wire-contract 3.3)."""

from collections.abc import Iterator
from functools import partial
from itertools import repeat
from types import MappingProxyType

from codexctl.entrypoints.emulator.faults.partial_streams import PLACES, Place
from codexctl.entrypoints.emulator.faults.rows import Fault, FaultTable
from codexctl.entrypoints.emulator.http.messages import Ending, HttpReply, NoReply, Pause
from codexctl.entrypoints.emulator.model.generation import Generation
from codexctl.entrypoints.emulator.model.stream_replies import frames, stream_headers, stream_reply

_HEADER_DELAY_SECONDS = 0.5
_EVENT_PAUSE = Pause(0.01)
_BYTE_PAUSE = Pause(0.05)

_ENDINGS = (
    ("end", "the stream ends properly", Ending.WHOLE),
    ("cut", "the connection is closed", Ending.CUT),
    ("reset", "the connection is reset", Ending.RESET),
    ("stall", "nothing more comes, the connection stays open", Ending.STALL),
)


def _none(end: NoReply, _generation: Generation, _now: int) -> NoReply:
    return end


def _ended(place: Place, ending: Ending, generation: Generation, _now: int) -> HttpReply:
    return stream_reply(generation, place.said_so_far(generation), ending=ending)


def _stalled_after_all(generation: Generation, _now: int) -> HttpReply:
    return stream_reply(generation, ending=Ending.STALL)


def _late(generation: Generation, _now: int) -> HttpReply:
    return HttpReply(
        status=200,
        headers=stream_headers(generation.backend, generation.serial),
        body=frames(generation),
        delay_seconds=_HEADER_DELAY_SECONDS,
    )


def _slow(generation: Generation, _now: int) -> HttpReply:
    def pieces() -> Iterator[bytes | Pause]:
        for one in frames(generation):
            yield _EVENT_PAUSE
            yield one

    return stream_reply(generation, pieces())


def _byte_by_byte(generation: Generation, _now: int) -> HttpReply:
    return stream_reply(generation, (bytes((b,)) for one in frames(generation) for b in one))


def _never_a_line(generation: Generation, _now: int) -> HttpReply:
    def pieces() -> Iterator[bytes | Pause]:
        for byte in repeat(b":"):
            yield byte
            yield _BYTE_PAUSE

    return stream_reply(generation, pieces())


ENDED_CONNECTIONS: FaultTable = MappingProxyType(
    {
        "cut-before-headers": Fault(
            "the connection is closed before the headers", partial(_none, NoReply())
        ),
        "reset-before-headers": Fault(
            "the connection is reset before the headers", partial(_none, NoReply(is_reset=True))
        ),
        "stall-before-headers": Fault(
            "nothing comes, the connection stays open", partial(_none, NoReply(hangs=True))
        ),
        **{
            f"{word}-{name}": Fault(f"{place.where}, {what}", partial(_ended, place, ending))
            for word, what, ending in _ENDINGS
            for name, place in PLACES.items()
        },
        "stall-after-completed": Fault(
            "all is said, but neither stream nor connection ends", _stalled_after_all
        ),
    }
)
"""Endings at every place where a client may be with its reading."""

SLOW_CONNECTIONS: FaultTable = MappingProxyType(
    {
        "slow-headers": Fault("the headers come half a second late; all goes well", _late),
        "slow": Fault("a pause of 10 ms before each event; all goes well", _slow),
        "drip": Fault("every byte is a piece of its own; all goes well", _byte_by_byte),
        "trickle": Fault("a byte each 50 ms for ever, and never a whole line", _never_a_line),
    }
)
"""What takes time."""
