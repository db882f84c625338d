"""Locks between processes, and the profile lock made of them."""

import errno
import hashlib
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from codexctl.adapters.token_store.complaints import not_written
from codexctl.adapters.token_store.private_folder import prepare_folder
from codexctl.domain.errors import StoreBusy

PROFILE_WAIT_SECONDS = 60.0
"""Longer than a renewal of a token may take, whose answer is waited for with the lock held."""

_POLL_SECONDS = 0.02


@contextmanager
def locked(path: Path, *, wait_seconds: float, what: str) -> Generator[None, None, None]:
    """Hold the lock of a lock file, which is made if need be and stays.

    The system lets go of it when the process ends, however it ends. Ctrl-C ends the wait.

    Args:
        path: The lock file, in a folder that exists.
        wait_seconds: How long to wait at most.
        what: What is locked, as the start of a sentence.

    Raises:
        StoreBusy: It did not become free in time.
        FileNotWritten: The lock file cannot be made, or the file system has no locks.
    """
    from filelock import FileLock, Timeout  # slow to import, and not needed to read

    # An object for each holder: filelock counts how often one object is acquired, which would let
    # a second holder in. No fallback: its soft lock outlives a process that dies.
    lock = FileLock(
        path, timeout=wait_seconds, mode=0o600, poll_interval=_POLL_SECONDS, fallback_to_soft=False
    )
    try:
        lock.acquire()
    except Timeout:
        raise StoreBusy(
            f"{what} is in use by another codexctl, and was for {wait_seconds:g} seconds.",
            remedy="Try again when it is done, or end it.",
        ) from None
    except OSError as exc:
        raise not_written(path, exc) from exc
    except NotImplementedError as exc:  # how filelock 3 says that the file system has no locks
        raise not_written(path, OSError(errno.ENOSYS, "no locks")) from exc
    try:
        yield
    finally:
        lock.release()


@dataclass(frozen=True, slots=True)
class FileProfileLock:
    """The :class:`~codexctl.domain.ports.ProfileLock` on a lock file for each profile.

    It is held by one ``with`` of one thread at a time, and by nobody twice: the same thread asking
    again waits for itself in vain. A child process does not inherit it.

    Attributes:
        home: The folder of the lock files; made when a lock is first held.
        wait_seconds: How long to wait for it at most.
    """

    home: Path
    wait_seconds: float = PROFILE_WAIT_SECONDS

    def held(self, profile: str) -> AbstractContextManager[None]:
        """See :meth:`codexctl.domain.ports.ProfileLock.held`."""
        return self._held(profile)

    @contextmanager
    def _held(self, profile: str) -> Generator[None, None, None]:
        prepare_folder(self.home)
        path = self.home / lock_file_name(profile)
        with locked(path, wait_seconds=self.wait_seconds, what="The profile's sign-in"):
            yield


def lock_file_name(profile: str) -> str:
    """Return a name that any file system takes, whatever the profile is called."""
    digest = hashlib.sha256(profile.encode("utf-8", "surrogatepass")).hexdigest()
    return f"profile-{digest[:32]}.lock"
