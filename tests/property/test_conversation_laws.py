"""Laws of the repair: the result is always valid, and nothing is touched without need."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st
from tests.property.strategies import ITEMS, SPEECH, calls, outputs

from codexctl.domain.conversation import ConversationItem, ToolOutput, repaired
from codexctl.domain.tools import ToolCall

_SEQUENCES = st.lists(ITEMS, max_size=12)


def _is_valid(items: Iterable[ConversationItem]) -> bool:
    """Tell whether each call comes once and has exactly one output, somewhere after it."""
    called: set[str] = set()
    open_calls: set[str] = set()
    for item in items:
        match item:
            case ToolCall(call_id=call_id):
                if call_id in called:
                    return False
                called.add(call_id)
                open_calls.add(call_id)
            case ToolOutput(call_id=call_id):
                if call_id not in open_calls:
                    return False
                open_calls.remove(call_id)
            case _:
                pass
    return not open_calls


@st.composite
def _valid_sequences(draw: st.DrawFn) -> list[ConversationItem]:
    items: list[ConversationItem] = []
    open_calls: list[str] = []
    for number, step in enumerate(draw(st.lists(st.sampled_from(["say", "call", "answer"])))):
        if step == "say":
            items.append(draw(SPEECH))
        elif step == "call":
            call_id = f"call_{number}"
            items.append(draw(calls(st.just(call_id))))
            open_calls.append(call_id)
        elif open_calls:
            answered = open_calls.pop(draw(st.integers(0, len(open_calls) - 1)))
            items.append(draw(outputs(st.just(answered))))
    items += [draw(outputs(st.just(call_id))) for call_id in open_calls]
    return items


def _without_new_outputs(
    items: Iterable[ConversationItem], before: Iterable[ConversationItem]
) -> list[ConversationItem]:
    """Return the items but for the outputs of calls that had none."""
    answered = {item.call_id for item in before if isinstance(item, ToolOutput)}
    return [item for item in items if not isinstance(item, ToolOutput) or item.call_id in answered]


@given(_SEQUENCES)
def test_the_result_is_always_valid(items: list[ConversationItem]) -> None:
    assert _is_valid(repaired(items))


@given(_SEQUENCES)
def test_repairing_twice_is_repairing_once(items: list[ConversationItem]) -> None:
    once = repaired(items)
    assert repaired(once) == once


@given(_valid_sequences())
def test_what_is_valid_comes_back_unchanged(items: list[ConversationItem]) -> None:
    assert repaired(items) == tuple(items)


@given(_SEQUENCES)
def test_every_call_that_was_made_is_still_there_in_its_order(
    items: list[ConversationItem],
) -> None:
    made = dict.fromkeys(item.call_id for item in items if isinstance(item, ToolCall))
    kept = [item.call_id for item in repaired(items) if isinstance(item, ToolCall)]
    assert kept == list(made)


@given(_SEQUENCES)
def test_what_is_neither_call_nor_output_is_all_kept_in_its_order(
    items: list[ConversationItem],
) -> None:
    def others(sequence: Iterable[ConversationItem]) -> list[ConversationItem]:
        return [item for item in sequence if not isinstance(item, ToolCall | ToolOutput)]

    assert others(repaired(items)) == others(items)


@given(_SEQUENCES)
def test_what_is_kept_stands_in_the_order_it_came(items: list[ConversationItem]) -> None:
    aborted = {
        item.call_id
        for item in repaired(items)
        if isinstance(item, ToolOutput) and item not in items
    }
    rest = iter(items)
    for item in repaired(items):
        if not (isinstance(item, ToolOutput) and item.call_id in aborted):
            assert any(item is other for other in rest)


@given(_valid_sequences(), st.data())
def test_a_conversation_cut_off_anywhere_is_only_added_to(
    items: list[ConversationItem], data: st.DataObject
) -> None:
    cut_off = items[: data.draw(st.integers(0, len(items)))]
    assert _without_new_outputs(repaired(cut_off), cut_off) == cut_off
