"""Laws of the repair: the result is always valid, and nothing is touched without need."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.property.strategies import CALL_IDS, ITEMS, TEXT, calls, outputs

from codexctl.domain.conversation import (
    AssistantMessage,
    ConversationItem,
    Image,
    OutputText,
    ProviderItem,
    Reasoning,
    ToolOutput,
    UserMessage,
)
from codexctl.domain.history import repaired, without_images, without_sealed_reasoning
from codexctl.domain.tools import CallKind, ToolCall

_MODELS = st.sampled_from(["gpt-5.5", "gpt-5.4", "o3-mini"])
_IMAGES = st.lists(st.builds(Image, st.just("image/png"), st.binary(max_size=2)), max_size=2)
_ANY_ITEM = st.one_of(
    ITEMS,
    st.builds(UserMessage, TEXT, _IMAGES.map(tuple)),
    st.builds(ToolOutput, call_id=CALL_IDS, text=TEXT, images=_IMAGES.map(tuple)),
    st.builds(
        Reasoning,
        item_id=st.sampled_from([None, "rs_1", "rs_2"]),
        summary=st.just(()),
        encrypted_content=st.sampled_from([None, "sealed", "sealed too"]),
        model=st.none() | _MODELS,
    ),
)
_SEQUENCES = st.lists(_ANY_ITEM, max_size=12)


def _is_paired(items: Iterable[ConversationItem]) -> bool:
    """Tell whether each call comes once and has exactly one output of its kind after it."""
    called: set[str] = set()
    open_calls: dict[str, ToolCall] = {}
    for item in items:
        match item:
            case ToolCall(call_id=call_id):
                if call_id in called:
                    return False
                called.add(call_id)
                open_calls[call_id] = item
            case ToolOutput(call_id=call_id):
                call = open_calls.pop(call_id, None)
                if call is None or call.kind is not item.kind:
                    return False
            case _:
                pass
    return not open_calls


def _item_ids(items: Iterable[ConversationItem]) -> list[str]:
    return [
        item.item_id
        for item in items
        if isinstance(item, AssistantMessage | Reasoning | ToolCall) and item.item_id is not None
    ]


def _is_loose(place: int, items: Sequence[ConversationItem]) -> bool:
    """Tell whether what comes next, of all that is sent and is no reasoning, is not the model's."""
    for item in items[place + 1 :]:
        match item:
            case AssistantMessage() | ToolCall() | ProviderItem("web_search_call"):
                return False
            case UserMessage() | ToolOutput():
                return True
            case _:
                pass
    return True


@st.composite
def _valid_sequences(draw: st.DrawFn) -> list[ConversationItem]:
    """Return a conversation as it goes when nothing goes wrong."""
    items: list[ConversationItem] = []
    for turn in range(draw(st.integers(0, 4))):
        items.append(UserMessage(f"Question {turn}"))
        items += [
            Reasoning(item_id=f"rs_{turn}_{number}", summary=(), encrypted_content="sealed")
            for number in range(draw(st.integers(0, 2)))
        ]
        text = AssistantMessage(parts=(OutputText("Now."),), item_id=f"msg_{turn}")
        made = [
            replace(draw(calls(st.just(f"call_{turn}_{number}"))), item_id=f"fc_{turn}_{number}")
            for number in range(draw(st.integers(0, 3)))
        ]
        items += [text, *made]
        for call in draw(st.permutations(made)):
            items.append(replace(draw(outputs(st.just(call.call_id))), kind=call.kind))
    return items


def _answered(items: Sequence[ConversationItem]) -> list[ConversationItem]:
    """Return the items with an output at their end for every call that may lack one."""
    made = [item for item in items if isinstance(item, ToolCall)]
    return [*items, *[ToolOutput(call_id=call.call_id, text="late") for call in made]]


def _bare(item: ConversationItem) -> ConversationItem:
    """Return the item without what the repair may change of it."""
    match item:
        case AssistantMessage() | Reasoning() | ToolCall():
            return replace(item, item_id=None)
        case ToolOutput():
            return replace(item, kind=CallKind.FUNCTION)
        case ProviderItem():
            return replace(item, payload="")
        case UserMessage():
            return item


def _said_by_user(items: Iterable[ConversationItem]) -> list[ConversationItem]:
    messages = [item for item in items if isinstance(item, UserMessage)]
    return [message for message in messages if message.text or message.images]


