"""A folder for patches whose operations fail when told to, and a guard that acts in between."""

import errno
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from codexctl.adapters.tools.entries import Status
from codexctl.adapters.tools.patching.places import FolderGuard, Place
from codexctl.adapters.tools.rooted import Parts, RootedFolder


class FaultyFolder:
    """A real folder on a disk that fills up: chosen operations that change something fail.

    >>> folder = FaultyFolder(RootedFolder.at(Path("work")), fails=lambda number: number == 2)

    Operations are counted from 1; ``done`` is how many there were. One that fails does nothing and
    raises :class:`OSError`, as for a full disk. Looking and reading never fail.
    """

    def __init__(self, folder: RootedFolder, fails: Callable[[int], bool]) -> None:
        self._folder = folder
        self._fails = fails
        self.done = 0

    def _count(self) -> None:
        self.done += 1
        if self._fails(self.done):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def require_writable(self, parts: Sequence[str]) -> None:
        self._folder.require_writable(parts)

    def status(self, parts: Parts) -> Status | None:
        return self._folder.status(parts)

    def read(self, parts: Parts, max_bytes: int) -> tuple[Status, bytes]:
        return self._folder.read(parts, max_bytes)

    def make_folder(self, parts: Parts) -> None:
        self._count()
        self._folder.make_folder(parts)

    def remove_folder(self, parts: Parts) -> None:
        self._count()
        self._folder.remove_folder(parts)

    def create(self, parts: Parts, data: bytes, like: Status | None) -> None:
        self._count()
        self._folder.create(parts, data, like)

    def link(self, parts: Parts, name: str) -> None:
        self._count()
        self._folder.link(parts, name)

    def rename(self, parts: Parts, name: str) -> None:
        self._count()
        self._folder.rename(parts, name)

    def remove(self, parts: Parts) -> None:
        self._count()
        self._folder.remove(parts)


class FaultyGuard:
    """Lets a patch work below one folder, which is faulty."""

    def __init__(self, path: Path, fails: Callable[[int], bool]) -> None:
        self._guard = FolderGuard.at(path)
        self.folder = FaultyFolder(RootedFolder.at(path), fails)

    def resolve(self, path: str, *, follow_last: bool) -> Place:
        place = self._guard.resolve(path, follow_last=follow_last)
        return Place(folder=self.folder, parts=place.parts)


class MeddlingGuard:
    """Lets a patch work below one folder, and changes that behind its back.

    ``meddle`` is called once, right after the path was resolved for the last time before it is
    used: a check that passes, and then everything is different.
    """

    def __init__(self, path: Path, trigger: str, meddle: Callable[[], None]) -> None:
        self._guard = FolderGuard.at(path)
        self._trigger: str | None = trigger
        self._meddle = meddle

    def resolve(self, path: str, *, follow_last: bool) -> Place:
        place = self._guard.resolve(path, follow_last=follow_last)
        if path == self._trigger and follow_last:
            self._trigger = None
            self._meddle()
        return place
