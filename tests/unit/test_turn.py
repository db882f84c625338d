"""From events to a finished turn, or to an interruption."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from tests.fakes.values import a_call, a_message

from codexctl.domain.conversation import ProviderItem, Reasoning
from codexctl.domain.errors import IncompleteAnswer, RateLimited, StreamInterrupted
from codexctl.domain.faults import ProviderFault
from codexctl.domain.quota import Quota
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
from codexctl.domain.tools import ToolCall
from codexctl.domain.turn import FinishedTurn, InterruptedTurn, TurnAssembler, TurnOutcome

HELLO = a_message("Hello")
USAGE = Usage(input_tokens=3, output_tokens=2)


def _outcome(events: Iterable[StreamEvent]) -> TurnOutcome:
    assembler = TurnAssembler()
    for event in events:
        assembler.take(event)
    return assembler.outcome()


def _finished(*events: StreamEvent) -> FinishedTurn:
    turn = _outcome([*events, Completed()])
    assert isinstance(turn, FinishedTurn)
    return turn


def _interrupted(*events: StreamEvent) -> InterruptedTurn:
    turn = _outcome(events)
    assert isinstance(turn, InterruptedTurn)
    return turn


def test_a_whole_response_is_a_finished_turn() -> None:
    turn = _outcome(
        [
            ResponseStarted("resp_1", "gpt-5.5"),
            TextDelta("Hello", 0),
            ItemFinished(HELLO, 0),
            Completed(response_id="resp_2", usage=USAGE, end_turn=True),
        ]
    )
    assert turn == FinishedTurn(
        items=(HELLO,), usage=USAGE, response_id="resp_2", model="gpt-5.5", wants_more=False
    )


def test_the_id_of_the_start_serves_where_the_end_gives_none() -> None:
    assert _finished(ResponseStarted("resp_1", None)).response_id == "resp_1"


def test_items_are_kept_in_their_order_and_once() -> None:
    call = ItemFinished(a_call("b"), 1)
    assert _finished(call, ItemFinished(HELLO, 0), call).items == (HELLO, a_call("b"))


def test_the_calls_of_a_turn_are_its_calls_in_order() -> None:
    turn = _finished(
        ItemFinished(a_call("a"), 0), ItemFinished(HELLO, 1), ItemFinished(a_call("b"), 2)
    )
    assert turn.calls == (a_call("a"), a_call("b"))


def test_arguments_left_out_of_the_finished_call_are_taken_from_before() -> None:
    turn = _finished(ArgumentsFinished('{"at": 1}', 0), ItemFinished(a_call(arguments=""), 0))
    assert turn.calls == (a_call(arguments='{"at": 1}'),)


def test_the_arguments_of_the_finished_call_go_before_earlier_ones() -> None:
    turn = _finished(ArgumentsFinished('{"at": 1}', 0), ItemFinished(a_call(arguments="{}"), 0))
    assert turn.calls == (a_call(arguments="{}"),)


def test_a_call_does_not_get_the_arguments_of_another_one() -> None:
    turn = _finished(ArgumentsFinished('{"at": 1}', 0), ItemFinished(a_call(arguments=""), 1))
    assert turn.calls == (a_call(arguments=""),)


@pytest.mark.parametrize("first", ["", '{"at": 1}'])
@pytest.mark.parametrize("position", [None, 0])
def test_arguments_serve_one_call_alone(first: str, position: int | None) -> None:
    turn = _finished(
        ArgumentsFinished('{"at": 1}', position),
        ItemFinished(a_call("a", arguments=first), position),
        ItemFinished(a_call("b", arguments=""), position),
    )
    assert turn.calls == (a_call("a", arguments='{"at": 1}'), a_call("b", arguments=""))


def test_arguments_that_came_only_in_pieces_are_not_lost() -> None:
    turn = _finished(
        ArgumentsDelta('{"at"', 0),
        ArgumentsDelta(": 1}", 0),
        ItemFinished(a_call(arguments=""), 0),
    )
    assert turn.calls == (a_call(arguments='{"at": 1}'),)


def test_a_call_that_was_cut_short_is_not_in_the_turn_and_is_told_of() -> None:
    turn = _finished(ItemFinished(a_call(), 0, is_complete=False))
    assert turn == FinishedTurn(
        items=(),
        usage=Usage(),
        notices=("The call of look was cut short, so it was not run.",),
    )


def test_a_call_that_was_announced_and_never_finished_is_told_of() -> None:
    turn = _finished(CallAnnounced("look", "call_1", 0))
    assert turn.notices == (
        "The call of look was announced but never finished, so it was not run.",
    )


def test_a_call_that_was_announced_and_finished_is_not_told_of() -> None:
    turn = _finished(CallAnnounced("look", "call_1", 0), ItemFinished(a_call(), 0))
    assert (turn.calls, turn.notices) == ((a_call(),), ())


def test_a_message_that_was_cut_short_is_kept() -> None:
    assert _finished(ItemFinished(HELLO, 0, is_complete=False)).items == (HELLO,)


@pytest.mark.parametrize("items", [(), (a_call(),)], ids=["alone", "beside a call"])
def test_text_without_a_finished_message_is_told_of(items: tuple[ToolCall, ...]) -> None:
    turn = _finished(TextDelta("Hello", 0), *(ItemFinished(item, 1) for item in items))
    assert (turn.items, turn.notices) == (
        items,
        ("The service streamed text without a finished message, so it is not kept.",),
    )


AT_THE_END = Completed(output=(ItemFinished(HELLO, 0), ItemFinished(a_call(arguments=""), 1)))


def test_items_that_come_only_with_the_end_are_those_of_the_turn() -> None:
    turn = _outcome(
        [
            TextDelta("Hello", 0),
            CallAnnounced("look", "call_1", 1),
            ArgumentsFinished('{"at": 1}', 1),
            AT_THE_END,
        ]
    )
    assert turn == FinishedTurn(
        items=(HELLO, a_call(arguments='{"at": 1}')), usage=Usage(), notices=()
    )


def test_items_that_the_end_repeats_are_not_read_there() -> None:
    turn = _outcome([ItemFinished(a_message("Bye"), 0), AT_THE_END])
    assert turn == FinishedTurn(items=(a_message("Bye"),), usage=Usage())


@pytest.mark.parametrize(
    "events",
    [
        [Completed(output=(ItemFinished(a_call(), 0, is_complete=False),))],
        [ItemFinished(a_call(), 0, is_complete=False), AT_THE_END],
    ],
    ids=["cut short there", "cut short before"],
)
def test_a_call_that_was_cut_short_is_not_taken_from_the_end_either(
    events: list[StreamEvent],
) -> None:
    assert _outcome(events) == FinishedTurn(
        items=(),
        usage=Usage(),
        notices=("The call of look was cut short, so it was not run.",),
    )


@pytest.mark.parametrize(("end_turn", "wants_more"), [(None, False), (True, False), (False, True)])
def test_only_a_plain_no_to_the_end_of_the_turn_asks_for_more(
    end_turn: bool | None,  # noqa: FBT001 (a parameter of the test)
    wants_more: bool,  # noqa: FBT001
) -> None:
    turn = _outcome([Completed(end_turn=end_turn)])
    assert turn == FinishedTurn(items=(), usage=Usage(), wants_more=wants_more)


def _shown(events: Iterable[StreamEvent]) -> list[StreamEvent]:
    assembler = TurnAssembler()
    return [shown for event in events for shown in assembler.take(event)]


def test_every_event_of_a_response_is_to_be_shown() -> None:
    events: list[StreamEvent] = [
        ResponseStarted("resp_1", None),
        TextDelta("Hello", 0),
        ItemFinished(HELLO, 0),
        ItemFinished(a_call(), 1, is_complete=False),
        Unrecognised("response.whatever"),
        Completed(),
    ]
    assert _shown([*events, TextDelta("late", 0), Completed()]) == events


def test_an_item_that_comes_again_is_not_to_be_shown_again() -> None:
    once = [ItemFinished(HELLO, 0), ItemFinished(a_call(), 1)]
    assert _shown([*once, *once]) == once


def test_items_that_come_only_with_the_end_are_to_be_shown_before_it() -> None:
    assert _shown([AT_THE_END]) == [*AT_THE_END.output, AT_THE_END]


def test_items_that_the_end_repeats_are_not_to_be_shown_again() -> None:
    events = [*AT_THE_END.output, AT_THE_END]
    assert _shown(events) == events


def _phased(*phases: str | None) -> list[StreamEvent]:
    return [
        ItemFinished(replace(HELLO, phase=phase), position) for position, phase in enumerate(phases)
    ]


@pytest.mark.parametrize(
    ("events", "end_turn", "is_only_commentary"),
    [
        (_phased("commentary"), None, True),
        (_phased("commentary", "commentary"), False, True),
        ([ItemFinished(ProviderItem("hologram", "{}"), 5), *_phased("commentary")], None, True),
        (_phased("commentary"), True, False),
        (_phased("commentary", "final_answer"), None, False),
        (_phased("commentary", None), None, False),
        (_phased("final_answer"), None, False),
        ([*_phased("commentary"), ItemFinished(a_call(), 1)], None, False),
        ([ItemFinished(ProviderItem("hologram", "{}"), 0)], None, False),
        ([], None, False),
    ],
)
def test_commentary_alone_is_no_answer_yet(
    events: list[StreamEvent],
    end_turn: bool | None,  # noqa: FBT001 (a parameter of the test)
    is_only_commentary: bool,  # noqa: FBT001
) -> None:
    turn = _outcome([*events, Completed(end_turn=end_turn)])
    assert isinstance(turn, FinishedTurn)
    assert turn.is_only_commentary is is_only_commentary


def _thought(item_id: str | None, sealed: str | None) -> Reasoning:
    return Reasoning(item_id=item_id, summary=("Hm.",), encrypted_content=sealed)


def test_reasoning_sealed_only_at_the_end_gets_its_seal() -> None:
    turn = _outcome(
        [
            ItemFinished(_thought("rs_1", None), 0),
            ItemFinished(_thought("rs_2", "own"), 1),
            ItemFinished(_thought(None, None), 2),
            Completed(sealed_reasoning={"rs_1": "late", "rs_2": "late"}),
        ]
    )
    assert turn == FinishedTurn(
        items=(_thought("rs_1", "late"), _thought("rs_2", "own"), _thought(None, None)),
        usage=Usage(),
    )


def test_what_is_for_the_eye_alone_changes_nothing() -> None:
    turn = _finished(
        ReasoningDelta("Hm.", 0, 0),
        HostedCallStarted("web_search_call", 0),
        QuotaReported(Quota(plan=None, windows=())),
        RequestAdjusted("The service does not take it."),
        ArgumentsDelta("{}", 0),
        Unrecognised("response.whatever"),
    )
    assert turn == FinishedTurn(items=(), usage=Usage())


def test_a_stream_that_just_ends_is_an_interruption() -> None:
    turn = _interrupted(ItemFinished(HELLO, 0))
    assert type(turn.error) is StreamInterrupted
    assert (turn.items, turn.usage) == ((HELLO,), Usage())


def test_an_incomplete_response_is_an_interruption_with_its_reason() -> None:
    turn = _interrupted(ItemFinished(HELLO, 0), Incomplete("max_output_tokens", USAGE))
    assert type(turn.error) is IncompleteAnswer
    assert "max_output_tokens" in turn.error.message
    assert (turn.items, turn.usage) == ((HELLO,), USAGE)


def test_a_failed_response_is_an_interruption_with_its_fault() -> None:
    turn = _interrupted(Failed(ProviderFault(message="", code="rate_limit_exceeded")))
    assert type(turn.error) is RateLimited


def test_what_comes_after_the_terminal_event_is_ignored() -> None:
    turn = _outcome([Completed(usage=USAGE), ItemFinished(HELLO, 0), Incomplete("late", None)])
    assert turn == FinishedTurn(items=(), usage=USAGE)


def test_it_is_over_with_the_terminal_event_and_not_before() -> None:
    assembler = TurnAssembler()
    assembler.take(ItemFinished(HELLO, 0))
    before = assembler.is_over
    assembler.take(Completed())
    assert (before, assembler.is_over) == (False, True)


def test_usage_is_summed_field_by_field() -> None:
    one = Usage(
        input_tokens=1,
        cached_input_tokens=2,
        cache_write_input_tokens=3,
        output_tokens=4,
        reasoning_output_tokens=5,
    )
    assert one + one + Usage() == Usage(
        input_tokens=2,
        cached_input_tokens=4,
        cache_write_input_tokens=6,
        output_tokens=8,
        reasoning_output_tokens=10,
    )
