"""Files that only their owner can read, replaced as a whole or not at all."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

_NO_FOLLOW: int = getattr(os, "O_NOFOLLOW", 0)  # Windows has neither of these
_NO_WAIT: int = getattr(os, "O_NONBLOCK", 0)  # not to hang on a FIFO
_BINARY: int = getattr(os, "O_BINARY", 0)
_READ = os.O_RDONLY | _NO_FOLLOW | _NO_WAIT | _BINARY
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | _BINARY
_PRIVATE = stat.S_IRUSR | stat.S_IWUSR
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def read_private(path: Path, most_bytes: int, *, tighten: bool = False) -> bytes | None:
    """Return what a file holds, up to one byte more than asked for; None if there is no file.

    Args:
        path: The file; a symbolic link in its place is not followed.
        most_bytes: How much is expected at most.
        tighten: Take the rights of others away, if they have any and it can be done.

    Raises:
        OSError: It cannot be read.
    """
    try:
        descriptor = os.open(path, _READ)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(mode):
            raise OSError("it is a device, a pipe or a socket")
        if tighten and mode & _OTHERS and hasattr(os, "fchmod"):
            with suppress(OSError):  # another user's, or on a read-only file system
                os.fchmod(descriptor, _PRIVATE)
        return file.read(most_bytes + 1)


def replace_private(path: Path, content: bytes) -> None:
    """Put content in the place of a file, or make it; durable on return.

    The caller holds the lock that all writers of the file take.

    Raises:
        OSError: Nothing has changed.
    """
    temporary = _write_temporary(path, content)
    try:
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def create_private(path: Path, content: bytes) -> bool:
    """Make a file that is whole from its first moment; False if there is one already.

    Raises:
        OSError: Nothing has changed.
    """
    temporary = _write_temporary(path, content)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError:
        if path.exists():
            return False
        temporary.replace(path)  # a file system without hard links; the caller's lock has to do
    finally:
        with suppress(OSError):
            temporary.unlink()
    _sync_folder(path.parent)
    return True


def remove_private(path: Path) -> None:
    """Remove a file for good; not an error if there is none.

    Raises:
        OSError: It is still there.
    """
    path.unlink(missing_ok=True)
    _sync_folder(path.parent)


def sweep(folder: Path) -> None:
    """Remove what killed processes left of replacing files of the store.

    The caller holds the lock that all writers take, so whoever made them is gone.
    """
    for left_over in folder.glob(".credentials.*.tmp"):
        with suppress(OSError):
            left_over.unlink()


def _write_temporary(path: Path, content: bytes) -> Path:
    temporary = path.with_name(f".{path.name}.{os.urandom(8).hex()}.tmp")
    descriptor = os.open(temporary, _CREATE, _PRIVATE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if hasattr(os, "fchmod"):
                os.fchmod(descriptor, _PRIVATE)  # an umask can take the owner's rights too
            file.write(content)
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    return temporary


def _sync_folder(folder: Path) -> None:
    """Make a change of names durable, where the system can."""
    # What fails here does not undo the change, so it must not be reported as if it did.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
