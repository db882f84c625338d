"""A stream that breaks, in every way and at every kind of place.

A run of two steps: the model says something and calls a tool, gets its output, and says the rest.
The fault strikes in the first answer. Whatever happens: no tool runs twice, no text is printed
twice, nothing hangs, and there are no more requests than the budget allows.
"""

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import TypeAlias

import pytest
from tests.faults.places import BETWEEN_FRAMES, END, PLACES, WHOLE, Place
from tests.faults.running import Conditions, Manner, Told, run_against
from tests.faults.server import (
    Act,
    Answer,
    Cut,
    Drip,
    DripForever,
    FaultServer,
    Reset,
    Say,
    Stall,
    Wait,
)
from tests.faults.streams import CALL_ID, FIRST_STEP, LAST_STEP, MESSAGES, SAID_LAST, STDOUT, chunk

IDLE_TIMEOUT_SECONDS = 0.5
"""Short, since silence has to be waited for, and long enough for a machine with much to do."""

RETRIES = 2
"""Enough to see that the budget ends."""

KINDS = ("NetworkFailed", "StreamInterrupted", "ProtocolError")
"""Which of them it is depends on how far the answer got; all end in exit code 5."""

MANNERS = [Manner.TEXT, Manner.JSON, Manner.FINAL_ONLY]
each_break = pytest.mark.parametrize("fault", [Cut(), Reset()], ids=["cut", "reset"])
each_place = pytest.mark.parametrize("place", PLACES, ids=[place.name for place in PLACES])
each_manner = pytest.mark.parametrize("manner", MANNERS, ids=[one.name for one in MANNERS])

WAITED_MANNERS = MANNERS[:2]
each_waited_manner = pytest.mark.parametrize(
    "manner", WAITED_MANNERS, ids=[one.name for one in WAITED_MANNERS]
)

Row: TypeAlias = tuple[str, str, Manner]
Run: TypeAlias = Callable[[Place, Manner], Told]


def against(manner: Manner, *script: Answer) -> Told:
    """Run against a script."""
    conditions = Conditions(
        manner=manner, retries=RETRIES, idle_timeout_seconds=IDLE_TIMEOUT_SECONDS
    )
    with FaultServer(script=script) as server:
        return run_against(server, conditions)


def once(place: Place, fault: Act, manner: Manner) -> Told:
    """Run where the fault strikes once."""
    return against(manner, [Say(place.sent), fault], FIRST_STEP, LAST_STEP)


def always(place: Place, fault: Act, manner: Manner) -> Told:
    """Run where the fault strikes every time."""
    return against(manner, [Say(place.sent), fault])


def drip(place: Place) -> Act:
    """Return what goes on for ever and never gets anywhere; each byte comes in time."""
    return DripForever(place.filler, pause_seconds=IDLE_TIMEOUT_SECONDS / 10)


def stalls_once(place: Place, manner: Manner) -> Told:
    return once(place, Stall(), manner)


def stalls_always(place: Place, manner: Manner) -> Told:
    return always(place, Stall(), manner)


def drips_once(place: Place, manner: Manner) -> Told:
    return once(place, drip(place), manner)


def drips_always(place: Place, manner: Manner) -> Told:
    return always(place, drip(place), manner)


def goes_on_slowly(place: Place, manner: Manner) -> Told:
    """Run where the answer goes on byte by byte for a while."""
    slow = Drip(place.rest[:20], pause_seconds=IDLE_TIMEOUT_SECONDS / 100)
    return against(manner, [Say(place.sent), slow, Say(place.rest[20:])], LAST_STEP)


RUNS: dict[str, Run] = {
    run.__name__: run
    for run in (stalls_once, stalls_always, drips_once, drips_always, goes_on_slowly)
}


def assert_all_was_said_and_done_once(told: Told, manner: Manner) -> None:
    assert (told.ran.exit_code, told.tool_runs) == (0, [CALL_ID])
    match manner:
        case Manner.TEXT:
            assert told.ran.text == STDOUT
        case Manner.FINAL_ONLY:
            assert told.ran.text == f"{SAID_LAST}\n"
        case Manner.JSON | Manner.DELTAS:
            assert told.messages == MESSAGES
            ends = [line["type"] for line in told.ran.lines if line["type"].startswith("turn.")]
            assert ends == ["turn.started", "turn.completed"]


def assert_it_was_asked_for_again(told: Told, manner: Manner) -> None:
    assert_all_was_said_and_done_once(told, manner)
    assert [retry.partition(" ")[0] for retry in told.retries_told] == [f"1/{RETRIES}"]
    assert told.waits == [0.2]
    first, second, last = told.seen
    assert second.body == first.body
    assert last.input[: len(first.input)] == first.input


