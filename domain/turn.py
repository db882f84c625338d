"""From events to one finished turn, or to a named interruption. Pure; sees no socket.

Theory of operation. A response is a list of items, told piecewise. Only a *finished* item counts
(``response.output_item.done``): it is what is kept, sent back and, if it is a call, run. Deltas are
for the eye, but for the arguments of a call that are said nowhere else. The list of items in
``response.completed`` is read for content only if no item was finished by an event of its own, as
some compatible servers do it: the ChatGPT back end leaves it empty even when there was content. A
response counts only when its terminal event came; a stream that just ends is an interruption,
however much it brought.
"""

from dataclasses import field, replace
from typing import TypeAlias, assert_never

from codexctl.domain.call_arguments import CallArguments
from codexctl.domain.conversation import AssistantMessage, ConversationItem, Reasoning
from codexctl.domain.errors import CodexctlError, IncompleteAnswer, StreamInterrupted
from codexctl.domain.faults import error_for
from codexctl.domain.finished_items import FinishedItems
from codexctl.domain.models import ModelOptions
from codexctl.domain.stream_events import (
    ArgumentsDelta,
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

_COMMENTARY = "commentary"
"""The phase of messages that lead up to the answer (wire-contract 2.5)."""


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
        is_only_commentary: The model said what it is about to do, and nothing else: there is no
            call, every message is of the phase ``commentary``, and the service does not say that
            the turn is over. This is no answer yet.
        notices: What came but could not be kept, in words for the user.
    """

    items: tuple[ConversationItem, ...]
    usage: Usage
    response_id: str | None = None
    model: str | None = None
    wants_more: bool = False
    is_only_commentary: bool = False
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

    _items: FinishedItems = field(default_factory=FinishedItems)
    _arguments: CallArguments = field(default_factory=CallArguments)
    _announced: dict[str, str] = field(default_factory=dict[str, str])
    _started: ResponseStarted | None = None
    _terminal: Completed | Incomplete | Failed | None = None
    _notices: list[str] = field(default_factory=list[str])
    _saw_text: bool = False
    _saw_item: bool = False

    @property
    def is_over(self) -> bool:
        """Whether the terminal event has come."""
        return self._terminal is not None

    def take(self, event: StreamEvent) -> tuple[StreamEvent, ...]:
        """Take the next event.

        Returns:
            What there is to show of it: as a rule the event itself. Nothing, if it is an item that
            came before, or if the response is over. Items that come only with the terminal event
            are told before it, as if each had been finished by an event of its own.
        """
        if self._terminal is not None:
            return ()
        match event:
            case TextDelta():
                self._saw_text = True
            case ItemFinished():
                self._saw_item = True
                return (event,) if self._finish(event) else ()
            case ArgumentsDelta():
                self._arguments.add_piece(event)
            case ArgumentsFinished():
                self._arguments.add_whole(event)
            case CallAnnounced(name, call_id):
                self._announced[call_id] = name
            case ResponseStarted():
                self._started = event
            case Completed(output=output):
                self._terminal = event
                if not self._saw_item:
                    return (*filter(self._finish, output), event)
            case Incomplete() | Failed():
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
        return (event,)

    def outcome(self) -> TurnOutcome:
        """Return the finished turn, or the interruption with its reason."""
        items = self._items.in_order()
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

    def _finish(self, event: ItemFinished) -> bool:
        """Keep an item, and return whether it is new."""
        item = event.item
        if isinstance(item, ToolCall):
            self._announced.pop(item.call_id, None)
            arguments = self._arguments.claim(item, event.output_index)
            if not event.is_complete:
                self._notices.append(f"The call of {item.name} was cut short, so it was not run.")
                return True
            if not item.arguments:
                item = replace(item, arguments=arguments)
        return self._items.add(item, event.output_index)

    def _completed(self, completed: Completed, items: tuple[ConversationItem, ...]) -> FinishedTurn:
        messages = [item for item in items if isinstance(item, AssistantMessage)]
        notices = list(self._notices)
        notices += [
            f"The call of {name} was announced but never finished, so it was not run."
            for name in self._announced.values()
        ]
        if self._saw_text and not messages:
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
            is_only_commentary=completed.end_turn is not True
            and bool(messages)
            and all(message.phase == _COMMENTARY for message in messages)
            and not any(isinstance(item, ToolCall) for item in items),
            notices=tuple(notices),
        )


def _sealed(item: ConversationItem, by_id: dict[str, str]) -> ConversationItem:
    """Give a reasoning item the sealed form that came only with the terminal event."""
    if isinstance(item, Reasoning) and item.encrypted_content is None and item.item_id in by_id:
        return replace(item, encrypted_content=by_id[item.item_id])
    return item
