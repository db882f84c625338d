"""The contract of ``codexctl.domain.ports.Clock``, for the machine's clock and for the fake."""

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import pytest
from tests.fakes.clock import FakeClock

from codexctl.adapters.system import SystemClock
from codexctl.domain.ports import Clock

Interrupting: TypeAlias = Callable[[], AbstractContextManager[Clock]]


@pytest.fixture(params=[SystemClock, FakeClock], ids=["system", "fake"])
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
