"""A conversation and its items.

The items are those of the Responses API that a client has to keep and send back. What the service
sends beyond them stays verbatim in :class:`ProviderItem`, so that nothing it said is lost.
"""

from collections.abc import Iterable
from dataclasses import field
from typing import TypeAlias

from codexctl.domain.tools import CallKind, ToolCall
from codexctl.domain.values import dataclass


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
    """What the user said, and the pictures that go with it.

    Attributes:
        text: The words.
        images: The pictures.
        is_context: Whether it was not the user who said it, but codexctl about the surroundings.
    """

    text: str
    images: tuple[Image, ...] = ()
    is_context: bool = False


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

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The pages that its parts cite."""
        return tuple(
            page for part in self.parts if isinstance(part, OutputText) for page in part.citations
        )


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
