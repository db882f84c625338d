"""The law behind the table: wherever an answer is cut, the user sees the whole of it once."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.faults.places import END, PLACES, WHOLE
from tests.faults.running import Conditions, Manner, run_against
from tests.faults.server import Answer, Cut, FaultServer, Reset, Say
from tests.faults.streams import CALL_ID, FIRST_STEP, LAST_STEP, MESSAGES, STDOUT

OFFSETS = range(len(WHOLE) + 1)
MANNERS = [Manner.TEXT, Manner.JSON]


def check(first: Answer, *, manner: Manner, requests: int) -> None:
    """Play the first step's answers, and hold the run to what it should have come to."""
    script = [first, FIRST_STEP, LAST_STEP] if requests == 3 else [first, LAST_STEP]
    with FaultServer(script=script) as server:
        # The next request finds the broken connection gone, and not about to go.
        conditions = Conditions(manner=manner, retries=1, during_tool=server.wait_for_an_end)
        told = run_against(server, conditions)
    assert (told.ran.exit_code, told.tool_runs) == (0, [CALL_ID])
    assert (len(told.seen), len(told.retries_told)) == (requests, requests - 2)
    if manner is Manner.TEXT:
        assert told.ran.text == STDOUT
    else:
        assert told.messages == MESSAGES


def check_cut_at(offset: int, end: Cut | Reset, manner: Manner) -> None:
    # Once the terminal event is there, nothing is missing that anybody waits for.
    requests = 3 if offset < END else 2
    check([Say(WHOLE[:offset]), end], manner=manner, requests=requests)


@given(
    offset=st.sampled_from(OFFSETS),
    end=st.sampled_from([Cut(), Reset()]),
    manner=st.sampled_from(MANNERS),
)
@example(offset=END - 1, end=Cut(), manner=Manner.TEXT)
@example(offset=END, end=Cut(), manner=Manner.JSON)
@example(offset=END + 1, end=Reset(), manner=Manner.JSON)
@settings(max_examples=300)
def test_an_answer_cut_anywhere_is_shown_whole_and_once(
    offset: int, end: Cut | Reset, manner: Manner
) -> None:
    check_cut_at(offset, end, manner)


@pytest.mark.slow
@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("end", [Cut(), Reset()], ids=["cut", "reset"])
def test_an_answer_cut_at_every_byte_is_shown_whole_and_once(
    end: Cut | Reset, manner: Manner
) -> None:
    for offset in OFFSETS:
        check_cut_at(offset, end, manner)


@given(
    offsets=st.lists(st.sampled_from(OFFSETS).filter(lambda at: at < END), min_size=2, max_size=5),
    manner=st.sampled_from(MANNERS),
)
@settings(max_examples=60)
def test_an_answer_cut_again_and_again_is_shown_whole_and_once(
    offsets: list[int], manner: Manner
) -> None:
    script: list[Answer] = [[Say(WHOLE[:offset]), Cut()] for offset in offsets]
    with FaultServer(script=[*script, FIRST_STEP, LAST_STEP]) as server:
        told = run_against(server, Conditions(manner=manner))
    assert (told.ran.exit_code, told.tool_runs) == (0, [CALL_ID])
    assert len(told.seen) == len(offsets) + 2
    if manner is Manner.TEXT:
        assert told.ran.text == STDOUT
    else:
        assert told.messages == MESSAGES


def test_the_named_places_lie_in_the_order_of_the_stream() -> None:
    ends = [len(place.sent) for place in PLACES]
    assert ends == sorted(set(ends))
    assert ends[-1] < END
