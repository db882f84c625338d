"""The file of a log, locked while it is open: whole lines are added, or nothing."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Self

from codexctl.domain.values import dataclass

_NO_FOLLOW: int = getattr(os, "O_NOFOLLOW", 0)  # Windows has neither of these
_NO_WAIT: int = getattr(os, "O_NONBLOCK", 0)  # not to hang on a FIFO
_BINARY: int = getattr(os, "O_BINARY", 0)
_READ = os.O_RDONLY | _NO_FOLLOW | _NO_WAIT | _BINARY
_ADD = os.O_RDWR | os.O_APPEND | _NO_FOLLOW | _NO_WAIT | _BINARY
_CREATE = _ADD | os.O_CREAT | os.O_EXCL
_PRIVATE = stat.S_IRUSR | stat.S_IWUSR
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_READ_AT_ONCE = 1 << 20


class FileIsLocked(Exception):
    """Somebody has the file open for adding. Never leaves this package."""


@dataclass(frozen=True, slots=True)
class LockedFile:
    """A log open for adding. The system lets go of the lock when the process ends, however it does.

    The lock is on the file itself, so none is left lying about. It belongs to this opening of the
    file: another one is refused in this process too, and a program started from here inherits none.

    Attributes:
        descriptor: Of the open file.
        path: Where it is.
    """

    descriptor: int
    path: Path

    @classmethod
    def new(cls, path: Path) -> Self:
        """Make the file, for its owner alone.

        Raises:
            OSError: It cannot be made; it has not been.
            FileIsLocked: Somebody was quicker to lock it.
        """
        descriptor = os.open(path, _CREATE, _PRIVATE)
        file = cls(descriptor, path)
        try:
            if hasattr(os, "fchmod"):
                os.fchmod(descriptor, _PRIVATE)  # an umask can take the owner's rights too
            file._lock()
        except BaseException:
            file.discard()
            raise
        return file

    @classmethod
    def existing(cls, path: Path) -> Self:
        """Open the file; a symbolic link in its place is not followed.

        Raises:
            FileNotFoundError: There is none, or it was removed while it was being opened.
            OSError: It cannot be opened, or is no file.
            FileIsLocked: Somebody has it open.
        """
        descriptor = os.open(path, _ADD)
        file = cls(descriptor, path)
        try:
            state = _regular(descriptor)
            file._lock()
            if state.st_mode & _OTHERS and hasattr(os, "fchmod"):
                with suppress(OSError):  # another user's
                    os.fchmod(descriptor, _PRIVATE)
        except BaseException:
            file.close()
            raise
        return file

    def size(self) -> int:
        """Return its length in bytes."""
        return os.fstat(self.descriptor).st_size

    def content(self) -> bytes:
        """Return all of it."""
        os.lseek(self.descriptor, 0, os.SEEK_SET)
        return _rest(self.descriptor)

    def add(self, line: bytes) -> None:
        """Write a line with one write, at the end; it is whole, or not there.

        Raises:
            OSError: The file is as it was.
        """
        before = self.size()
        written = 0
        try:
            while written < len(line):  # a disk that fills up takes a part first
                written += os.write(self.descriptor, line[written:])
        except BaseException:
            self.cut(before)
            raise

    def cut(self, size: int) -> None:
        """Take away what is behind ``size`` bytes."""
        if self.size() > size:
            os.ftruncate(self.descriptor, size)

    def sync(self) -> None:
        """Wait until it would outlive a loss of power."""
        os.fsync(self.descriptor)

    def discard(self) -> None:
        """Remove the file and let go of it."""
        with suppress(OSError):
            self.path.unlink()
        self.close()

    def close(self) -> None:
        """Let go of it."""
        with suppress(OSError):
            _unlock(self.descriptor)
        with suppress(OSError):
            os.close(self.descriptor)

    def _lock(self) -> None:
        try:
            is_locked = _flock(self.descriptor)
        except BlockingIOError:
            is_locked = False
        if not is_locked:
            raise FileIsLocked
        if os.fstat(self.descriptor).st_nlink == 0:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))


def read_file(path: Path) -> bytes:
    """Return what a log holds, whoever has it open.

    Raises:
        OSError: It cannot be read, or is no file.
    """
    descriptor = open_to_read(path)
    try:
        return _rest(descriptor)
    finally:
        os.close(descriptor)


def open_to_read(path: Path) -> int:
    """Return a descriptor of the file; a symbolic link in its place is not followed.

    Raises:
        OSError: It cannot be read, or is no file.
    """
    descriptor = os.open(path, _READ)
    try:
        _regular(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _regular(descriptor: int) -> os.stat_result:
    state = os.fstat(descriptor)
    if not stat.S_ISREG(state.st_mode):
        raise OSError(errno.EINVAL, "it is no file")
    return state


def _rest(descriptor: int) -> bytes:
    pieces: list[bytes] = []
    while piece := os.read(descriptor, _READ_AT_ONCE):
        pieces.append(piece)
    return b"".join(pieces)


def _flock(descriptor: int) -> bool:
    """Lock the open file, or return False if another opening of it has it locked."""
    try:
        import fcntl
    except ImportError:  # Windows, where it was never tried: no machine was at hand
        from filelock import lock_descriptor

        return lock_descriptor(descriptor, blocking=False)
    # What filelock does here as well; loading filelock takes 17 ms of every run, this 0.2.
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return True


def _unlock(descriptor: int) -> None:
    """Unlock the open file, also for a child that has not closed its copy of it yet."""
    try:
        import fcntl
    except ImportError:  # Windows
        return  # closing does it
    fcntl.flock(descriptor, fcntl.LOCK_UN)
