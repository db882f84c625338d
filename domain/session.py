"""A conversation that outlives its process: what is kept of it, and how it is taken up again.

A session is a log. Records are only ever added, each before the user or the model can see what
depends on it, so that whatever ends a process, the log tells how far it had come: a call that had
begun and has no output was interrupted, and is never run again.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias

from codexctl.domain.conversation import Conversation, ConversationItem, ToolOutput, UserMessage
from codexctl.domain.errors import UsageError
from codexctl.domain.stream_events import Usage
from codexctl.domain.tools import ToolCall
from codexctl.domain.values import dataclass

INTERRUPTED_OUTPUT = (
    "interrupted: this call had begun, and how it ended is not known. It may have taken effect, in"
    " part or as a whole, and was not run again. Look before you repeat it."
)
"""What the model is told of a call that was running when its process died, or when it was forked
from a conversation that goes on elsewhere."""

SHORTEST_BEGINNING = 4
"""How much of an id has to be given at least."""

_LONGEST_NAME = 64
_LONGEST_FIRST_WORDS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionHeader:
    """What is known of a session from its start.

    Attributes:
        session_id: A UUID; also the id of the conversation, which keys the service's prompt cache.
        created_at: When it began, aware.
        working_folder: Where it was begun, absolute.
        name: What the user calls it, if anything.
        forked_from: The session whose beginning it shares.
    """

    session_id: str
    created_at: datetime
    working_folder: str
    name: str | None = None
    forked_from: str | None = None


@dataclass(frozen=True, slots=True)
class ItemAdded:
    """The conversation has one more item."""

    item: ConversationItem


@dataclass(frozen=True, slots=True)
class CallBegun:
    """A call is about to run. Durable before it does."""

    call_id: str


@dataclass(frozen=True, slots=True)
class StepEnded:
    """A response became whole; its items have been added.

    Attributes:
        model: The model that was asked, by its name at the service.
        usage: What it took.
    """

    model: str
    usage: Usage


SessionRecord: TypeAlias = ItemAdded | CallBegun | StepEnded


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session as its log tells it.

    Attributes:
        header: Its first line.
        records: What was added since, in order.
        changed_at: When it was last added to, aware.
    """

    header: SessionHeader
    records: tuple[SessionRecord, ...]
    changed_at: datetime

    @property
    def items(self) -> tuple[ConversationItem, ...]:
        """The items of the conversation, as they were added."""
        return tuple(record.item for record in self.records if isinstance(record, ItemAdded))

    @property
    def model(self) -> str | None:
        """The model that answered last."""
        models = [record.model for record in self.records if isinstance(record, StepEnded)]
        return models[-1] if models else None

    @property
    def first_words(self) -> str:
        """See :func:`first_words_of`."""
        return first_words_of(self.records)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSummary:
    """A session as a list of many shows it.

    Attributes:
        session_id: Its id.
        changed_at: When it was last added to, aware.
        header: Its first line; None if that cannot be read.
        model: The model that answered last, if that is known.
        first_words: See :func:`first_words_of`.
    """

    session_id: str
    changed_at: datetime
    header: SessionHeader | None
    model: str | None = None
    first_words: str = ""


def first_words_of(records: Iterable[SessionRecord]) -> str:
    """Return what the user asked first, on one line and at most 200 characters of it.

    Looks no further than the first record that is not the user's.
    """
    first = ""
    for record in records:
        match record:
            case ItemAdded(UserMessage(is_context=True)):
                pass
            case ItemAdded(UserMessage(text)):
                first = text
                break
            case _:
                break
    beginning = first.lstrip()[: 10 * _LONGEST_FIRST_WORDS]
    return " ".join(beginning.split())[:_LONGEST_FIRST_WORDS]


def checked_name(name: str) -> str:
    """Return the name of a session, if it can be one.

    Raises:
        UsageError: It cannot be shown, or would be taken for an id.
    """
    if not (name.isprintable() and 0 < len(name) <= _LONGEST_NAME and name == name.strip()):
        raise UsageError(
            "The name of the session is empty, too long, or has characters that cannot be shown.",
            remedy=f"Use 1 to {_LONGEST_NAME} letters, such as --session refactoring.",
        )
    if is_session_id(name):
        raise UsageError(
            "The name of the session looks like an id.",
            remedy="To go on with a session by its id, use --resume ID.",
        )
    return name


def is_session_id(word: str) -> bool:
    """Tell whether a word has the form of an id: a UUID, in small letters or capitals."""
    groups = word.split("-")
    return list(map(len, groups)) == [8, 4, 4, 4, 12] and could_begin_an_id(word)


def could_begin_an_id(word: str) -> bool:
    """Tell whether a word is long enough to stand for an id, and has only what ids have."""
    return len(word) >= SHORTEST_BEGINNING and set(word.lower()) <= set("0123456789abcdef-")


def resumed(session: Session) -> tuple[Conversation, tuple[ToolOutput, ...]]:
    """Return the conversation to go on with, and the outputs that it lacked.

    A call that had begun is told as interrupted, directly after everything that was kept; it is for
    the caller to keep that output. A call that never began has no output; the repair of the history
    sees to it.
    """
    items = session.items
    calls = {item.call_id: item for item in items if isinstance(item, ToolCall)}
    answered = {item.call_id for item in items if isinstance(item, ToolOutput)}
    begun = dict.fromkeys(
        record.call_id for record in session.records if isinstance(record, CallBegun)
    )
    lacking = tuple(
        ToolOutput(call_id=call_id, text=INTERRUPTED_OUTPUT, kind=calls[call_id].kind)
        for call_id in begun
        if call_id in calls and call_id not in answered
    )
    return Conversation(session.header.session_id, (*items, *lacking)), lacking


def usage_of(records: Iterable[SessionRecord]) -> Usage:
    """Return what the responses of a session took together."""
    total = Usage()
    for record in records:
        if isinstance(record, StepEnded):
            total += record.usage
    return total
