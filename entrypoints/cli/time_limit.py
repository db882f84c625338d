"""``--timeout``: an alarm that ends whatever the run is waiting for."""

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType


class OutOfTime(BaseException):
    """The run took longer than it may.

    Not an :class:`Exception`, so that no tool takes it for a failure of its own.

    Attributes:
        seconds: How long it might have taken.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@contextmanager
def time_limit(seconds: float | None) -> Generator[None, None, None]:
    """End what is done within after so many seconds, also a read that nobody answers.

    The use case looks at the clock as well, between events; where there are no alarms (Windows, or
    outside the main thread) that alone has to do.

    Raises:
        OutOfTime: The time is up.
    """
    has_alarm = hasattr(signal, "setitimer")
    if (
        seconds is None
        or not has_alarm
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise OutOfTime(seconds)

    before = signal.signal(signal.SIGALRM, ring)
    others = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *others)  # whoever calls us may have an alarm too
