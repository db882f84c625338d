"""A signal that the waiting thread does not hear itself, so that nothing interrupts its wait.

A signal that comes just before a wait begins is the same case, and cannot be made to come then.
"""

import os
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest


class Stopped(BaseException):
    """What the signal's handler raises in the main thread."""


@contextmanager
def signal_elsewhere() -> Generator[None, None, None]:
    """Send a signal to another thread once this one waits for something outside of Python (Linux).

    Raises:
        Stopped: The main thread has heard of it.
    """
    waiting = threading.get_native_id()
    place = Path(f"/proc/self/task/{waiting}/syscall")
    if not os.access(place, os.R_OK):
        pytest.skip("this system does not tell what a thread waits for")

    def hear() -> None:
        of_python = ("running", "98", "202")  # futex, by its number here and there
        while place.read_text().split()[0] in of_python:
            os.sched_yield()
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)

    def stop(_number: int, _frame: object) -> None:
        raise Stopped

    before = signal.signal(signal.SIGUSR1, stop)
    try:
        threading.Thread(target=hear, daemon=True).start()
        yield
    finally:
        signal.signal(signal.SIGUSR1, before)
