"""What came of a command."""

from codexctl.adapters.confinement.limits import MEBIBYTE, Limits
from codexctl.adapters.confinement.output import BoundedOutput
from codexctl.adapters.confinement.plan import Ending, Report
from codexctl.domain.values import dataclass


class CommandNotRun(Exception):
    """A command did not start, in words for the model. Nothing of it has run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """What came of a command that has started.

    Attributes:
        exit_code: Its exit code, 128 and more for a signal; None where it was ended by us.
        wall_seconds: How long it took.
        head: The beginning of its output, standard output and error together.
        tail: The end of it, as far as it is not in the head.
        total_bytes: How much output there was.
        ending: What ended it.
        explanation: A sentence about how it ended; None where the exit code says it all.
    """

    exit_code: int | None
    wall_seconds: float
    head: bytes
    tail: bytes
    total_bytes: int
    ending: Ending
    explanation: str | None = None

    @property
    def timed_out(self) -> bool:
        """Whether its time was up."""
        return self.ending is Ending.TIMEOUT

    @property
    def output(self) -> bytes:
        """The output, with a marker where something is left out."""
        left_out = self.total_bytes - len(self.head) - len(self.tail)
        marker = b"\n[... %d bytes left out ...]\n" % left_out if left_out else b""
        return self.head + marker + self.tail


def result_of(
    report: Report, output: BoundedOutput, limits: Limits, timeout_seconds: float
) -> CommandResult:
    """Return what came of a command, from its report and its output.

    Raises:
        CommandNotRun: It was refused.
    """
    if report.ending is Ending.REFUSED:
        said = (output.head + output.tail).decode("utf-8", "replace").strip().replace("\n", "; ")
        reason = f"{report.reason} ({said})" if said else report.reason
        raise CommandNotRun(f"The command was not run: {reason}.")
    sentences = [
        sentence
        for sentence in (_why(report.ending, limits, timeout_seconds), _left(report.survivors))
        if sentence
    ]
    return CommandResult(
        exit_code=report.exit_code if report.ending is Ending.EXITED else None,
        wall_seconds=report.seconds,
        head=output.head,
        tail=output.tail,
        total_bytes=output.total_bytes,
        ending=report.ending,
        explanation=" ".join(sentences) or None,
    )


def _why(ending: Ending, limits: Limits, timeout_seconds: float) -> str | None:
    match ending:
        case Ending.TIMEOUT:
            return f"Its time was up after {timeout_seconds:g} seconds, and it was ended."
        case Ending.PROCESSES:
            return f"It had more than {limits.processes} processes at a time, and was ended."
        case Ending.DISK:
            return (
                f"The disk got {limits.disk_bytes // MEBIBYTE} MiB fuller, or almost full, while"
                " it ran, and it was ended."
            )
        case Ending.INTERRUPTED:
            return "The run was interrupted, and it was ended."
        case Ending.LOST:
            return (
                "The process that supervises it was killed, by the command or for want of memory."
            )
        case Ending.EXITED | Ending.REFUSED:
            return None


def _left(survivors: int) -> str | None:
    if not survivors:
        return None
    return (
        f"{survivors} of its processes belong to another user or are stuck, and could not be ended."
    )
