"""A script: the replies to requests for a response, in their order, as plain values."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from codexctl.entrypoints.emulator.http.messages import Ending, Reply
from codexctl.entrypoints.emulator.model.output_items import OutputItem
from codexctl.entrypoints.emulator.sources.expectation import Expectation


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the model says; it gets its ids and its wire shape when it is asked for.

    Attributes:
        items: in their order.
        pause_seconds: what passes between two events.
    """

    items: tuple[OutputItem, ...]
    pause_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedStream:
    """The body of a stream, sent as it is.

    Attributes:
        pieces: joined, the body.
        pause_seconds: what passes between two pieces.
        ending: what becomes of the connection behind the last one.
    """

    pieces: tuple[bytes, ...]
    pause_seconds: float = 0.0
    ending: Ending = Ending.WHOLE


@dataclass(frozen=True, slots=True)
class NamedFault:
    """A fault by its name.

    Attributes:
        name: one of `FAULT_NAMES`.
        items: what would be said if all went well; without any, the fault has something to say.
    """

    name: str
    items: tuple[OutputItem, ...] = ()


Answer: TypeAlias = Spoken | RecordedStream | NamedFault | Reply
"""A reply that is ready has bytes or a tuple of pieces as its body, so it can be given again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedReply:
    """One reply.

    Attributes:
        place: where it stands, for complaints: `replies[2]`.
        answer: what is answered.
        expect: what the request has to be; otherwise the reply is kept for the next one. None
            takes any.
        delay_seconds: what passes before the headers; 0 leaves a fault its own.
    """

    place: str
    answer: Answer
    expect: Expectation | None = None
    delay_seconds: float = 0.0


class Then(Enum):
    """What comes after the last reply of a script."""

    REFUSE = "refuse"
    REPEAT_LAST = "repeat-last"
    SCENARIOS = "scenarios"
    """The named scenarios, as if there were no script."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherReply:
    """A reply of another endpoint than those for responses.

    Attributes:
        method: of the request.
        path: of the request, without its query.
        query: of the request it was recorded for, None for any.
        reply: what is answered.
    """

    method: str
    path: str
    query: str | None
    reply: Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Replies, and what comes after them.

    Attributes:
        replies: to requests for a response.
        then: what comes after the last.
        others: the replies of other endpoints; of several for one, each once, the last again.
        noun: what it is called in complaints: `script` or `tape`.
    """

    replies: tuple[ScriptedReply, ...]
    then: Then
    others: tuple[OtherReply, ...] = ()
    noun: str = "script"
