"""Time that a tool may take."""

import time
from collections.abc import Callable
from threading import Thread
from typing import TypeVar

from codexctl.domain.values import dataclass

_Result = TypeVar("_Result")


class TimeUp(Exception):
    """A job has not ended in its time."""


class SearchBroke(Exception):
    """The searching process has ended by itself."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment after which no more is begun.

    Attributes:
        at: The moment, by ``time.monotonic``.
    """

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """Return the moment that is so many seconds away."""
        return cls(time.monotonic() + seconds)

    @property
    def left_seconds(self) -> float:
        """How long it is until then; 0 or less when it has passed."""
        return self.at - time.monotonic()


def run_within(seconds: float, job: Callable[[], _Result]) -> _Result:
    """Run a job and return its result, or leave it behind.

    It runs in a thread of its own, since a disk that does not answer cannot be interrupted
    otherwise. What the job raises is raised here.

    Raises:
        TimeUp: It has not ended in that time. It may go on; what it comes to is dropped.
    """
    results: list[_Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(job())
        except BaseException as exc:  # noqa: BLE001 - raised again below, interrupts included
            errors.append(exc)

    # A daemon: codexctl ends without waiting for it.
    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise TimeUp
    return results[0]
