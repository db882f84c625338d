"""What a row of the table of faults is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from codexctl.entrypoints.emulator.http.messages import Reply
from codexctl.entrypoints.emulator.model.generation import Generation

PlayFault: TypeAlias = Callable[[Generation, int], Reply]
"""From what would have been said, and the present in Unix seconds, to what is replied instead."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way a request for a response goes other than usual.

    Attributes:
        about: what happens, in a few words that begin in lower case and have no full stop.
        play: makes the reply.
    """

    about: str
    play: PlayFault


FaultTable: TypeAlias = Mapping[str, Fault]
"""Names to faults, in the order in which they are listed."""