def _said_by_model(items: Iterable[ConversationItem]) -> list[str]:
    messages = [item for item in items if isinstance(item, AssistantMessage)]
    return [message.text for message in messages if message.text]


def _sent(items: Iterable[ConversationItem]) -> list[ConversationItem]:
    return [
        item
        for item in items
        if not isinstance(item, ProviderItem) or item.kind == "web_search_call"
    ]


@given(_SEQUENCES, _MODELS)
def test_each_call_has_one_output_of_its_kind(items: list[ConversationItem], model: str) -> None:
    assert _is_paired(repaired(items, model=model))


@given(_SEQUENCES, _MODELS)
def test_no_item_id_comes_twice(items: list[ConversationItem], model: str) -> None:
    ids = _item_ids(repaired(items, model=model))
    assert len(ids) == len(set(ids))


@given(_SEQUENCES, _MODELS)
def test_reasoning_is_the_models_own_and_led_to_something(
    items: list[ConversationItem], model: str
) -> None:
    result = repaired(items, model=model)
    for place, item in enumerate(result):
        if isinstance(item, Reasoning):
            assert item.model in (None, model)
            assert not _is_loose(place, result)


@given(_SEQUENCES, _MODELS)
def test_every_message_says_something(items: list[ConversationItem], model: str) -> None:
    for item in repaired(items, model=model):
        if isinstance(item, UserMessage):
            assert item.text or item.images
        if isinstance(item, AssistantMessage):
            assert item.text


@given(_SEQUENCES, _MODELS)
def test_repairing_twice_is_repairing_once(items: list[ConversationItem], model: str) -> None:
    once = repaired(items, model=model)
    assert repaired(once, model=model) == once


@given(_valid_sequences())
def test_what_is_valid_comes_back_unchanged(items: list[ConversationItem]) -> None:
    assert repaired(items, model="gpt-5.5") == tuple(items)


@given(_SEQUENCES, _MODELS)
def test_every_call_that_was_made_is_still_there_in_its_order(
    items: list[ConversationItem], model: str
) -> None:
    made = dict.fromkeys(item.call_id for item in items if isinstance(item, ToolCall))
    kept = [item.call_id for item in repaired(items, model=model) if isinstance(item, ToolCall)]
    assert kept == list(made)


@given(_SEQUENCES)
def test_what_is_kept_stands_in_the_order_it_came(items: list[ConversationItem]) -> None:
    rest = iter(items)
    for item in repaired(items, model="gpt-5.5"):
        if not (isinstance(item, ToolOutput) and item.text == "aborted"):
            assert any(_bare(item) == _bare(other) for other in rest)


@given(_SEQUENCES)
def test_nothing_that_was_said_is_lost(items: list[ConversationItem]) -> None:
    result = repaired(items, model="gpt-5.5")
    assert _said_by_user(result) == _said_by_user(items)
    assert set(_said_by_model(result)) == set(_said_by_model(items))


@given(_SEQUENCES, _SEQUENCES, _MODELS)
def test_a_conversation_that_grows_keeps_its_beginning(
    items: list[ConversationItem], more: list[ConversationItem], model: str
) -> None:
    shorter = _answered(items)
    before = _sent(repaired(shorter, model=model))
    after = _sent(repaired([*shorter, *more], model=model))
    assert after[: len(before)] == before


@given(_SEQUENCES, st.booleans())
def test_without_pictures_all_else_is_as_it_was(
    items: list[ConversationItem],
    keep: bool,  # noqa: FBT001 (drawn)
) -> None:
    result = without_images(items, keep_last_user=keep)
    seeing = [item for item in result if isinstance(item, UserMessage | ToolOutput) and item.images]
    last_words = [item for item in items if isinstance(item, UserMessage)][-1:]
    assert seeing in ([], last_words if keep else [])
    for item, before in zip(result, items, strict=True):
        if item != before:
            assert isinstance(before, UserMessage | ToolOutput)
            assert before.images
            assert isinstance(item, UserMessage | ToolOutput)
            assert item.text.startswith(before.text)


@given(_SEQUENCES, _MODELS)
def test_without_sealed_reasoning_a_valid_history_stays_valid(
    items: list[ConversationItem], model: str
) -> None:
    result = without_sealed_reasoning(repaired(items, model=model))
    assert not any(isinstance(item, Reasoning) and item.encrypted_content for item in result)
    assert repaired(result, model=model) == result