def assert_it_was_given_up(told: Told, manner: Manner, place: Place) -> None:
    assert (told.ran.exit_code, told.tool_runs, len(told.seen)) == (5, [], RETRIES + 1)
    assert told.waits == [0.2, 0.4]
    assert_a_failure_is_told(told)
    match manner:
        case Manner.TEXT:
            assert told.ran.text == (f"{place.shown}\n" if place.shown else "")
        case Manner.FINAL_ONLY:
            assert told.ran.text == ""
        case Manner.JSON | Manner.DELTAS:
            assert told.messages == place.messages
            assert told.error["kind"] in KINDS


def assert_a_failure_is_told(told: Told) -> None:
    """The last lines of standard error: what happened, what to do, the request's id if known."""
    lines = told.ran.stderr.rstrip("\n").split("\n")
    if lines[-1].startswith("  Request id: "):
        del lines[-1]
    happened, to_do = lines[-2:]
    assert happened.startswith("codexctl: ")
    assert to_do.startswith("  ")


@each_break
@each_place
@each_manner
def test_a_broken_stream_is_asked_for_again(place: Place, fault: Act, manner: Manner) -> None:
    assert_it_was_asked_for_again(once(place, fault, manner), manner)


@each_break
@each_place
@each_manner
def test_a_stream_that_breaks_every_time_is_given_up(
    place: Place, fault: Act, manner: Manner
) -> None:
    assert_it_was_given_up(always(place, fault, manner), manner, place)


@each_break
@pytest.mark.parametrize("end", [END, END + 2, len(WHOLE)], ids=["event", "chunk", "body"])
@each_manner
def test_a_break_after_the_terminal_event_is_no_fault(end: int, fault: Act, manner: Manner) -> None:
    with FaultServer(script=[[Say(WHOLE[:end]), fault], LAST_STEP]) as server:
        # The next request finds the connection gone, and not about to go.
        conditions = Conditions(manner=manner, during_tool=server.wait_for_an_end)
        told = run_against(server, conditions)
    assert_all_was_said_and_done_once(told, manner)
    assert (len(told.seen), told.retries_told) == (2, [])


@each_break
@each_place
def test_a_fault_in_a_later_step_runs_no_tool_again(place: Place, fault: Act) -> None:
    (say,) = LAST_STEP
    assert isinstance(say, Say)
    # The same share of the last answer, which has kinds of places of its own.
    end = len(say.data) * len(place.sent) // len(WHOLE)
    told = against(Manner.TEXT, FIRST_STEP, [Say(say.data[:end]), fault], LAST_STEP)
    assert_all_was_said_and_done_once(told, Manner.TEXT)
    assert (len(told.seen), len(told.retries_told)) == (3, 1)


@pytest.fixture(scope="module")
def waited_for() -> Generator[Callable[[Row], Told], None, None]:
    """The rows that have to wait for time to pass, waited for side by side."""
    with ThreadPoolExecutor(max_workers=32) as pool:
        running = {
            (what, place.name, manner): pool.submit(run, place, manner)
            for (what, run), place, manner in product(RUNS.items(), PLACES, WAITED_MANNERS)
        }
        yield lambda row: running[row].result()


Waited: TypeAlias = Callable[[Row], Told]


@each_place
@each_waited_manner
@pytest.mark.parametrize("fault", ["stalls", "drips"])
def test_a_stream_that_comes_no_further_is_asked_for_again(
    fault: str, place: Place, manner: Manner, waited_for: Waited
) -> None:
    assert_it_was_asked_for_again(waited_for((f"{fault}_once", place.name, manner)), manner)


@each_place
@each_waited_manner
@pytest.mark.parametrize("fault", ["stalls", "drips"])
def test_a_stream_that_never_comes_any_further_is_given_up(
    fault: str, place: Place, manner: Manner, waited_for: Waited
) -> None:
    assert_it_was_given_up(waited_for((f"{fault}_always", place.name, manner)), manner, place)


@each_place
@each_waited_manner
def test_a_stream_that_comes_slowly_is_waited_for(
    place: Place, manner: Manner, waited_for: Waited
) -> None:
    told = waited_for(("goes_on_slowly", place.name, manner))
    assert_all_was_said_and_done_once(told, manner)
    assert (len(told.seen), told.retries_told) == (2, [])


@pytest.mark.parametrize(
    "pause", [b": keep-alive\n\n", b":\n", b"event: ping\ndata: {}\n\n", b"\n"]
)
def test_a_stream_may_take_longer_than_silence_may_as_long_as_something_comes(
    pause: bytes,
) -> None:
    waits = [Wait(IDLE_TIMEOUT_SECONDS / 3), Say(chunk(pause))]
    begun, rest = Say(BETWEEN_FRAMES.sent), Say(BETWEEN_FRAMES.rest)
    told = against(Manner.TEXT, [begun, *waits * 5, rest], LAST_STEP)
    assert_all_was_said_and_done_once(told, Manner.TEXT)
    assert (len(told.seen), told.retries_told) == (2, [])
