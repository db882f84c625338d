"""Laws of the turn: whatever is said in whatever order, only what is whole counts."""

from collections import Counter
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st
from tests.property.strategies import COMPLETED, EVENTS, FINISHED, PLAIN_EVENTS, TERMINALS

from codexctl.domain.conversation import AssistantMessage, OutputText, ProviderItem, Reasoning
from codexctl.domain.stream_events import (
    TERMINAL,
    ArgumentsDelta,
    ArgumentsFinished,
    Completed,
    ItemFinished,
    StreamEvent,
)
from codexctl.domain.tools import ToolCall
from codexctl.domain.turn import FinishedTurn, InterruptedTurn, TurnAssembler, TurnOutcome

_SEQUENCES = st.lists(EVENTS, max_size=15)
_DIFFERENT = (
    Reasoning(item_id="rs_1", summary=(), encrypted_content=None),
    AssistantMessage(parts=(OutputText("First."),)),
    ToolCall(call_id="call_1", name="look", arguments="{}"),
    ProviderItem("web_search_call", "{}"),
    AssistantMessage(parts=(OutputText("Last."),)),
)


def _outcome(events: list[StreamEvent]) -> TurnOutcome:
    assembler = TurnAssembler()
    for event in events:
        assembler.take(event)
    return assembler.outcome()


def _told(outcome: TurnOutcome) -> object:
    """Return an outcome as something that compares: two errors are equal if they say the same."""
    match outcome:
        case FinishedTurn():
            return outcome
        case InterruptedTurn(error, items, usage):
            return (type(error), error.message, items, usage)


def _until_terminal(events: list[StreamEvent]) -> list[StreamEvent]:
    ends = [n for n, event in enumerate(events) if isinstance(event, TERMINAL)]
    return events[: ends[0] + 1] if ends else events


def _finished(events: list[StreamEvent]) -> list[ItemFinished]:
    """Return what was finished: by an event of its own, or else with the end."""
    read = _until_terminal(events)
    finished = [event for event in read if isinstance(event, ItemFinished)]
    if not finished and read and isinstance(last := read[-1], Completed):
        return list(last.output)
    return finished


def _is_placed(event: ItemFinished) -> bool:
    has_id = getattr(event.item, "item_id", None) is not None
    return event.output_index is not None or has_id


def _calls(items: Iterable[object]) -> list[ToolCall]:
    return [item for item in items if isinstance(item, ToolCall)]


@given(_SEQUENCES)
def test_a_turn_is_finished_exactly_if_the_first_terminal_event_says_so(
    events: list[StreamEvent],
) -> None:
    read = _until_terminal(events)
    is_completed = bool(read) and isinstance(read[-1], Completed)
    assert isinstance(_outcome(events), FinishedTurn) is is_completed


@given(_SEQUENCES)
def test_the_calls_of_a_turn_are_those_that_were_finished_and_complete(
    events: list[StreamEvent],
) -> None:
    whole = _calls(one.item for one in _finished(events) if one.is_complete)
    kept = _calls(_outcome(events).items)
    assert {call.call_id for call in kept} == {call.call_id for call in whole}
    assert len(kept) <= len(whole)


@given(_SEQUENCES)
def test_a_call_that_came_with_arguments_keeps_them(events: list[StreamEvent]) -> None:
    whole = {one.item for one in _finished(events) if one.is_complete}
    kept = set(_calls(_outcome(events).items))
    assert {call for call in _calls(whole) if call.arguments} <= kept


@given(_SEQUENCES)
def test_arguments_of_a_call_are_its_own_or_were_said_before(events: list[StreamEvent]) -> None:
    said = {event.arguments for event in events if isinstance(event, ArgumentsFinished)}
    pieces = [event.text for event in events if isinstance(event, ArgumentsDelta)]
    own = {call.arguments for call in _calls(one.item for one in _finished(events))}
    for call in _calls(_outcome(events).items):
        is_known = call.arguments in {"", *said, *own}
        assert is_known or Counter(call.arguments) <= Counter("".join(pieces))


@given(_SEQUENCES)
def test_a_turn_has_at_most_one_item_for_each_that_was_finished(events: list[StreamEvent]) -> None:
    finished = Counter(type(one.item) for one in _finished(events))
    assert Counter(type(item) for item in _outcome(events).items) <= finished


@given(_SEQUENCES)
def test_nothing_that_was_said_in_a_finished_message_is_lost(events: list[StreamEvent]) -> None:
    kept = [item.text for item in _outcome(events).items if isinstance(item, AssistantMessage)]
    for one in _finished(events):
        if isinstance(one.item, AssistantMessage):
            assert any(text.startswith(one.item.text) for text in kept)


@given(_SEQUENCES)
def test_finishing_every_item_twice_changes_nothing(events: list[StreamEvent]) -> None:
    """Calls left out: the second one may get arguments that the first one had used up."""
    spoken = [
        event
        for event in events
        if not (isinstance(event, ItemFinished) and isinstance(event.item, ToolCall))
    ]
    twice = [
        again
        for event in spoken
        for again in [event] * (2 if isinstance(event, ItemFinished) and _is_placed(event) else 1)
    ]
    assert _told(_outcome(twice)) == _told(_outcome(spoken))


@given(st.lists(PLAIN_EVENTS, max_size=10), TERMINALS, _SEQUENCES)
def test_nothing_after_the_terminal_event_changes_the_outcome(
    before: list[StreamEvent], terminal: StreamEvent, after: list[StreamEvent]
) -> None:
    assert _told(_outcome([*before, terminal, *after])) == _told(_outcome([*before, terminal]))


@given(st.lists(FINISHED, max_size=12), st.none() | COMPLETED)
def test_the_items_to_be_shown_of_a_response_are_those_of_its_turn(
    finished: list[ItemFinished], end: Completed | None
) -> None:
    assembler = TurnAssembler()
    events: list[StreamEvent] = [*finished, end] if end else [*finished]
    shown = [told for event in events for told in assembler.take(event)]
    assert _outcome(shown).items == assembler.outcome().items


@given(_SEQUENCES)
def test_asking_for_the_outcome_on_the_way_changes_nothing(events: list[StreamEvent]) -> None:
    assembler = TurnAssembler()
    for event in events:
        assembler.take(event)
        assembler.outcome()
    assert _told(assembler.outcome()) == _told(_outcome(events))


@given(st.permutations([ItemFinished(item, at) for at, item in enumerate(_DIFFERENT)]))
def test_items_finished_in_any_order_stand_in_their_own(events: list[ItemFinished]) -> None:
    assert _outcome([*events, Completed()]).items == _DIFFERENT


@given(st.lists(PLAIN_EVENTS, max_size=10))
def test_a_stream_without_a_terminal_event_is_never_finished(events: list[StreamEvent]) -> None:
    assert isinstance(_outcome(events), InterruptedTurn)
