"""What a recorded event stream says, folded to responses as a run folds it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import assert_never

from codexctl.domain.conversation import (
    AssistantMessage,
    ConversationItem,
    ProviderItem,
    Reasoning,
    ToolOutput,
    UserMessage,
)
from codexctl.domain.errors import CodexctlError, UsageError
from codexctl.domain.stream_events import ResponseStarted, StreamEvent
from codexctl.domain.tools import ToolCall
from codexctl.domain.turn import FinishedTurn, InterruptedTurn, TurnAssembler
from codexctl.domain.values import dataclass


@dataclass(slots=True)
class FoldedResponse:
    """One response of a stream, as far as it was recorded.

    Attributes:
        assembler: What folds its events.
        kinds: How many events of each kind came, in the order they first came in.
        error: What broke the stream off, if anything did.
    """

    assembler: TurnAssembler = field(default_factory=TurnAssembler)
    kinds: Counter[str] = field(default_factory=Counter[str])
    error: CodexctlError | None = None

    def turn(self) -> FinishedTurn | InterruptedTurn:
        """Return what became of it."""
        turn = self.assembler.outcome()
        if isinstance(turn, InterruptedTurn) and self.error and not self.assembler.is_over:
            return InterruptedTurn(self.error, turn.items, turn.usage)
        return turn


def folded(events: Iterable[tuple[str, StreamEvent]]) -> Iterator[FoldedResponse]:
    """Yield each response of a stream. A file may hold several, one after another.

    Args:
        events: The events, each with its name on the wire.

    Raises:
        UsageError: The file cannot be read. What else is wrong is what the last response says.
    """
    response = FoldedResponse()
    try:
        for kind, event in events:
            if response.assembler.is_over and isinstance(event, ResponseStarted):
                yield response
                response = FoldedResponse()
            response.kinds[kind] += 1
            response.assembler.take(event)
    except UsageError:  # the file, not what it says
        raise
    except CodexctlError as error:
        response.error = error
    if response.kinds or response.error:
        yield response


def item_fields(item: ConversationItem) -> dict[str, object]:
    """Return an item as an object of JSON, as all of ``inspect`` tells it."""
    match item:
        case AssistantMessage(text=text):
            return {"type": "message", "text": text}
        case Reasoning(summary=summary):
            return {"type": "reasoning", "summary": "\n".join(summary)}
        case ToolCall():
            return {
                "type": f"{item.kind}_call",
                "tool": item.name,
                "call_id": item.call_id,
                "arguments": item.arguments,
            }
        case ProviderItem(kind):
            return {"type": kind}
        case UserMessage(text, images):
            return {"type": "user_message", "text": text, "images": len(images)}
        case ToolOutput():
            return {
                "type": "tool_output",
                "call_id": item.call_id,
                "text": item.text,
                "images": len(item.images),
            }
        case _:
            assert_never(item)
