"""What of a conversation can be sent: the service refuses a history that does not hold together.

Everything here takes items and returns items, changes nothing that is in order, and decides on an
item by what comes before it. So a conversation that grows keeps its beginning, and the service's
prompt cache keeps hitting. The two exceptions are a call whose output never came and reasoning that
nothing followed; both concern the end of the conversation only.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import assert_never

from codexctl.domain.conversation import (
    AssistantMessage,
    Conversation,
    ConversationItem,
    ProviderItem,
    Reasoning,
    ToolOutput,
    UserMessage,
)
from codexctl.domain.model_traits import traits_of
from codexctl.domain.tools import ToolCall

ABORTED_OUTPUT = "aborted"
"""What the model is told of a call whose output is missing (the official client's word)."""

UNREADABLE_PICTURE = "[a picture was left out: the service could not read it]"
UNWANTED_PICTURE = "[a picture was left out: the model takes none]"

SENT_BACK_KINDS = frozenset({"web_search_call"})
"""Items without a class of ours that the service takes back. Others stay in the conversation and
out of requests, as with the official client and what it does not know (wire-contract 2.5)."""


def repaired(items: Sequence[ConversationItem], *, model: str) -> tuple[ConversationItem, ...]:
    """Return the items as a model of the service can be asked with them.

    - A call without output gets :data:`ABORTED_OUTPUT` directly after it; an output without an
      earlier call goes, and so do repeated calls and repeated outputs; an output is of its call's
      kind.
    - Messages that say nothing go.
    - Reasoning goes that another model did, that a model without reasoning would get, or that
      nothing of the model's follows: each is a 400. What it led to loses its item id, by which the
      service would ask for it.
    - An item that comes twice under one item id stays once; another one under that id loses it.
    - Where the model takes no pictures, words stand for them.

    Items that are in order come back unchanged, and so does the result of an earlier repair.

    Args:
        items: The conversation.
        model: The model to be asked, by the name that reasoning was signed with.
    """
    traits = traits_of(model)
    if not traits.takes_pictures:
        items = [_without_pictures(item, UNWANTED_PICTURE) for item in items]
    items = _without_strays([item for item in items if not says_nothing(item)])
    items = _without_reasoning(
        items, lambda one: not traits.reasons or one.model not in (None, model)
    )
    items = _answered(items)
    # Twice, since what came twice may have been what followed.
    items = _without_loose_reasoning(_each_once(_without_loose_reasoning(items)))
    return tuple(items)


def says_nothing(item: ConversationItem) -> bool:
    """Tell whether an item is a message without content, which the service refuses."""
    match item:
        case UserMessage(text, images):
            return not text and not images
        case AssistantMessage(text=text):
            return not text
        case _:
            return False


def without_sealed_reasoning(items: Sequence[ConversationItem]) -> tuple[ConversationItem, ...]:
    """Return the items without reasoning that is sealed.

    For a service that cannot open it, as after a change of account
    (``invalid_encrypted_content``). What it led to loses its item id.
    """
    return tuple(_without_reasoning(items, lambda one: bool(one.encrypted_content)))


def without_images(
    items: Sequence[ConversationItem], *, keep_last_user: bool
) -> tuple[ConversationItem, ...]:
    """Return the items with words in the place of pictures.

    Args:
        items: The conversation.
        keep_last_user: Leave the pictures of the last message of the user, which they can mend.
    """
    kept = max(
        (place for place, item in enumerate(items) if isinstance(item, UserMessage)), default=-1
    )
    return tuple(
        item if keep_last_user and place == kept else _without_pictures(item, UNREADABLE_PICTURE)
        for place, item in enumerate(items)
    )


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


def _without_pictures(item: ConversationItem, words: str) -> ConversationItem:
    if isinstance(item, UserMessage | ToolOutput) and item.images:
        lines = [item.text, *[words for _ in item.images]]
        return replace(item, text="\n".join(filter(None, lines)), images=())
    return item


def _without_reasoning(
    items: Sequence[ConversationItem], is_gone: Callable[[Reasoning], bool]
) -> list[ConversationItem]:
    """Return the items without some of the reasoning, and nothing in the response that asks for it.

    The service knows by its item ids what there was reasoning for, and demands it: "Item 'fc_…' of
    type 'function_call' was provided without its required 'reasoning' item". So they go; a search,
    whose id stands in the midst of what the service sent, goes as a whole.
    """
    result: list[ConversationItem] = []
    after_lost = False
    for item in items:
        match item:
            case UserMessage() | ToolOutput():
                after_lost = False
                result.append(item)
            case Reasoning():
                # What nobody sealed is kept for the reader, but is not sent either.
                after_lost = after_lost or is_gone(item) or not item.encrypted_content
                if not is_gone(item):
                    result.append(item)
            case AssistantMessage() | ToolCall():
                result.append(replace(item, item_id=None) if after_lost else item)
            case ProviderItem(kind):
                if not (after_lost and kind in SENT_BACK_KINDS):
                    result.append(item)
            case _:
                assert_never(item)
    return result


def _without_loose_reasoning(items: Sequence[ConversationItem]) -> list[ConversationItem]:
    """Return the items without reasoning that led to nothing.

    "Item 'rs_…' of type 'reasoning' was provided without its required following item" (recorded).
    """
    kept: list[ConversationItem] = []
    is_followed = False
    for item in reversed(items):
        match item:
            case UserMessage() | ToolOutput():
                is_followed = False
            case AssistantMessage() | ToolCall():
                is_followed = True
            case ProviderItem(kind):
                is_followed = is_followed or kind in SENT_BACK_KINDS
            case Reasoning():
                if not is_followed:
                    continue
            case _:
                assert_never(item)
        kept.append(item)
    return kept[::-1]


def _each_once(items: Sequence[ConversationItem]) -> list[ConversationItem]:
    """Return the items with every item id but once: "Duplicate item found with id msg_…"."""
    known: dict[str, ConversationItem] = {}
    result: list[ConversationItem] = []
    for item in items:
        if isinstance(item, AssistantMessage | Reasoning | ToolCall) and item.item_id is not None:
            earlier = known.get(item.item_id)
            if earlier == item:
                continue
            known.setdefault(item.item_id, item)
            result.append(item if earlier is None else replace(item, item_id=None))
        else:
            result.append(item)
    return result


def _without_strays(items: Sequence[ConversationItem]) -> list[ConversationItem]:
    """Return the items with every call once, and every output after the call it answers."""
    calls: dict[str, ToolCall] = {}
    seen_outputs: set[str] = set()
    result: list[ConversationItem] = []
    for item in items:
        match item:
            case ToolCall(call_id=call_id):
                if call_id not in calls:
                    calls[call_id] = item
                    result.append(item)
            case ToolOutput(call_id=call_id):
                if call_id in calls and call_id not in seen_outputs:
                    seen_outputs.add(call_id)
                    kind = calls[call_id].kind
                    result.append(item if item.kind is kind else replace(item, kind=kind))
            case _:
                result.append(item)
    return result


def _answered(items: Sequence[ConversationItem]) -> list[ConversationItem]:
    """Return the items with an output directly after each call that has none."""
    answered = {item.call_id for item in items if isinstance(item, ToolOutput)}
    result: list[ConversationItem] = []
    for item in items:
        result.append(item)
        if isinstance(item, ToolCall) and item.call_id not in answered:
            result.append(ToolOutput(call_id=item.call_id, text=ABORTED_OUTPUT, kind=item.kind))
    return result
