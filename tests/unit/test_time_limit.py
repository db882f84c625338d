"""The alarm of ``--timeout``."""

import signal
import threading

import pytest

from codexctl.entrypoints.cli.time_limit import OutOfTime, time_limit

pytestmark = pytest.mark.timeout(method="thread")  # the other method has the alarm itself


def test_the_alarm_ends_what_waits_for_ever() -> None:
    with pytest.raises(OutOfTime) as ended, time_limit(0.01):
        signal.pause()
    assert ended.value.seconds == 0.01


def test_afterwards_no_alarm_is_left() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with time_limit(1000):
        pass
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is before


def test_an_alarm_of_whoever_calls_is_left_in_place() -> None:
    signal.setitimer(signal.ITIMER_REAL, 1000)
    with time_limit(500):
        pass
    remaining, _ = signal.setitimer(signal.ITIMER_REAL, 0)
    assert remaining > 500


def test_without_a_limit_there_is_no_alarm() -> None:
    with time_limit(None):
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_outside_the_main_thread_there_is_no_alarm() -> None:
    seen: list[tuple[float, float]] = []

    def limited() -> None:
        with time_limit(1000):
            seen.append(signal.getitimer(signal.ITIMER_REAL))

    thread = threading.Thread(target=limited)
    thread.start()
    thread.join()
    assert seen == [(0.0, 0.0)]
