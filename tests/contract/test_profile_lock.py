"""The contract of ``codexctl.domain.ports.ProfileLock``, for lock files and for the fake."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.command import process_environment

from codexctl.adapters.token_store.locking import FileProfileLock
from codexctl.domain.errors import StoreBusy
from codexctl.domain.ports import ProfileLock
from codexctl.testing.fakes.profile_lock import FakeProfileLock

_HOLD = """
import sys
from pathlib import Path
from codexctl.adapters.token_store.locking import FileProfileLock
with FileProfileLock(Path(sys.argv[1])).held(sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def _another_process(home: Path, profile: str) -> Generator["subprocess.Popen[bytes]", None, None]:
    """Run a process that holds a profile's lock until its standard input ends, or it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, home, profile],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=process_environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture(params=["file", "fake"])
def lock(request: pytest.FixtureRequest, tmp_path: Path) -> ProfileLock:
    if request.param == "file":
        return FileProfileLock(tmp_path / "home", wait_seconds=0)
    return FakeProfileLock()


def test_a_lock_is_free_again_afterwards(lock: ProfileLock) -> None:
    for _ in range(2):
        with lock.held("default"):
            pass


def test_a_lock_is_free_again_after_an_error(lock: ProfileLock) -> None:
    with pytest.raises(LookupError), lock.held("default"):
        raise LookupError
    with lock.held("default"):
        pass


def test_nobody_holds_a_lock_twice_not_even_its_holder(lock: ProfileLock) -> None:
    with lock.held("default"), pytest.raises(StoreBusy), lock.held("default"):
        pytest.fail("held twice")


def test_another_thread_waits_in_vain_while_it_is_held(lock: ProfileLock) -> None:
    ends: list[str] = []

    def try_it() -> None:
        try:
            with lock.held("default"):
                ends.append("held")
        except StoreBusy:
            ends.append("busy")

    with lock.held("default"):
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
    assert ends == ["busy"]


def test_profiles_are_locked_apart(lock: ProfileLock) -> None:
    with lock.held("default"), lock.held("work"), lock.held("../../\0/\ud800 " + "x" * 5000):
        pass


def test_another_process_keeps_it_until_it_is_killed(tmp_path: Path) -> None:
    lock = FileProfileLock(tmp_path, wait_seconds=0)
    with _another_process(tmp_path, "default") as process:
        with pytest.raises(StoreBusy, match="in use by another codexctl"), lock.held("default"):
            pytest.fail("held twice")
        with lock.held("work"):
            pass
        process.kill()
        process.wait()
        with lock.held("default"):
            pass


def test_a_waiting_thread_gets_it_when_it_is_let_go(tmp_path: Path) -> None:
    with _another_process(tmp_path, "default") as process:
        assert process.stdin is not None
        process.stdin.close()
        with FileProfileLock(tmp_path).held("default"):
            pass


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs signals to a thread")
def test_an_interrupt_ends_the_wait(tmp_path: Path) -> None:
    waiting = threading.get_ident()
    keyboard = threading.Thread(
        target=lambda: signal.pthread_kill(waiting, signal.SIGINT), daemon=True
    )
    lock = FileProfileLock(tmp_path, wait_seconds=3600)

    def wait_while_the_user_interrupts() -> None:
        keyboard.start()
        with lock.held("default"):
            pytest.fail("held twice")

    with lock.held("default"), pytest.raises(KeyboardInterrupt):
        wait_while_the_user_interrupts()
    keyboard.join()
    with lock.held("default"):
        pass


def test_a_forked_child_neither_holds_nor_frees_it(tmp_path: Path) -> None:
    # In a process of its own: a test run has threads, and threads do not go well with a fork.
    script = """
import os, sys
from pathlib import Path
from codexctl.adapters.token_store.locking import FileProfileLock
from codexctl.domain.errors import StoreBusy
lock = FileProfileLock(Path(sys.argv[1]), wait_seconds=0)
def is_free():
    try:
        with lock.held("default"):
            return True
    except StoreBusy:
        return False
read, write = os.pipe()
with lock.held("default"):
    child = os.fork()
    if not child:
        os.write(write, b"n" if not is_free() else b"y")
        os.close(write)
        os._exit(0)
    os.waitpid(child, 0)
    print(os.read(read, 1).decode(), is_free())
print(is_free())
"""
    finished = subprocess.run(
        [sys.executable, "-c", script, tmp_path],
        capture_output=True,
        text=True,
        env=process_environment(),
    )
    assert (finished.stdout, finished.stderr) == ("n False\nTrue\n", "")


@pytest.mark.skipif(os.name == "nt", reason="modes are of POSIX")
@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_lock_files_are_private_and_do_not_tell_the_profile(tmp_path: Path, umask: int) -> None:
    home = tmp_path / "home"
    before = os.umask(umask)
    try:
        with FileProfileLock(home).held("canary"):
            names = [path.name for path in home.iterdir()]
            modes = [path.stat().st_mode & 0o777 for path in (home, *home.iterdir())]
    finally:
        os.umask(before)
    assert modes == [0o700, 0o600]
    assert "canary" not in names[0]
