"""Laws of the turn: whatever is said in whatever order, only what is whole counts."""

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.property.strategies import EVENTS, PLAIN_EVENTS, TERMINALS

from codexctl.domain.stream_events import (
    TERMINAL,
    ArgumentsFinished,
    Completed,
    ItemFinished,
    StreamEvent,
)
from codexctl.domain.tools import ToolCall
from codexctl.domain.turn import FinishedTurn, InterruptedTurn, TurnAssembler, TurnOutcome

_SEQUENCES = st.lists(EVENTS, max_size=15)


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


def _whole_calls(events: list[StreamEvent]) -> list[ToolCall]:
    """Return the calls that were finished and complete, with the arguments meant for them."""
    whole: list[ToolCall] = []
    told: dict[int | None, str] = {}
    for event in events:
        match event:
            case ArgumentsFinished(arguments, position):
                told[position] = arguments
            case ItemFinished(ToolCall() as call, position, is_complete):
                arguments = call.arguments or told.get(position, "")
                told.pop(position, None)
                if is_complete:
                    whole.append(replace(call, arguments=arguments))
            case _:
                pass
    return whole


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
    calls = [item for item in _outcome(events).items if isinstance(item, ToolCall)]
    assert Counter(calls) == Counter(_whole_calls(_until_terminal(events)))


@given(_SEQUENCES)
def test_everything_finished_is_kept_but_calls_that_were_cut_short(
    events: list[StreamEvent],
) -> None:
    finished = [one for one in _until_terminal(events) if isinstance(one, ItemFinished)]
    kept = [one for one in finished if one.is_complete or not isinstance(one.item, ToolCall)]
    expected = Counter(type(one.item) for one in kept)
    assert Counter(type(item) for item in _outcome(events).items) == expected


@given(st.lists(PLAIN_EVENTS, max_size=10), TERMINALS, _SEQUENCES)
def test_nothing_after_the_terminal_event_changes_the_outcome(
    before: list[StreamEvent], terminal: StreamEvent, after: list[StreamEvent]
) -> None:
    assert _told(_outcome([*before, terminal, *after])) == _told(_outcome([*before, terminal]))


@given(_SEQUENCES)
def test_asking_for_the_outcome_on_the_way_changes_nothing(events: list[StreamEvent]) -> None:
    assembler = TurnAssembler()
    for event in events:
        assembler.take(event)
        assembler.outcome()
    assert _told(assembler.outcome()) == _told(_outcome(events))


@given(st.lists(PLAIN_EVENTS, max_size=10))
def test_a_stream_without_a_terminal_event_is_never_finished(events: list[StreamEvent]) -> None:
    assert isinstance(_outcome(events), InterruptedTurn)
