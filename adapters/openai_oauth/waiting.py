"""Waiting that Ctrl-C ends, on every system."""

import threading
import time

_SLICE_SECONDS = 0.5


def wait_for(event: threading.Event, seconds: float) -> bool:
    """Wait until the event is set, at most so long; tell whether it is.

    In slices, since on Windows a thread that waits for a lock does not hear Ctrl-C.
    """
    deadline = time.monotonic() + seconds
    while not event.is_set():
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        event.wait(min(left, _SLICE_SECONDS))
    return True
