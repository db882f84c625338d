"""A conversation: its items, and the rule that every call has exactly one output.

The items are those of the Responses API that a client has to keep and send back. What the service
sends beyond them stays verbatim in :class:`ProviderItem`, so that nothing it said is lost.
"""

from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from typing import TypeAlias

from codexctl.domain.tools import CallKind, ToolCall
from codexctl.domain.values import dataclass

ABORTED_OUTPUT = "aborted"
"""What the model is told of a call whose output is missing (the official client's word)."""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture.

    Attributes:
        media_type: ``image/png``, ``image/jpeg``, ``image/gif`` or ``image/webp``.
        data: The bytes of its file.
    """

    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class UserMessage:
    """What the user said, and the pictures that go with it."""

    text: str
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """A page that an answer rests on.

    Attributes:
        url: Where it is.
        title: What it is called, ``""`` if the service does not say.
    """

    url: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class OutputText:
    """Text of an assistant message, and the pages it cites, each once, in their order."""

    text: str
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """The model's own words for why it will not answer."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistantMessage:
    """What the model said.

    Attributes:
        parts: Its content, in order; may be empty.
        item_id: The service's id, if it gave one.
        phase: ``commentary`` or ``final_answer`` where the service says; sent back unchanged,
            since dropping it makes later answers worse.
    """

    parts: tuple[OutputText | Refusal, ...]
    item_id: str | None = None
    phase: str | None = None

    @property
    def text(self) -> str:
        """All parts as one string, refusals included."""
        return "".join(part.text for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoning:
    """The model's reasoning: a summary to read, and a sealed form to send back.

    Attributes:
        item_id: The service's id, if it gave one.
        summary: The summary's parts.
        encrypted_content: The sealed form, from the finished item; sent back unchanged.
        model: The model that was asked for it, the only one that can open the seal; None for
            reasoning of a response that is not over yet.
    """

    item_id: str | None
    summary: tuple[str, ...]
    encrypted_content: str | None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolOutput:
    """The one output of one call.

    Attributes:
        call_id: The call it answers.
        text: What the model is told.
        kind: The kind of call it answers.
        images: Pictures that go with the text.
    """

    call_id: str
    text: str
    kind: CallKind = CallKind.FUNCTION
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class ProviderItem:
    """An item we have no class for: hosted tools, and whatever the service invents next.

    Attributes:
        kind: Its ``type`` on the wire, ``""`` when it has none.
        payload: The item as JSON text.
        detail: What it was about, in words for the user: the query of a web search, the address
            of a page; ``""`` where there is nothing to tell.
    """

    kind: str
    payload: str
    detail: str = ""


ConversationItem: TypeAlias = (
    UserMessage | AssistantMessage | Reasoning | ToolCall | ToolOutput | ProviderItem
)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation so far. Values: adding to one makes another.

    Attributes:
        conversation_id: At most 64 characters; constant over the conversation's life, since the
            service's prompt cache is keyed by it.
        items: Everything said and done, in order.
    """

    conversation_id: str
    items: tuple[ConversationItem, ...] = ()

    def plus(self, items: Iterable[ConversationItem]) -> "Conversation":
        """Return the conversation with ``items`` at its end."""
        return Conversation(self.conversation_id, (*self.items, *items))


def repaired(items: Sequence[ConversationItem]) -> tuple[ConversationItem, ...]:
    """Return the items with exactly one output for each call, as the service demands.

    A call without output gets :data:`ABORTED_OUTPUT` directly after it; an output without an
    earlier call is removed, and so are repeated calls and repeated outputs. Everything else keeps
    its place. Valid items come back unchanged, and so does the result of an earlier repair.
    """
    answered = _answered_calls(items)
    seen_calls: set[str] = set()
    seen_outputs: set[str] = set()
    result: list[ConversationItem] = []
    for item in items:
        match item:
            case ToolCall(call_id=call_id):
                if call_id in seen_calls:
                    continue
                seen_calls.add(call_id)
                result.append(item)
                if call_id not in answered:
                    result.append(ToolOutput(call_id=call_id, text=ABORTED_OUTPUT, kind=item.kind))
            case ToolOutput(call_id=call_id):
                if call_id not in seen_calls or call_id in seen_outputs:
                    continue
                seen_outputs.add(call_id)
                result.append(item)
            case _:
                result.append(item)
    return tuple(result)


def with_new_call_ids(
    items: Sequence[ConversationItem], conversation: Conversation
) -> tuple[ConversationItem, ...]:
    """Return a response's items with calls named apart from those that the conversation has.

    Some servers number their calls anew in each response. A call that comes twice within the
    response keeps its id, and so stays one call.
    """
    used = {item.call_id for item in conversation.items if isinstance(item, ToolCall)}
    new_ids: dict[str, str] = {}
    for item in items:
        if isinstance(item, ToolCall) and item.call_id not in new_ids:
            new_ids[item.call_id] = new_id = _unused(item.call_id, used)
            used.add(new_id)
    return tuple(
        replace(item, call_id=new_ids[item.call_id]) if isinstance(item, ToolCall) else item
        for item in items
    )


def _unused(call_id: str, used: set[str]) -> str:
    """Return the id, or one like it that is not in use; at most 64 characters stay at most 64."""
    candidate, number = call_id, 1
    while candidate in used:
        number += 1
        suffix = f"_{number}"
        candidate = call_id[: 64 - len(suffix)] + suffix
    return candidate


def _answered_calls(items: Sequence[ConversationItem]) -> set[str]:
    """Return the ids of calls that have an output somewhere after them."""
    called: set[str] = set()
    answered: set[str] = set()
    for item in items:
        if isinstance(item, ToolCall):
            called.add(item.call_id)
        elif isinstance(item, ToolOutput) and item.call_id in called:
            answered.add(item.call_id)
    return answered
