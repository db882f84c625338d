"""The contract of ``codexctl.domain.ports.Clock``, for the machine's, a tape's and the fake."""

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta, timezone
from typing import TypeAlias

import pytest

from codexctl.adapters.cassettes.matching import Matcher
from codexctl.adapters.cassettes.played import TapedClock
from codexctl.adapters.cassettes.playing import Playing
from codexctl.adapters.cassettes.playing_transport import Pace
from codexctl.adapters.cassettes.tape import RunFacts, Tape
from codexctl.adapters.system import SystemClock
from codexctl.domain.ports import Clock
from codexctl.testing.fakes.clock import FakeClock

Interrupting: TypeAlias = Callable[[], AbstractContextManager[Clock]]


def _taped(speed: float = 0, clock: Clock | None = None) -> TapedClock:
    """Return the clock of a tape that was recorded east of here."""
    began = datetime(2026, 11, 21, 10, tzinfo=timezone(timedelta(hours=5)))
    playing = Playing(Tape(facts=RunFacts(started_at=began)), Matcher.of_folders(None, None), "")
    return TapedClock(playing, Pace(speed, (clock or FakeClock()).sleep))


@pytest.fixture(params=[SystemClock, _taped, FakeClock], ids=["system", "taped", "fake"])
def clock(request: pytest.FixtureRequest) -> Clock:
    return request.param()


@contextmanager
def _pressing_ctrl_c() -> Generator[Clock, None, None]:
    """Give the machine's clock, and send this thread what Ctrl-C sends it."""
    waiting = threading.get_ident()
    keyboard = threading.Thread(
        target=lambda: signal.pthread_kill(waiting, signal.SIGINT), daemon=True
    )
    keyboard.start()
    try:
        yield SystemClock()
    finally:
        keyboard.join()


@contextmanager
def _scripted() -> Generator[Clock, None, None]:
    clock = FakeClock()
    clock.interrupt_next_sleep()
    yield clock


@pytest.fixture(params=[_pressing_ctrl_c, _scripted], ids=["system", "fake"])
def interrupted(request: pytest.FixtureRequest) -> Interrupting:
    return request.param


def test_the_time_is_aware_and_in_utc(clock: Clock) -> None:
    assert clock.now().tzinfo is UTC


def test_no_wait_is_no_wait(clock: Clock) -> None:
    clock.sleep(0)


def test_an_interrupt_ends_the_wait_at_once(interrupted: Interrupting) -> None:
    with pytest.raises(KeyboardInterrupt), interrupted() as clock:
        clock.sleep(3600)


def test_the_fake_moves_by_what_was_waited_and_keeps_count() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    clock = FakeClock(start)
    clock.sleep(0.5)
    clock.sleep(90)
    assert (clock.now(), clock.waits) == (start + timedelta(seconds=90.5), [0.5, 90])


@pytest.mark.parametrize(("speed", "seconds"), [(0, 0), (1, 8), (4, 2)])
def test_a_tape_is_played_at_the_pace_that_is_wanted(speed: float, seconds: float) -> None:
    machine = FakeClock()
    begun = machine.now()
    _taped(speed, machine).sleep(8)
    assert machine.now() - begun == timedelta(seconds=seconds)


def test_it_is_the_time_of_the_recording_where_a_tape_is_played() -> None:
    assert _taped().now() == datetime(2026, 11, 21, 5, tzinfo=UTC)
