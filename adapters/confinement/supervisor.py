"""The supervising process: runs one command, watches it, and leaves nothing of it behind.

It stands between codexctl and the command so that whatever the command leaves behind becomes its
child and can be found, and so that the command ends even when codexctl is killed: codexctl holds
the other end of its standard input, and the end of that is the end of the command.

Standard input brings the plan, standard output takes the report, standard error is the output of
the command. It runs as a Python of its own, without site packages, and loads as little as it can.
"""

import contextlib
import marshal
import os
import select
import signal
import time

from codexctl.adapters.confinement import kernel, processes
from codexctl.adapters.confinement.child import CannotStart, Child, start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from codexctl.adapters.confinement.plan import Plan

_LIFELINE, _REPORT = 0, 1
_LENGTH_BYTES = 8
_FILES_TO_STAY = 10_000


def main() -> None:
    """Read a plan, carry it out, and report."""
    plan: Plan = marshal.loads(_read(int.from_bytes(_read(_LENGTH_BYTES), "big")))  # noqa: S302
    os.write(_REPORT, supervise(plan).encode("utf-8", "replace"))


def supervise(plan: "Plan") -> str:
    """Carry out a plan; return the report, in one line. See ``plan.decode`` for its form."""
    started = time.monotonic()
    if kernel.IS_LINUX:
        kernel.adopt_orphans()
        _go_first()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Those who may end the command have the lifeline.
        signal.signal(number, signal.SIG_IGN)
    ended = _wake_when_a_child_ends()
    try:
        child = start(plan)
    except CannotStart as exc:
        return _report("refused", started, reason=str(exc))
    ending = _watch(child, plan, ended, deadline=started + plan["timeout_seconds"])
    survivors = processes.end(
        child.process,
        is_namespace=plan["is_bubblewrap"],
        # What multiplies is not asked: it would only use the time.
        grace_seconds=0 if ending == "processes" else plan["grace_seconds"],
        reap=child.reap,
    )
    if ending == "exited" and (reason := child.setup_fault()) is not None:
        return _report("refused", started, reason=reason)
    return _report(ending, started, exit_code=child.exit_code, survivors=survivors)


def _go_first() -> None:
    """Run before all ordinary processes, where root may: a thousand of them would keep us waiting.

    Root's processes have no ``RLIMIT_NPROC``; how quickly they are counted is all there is. For
    others see ``child``.
    """
    with contextlib.suppress(OSError):
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(1))


def _report(
    ending: str, started: float, *, exit_code: int = 0, survivors: int = 0, reason: str = ""
) -> str:
    seconds = time.monotonic() - started
    return f"ended {ending} {exit_code} {survivors} {seconds:.3f} {reason}\n"


def _watch(child: Child, plan: "Plan", ended: int, *, deadline: float) -> str:
    """Wait for the command, or for what ends it; return its name."""
    poll = select.poll()
    poll.register(_LIFELINE, select.POLLIN)
    poll.register(ended, select.POLLIN)
    floors = [_floor(disk, plan) for disk in plan["disks"]]
    threads = processes.threads_of_machine()
    while True:
        child.reap()
        if child.has_ended:
            return "exited"
        left = deadline - time.monotonic()
        if left <= 0:
            return "timeout"
        ready = poll.poll(1000 * min(left, plan["tick_seconds"]))
        for descriptor, _ in ready:
            # Nothing is sent on the lifeline after the plan: it can only have ended.
            if descriptor == _LIFELINE:
                return "interrupted"
            os.read(descriptor, 4096)
        if _too_many(plan["processes"], threads):
            return "processes"
        if any(_is_below(disk, floor) for disk, floor in zip(plan["disks"], floors, strict=True)):
            return "disk"


def _too_many(most: int, threads_before: int | None) -> bool:
    """Tell whether the command has too many processes. Counts them only if they may be many."""
    threads = processes.threads_of_machine()
    if threads is None or threads_before is None or threads - threads_before < most // 2:
        return False
    return len(processes.descendants(os.getpid())) > most


def _floor(disk: str, plan: "Plan") -> tuple[int, int]:
    """Return how many bytes and files have to stay free."""
    state = os.statvfs(disk)
    free = state.f_bavail * state.f_frsize
    files = min(_FILES_TO_STAY, state.f_favail // 2) if state.f_files else 0
    return max(free - plan["disk_bytes"], min(plan["free_bytes"], free // 2)), files


def _is_below(disk: str, floor: tuple[int, int]) -> bool:
    try:
        state = os.statvfs(disk)
    except OSError:
        return False  # the command has removed the folder
    free_bytes, files = floor
    return state.f_bavail * state.f_frsize < free_bytes or state.f_favail < files


def _wake_when_a_child_ends() -> int:
    """Return a descriptor that can be read when a child has ended."""
    reading, writing = os.pipe()
    for end in (reading, writing):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    return reading


def _read(wanted: int) -> bytes:
    """Read so many bytes of the plan.

    Raises:
        SystemExit: codexctl has ended meanwhile.
    """
    parts = b""
    while len(parts) < wanted:
        part = os.read(_LIFELINE, wanted - len(parts))
        if not part:
            raise SystemExit(1)
        parts += part
    return parts
