"""What the supervising process is told, and what it answers.

The process is a Python of its own that has to start quickly, so both are as plain as can be: a
dictionary in marshal's format, since both ends are the same interpreter, and a line of text.
"""

import contextlib
import marshal
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypedDict

from codexctl.domain.values import dataclass

LENGTH_BYTES = 8


class LandlockRules(TypedDict):
    """Arguments of :func:`codexctl.adapters.confinement.landlock.confine`."""

    hidden: Sequence[str]
    writable: str


class Plan(TypedDict):
    """One command, ready to run.

    Attributes:
        argv: The program and its arguments. The program is an absolute path.
        environment: All of its environment.
        folder: Where it starts.
        landlock: Rules to obey; None for none of them.
        seccomp: A filter for system calls; None for none.
        is_bubblewrap: The program is bubblewrap: it applies the filter itself, reads it from
            descriptor 4, and reports how it went on descriptor 3.
        timeout_seconds: How long it may take.
        processes, file_bytes, disk_bytes, free_bytes, grace_seconds, tick_seconds: See
            ``Limits``.
        disks: Folders on the disks that it can write to.
    """

    argv: Sequence[str]
    environment: Mapping[str, str]
    folder: str
    landlock: LandlockRules | None
    seccomp: bytes | None
    is_bubblewrap: bool
    timeout_seconds: float
    processes: int
    file_bytes: int
    disk_bytes: int
    free_bytes: int
    grace_seconds: float
    tick_seconds: float
    disks: Sequence[str]


class Ending(StrEnum):
    """What ended a command."""

    EXITED = "exited"
    """It ended by itself."""
    TIMEOUT = "timeout"
    PROCESSES = "processes"
    DISK = "disk"
    INTERRUPTED = "interrupted"
    """The run was interrupted."""
    LOST = "lost"
    """The supervising process was killed, by the command or for want of memory."""
    REFUSED = "refused"
    """The command did not start, since it could not be confined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the supervising process says in the end.

    Attributes:
        ending: What ended the command.
        exit_code: The exit code, 128 and more for a signal, as shells have it.
        survivors: How many of its processes could not be ended.
        seconds: How long it took, its end included.
        reason: Why it was refused.
        session: The id of the command's session, 0 where it has not begun.
    """

    ending: Ending
    exit_code: int = 0
    survivors: int = 0
    seconds: float = 0.0
    reason: str = ""
    session: int = 0


def encode(plan: Plan) -> bytes:
    """Return a plan as it is sent: its length in 8 bytes, then itself."""
    body = marshal.dumps(dict(plan))
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def decode(answer: bytes) -> Report:
    """Read the answer, two lines; one that is cut short means that the process was killed.

    ``session ID``, as soon as there is one, and in the end ``ended ENDING EXIT-CODE SURVIVORS
    SECONDS REASON``.
    """
    words = [line.split(" ", 5) for line in answer.decode("utf-8", "replace").splitlines()]
    session = 0
    for line in words:
        match line:
            case ["session", number] if number.isdecimal():
                session = int(number)
            case ["ended", ending, exit_code, survivors, seconds, reason]:
                with contextlib.suppress(ValueError):
                    return Report(
                        ending=Ending(ending),
                        exit_code=int(exit_code),
                        survivors=int(survivors),
                        seconds=float(seconds),
                        reason=reason,
                        session=session,
                    )
            case _:
                break
    return Report(ending=Ending.LOST, session=session)
