"""From events to one finished turn, or to a named interruption. Pure; sees no socket.

Theory of operation. A response is a list of items, told piecewise. Only a *finished* item counts
(``response.output_item.done``): it is what is kept, sent back and, if it is a call, run. Deltas are
for the eye. The list in ``response.completed`` is not read for content, because the ChatGPT back
end leaves it empty even when there was content. A response counts only when its terminal event
came; a stream that just ends is an interruption, however much it brought.
"""

from dataclasses import field, replace
from typing import TypeAlias, assert_never

from codexctl.domain.conversation import ConversationItem, Reasoning
from codexctl.domain.errors import CodexctlError, IncompleteAnswer, StreamInterrupted
from codexctl.domain.faults import error_for
from codexctl.domain.models import ModelOptions
from codexctl.domain.stream_events import (
    ArgumentsFinished,
    CallAnnounced,
    Completed,
    Failed,
    HostedCallStarted,
    Incomplete,
    ItemFinished,
    QuotaReported,
    ReasoningDelta,
    RequestAdjusted,
    ResponseStarted,
    StreamEvent,
    TextDelta,
    Unrecognised,
    Usage,
)
from codexctl.domain.tools import ToolCall, ToolSpec
from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRequest:
    """One request for one response.

    Attributes:
        model: The model's name as the service knows it.
        instructions: What the model is told about its task; not empty.
        conversation_id: At most 64 characters; keys the prompt cache.
        items: The conversation so far, each call with its one output.
        tools: What the model may call; may be empty.
        options: How it is to answer.
        routing: The account's routing, where its workspace has one (wire-contract 2.2).
    """

    model: str
    instructions: str
    conversation_id: str
    items: tuple[ConversationItem, ...]
    tools: tuple[ToolSpec, ...]
    options: ModelOptions = field(default_factory=ModelOptions)
    routing: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedTurn:
    """A response as a whole.

    Attributes:
        items: Its items, in the order they stand in the response.
        usage: Tokens spent.
        response_id: The service's id, if given.
        model: The model that answered, if given.
        wants_more: The service asks for another request (``end_turn: false``).
        notices: What came but could not be kept, in words for the user.
    """

    items: tuple[ConversationItem, ...]
    usage: Usage
    response_id: str | None = None
    model: str | None = None
    wants_more: bool = False
    notices: tuple[str, ...] = ()

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The calls to run, each with its complete arguments, in order."""
        return tuple(item for item in self.items if isinstance(item, ToolCall))


@dataclass(frozen=True, slots=True)
class InterruptedTurn:
    """A response that did not become whole.

    Attributes:
        error: Why, as the error to raise.
        items: The items that had been finished; none of its calls may be run.
        usage: Tokens spent, where the service said.
    """

    error: CodexctlError
    items: tuple[ConversationItem, ...]
    usage: Usage


TurnOutcome: TypeAlias = FinishedTurn | InterruptedTurn


@dataclass(slots=True)
class TurnAssembler:
    """Takes the events of one response, in order, and says what became of it.

    Events after the terminal one are ignored. :meth:`outcome` may be asked at any time; before
    the terminal event it is an interruption.
    """

    _finished: dict[int, ConversationItem] = field(default_factory=dict[int, ConversationItem])
    _arguments: dict[int | None, str] = field(default_factory=dict[int | None, str])
    _announced: dict[str, str] = field(default_factory=dict[str, str])
    _started: ResponseStarted | None = None
    _terminal: Completed | Incomplete | Failed | None = None
    _notices: list[str] = field(default_factory=list[str])
    _saw_text: bool = False

    @property
    def is_over(self) -> bool:
        """Whether the terminal event has come."""
        return self._terminal is not None

    def take(self, event: StreamEvent) -> None:
        """Take the next event."""
        if self._terminal is not None:
            return
        match event:
            case TextDelta():
                self._saw_text = True
            case ItemFinished():
                self._finish(event)
            case ArgumentsFinished(arguments, output_index):
                self._arguments[output_index] = arguments
            case CallAnnounced(name, call_id):
                self._announced[call_id] = name
            case ResponseStarted():
                self._started = event
            case Completed() | Incomplete() | Failed():
                self._terminal = event
            case (
                ReasoningDelta()
                | HostedCallStarted()
                | QuotaReported()
                | RequestAdjusted()
                | Unrecognised()
            ):
                pass
            case _:
                assert_never(event)

    def outcome(self) -> TurnOutcome:
        """Return the finished turn, or the interruption with its reason."""
        items = tuple(self._finished[position] for position in sorted(self._finished))
        match self._terminal:
            case Completed() as completed:
                return self._completed(completed, items)
            case Incomplete(reason, usage):
                error: CodexctlError = IncompleteAnswer(
                    f"The model stopped before its answer was whole (reason: {reason}).",
                    remedy="Ask for less at once, or run it again.",
                )
                return InterruptedTurn(error, items, usage or Usage())
            case Failed(fault):
                return InterruptedTurn(error_for(fault), items, Usage())
            case None:
                error = StreamInterrupted(
                    "The stream ended before the response was complete.",
                    remedy="Run it again; if it goes on, a proxy or VPN may be cutting streams.",
                )
                return InterruptedTurn(error, items, Usage())
            case _:
                assert_never(self._terminal)

    def _finish(self, event: ItemFinished) -> None:
        item = event.item
        if isinstance(item, ToolCall):
            self._announced.pop(item.call_id, None)
            arguments = self._arguments.pop(event.output_index, "")  # they serve one call alone
            if not event.is_complete:
                self._notices.append(f"The call of {item.name} was cut short, so it was not run.")
                return
            if not item.arguments:
                item = replace(item, arguments=arguments)
        self._finished[self._position(event.output_index)] = item

    def _position(self, output_index: int | None) -> int:
        """Return where an item belongs; one without a position, or with a taken one, comes last."""
        if output_index is None or output_index in self._finished:
            return max(self._finished, default=-1) + 1
        return output_index

    def _completed(self, completed: Completed, items: tuple[ConversationItem, ...]) -> FinishedTurn:
        notices = list(self._notices)
        notices += [
            f"The call of {name} was announced but never finished, so it was not run."
            for name in self._announced.values()
        ]
        if self._saw_text and not items:
            notices.append(
                "The service streamed text without a finished message, so it is not kept."
            )
        started = self._started or ResponseStarted(None, None)
        return FinishedTurn(
            items=tuple(_sealed(item, completed.sealed_reasoning) for item in items),
            usage=completed.usage or Usage(),
            response_id=completed.response_id or started.response_id,
            model=started.model,
            wants_more=completed.end_turn is False,
            notices=tuple(notices),
        )


def _sealed(item: ConversationItem, by_id: dict[str, str]) -> ConversationItem:
    """Give a reasoning item the sealed form that came only with the terminal event."""
    if isinstance(item, Reasoning) and item.encrypted_content is None and item.item_id in by_id:
        return replace(item, encrypted_content=by_id[item.item_id])
    return item
