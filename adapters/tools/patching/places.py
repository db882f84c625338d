"""Where a patch may work: what the applier asks of a folder, and of whoever guards it."""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from codexctl.adapters.tools.entries import Status
from codexctl.adapters.tools.paths import PathOutside, PathRefused, require_path
from codexctl.adapters.tools.rooted import Parts, RootedFolder
from codexctl.adapters.tools.tool import shown
from codexctl.domain.values import dataclass


class Folder(Protocol):
    """The file operations of a patch; ``RootedFolder`` has them, and says what each one does."""

    def require_writable(self, parts: Sequence[str]) -> None:
        """Refuse what is never written."""
        ...

    def status(self, parts: Parts) -> Status | None:
        """Return what stands there, or None."""
        ...

    def read(self, parts: Parts, max_bytes: int) -> tuple[Status, bytes]:
        """Return a file's first bytes, and its status from before they were read."""
        ...

    def make_folder(self, parts: Parts) -> None:
        """Make a folder."""
        ...

    def remove_folder(self, parts: Parts) -> None:
        """Remove an empty folder."""
        ...

    def create(self, parts: Parts, data: bytes, like: Status | None) -> None:
        """Write a new file, down to the disk."""
        ...

    def link(self, parts: Parts, name: str) -> None:
        """Give a file a second name in the same folder."""
        ...

    def rename(self, parts: Parts, name: str) -> None:
        """Give an entry another name in the same folder."""
        ...

    def remove(self, parts: Parts) -> None:
        """Remove a file or a link."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One entry that a patch is about, whether or not something stands there.

    Attributes:
        folder: The folder that it is below.
        parts: Its components, none of them a link but perhaps the last.
        prefix: What makes a path out of them for who works elsewhere: nothing, or the folder's
            own with a slash.
    """

    folder: Folder
    parts: Parts
    prefix: str = ""

    def name(self) -> str:
        """Return its path, for words."""
        return self.prefix + "/".join(self.parts)

    def status(self) -> Status | None:
        """Return what stands there, or None if nothing does."""
        return self.folder.status(self.parts)

    def beside(self, name: str) -> "Place":
        """Return another entry of the same folder."""
        return replace(self, parts=(*self.parts[:-1], name))

    def above(self) -> "tuple[Place, ...]":
        """Return the folders on the way to it, from the top."""
        return tuple(replace(self, parts=self.parts[:depth]) for depth in range(1, len(self.parts)))


class Guard(Protocol):
    """Says where a patch may work. Asked for every path before it is read, written or removed."""

    def resolve(self, path: str, *, follow_last: bool) -> Place:
        """Return the place that a path stands for.

        Args:
            path: As the model wrote it.
            follow_last: Whether a link as last component is followed, or is the place itself.

        Raises:
            PathRefused: It may not be used, in words for the model.
        """
        ...


@dataclass(frozen=True, slots=True)
class FolderGuard:
    """Lets a patch work below some folders and nowhere else.

    Attributes:
        base: The absolute path that relative ones start from.
        folders: The folders. A link from one into another may be followed.
    """

    base: str
    folders: tuple[RootedFolder, ...]

    @classmethod
    def at(cls, path: Path) -> "FolderGuard":
        """Return the guard that lets a patch work below one folder, its paths relative to it."""
        folder = RootedFolder.at(path)
        return cls(folder.root, (folder,))

    def resolve(self, path: str, *, follow_last: bool) -> Place:
        """Return the place below the first of the folders that it is in; see :class:`Guard`."""
        require_path(path)
        absolute = os.path.join(self.base, path)  # noqa: PTH118 - bytes that are not UTF-8 stay
        for folder in self.folders:
            with suppress(PathOutside):
                parts = folder.locate(absolute, follow_last=follow_last)
                prefix = "" if folder.root == self.base else folder.root.rstrip("/") + "/"
                return Place(folder=folder, parts=parts, prefix=prefix)
        allowed = ", ".join(shown(folder.root) for folder in self.folders) or "no folder"
        raise PathRefused(
            f"{shown(path)} is outside what may be written; only what is below {allowed} can be"
        )
