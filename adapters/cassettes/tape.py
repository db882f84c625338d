"""What a tape holds, as values. Pure.

An exchange is one request and what came back. A tape is read and written by ``tape_text`` and
``tape_codec``, scrubbed by ``scrubber`` and compared by ``matching``; docs/tapes.md shows its file.
"""

from dataclasses import field
from datetime import datetime
from itertools import accumulate, pairwise
from typing import TypeAlias

from codexctl.domain.models import Provider
from codexctl.domain.tools import ToolOutcome
from codexctl.domain.values import dataclass

TAPE_VERSION = 1
"""Of our own section. A newer one is refused, since nobody knows what it means."""

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""In the order of the wire; a name may come more than once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TapedRequest:
    """A request as it was sent.

    Attributes:
        method: ``POST``, ``GET``, …
        url: The whole URL.
        headers: All headers.
        body: The body, uncompressed; empty if there was none.
    """

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class TapedFailure:
    """Why there is no answer, or no more of it.

    Attributes:
        kind: The name of the error's class, such as ``NetworkFailed``.
        message: What it said.
        remedy: What it advised.
    """

    kind: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Whole:
    """The answer came to its end, or as far as anybody wanted to read it."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The recording ended first, by Ctrl-C or a limit of time."""


Ending: TypeAlias = Whole | TapedFailure | Interrupted


@dataclass(frozen=True, slots=True)
class Arrival:
    """A piece of a body, as it came.

    Attributes:
        length: Its bytes.
        at_milliseconds: When it came, counted from when the request was sent.
    """

    length: int
    at_milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TapedResponse:
    """An answer as far as it came.

    Attributes:
        status: The HTTP status.
        reason: Its phrase.
        headers: All headers.
        body: The body, uncompressed.
        arrivals: The pieces it came in; empty where that is not known. If they are there, they
            make up the body.
        ending: How it ended.
        began_at_milliseconds: When its headers came, counted from the beginning of the run.
    """

    status: int
    reason: str
    headers: Headers = ()
    body: bytes = b""
    arrivals: tuple[Arrival, ...] = ()
    ending: Ending = field(default_factory=Whole)
    began_at_milliseconds: int = 0

    def pieces(self) -> tuple[tuple[int, bytes], ...]:
        """Return the body in the pieces it came in, each with its milliseconds."""
        if not self.arrivals:
            return ((0, self.body),) if self.body else ()
        borders = (0, *accumulate(arrival.length for arrival in self.arrivals))
        return tuple(
            (arrival.at_milliseconds, self.body[start:end])
            for arrival, (start, end) in zip(self.arrivals, pairwise(borders), strict=True)
        )


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what came of it.

    Attributes:
        request: What was sent.
        answer: What came back; a failure (no connection, say) or an interruption if no answer
            began.
    """

    request: TapedRequest
    answer: TapedResponse | TapedFailure | Interrupted


@dataclass(frozen=True, slots=True)
class Service:
    """A service that there was a credential for.

    Attributes:
        provider: Whose it is.
        base_url: What ``/responses`` was added to.
    """

    provider: Provider
    base_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What a run has to know to be the same again. None and empty where it is not known.

    Attributes:
        conversation_id: What the conversation was called.
        identifiers: Other identifiers that were made up, in order.
        started_at: When it began, aware, in the time zone of its user.
        working_folder: Where the tools worked, absolute.
        services: Those there was a credential for, in the order they were asked.
        ended: What ended the run before it was done: the error, or the signal by the name of
            Python's exception for it.
    """

    conversation_id: str | None = None
    identifiers: tuple[str, ...] = ()
    started_at: datetime | None = None
    working_folder: str | None = None
    services: tuple[Service, ...] = ()
    ended: TapedFailure | None = None


@dataclass(frozen=True, slots=True)
class TapedNotice:
    """A sentence that the user was told about something beside the conversation.

    Attributes:
        text: The sentence.
        exchange: How many requests had been sent by then; None before the run had begun.
    """

    text: str
    exchange: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tape:
    """A recorded run.

    Attributes:
        recorded_by: The program and its version; None if it is not ours.
        command: The command that was recorded; None if it is not ours.
        facts: What a run has to know to be the same again.
        exchanges: What was asked and answered, in the order of asking.
        outcomes: What came of the tool calls, in their order.
        notices: What the user was told of the login and the like, in its order.
    """

    recorded_by: str | None = None
    command: str | None = None
    facts: RunFacts = field(default_factory=RunFacts)
    exchanges: tuple[Exchange, ...] = ()
    outcomes: tuple[ToolOutcome, ...] = ()
    notices: tuple[TapedNotice, ...] = ()


def header(headers: Headers, name: str) -> str | None:
    """Return the first header of that name, looked up in any case."""
    return next((value for known, value in headers if known.lower() == name), None)
