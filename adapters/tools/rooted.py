"""A folder whose files are read and written by ways that do not lead out of it.

A path is located first: links are followed, and what comes of it has to lie below the folder. What
was located holds no link any more, so it is entered one component at a time from the top of the
file system with no link followed: a component that is swapped for a link after the check makes the
operation fail instead of leading it elsewhere.
"""

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

from codexctl.adapters.tools.closed import Closed
from codexctl.adapters.tools.descent import (
    CREATE,
    HAS_DESCRIPTORS,
    LIST,
    PASS,
    Spot,
    checked_path,
    descend,
)
from codexctl.adapters.tools.entries import EntryKind, Status, status_of
from codexctl.adapters.tools.open_folder import OpenFolder, open_file
from codexctl.adapters.tools.paths import (
    PathOutside,
    PathRefused,
    plain_name,
    require_path,
)
from codexctl.adapters.tools.tool import shown
from codexctl.domain.values import dataclass

Parts: TypeAlias = tuple[str, ...]
"""Components of a located path below the folder, none of them a link; empty for the folder."""

_GIT = frozenset({".git"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RootedFolder:
    """A folder, and everything below it.

    Every operation takes what :meth:`locate` gave and follows no link. It raises :class:`OSError`
    as the system does, and :class:`PathRefused` for what may not be written.

    Attributes:
        root: Its absolute path, links resolved.
        protected: Names, in small letters, of entries that are not written at any depth, nor
            anything below them.
        hidden: What is neither read nor written.
        kept: What is not written.
        by_descriptor: Whether to walk through open folders. Where the system lacks that, paths are
            checked again before each use, which leaves a moment in between.
    """

    root: str
    protected: frozenset[str] = _GIT
    hidden: Closed = Closed()
    kept: Closed = Closed()
    by_descriptor: bool = HAS_DESCRIPTORS

    @classmethod
    def at(
        cls,
        path: Path,
        *,
        protected: frozenset[str] = _GIT,
        hidden: Closed | None = None,
        kept: Closed | None = None,
    ) -> "RootedFolder":
        """Return the folder at a path, which is resolved now and not again."""
        return cls(
            root=os.path.realpath(path),
            protected=protected,
            hidden=hidden or Closed(),
            kept=kept or Closed(),
        )

    def locate(self, path: str, *, follow_last: bool = True) -> Parts:
        """Return where a path leads, links resolved. Nothing need be there.

        Args:
            path: As the model wrote it: relative to the folder, or absolute.
            follow_last: Whether a link as last component is followed too; without, the link itself
                is located.

        Raises:
            PathOutside: It leads out of the folder.
            PathRefused: It is no path, or hidden.
        """
        require_path(path)
        wanted = os.path.join(self.root, path)  # noqa: PTH118 - bytes that are not UTF-8 stay
        folder, name = os.path.split(wanted)
        if follow_last or name in ("", os.curdir, os.pardir):
            real = os.path.realpath(wanted)
        else:
            real = os.path.join(os.path.realpath(folder), name)  # noqa: PTH118
        try:
            is_below = os.path.commonpath([self.root, real]) == self.root
        except ValueError:  # another drive
            is_below = False
        if not is_below:
            raise PathOutside(f"{shown(path)} is outside {shown(self.root)}")
        if (place := self.hidden.holding(real)) is not None:
            raise PathRefused(f"{shown(path)} may not be used: {shown(place)} is closed to tools")
        relative = os.path.relpath(real, self.root)
        return () if relative == os.curdir else Path(relative).parts

    def require_writable(self, parts: Sequence[str]) -> None:
        """Refuse what is never written.

        Raises:
            PathRefused: It is a protected name, or below one, or it is kept.
        """
        place = self.kept.holding(str(Path(self.root, *parts)))
        if place is not None:
            raise PathRefused(
                f"{shown('/'.join(parts))} may not be written: {shown(place)} is protected"
            )
        for part in parts:
            if plain_name(part) in self.protected:
                raise PathRefused(
                    f"{shown('/'.join(parts))} may not be written: {shown(part)} is protected"
                )

    def status(self, parts: Parts) -> Status | None:
        """Return what stands there, or None if nothing does, not even its folder."""
        try:
            with self._entered(parts) as spot:
                found = os.stat(spot.name, dir_fd=spot.folder, follow_symlinks=False)
                return status_of(found)
        except FileNotFoundError:
            return None

    def is_folder(self, parts: Parts) -> bool:
        """Tell whether a folder stands there."""
        status = self.status(parts)
        return status is not None and status.kind is EntryKind.FOLDER

    @contextmanager
    def opened_folder(self, parts: Parts) -> Generator[OpenFolder, None, None]:
        """Open a folder for listing it and for reading its files, and close it in the end."""
        closed = self.hidden.identities()
        if self.by_descriptor:
            folder = descend(self.root, parts, LIST, closed)
        else:
            folder = os.open(checked_path(self.root, parts, closed), LIST)
        try:
            yield OpenFolder(folder, closed)
        finally:
            os.close(folder)

    @contextmanager
    def opened_file(self, parts: Parts) -> Generator[int, None, None]:
        """Open a regular file for reading, and close it in the end.

        Raises:
            SpecialFile: It is none.
        """
        with self._entered(parts) as spot:
            file = open_file(spot, "/".join(parts))
        try:
            yield file
        finally:
            os.close(file)

    def read(self, parts: Parts, max_bytes: int) -> tuple[Status, bytes]:
        """Return a file's first bytes, and its status from before they were read."""
        with self.opened_file(parts) as file, os.fdopen(file, "rb", closefd=False) as stream:
            return status_of(os.fstat(file)), stream.read(max_bytes)

    def make_folder(self, parts: Parts) -> None:
        """Make a folder; the one that it is in has to be there."""
        with self._entered_to_write(parts) as spot:
            os.mkdir(spot.name, dir_fd=spot.folder)

    def remove_folder(self, parts: Parts) -> None:
        """Remove an empty folder."""
        with self._entered_to_write(parts) as spot:
            os.rmdir(spot.name, dir_fd=spot.folder)

    def create(self, parts: Parts, data: bytes, like: Status | None) -> None:
        """Write a new file, down to the disk. If that fails, no file is left.

        Args:
            parts: Where nothing stands yet.
            data: Its content.
            like: The file whose permissions and owner it gets, as far as we may give them away;
                None for those that new files get.
        """
        with self._entered_to_write(parts) as spot:
            mode = 0o666 if like is None else 0o600
            file = os.open(spot.name, CREATE, mode, dir_fd=spot.folder)
            try:
                with os.fdopen(file, "wb") as stream:
                    stream.write(data)
                    stream.flush()
                    _make_like(file, like)
                    os.fsync(file)
            except BaseException:
                os.unlink(spot.name, dir_fd=spot.folder)
                raise

    def link(self, parts: Parts, name: str) -> None:
        """Give a file a second name in the same folder, one that is not taken."""
        self.require_writable((*parts[:-1], name))
        with self._entered_to_write(parts) as spot:
            os.link(
                spot.name,
                spot.beside(name),
                src_dir_fd=spot.folder,
                dst_dir_fd=spot.folder,
                follow_symlinks=False,
            )

    def rename(self, parts: Parts, name: str) -> None:
        """Give an entry another name in the same folder, in place of what has that name."""
        self.require_writable((*parts[:-1], name))
        with self._entered_to_write(parts) as spot:
            beside = spot.beside(name)
            os.replace(spot.name, beside, src_dir_fd=spot.folder, dst_dir_fd=spot.folder)

    def remove(self, parts: Parts) -> None:
        """Remove a file or a link."""
        with self._entered_to_write(parts) as spot:
            os.unlink(spot.name, dir_fd=spot.folder)

    @contextmanager
    def _entered_to_write(self, parts: Parts) -> Generator[Spot, None, None]:
        self.require_writable(parts)
        with self._entered(parts, self.hidden + self.kept) as spot:
            yield spot

    @contextmanager
    def _entered(self, parts: Parts, closed: Closed | None = None) -> Generator[Spot, None, None]:
        shut = (closed or self.hidden).identities()
        name = parts[-1] if parts else os.curdir
        if not self.by_descriptor:
            spot = Spot(None, str(Path(checked_path(self.root, parts[:-1], shut), name)))
            spot.require_open(shut)
            yield spot
            return
        folder = descend(self.root, parts[:-1], PASS, shut)
        try:
            spot = Spot(folder, name)
            spot.require_open(shut)
            yield spot
        finally:
            os.close(folder)


def _make_like(file: int, like: Status | None) -> None:
    if like is None or not hasattr(os, "fchown"):  # Windows
        return
    found = os.fstat(file)
    if (found.st_uid, found.st_gid) != like.owner:
        with suppress(OSError):
            os.fchown(file, *like.owner)
    os.fchmod(file, like.mode)
