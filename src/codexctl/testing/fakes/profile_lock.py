"""A ``ProfileLock`` for one process, whose waiting takes no time."""

import threading
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager

from codexctl.domain.errors import StoreBusy


class FakeProfileLock:
    """A lock for each profile that is free, or is not.

    ```python
    lock = FakeProfileLock()
    lock.someone_else_holds("work")  # as another process might
    with pytest.raises(StoreBusy), lock.held("work"):
        ...
    lock.before_next(lambda: store.save("default", theirs))  # what somebody else does meanwhile
    with lock.held("default"):
        ...
    assert lock.holds == ["default"]
    ```

    A lock that is taken is waited for in vain at once, so it suits a test with one thread. With
    ``waits=True`` it is waited for as long as need be.
    """

    def __init__(self, *, waits: bool = False) -> None:
        self.holds: list[str] = []
        self._waits = waits
        self._lock = threading.Lock()
        self._profiles: dict[str, threading.Lock] = {}
        self._meanwhile: list[Callable[[], None]] = []

    def someone_else_holds(self, profile: str) -> None:
        """Let another process hold the lock from now on."""
        self._of(profile).acquire()

    def before_next(self, happening: Callable[[], None]) -> None:
        """Let something happen while the lock is waited for the next time."""
        self._meanwhile.append(happening)

    def held(self, profile: str) -> AbstractContextManager[None]:
        """See :meth:`codexctl.domain.ports.ProfileLock.held`."""
        return self._held(profile)

    @contextmanager
    def _held(self, profile: str) -> Generator[None, None, None]:
        if self._meanwhile:
            self._meanwhile.pop(0)()
        lock = self._of(profile)
        if not lock.acquire(blocking=self._waits):
            raise StoreBusy("Somebody else holds the lock.", remedy="Try again later.")
        try:
            self.holds.append(profile)
            yield
        finally:
            lock.release()

    def _of(self, profile: str) -> threading.Lock:
        with self._lock:
            return self._profiles.setdefault(profile, threading.Lock())
