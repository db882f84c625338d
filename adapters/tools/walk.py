"""Walking through a folder as git sees it: without what is ignored, and without ``.git``."""

import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import field
from itertools import islice
from typing import TypeAlias

from codexctl.adapters.tools.deadlines import Deadline
from codexctl.adapters.tools.ignore_rules import (
    FolderRules,
    compile_pattern,
    is_ignored,
    rules_above,
    rules_in,
)
from codexctl.adapters.tools.reading import ReadableFiles
from codexctl.adapters.tools.rooted import Parts
from codexctl.adapters.tools.tool import ToolFailure, shown
from codexctl.domain.values import dataclass

MOST_ENTRIES = 100_000
PATIENCE_SECONDS = 20.0
"""Less than a tool may take, so that there is something to show when it stops."""

_Rules: TypeAlias = tuple[FolderRules, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How far a tool goes that looks at many files.

    Attributes:
        entries: Entries of folders that it looks at.
        seconds: How long it goes on.
    """

    entries: int = MOST_ENTRIES
    seconds: float = PATIENCE_SECONDS


@dataclass(frozen=True, slots=True)
class Found:
    """A file, or a link to one or to nothing.

    Attributes:
        parts: Its components from the root of the file system.
        is_link: Whether it is a link.
    """

    parts: Parts
    is_link: bool

    def below(self, folder: Parts) -> str:
        """Return its path relative to a folder that it is below."""
        return "/".join(self.parts[len(folder) :])


@dataclass(slots=True, kw_only=True)
class Walk:
    """One walk through a folder, breadth first, so that a bounded one sees the top of the tree.

    Attributes:
        files: What may be read.
        bounds: How far it goes.
        deadline: When it stops.
    """

    files: ReadableFiles
    bounds: Bounds
    deadline: Deadline
    _entries: int = 0
    _unreadable: int = 0
    _stopped_by: str | None = None
    _queue: deque[tuple[Parts, _Rules]] = field(default_factory=deque[tuple[Parts, _Rules]])

    def below(self, start: Parts) -> Iterator[Found]:
        """Yield the files below a folder, which itself may be one that git ignores.

        Raises:
            OSError: The folder to start from cannot be listed.
        """
        rules = rules_above(self.files.absolute(start), self.files.base)
        yield from self._in_folder(start, rules)
        while self._queue and self._stopped_by is None:
            if self.deadline.left_seconds <= 0:
                self._stopped_by = f"{self.bounds.seconds:g} s"
                return
            try:
                yield from self._in_folder(*self._queue.popleft())
            except OSError:
                self._unreadable += 1

    def notes(self) -> Iterator[str]:
        """Yield what there is to say of it afterwards, one line each."""
        if self._stopped_by is not None:
            yield f"[stopped after {self._stopped_by}: there may be more files; narrow path]"
        if self._unreadable:
            yield f"[{self._unreadable} folders could not be read]"

    def _in_folder(self, parts: Parts, rules: _Rules) -> Iterator[Found]:
        absolute = self.files.absolute(parts).rstrip("/") + "/"
        left = self.bounds.entries - self._entries
        with self.files.top.opened_folder(parts) as folder:
            rules += rules_in(absolute, folder.descriptor)
            with os.scandir(folder.descriptor) as scan:
                # One more than allowed tells whether there are more.
                entries = sorted(islice(scan, left + 1), key=lambda one: one.name)
            if len(entries) > left:
                self._stopped_by = f"{self.bounds.entries} entries"
                del entries[left:]
            self._entries += len(entries)
            for entry in entries:
                if entry.name == ".git":
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if not is_ignored(f"{absolute}{entry.name}/", rules):
                        self._queue.append(((*parts, entry.name), rules))
                elif _is_file(entry) and not is_ignored(absolute + entry.name, rules):
                    yield Found((*parts, entry.name), entry.is_symlink())


def matcher(pattern: str | None) -> Callable[[str], bool]:
    """Return what tells whether a path matches a glob, written as in ``.gitignore``.

    Raises:
        ToolFailure: It is no pattern.
    """
    if pattern is None:
        return lambda _: True
    # What a .gitignore would take for a negation or a comment is a name here.
    escaped = "\\" + pattern if pattern.startswith(("!", "#")) else pattern.removeprefix("./")
    compiled = compile_pattern(escaped)
    if compiled is None:
        raise ToolFailure(
            f"{shown(pattern)} is not a glob pattern, or has more than four stars in one component"
        )
    return lambda path: compiled.match_file(path) is not None


def _is_file(entry: "os.DirEntry[str]") -> bool:
    """Tell whether it is a file, or a link to one or to nothing."""
    try:
        if entry.is_symlink():
            return not entry.is_dir()
        return entry.is_file(follow_symlinks=False)
    except OSError:  # a loop of links, or one that leads where we may not look
        return False
