"""Entering a folder one component at a time, with no link followed on the way."""

import errno
import os
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path

from codexctl.adapters.tools.closed import Identity, identity_of
from codexctl.domain.values import dataclass

_NO_FOLLOW: int = getattr(os, "O_NOFOLLOW", 0)  # Windows has none of these
_FOLDER: int = getattr(os, "O_DIRECTORY", 0) | _NO_FOLLOW
_BINARY: int = getattr(os, "O_BINARY", 0)
# Not to hang on a FIFO, nor to make a terminal ours.
_NO_WAIT: int = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)

# Passing through a folder takes no right to list it; O_PATH is how Linux says so.
PASS: int = getattr(os, "O_PATH", os.O_RDONLY) | _FOLDER
LIST: int = os.O_RDONLY | _FOLDER
READ: int = os.O_RDONLY | _NO_FOLLOW | _BINARY | _NO_WAIT
CREATE: int = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | _BINARY

HAS_DESCRIPTORS = bool(_NO_FOLLOW) and os.supports_dir_fd >= {
    os.link,
    os.mkdir,
    os.open,
    os.rename,
    os.rmdir,
    os.stat,
    os.unlink,
}
"""Whether the system can work in a folder that is open, whatever its path has become."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an entry is: a name in an open folder, or an absolute path and no descriptor."""

    folder: int | None
    name: str

    def beside(self, name: str) -> str:
        """Return where another entry of the same folder is, for the same descriptor."""
        if self.folder is not None:
            return name
        return str(Path(self.name).with_name(name))

    def require_open(self, closed: AbstractSet[Identity]) -> None:
        """Refuse an entry that is closed, as the system would; nothing need be there.

        Raises:
            PermissionError: It is.
        """
        if closed:
            with suppress(FileNotFoundError):
                require_open(os.stat(self.name, dir_fd=self.folder, follow_symlinks=False), closed)


def descend(
    root: str, parts: Sequence[str], flags: int, closed: AbstractSet[Identity] = frozenset()
) -> int:
    """Open the folder at ``parts`` below ``root``; the descriptor is the caller's to close.

    Args:
        root: An absolute path without links.
        parts: Components below it.
        flags: How to open it: :data:`PASS` or :data:`LIST`.
        closed: Folders that are not entered.

    Raises:
        OSError: A component is missing, no folder (a link is none), or closed.
    """
    if hasattr(os, "O_PATH"):
        # From the very top, since a folder above the root may be swapped for a link as well.
        folder, names = os.open("/", PASS), [*filter(None, root.split("/")), *parts]
    else:
        # Passing through would take the right to list, but macOS can refuse all links at once.
        no_links: int = getattr(os, "O_NOFOLLOW_ANY", _NO_FOLLOW)
        folder, names = os.open(root, PASS & ~_NO_FOLLOW | no_links), list(parts)
    try:
        for number, name in enumerate(names or [os.curdir], start=1):
            inner = os.open(name, flags if number >= len(names) else PASS, dir_fd=folder)
            os.close(folder)
            folder = inner
            if closed:
                require_open(os.fstat(folder), closed)
    except BaseException:
        os.close(folder)
        raise
    return folder


def checked_path(root: str, parts: Sequence[str], closed: AbstractSet[Identity]) -> str:
    """Return the path of a folder in which there is no link at this moment, nor a closed folder.

    Raises:
        OSError: There is one.
    """
    path = Path(root, *parts)
    if os.path.realpath(path) != str(path):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    for folder in (path, *path.parents) if closed else ():
        require_open(folder.stat(), closed)
    return str(path)


def require_open(found: os.stat_result, closed: AbstractSet[Identity]) -> None:
    """Refuse what is closed, as the system would.

    Raises:
        PermissionError: It is.
    """
    if identity_of(found) in closed:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
