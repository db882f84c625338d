"""What every way of showing a run can do, and how an error is told to a person."""

from datetime import datetime
from typing import Protocol

from codexctl.domain.run_events import RunEvent
from codexctl.domain.values import dataclass
from codexctl.entrypoints.rendering.screen import Screen


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a command did not finish.

    Attributes:
        kind: The error's class name, or ``Interrupted``, ``Terminated``.
        message: What happened, one line.
        remedy: What to do about it, one line; None where there is nothing to do.
        exit_code: What the process exits with.
        request_id: The provider's id of the failed request, where there is one.
        resets_at: When a spent limit comes back, aware; the message says it too, in local time.
        trace: The traceback, where it is to be shown.
    """

    kind: str
    message: str
    remedy: str | None
    exit_code: int
    request_id: str | None = None
    resets_at: datetime | None = None
    trace: str | None = None


class RunReport(Protocol):
    """Shows a run as it goes."""

    def show(self, event: RunEvent) -> None:
        """Show one event of the run."""
        ...

    def fail(self, failure: Failure) -> None:
        """Close the report of a run that did not finish, and tell why."""
        ...


def tell(screen: Screen, failure: Failure) -> None:
    """Tell a failure on standard error: what happened, then what to do."""
    if failure.trace:
        screen.error(failure.trace)
    screen.error(f"codexctl: {failure.message}")
    if failure.remedy:
        screen.error(f"  {failure.remedy}")
    if failure.request_id:
        screen.error(f"  Request id: {failure.request_id}")
