"""What tools may read: every file of the machine, but for what is closed to them."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from codexctl.adapters.tools.closed import Closed
from codexctl.adapters.tools.paths import SpecialFile, require_path
from codexctl.adapters.tools.rooted import Parts, RootedFolder
from codexctl.adapters.tools.system_errors import failure_at
from codexctl.adapters.tools.tool import ToolFailure, shown
from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class ReadableFiles:
    """The files of the machine as tools see them.

    Attributes:
        base: The absolute path that relative ones start from, without links.
        top: The root of the file system, with what is closed.
    """

    base: str
    top: RootedFolder

    @classmethod
    def at(cls, working_folder: Path, hidden: Closed | None = None) -> "ReadableFiles":
        """Return the files as seen from a working folder.

        Args:
            working_folder: What relative paths start from; resolved now and not again.
            hidden: What is not read.
        """
        top = RootedFolder.at(Path("/"), hidden=hidden)
        return cls(os.path.realpath(working_folder), top)

    def locate(self, path: str) -> Parts:
        """Return the components of a path from the root of the file system, links resolved.

        Args:
            path: As the model wrote it: relative to the working folder, or absolute.

        Raises:
            ToolFailure: It is closed, does not exist, or is no path.
        """
        require_path(path)
        wanted = os.path.join(self.base, path)  # noqa: PTH118 - bytes that are not UTF-8 stay
        # First of all: whether there is something in a closed place is nobody's business.
        parts = self.top.locate(wanted)
        try:
            os.path.realpath(wanted, strict=True)
        except OSError as exc:
            raise failure_at(path, exc) from exc
        return parts

    def is_folder(self, path: str) -> bool:
        """Tell whether a path leads to a folder.

        Raises:
            ToolFailure: See :meth:`locate`; or it cannot be looked at.
        """
        parts = self.locate(path)
        try:
            return self.top.is_folder(parts)
        except OSError as exc:
            raise failure_at(path, exc) from exc

    def absolute(self, parts: Parts) -> str:
        """Return the path that some components are."""
        return "/" + "/".join(parts)

    def name_of(self, parts: Parts) -> str:
        """Return a path for the model: relative to the working folder where it is below it."""
        return self.absolute(parts).removeprefix(self.base.rstrip("/") + "/")

    @contextmanager
    def opened_file(self, path: str) -> Generator[int, None, None]:
        """Open a regular file for reading, and close it in the end.

        Raises:
            ToolFailure: See :meth:`locate`; or it is a folder or a special file, or cannot be read.
        """
        parts = self.locate(path)
        try:
            with self.top.opened_file(parts) as file:
                yield file
        except IsADirectoryError as exc:
            raise ToolFailure(f"{shown(path)} is a folder; list_files shows what is in it") from exc
        except SpecialFile as exc:
            raise SpecialFile(path, exc.kind) from exc
        except OSError as exc:
            raise failure_at(path, exc) from exc
