"""What a run says while it goes: the stream's own events, and what happens around them."""

from typing import TypeAlias

from codexctl.domain.conversation import AssistantMessage
from codexctl.domain.errors import CodexctlError
from codexctl.domain.models import ModelChoice
from codexctl.domain.stream_events import StreamEvent, Usage
from codexctl.domain.tools import ToolCall, ToolOutcome
from codexctl.domain.turn import FinishedTurn, InterruptedTurn
from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The first event of every run."""

    conversation_id: str


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A request to the model is about to be sent; comes again for each step, not for retries."""

    model: ModelChoice


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """A response is over; its items are final. Comes once for each response that is kept."""

    turn: FinishedTurn | InterruptedTurn


@dataclass(frozen=True, slots=True)
class Retrying:
    """A step failed in passing and is tried again after a wait; what it brought is void.

    Attributes:
        error: What went wrong.
        attempt: Which retry this is, from 1.
        retries: How many there may be.
        delay_seconds: The wait before it.
        keeps_text: Text of the failed try was shown and stands; what the retry brings continues it.
    """

    error: CodexctlError
    attempt: int
    retries: int
    delay_seconds: float
    keeps_text: bool = False


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """A call is about to run."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A call has its one output."""

    call: ToolCall
    outcome: ToolOutcome


@dataclass(frozen=True, slots=True)
class Notice:
    """Something worth knowing that ends nothing."""

    text: str


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The run came to its end. The last event of a run that did not fail.

    Attributes:
        usage: Tokens of all its responses.
        last_message: The model's last message, or None if it said nothing.
    """

    usage: Usage
    last_message: AssistantMessage | None


RunEvent: TypeAlias = (
    StreamEvent
    | RunStarted
    | StepStarted
    | TurnEnded
    | Retrying
    | ToolStarted
    | ToolFinished
    | Notice
    | RunFinished
)
