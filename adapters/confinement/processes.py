"""The processes of a command, wherever they have hidden, and their end.

Where ``/proc`` tells who is whose child and orphans come to the supervising process, a command's
processes are all that descend from it. Elsewhere (macOS) only its first process group is known.

Loaded in the supervising process, which has to start quickly.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator

_POLL_SECONDS = 0.01
_GIVE_UP_SECONDS = 10.0
_PARENT, _GROUP, _SESSION, _THREADS = (
    1,
    2,
    3,
    17,
)  # fields of /proc/PID/stat after the name, counted from 0
_ENDED = ("Z", "X")
_IS_TOLD = os.path.isdir("/proc/self")

Reap = Callable[[], None]


def descendants(ancestor: int) -> dict[int, int]:
    """Return all living processes that descend from one, parents before children.

    Returns:
        Their ids, each with the id of its process group.
    """
    children: dict[int, list[tuple[int, int]]] = {}
    for process, fields in _all():
        if fields[0] not in _ENDED:
            child = (process, int(fields[_GROUP]))
            children.setdefault(int(fields[_PARENT]), []).append(child)
    found = list(children.get(ancestor, ()))
    for process, _ in found:  # grows on the way
        found.extend(children.get(process, ()))
    return dict(found)


def threads_of_user(user: int) -> int:
    """Return how many threads a user has on the machine, as ``RLIMIT_NPROC`` counts."""
    total = 0
    for process, fields in _all():
        try:
            if os.stat(f"/proc/{process}").st_uid == user:
                total += int(fields[_THREADS])
        except OSError:
            continue
    return total


def threads_of_machine() -> int | None:
    """Return how many threads there are, cheaply; None where the system does not tell."""
    try:
        with open("/proc/loadavg", encoding="ascii") as file:
            return int(file.read().split()[3].split("/")[1])
    except (OSError, IndexError, ValueError):
        return None


def end(first: int, *, is_namespace: bool, grace_seconds: float, reap: Reap) -> int:
    """End all descendants of this process; return how many could not be ended.

    They are asked first, and killed when the grace is over. A process that is not ours to kill (it
    has become another user) is left.

    Args:
        first: The process, and process group, that the command began with. May have ended.
        is_namespace: All the others are in a namespace that ends with the first, which is not
            asked, since it would take them along before their time.
        grace_seconds: How long they have after they were asked; 0 for not asking.
        reap: Reaps the children that have ended.
    """
    me = os.getpid()
    spared = {first} if is_namespace else set[int]()
    if grace_seconds > 0:
        # Parents first: one that loses its child has to know why.
        for process in descendants(me):
            if process not in spared:
                _signal(process, signal.SIGTERM)
                _signal(process, signal.SIGCONT)
        if not _IS_TOLD:
            _signal_group(first, signal.SIGTERM)
        _wait_until(grace_seconds, lambda: _are_gone(me, spared, reap))
    if is_namespace:
        # bubblewrap and its child, the first process of the namespace.
        for process in [*descendants(me)][:2]:
            _signal(process, signal.SIGKILL)
    if not _IS_TOLD:
        _signal_group(first, signal.SIGKILL)
    return _kill(me, reap)


def end_session(leader: int) -> None:
    """Kill what is left of a session, where the supervising process is no more."""

    def round_is_last() -> bool:
        left = [
            process
            for process, fields in _all()
            if int(fields[_SESSION]) == leader and fields[0] not in _ENDED
        ]
        return not [process for process in left if _signal(process, signal.SIGKILL)]

    _wait_until(_GIVE_UP_SECONDS, round_is_last)


def _kill(me: int, reap: Reap) -> int:
    """Kill all descendants, also those that multiply meanwhile.

    Each round stops what it finds before it kills anything: what is stopped makes no more
    processes. Whole groups are stopped at once, faster than any can fork.
    """
    immortal: set[int] = set()

    def round_is_last() -> bool:
        stopped: set[int] = set()
        while fresh := (found := descendants(me)).keys() - stopped - immortal:
            for group in {found[process] for process in fresh}:
                _signal_group(group, signal.SIGSTOP)
            stopped |= fresh
        immortal.update(process for process in stopped if not _signal(process, signal.SIGKILL))
        reap()
        return not stopped - immortal

    _wait_until(_GIVE_UP_SECONDS, round_is_last)
    return len(descendants(me))


def _are_gone(me: int, spared: set[int], reap: Reap) -> bool:
    reap()
    return not descendants(me).keys() - spared


def _wait_until(seconds: float, is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seconds
    while not is_done() and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def _signal(process: int, number: int) -> bool:
    """Send a signal; tell whether this user may."""
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return True


def _signal_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return  # gone, or left alone for the survivors to be counted


def _all() -> Iterator[tuple[int, list[str]]]:
    """Yield every process with the fields that follow its name."""
    try:
        names = os.listdir("/proc")
    except OSError:
        return
    for name in names:
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                    text = file.read()
            except OSError:
                continue  # gone since
            # The name in parentheses may hold anything, parentheses too.
            yield int(name), text.rpartition(")")[2].split()
