"""Kills writers of sessions at any moment and looks at what they leave. Run as a program.

It is a process of its own, with one thread, because it forks: a child costs milliseconds then.

``python -m tests.integration.session_torture HOME lines|anywhere|interrupts KILLS``
"""

import os
import random
import signal
import sys
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

from tests.fakes.session_values import a_header, an_id

from codexctl.adapters.sessions import store as store_module
from codexctl.adapters.sessions.store import FileSessionStore
from codexctl.domain.conversation import UserMessage
from codexctl.domain.errors import SessionUnreadable, UsageError
from codexctl.domain.session import CallBegun, ItemAdded, SessionRecord
from codexctl.testing.fakes.clock import FakeClock

_PACKAGE = str(Path(store_module.__file__).parent)
_STEPS_OF_A_PLAN = 8


def _records(step: int) -> tuple[SessionRecord, ...]:
    """Return what a writer adds in one step: one to three records, small and large."""
    words = f"{step} " * (1 if step % 4 else 5_000)
    return (ItemAdded(UserMessage(words)), CallBegun(str(step)), CallBegun("x"))[: step % 3 + 1]


def _write(home: Path, number: int, after_step: Callable[[], object], steps: int | None) -> None:
    """Begin a session and add to it; every third step it is taken up anew."""
    store = FileSessionStore(home, FakeClock())
    log = store.create(a_header(number, name=f"name {number}" if number % 2 else None))
    for step in count() if steps is None else range(steps):
        if step and step % 3 == 0:
            log.close()
            _, log = store.open(an_id(number))
        log.append(*_records(step), is_durable=step % 2 == 0)
        after_step()
    log.close()


def _trace_of(at_line: Callable[[], None]) -> Callable[[FrameType, str, object], Any]:
    """Return a trace function that does something before each line of the package."""

    def trace(frame: FrameType, event: str, _: object) -> Any:  # noqa: ANN401 (a trace function)
        if not frame.f_code.co_filename.startswith(_PACKAGE):
            return None
        if event == "line":
            at_line()
        return trace

    return trace


def _lines_of_a_plan(home: Path) -> int:
    passed: list[None] = []
    sys.settrace(_trace_of(lambda: passed.append(None)))
    _write(home, 1, lambda: None, _STEPS_OF_A_PLAN)
    sys.settrace(None)
    FileSessionStore(home, FakeClock()).remove(an_id(1))
    return len(passed)


def _die_at(line: int) -> None:
    """Have this process killed before a line of the package, counted from one."""
    passed = count(1)

    def at_line() -> None:
        if next(passed) == line:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.settrace(_trace_of(at_line))


def _in_child(home: Path, number: int, prepare: Callable[[], None]) -> tuple[int, int]:
    """Start a writer; return its process id and what it writes its finished steps to."""
    read, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        return child, read
    try:
        prepare()
        _write(home, number, lambda: os.write(write, b"."), None)
    finally:
        os._exit(1)  # it has to be killed; anything else is a failure


def _kill(child: int, steps: int) -> int:
    """Kill a writer after a random number of steps; return how many it finished."""
    seen = 0
    for _ in range(random.randint(0, 20)):
        seen += len(os.read(steps, 1))
    for _ in range(random.randint(0, 20_000)):
        pass  # so that the moment is not always that of a step's end
    os.kill(child, signal.SIGKILL)
    return seen


def _kill_and_look(home: Path, number: int, line: int | None) -> None:
    child, steps = _in_child(home, number, lambda: _die_at(line) if line else None)
    finished = 0 if line else _kill(child, steps)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL, f"the writer ended by itself: {status}"
    while more := os.read(steps, 65536):
        finished += len(more)
    os.close(steps)
    _look(home, number, finished)


def _look(home: Path, number: int, finished: int) -> None:
    """See that what was finished is there, with a beginning of the step that was not."""
    store = FileSessionStore(home, FakeClock())
    kept = [record for step in range(finished) for record in _records(step)]
    begun = [*kept, *_records(finished)]
    try:
        records = store.read(an_id(number)).records
    except UsageError:
        assert finished == 0, "what was kept is gone"
        return
    except SessionUnreadable:
        assert finished == 0, "what was kept cannot be read"
        assert store.remove(an_id(number)) == an_id(number)
        return
    assert len(kept) <= len(records) <= len(begun), f"{len(records)} after {len(kept)}"
    assert list(records) == begun[: len(records)]
    session, log = store.open(an_id(number))
    with closing(log):
        log.append(CallBegun("after"))
    assert session.records == records
    assert store.read(an_id(number)).records == (*records, CallBegun("after"))
    assert [one.session_id for one in store.listed()] == [an_id(number)]
    store.remove(an_id(number))


def _interrupt_and_look(home: Path, line: int) -> bool:
    """Interrupt adding to a log before a line of the package; tell whether it came to that."""
    store = FileSessionStore(home, FakeClock())
    log = store.create(a_header(line))
    log.append(CallBegun("before"))
    passed = count(1)

    def at_line() -> None:
        if next(passed) == line:
            raise KeyboardInterrupt

    is_interrupted = False
    sys.settrace(_trace_of(at_line))
    try:
        log.append(*_records(8), is_durable=True)
    except KeyboardInterrupt:
        is_interrupted = True
    finally:
        sys.settrace(None)
    log.append(CallBegun("after"))
    log.close()
    session, log = store.open(an_id(line))
    log.close()
    first, *added, last = session.records
    assert (first, last) == (CallBegun("before"), CallBegun("after"))
    assert added == list(_records(8))[: len(added)]
    assert is_interrupted or len(added) == len(_records(8))
    store.remove(an_id(line))
    return is_interrupted


def main() -> None:
    """Torture, and name the files that are left in the end if all went well."""
    home, manner, kills = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    lines = _lines_of_a_plan(home)
    for number in range(1, kills + 1):
        # Spread over the plan, so that each run of the tests kills at other lines.
        line = int((number - random.random()) * lines / kills) + 1
        if manner != "interrupts":
            _kill_and_look(home, number, line if manner == "lines" else None)
        elif not _interrupt_and_look(home, number):
            break
    names = {path.name for path in (home / "sessions").iterdir()}
    sys.stdout.write(" ".join(sorted(names - {store_module.NAMES_LOCK_FILE})))


if __name__ == "__main__":
    main()
