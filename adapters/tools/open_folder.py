"""Opening the files of a folder that is open already."""

import errno
import os
import stat
from collections.abc import Generator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager

from codexctl.adapters.tools.closed import Identity
from codexctl.adapters.tools.descent import READ, Spot
from codexctl.adapters.tools.entries import special_kind
from codexctl.adapters.tools.paths import SpecialFile
from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class OpenFolder:
    """A folder that is open, whatever its path has become.

    Attributes:
        descriptor: Its descriptor, good for listing it.
        closed: What is not opened.
    """

    descriptor: int
    closed: AbstractSet[Identity]

    @contextmanager
    def opened_file(self, name: str) -> Generator[int, None, None]:
        """Open a regular file in it for reading, and close it in the end.

        Raises:
            OSError: It cannot be read, is no file (a link is none), or closed.
            SpecialFile: It is one.
        """
        spot = Spot(self.descriptor, name)
        spot.require_open(self.closed)
        file = open_file(spot, name)
        try:
            yield file
        finally:
            os.close(file)


def open_file(spot: Spot, path: str) -> int:
    """Open a regular file for reading; the descriptor is the caller's to close.

    Args:
        spot: Where it is.
        path: Its path, for words.

    Raises:
        OSError: It cannot be read, or is no file (a link is none).
        SpecialFile: It is a FIFO, a socket or a device.
    """
    # Looked at before it is opened, since opening alone sets some devices off.
    found = os.stat(spot.name, dir_fd=spot.folder, follow_symlinks=False)
    _require_file(path, found.st_mode)
    file = os.open(spot.name, READ, dir_fd=spot.folder)
    try:
        _require_file(path, os.fstat(file).st_mode)
    except BaseException:
        os.close(file)
        raise
    return file


def _require_file(path: str, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if stat.S_ISLNK(mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    kind = special_kind(mode)
    if kind is not None:
        raise SpecialFile(path, kind)
