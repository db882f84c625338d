"""Where a use case's notices go."""

from contextlib import suppress
from dataclasses import field

from codexctl.domain.errors import FileNotWritten
from codexctl.domain.run_events import Notice
from codexctl.domain.values import dataclass
from codexctl.entrypoints.rendering.report import RunReport
from codexctl.entrypoints.rendering.screen import Screen


@dataclass(frozen=True, slots=True)
class ScreenNotifier:
    """The :class:`~codexctl.domain.ports.Notifier` of a command: lines on standard error."""

    screen: Screen

    def tell(self, text: str) -> None:
        """See :meth:`codexctl.domain.ports.Notifier.tell`."""
        self.screen.note(f"note: {text}", "yellow")


@dataclass(frozen=True, slots=True)
class ReportNotifier:
    """The :class:`~codexctl.domain.ports.Notifier` of a run: notices of its report."""

    report: RunReport
    _told: set[str] = field(default_factory=set[str], init=False)

    def tell(self, text: str) -> None:
        """See :meth:`codexctl.domain.ports.Notifier.tell`. The same words are told once a run."""
        if text not in self._told:
            self._told.add(text)
            # A run that cannot be shown any more finds that out at its next event.
            with suppress(BrokenPipeError, FileNotWritten):
                self.report.show(Notice(text))
