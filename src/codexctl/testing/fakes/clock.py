"""A ``Clock`` whose time passes only when someone waits for it."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Time that stands still until ``sleep`` moves it, which takes none.

    ```python
    clock = FakeClock(datetime(2026, 1, 1, tzinfo=UTC))
    clock.sleep(90)
    assert clock.now() == datetime(2026, 1, 1, 0, 1, 30, tzinfo=UTC)
    assert clock.waits == [90]
    ```

    ``interrupt_next_sleep`` stands for a user who presses Ctrl-C during the next wait.
    """

    def __init__(self, now: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) -> None:
        self.waits: list[float] = []
        self._now = now
        self._is_interrupted = False

    def interrupt_next_sleep(self) -> None:
        """Make the next wait end with KeyboardInterrupt before any time has passed."""
        self._is_interrupted = True

    def now(self) -> datetime:
        """See :meth:`codexctl.domain.ports.Clock.now`."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """See :meth:`codexctl.domain.ports.Clock.sleep`."""
        self.waits.append(seconds)
        if self._is_interrupted:
            self._is_interrupted = False
            raise KeyboardInterrupt
        self._now += timedelta(seconds=seconds)
