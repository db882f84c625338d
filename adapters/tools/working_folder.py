"""The folder a run works in, and the ways into it that do not lead out of it.

A path is resolved first, links and all, and has to lie below the folder. What it resolved to is
then opened one component at a time with no link followed, so that a folder swapped for a link in
between is noticed rather than followed.
"""

import errno
import os
import stat
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from codexctl.adapters.tools.tool import ToolFailure, shown
from codexctl.domain.values import dataclass

# Passing through a folder takes no right to list it; O_PATH is how Linux says so.
_PASS = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Not to hang on a FIFO, nor to make a terminal ours.
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW | os.O_CLOEXEC

_KINDS = (
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a character device"),
    (stat.S_ISBLK, "a block device"),
)

_REASONS = {
    errno.ENOENT: "does not exist",
    errno.EACCES: "cannot be read: permission denied",
    errno.EPERM: "cannot be read: permission denied",
    errno.ELOOP: "cannot be reached: its symbolic links form a loop",
    errno.ENOTDIR: "cannot be reached: a part of the path is not a folder",
    errno.ENAMETOOLONG: "cannot be reached: the name is too long",
}


@dataclass(frozen=True, slots=True)
class WorkingFolder:
    """The folder that tools read in.

    Attributes:
        root: Its absolute path, links resolved.
    """

    root: str

    @classmethod
    def at(cls, path: Path) -> "WorkingFolder":
        """Return the working folder at a path, which is resolved now and not again."""
        return cls(os.path.realpath(path))

    def locate(self, path: str) -> tuple[str, ...]:
        """Return the components of a path below the folder, links resolved; none for itself.

        Args:
            path: As the model wrote it: relative to the folder, or absolute.

        Raises:
            ToolFailure: It is outside the folder, does not exist, or is no path.
        """
        if not path or "\0" in path:
            raise ToolFailure(f"{shown(path)} is not a path: it is empty or holds a null character")
        try:
            wanted = os.path.join(self.root, path)  # noqa: PTH118 - bytes that are not UTF-8 stay
            # Not strict at first: what exists outside is none of the model's business.
            self._below(path, os.path.realpath(wanted))
            return self._below(path, os.path.realpath(wanted, strict=True))
        except UnicodeEncodeError as exc:
            raise ToolFailure(f"{shown(path)} is not a path: it cannot be encoded") from exc
        except OSError as exc:
            raise failure_at(path, exc) from exc

    @contextmanager
    def opened_file(self, path: str) -> Generator[int, None, None]:
        """Open a regular file for reading; the descriptor is the caller's to close.

        Raises:
            ToolFailure: See :meth:`locate`; or it is a folder or a special file, or cannot be read.
        """
        parts = self.locate(path)
        try:
            with self._folder(parts[:-1], _PASS) as folder:
                # Looked at before it is opened, since opening alone sets some devices off.
                name = parts[-1] if parts else "."
                _require_file(path, os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
                file = os.open(name, _READ, dir_fd=folder)
        except OSError as exc:
            raise failure_at(path, exc) from exc
        try:
            _require_file(path, os.fstat(file).st_mode)
            yield file
        finally:
            os.close(file)

    @contextmanager
    def opened_folder(self, parts: Sequence[str]) -> Generator[int, None, None]:
        """Open a folder for listing by its components below this one. Closes it in the end.

        Raises:
            OSError: It is no folder (a link to one is none), or cannot be read.
        """
        with self._folder(parts, _LIST) as folder:
            yield folder

    @contextmanager
    def _folder(self, parts: Sequence[str], flags: int) -> Generator[int, None, None]:
        folder = os.open(self.root, _PASS)
        try:
            for number, part in enumerate(parts or (".",), start=1):
                last = number >= len(parts)
                inner = os.open(part, flags if last else _PASS, dir_fd=folder)
                os.close(folder)
                folder = inner
            yield folder
        finally:
            os.close(folder)

    def _below(self, path: str, real: str) -> tuple[str, ...]:
        if os.path.commonpath([self.root, real]) != self.root:
            raise ToolFailure(
                f"{shown(path)} is outside the working folder {shown(self.root)};"
                " only what is below it can be read"
            )
        relative = os.path.relpath(real, self.root)
        return () if relative == "." else tuple(relative.split("/"))


def failure_at(path: str, error: OSError) -> ToolFailure:
    """Return the failure that an error of the system is, in one line."""
    reason = _REASONS.get(error.errno or 0, f"cannot be read: {error.strerror or error}")
    return ToolFailure(f"{shown(path)} {reason}")


def _require_file(path: str, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise ToolFailure(f"{shown(path)} is a folder; list_files shows what is in it")
    if not stat.S_ISREG(mode):
        kind = next((words for test, words in _KINDS if test(mode)), "something else")
        raise ToolFailure(f"{shown(path)} is not a regular file but {kind}; it was not opened")
