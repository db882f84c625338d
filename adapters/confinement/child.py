"""The first process of a command: made, confined, and waited for.

Loaded in the supervising process, which has to start quickly.
"""

import os
import resource
import signal

from codexctl.adapters.confinement import kernel, landlock, processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from codexctl.adapters.confinement.plan import Plan

STATUS, FILTER = 3, 4
"""The descriptors that bubblewrap's arguments name."""

_REPORT, _OUTPUT = 1, 2
_OUT_OF_THE_WAY = 10
_POLITE = 10
_MOST_COMPLAINT = 4096
_KILL_ME_FIRST = "500"  # of 1000; the others are at 0


class CannotStart(Exception):
    """The command could not be confined, or its program could not be run."""


class Child:
    """The first process of a command.

    Attributes:
        process: Its id, which is that of its session too.
    """

    def __init__(self, process: int, status: int | None) -> None:
        self.process = process
        self._status = status
        self._ended: int | None = None

    @property
    def has_ended(self) -> bool:
        """Whether it has ended and been reaped."""
        return self._ended is not None

    @property
    def exit_code(self) -> int:
        """The exit code of a process that has ended, 128 and more for a signal."""
        code = os.waitstatus_to_exitcode(self._ended or 0)
        return code if code >= 0 else 128 - code

    def reap(self) -> None:
        """Reap this child and adopted ones, as far as they have ended."""
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if process == 0:
                return
            if process == self.process:
                self._ended = status

    def setup_fault(self) -> str | None:
        """Say that bubblewrap ended before the command began; None where all went well.

        It reports an exit code only when everything was set up and the command was run.
        """
        if self._status is None or os.WIFSIGNALED(self._ended or 0):
            return None
        try:
            text = os.read(self._status, _MOST_COMPLAINT)
        except BlockingIOError:
            text = b""
        return None if b'"exit-code"' in text else "bubblewrap could not set up the confinement"


def start(plan: "Plan") -> Child:
    """Start the command of a plan.

    Raises:
        CannotStart: Nothing of it has run.
    """
    # Pipes are closed in the child when it becomes the command.
    complaint, complaining = os.pipe()
    status, reporting = os.pipe() if plan["is_bubblewrap"] else (None, None)
    threads = processes.threads_of_user(os.getuid()) if os.getuid() else 0
    parent = os.getpid()
    try:
        process = os.fork()
    except OSError as exc:
        raise CannotStart(str(exc)) from exc
    if process == 0:
        try:
            _become(plan, parent, reporting, threads)
        except BaseException as exc:  # noqa: BLE001 - told by the parent
            os.write(complaining, f"{type(exc).__name__}: {exc}".encode("utf-8", "replace"))
        finally:
            os._exit(126)
    os.close(complaining)
    if reporting is not None:
        os.close(reporting)
    if status is not None:
        os.set_blocking(status, False)
    text = os.read(complaint, _MOST_COMPLAINT)
    os.close(complaint)
    if text:
        os.waitpid(process, 0)
        raise CannotStart(text.decode("utf-8", "replace").replace("\n", " "))
    return Child(process, status)


def _become(plan: "Plan", parent: int, reporting: int | None, threads: int) -> None:
    """Become the command; returns never."""
    os.setsid()
    # Before the command can kill who would report it. The report is closed to the command.
    os.write(_REPORT, b"session %d\n" % os.getpid())
    if kernel.IS_LINUX:
        kernel.die_with_parent(signal.SIGKILL, parent)
        _write("/proc/self/oom_score_adj", _KILL_ME_FIRST)
    # Python ignores these two; a command that outgrows its limits has to notice.
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    _limit(plan, threads)
    os.nice(_POLITE)
    _connect(plan, reporting)
    os.chdir(plan["folder"])
    if plan["landlock"] is not None:
        kernel.forbid_new_privileges()
        kernel.drop_capabilities()
        landlock.confine(**plan["landlock"])
    if plan["seccomp"] is not None and not plan["is_bubblewrap"]:
        kernel.load_filter(plan["seccomp"])
    os.execve(plan["argv"][0], [*plan["argv"]], plan["environment"])  # noqa: S606


def _limit(plan: "Plan", threads: int) -> None:
    _lower(resource.RLIMIT_CORE, 1)  # with 0 a program outside is still handed the memory
    _lower(resource.RLIMIT_FSIZE, plan["file_bytes"])
    if threads:
        # For what multiplies faster than we can count. The user's other programs count as well.
        _lower(resource.RLIMIT_NPROC, threads + 2 * plan["processes"])


def _lower(limit: int, value: int) -> None:
    _, hard = resource.getrlimit(limit)
    lower = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(limit, (lower, lower))


def _connect(plan: "Plan", reporting: int | None) -> None:
    """Lay the descriptors where the command expects them; all others close by themselves."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(_OUTPUT, 1)
    if reporting is None:
        return
    source = _memory(plan["seccomp"] or b"")
    # One may lie where the other has to go.
    far_report, far_source = _far(reporting), _far(source)
    os.dup2(far_report, STATUS)
    os.dup2(far_source, FILTER)


def _far(descriptor: int) -> int:
    import fcntl

    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _OUT_OF_THE_WAY)


def _memory(content: bytes) -> int:
    descriptor = os.memfd_create("filter")
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
    except OSError:
        return  # a courtesy to the machine, not a part of the confinement
