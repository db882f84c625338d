"""What a tape says, as values that can be shown."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from codexctl.domain.errors import CodexctlError
from codexctl.domain.tools import ToolOutcome
from codexctl.domain.values import dataclass
from codexctl.entrypoints.inspected_stream import FoldedResponse

if TYPE_CHECKING:
    from codexctl.entrypoints.inspect_composition import SentItem, SentRequest


@dataclass(frozen=True, slots=True)
class InspectedFailure:
    """Why an answer, or the whole run, came to no end of its own.

    Attributes:
        kind: The class of the error; ``Interrupted`` if the recording ended first.
        message: What it said; a sentence.
    """

    kind: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectedRequest:
    """What was sent.

    Attributes:
        method: Its method.
        url: The whole URL.
        size: The bytes of its body.
        sent: What it asks the model; None if it asks none.
        kept: How many items of its input the request to a model before it had in the same place.
        dropped: How many items of that request it has not.
        new_items: The rest of its input.
    """

    method: str
    url: str
    size: int
    sent: "SentRequest | None"
    kept: int = 0
    dropped: int = 0
    new_items: "tuple[SentItem, ...]" = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectedAnswer:
    """What came back.

    Attributes:
        status: The HTTP status.
        reason: Its phrase.
        media_type: What it is, without parameters; ``""`` if it does not say.
        size: The bytes of its body.
        began_at_milliseconds: When its headers came, counted from the beginning of the run; 0 if
            that is not known.
        arrivals: When each of its pieces came, in milliseconds since the request; empty if that is
            not known.
        responses: What its events come to, if it is a stream or one response as JSON.
        error: What it means to a run that it refuses the request, if it does.
        text: The body, if it is text and nothing of that.
    """

    status: int
    reason: str
    media_type: str
    size: int
    began_at_milliseconds: int
    arrivals: tuple[int, ...]
    responses: tuple[FoldedResponse, ...] = ()
    error: CodexctlError | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectedExchange:
    """A request and what came of it.

    Attributes:
        request: What was sent.
        answer: What came back; None if no answer began.
        failure: Why it is not whole; None if it is.
    """

    request: InspectedRequest
    answer: InspectedAnswer | None
    failure: InspectedFailure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectedTape:
    """A recorded run.

    Attributes:
        facts: What is known of the run, each by its name, in the order to tell it; what is not
            known is left out.
        services: Those there was a credential for, in the order they were asked, each with its
            base URL.
        started_at: When it began, aware.
        failure: What ended the run before it was done, if the tape tells.
        exchanges: What was asked and answered, in order.
        outcomes: What came of the tool calls, in order.
        notices: What the user was told beside the conversation, each with how many requests had
            been sent by then.
    """

    facts: Mapping[str, str]
    services: tuple[tuple[str, str], ...]
    started_at: datetime | None
    failure: InspectedFailure | None
    exchanges: tuple[InspectedExchange, ...]
    outcomes: tuple[ToolOutcome, ...]
    notices: tuple[tuple[str, int | None], ...]
