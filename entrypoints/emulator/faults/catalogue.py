"""The named faults of requests for a response, and which request plays which."""

import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from codexctl.entrypoints.emulator.faults.connections import ENDED_CONNECTIONS, SLOW_CONNECTIONS
from codexctl.entrypoints.emulator.faults.corrupt_streams import CORRUPT_STREAMS, ODD_STREAMS
from codexctl.entrypoints.emulator.faults.failed_responses import FAILED_RESPONSES, ODD_ENDS
from codexctl.entrypoints.emulator.faults.http_errors import BROKEN_SERVICE, REFUSED_REQUESTS
from codexctl.entrypoints.emulator.faults.limits import LIMITS
from codexctl.entrypoints.emulator.faults.partial_streams import with_message
from codexctl.entrypoints.emulator.faults.rows import Fault, FaultTable
from codexctl.entrypoints.emulator.http.messages import Reply
from codexctl.entrypoints.emulator.model.generation import Generation
from codexctl.entrypoints.emulator.scenario_plays import Plays, read_play

FAULT_GROUPS: Mapping[str, FaultTable] = MappingProxyType(
    {
        "The connection ends": ENDED_CONNECTIONS,
        "The connection is slow": SLOW_CONNECTIONS,
        "The stream is broken": CORRUPT_STREAMS,
        "The stream is odd": ODD_STREAMS,
        "The response fails": FAILED_RESPONSES,
        "The response ends oddly": ODD_ENDS,
        "The request is refused": REFUSED_REQUESTS,
        "A limit is reached": LIMITS,
        "The service is broken": BROKEN_SERVICE,
    }
)
"""All faults, by the heading they are listed under."""

_FAULTS: Mapping[str, Fault] = MappingProxyType(
    {name: fault for table in FAULT_GROUPS.values() for name, fault in table.items()}
)
FAULT_NAMES = tuple(_FAULTS)
"""The names that `Emulator(faults=...)` takes, each with `*` or `*3` behind it too."""


def fault_reply(name: str, generation: Generation, now: float | None = None) -> Reply:
    """Give the reply of a fault.

    Args:
        name: one of `FAULT_NAMES`.
        generation: what would be said if all went well, of which a fault may say a part. One that
            takes a message, or a call, says one of its own where there is none.
        now: the present in Unix seconds, which limits count from; None for the system's.

    Raises:
        KeyError: for a name that is none of them.
    """
    said = generation if generation.items else with_message(generation)
    return _FAULTS[name].play(said, int(time.time() if now is None else now))


class FaultChoice:
    """Hands each request for a response the fault it plays.

    `NAME` is played by one request, `NAME*3` by three, `NAME*` by every one from then on. They are
    played in the order given; requests after the last go well.
    """

    def __init__(self, written: Sequence[str] = ()) -> None:
        """Check the names.

        Raises:
            ValueError: for a name that is no fault, or a count that is none.
        """
        self._plays = Plays()
        for text in written:
            play = read_play(text, _FAULTS)
            if play is None:
                known = ", ".join(FAULT_NAMES)
                msg = f"there is no fault named {text!r}; there are {known}"
                raise ValueError(msg)
            self._plays.add(play)

    def next(self) -> str | None:
        """Give the name of the fault that this request plays, None to go well."""
        return self._plays.next()
