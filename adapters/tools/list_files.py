"""The tool ``list_files``: which files there are."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from functools import partial
from itertools import islice
from typing import TypeAlias, cast

from codexctl.adapters.tools.budget import OUTPUT_BUDGET_BYTES
from codexctl.adapters.tools.ignore_rules import (
    FolderRules,
    compile_pattern,
    is_ignored,
    rules_above,
    rules_in,
)
from codexctl.adapters.tools.tool import Arguments, Tool, ToolFailure, shown
from codexctl.adapters.tools.working_folder import WorkingFolder, failure_at
from codexctl.domain.tools import ToolSpec
from codexctl.domain.values import dataclass

_DEFAULT_FILES = 200
_MAX_ENTRIES = 100_000
_ROOM_BYTES = OUTPUT_BUDGET_BYTES - 500
"""For paths; the rest is for the notes."""

_SPEC = ToolSpec(
    name="list_files",
    description=(
        "Lists the files below the working folder or a folder in it, one path a line, sorted,"
        " relative to the working folder. Leaves out what .gitignore ignores, and .git itself."
    ),
    parameters={
        "type": "object",
        "properties": {
            "path": {
                "type": "string",
                "minLength": 1,
                "maxLength": 4096,
                "description": "The folder, relative to the working folder. Default: itself.",
            },
            "pattern": {
                "type": "string",
                "minLength": 1,
                "maxLength": 1000,
                "description": (
                    "Only paths that match this glob, written as in .gitignore and matched from the"
                    " working folder: *.py in every folder, src/*.py in src alone, src/**/*.py in"
                    " src and all below it; a folder's name stands for all in it. There is no"
                    " {a,b}."
                ),
            },
            "limit": {
                "type": "integer",
                "minimum": 1,
                "description": f"How many paths to show at most. Default {_DEFAULT_FILES}.",
            },
        },
        "additionalProperties": False,
    },
    read_only=True,
    timeout_seconds=30,
)

_Parts: TypeAlias = tuple[str, ...]
_Rules: TypeAlias = tuple[FolderRules, ...]


@dataclass(slots=True, kw_only=True)
class _Walk:
    """One walk through a folder, breadth first, so that a bounded one sees the top of the tree."""

    folder: WorkingFolder
    entries_left: int
    stopped: bool = False
    unreadable: int = 0
    queue: deque[tuple[_Parts, _Rules]] = field(default_factory=deque)

    def files(self, start: _Parts, rules: _Rules) -> Iterator[str]:
        """Yield the files below a folder, relative to the working folder.

        Raises:
            OSError: The folder to start from cannot be listed.
        """
        yield from self._in_folder(start, rules)
        while self.queue and not self.stopped:
            try:
                yield from self._in_folder(*self.queue.popleft())
            except OSError:
                self.unreadable += 1

    def _in_folder(self, parts: _Parts, rules: _Rules) -> Iterator[str]:
        absolute = "/".join((self.folder.root.rstrip("/"), *parts, ""))
        with self.folder.opened_folder(parts) as descriptor:
            rules += rules_in(absolute, descriptor)
            with os.scandir(descriptor) as scan:
                # One more than allowed tells whether there are more.
                entries = sorted(islice(scan, self.entries_left + 1), key=lambda one: one.name)
            self.stopped = len(entries) > self.entries_left
            del entries[self.entries_left :]
            self.entries_left -= len(entries)
            for entry in entries:
                if entry.name == ".git":
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if not is_ignored(f"{absolute}{entry.name}/", rules):
                        self.queue.append(((*parts, entry.name), rules))
                elif _is_listed(entry) and not is_ignored(absolute + entry.name, rules):
                    yield "/".join((*parts, entry.name))


def list_files_tool(folder: WorkingFolder, max_entries: int = _MAX_ENTRIES) -> Tool:
    """Return the tool, listing a folder.

    Args:
        folder: The folder.
        max_entries: After how many entries a walk stops.
    """
    return Tool(_SPEC, partial(_list_files, folder, max_entries))


def _list_files(folder: WorkingFolder, max_entries: int, arguments: Arguments) -> str:
    path = str(arguments.get("path", "."))
    limit = int(cast("float", arguments.get("limit", _DEFAULT_FILES)))
    is_wanted = _matcher(str(arguments["pattern"]) if "pattern" in arguments else None)
    start = folder.locate(path)
    walk = _Walk(folder=folder, entries_left=max_entries)
    try:
        rules = _rules_on_the_way(folder, start)
        if rules is None:
            return f"No files match. {shown(path)} is ignored by git."
        found = sorted(file for file in walk.files(start, rules) if is_wanted(file))
    except NotADirectoryError as exc:
        raise ToolFailure(f"{shown(path)} is not a folder; read_file shows a file") from exc
    except OSError as exc:
        raise failure_at(path, exc) from exc
    lines = list(_fitting(islice(found, limit)))
    notes = _notes(len(lines), len(found), walk, max_entries)
    return "\n".join([*lines, *notes] if found else ["No files match.", *notes])


def _rules_on_the_way(folder: WorkingFolder, parts: _Parts) -> _Rules | None:
    """Return the rules above a folder, or None if it is one that they ignore."""
    rules = rules_above(folder.root)
    absolute = folder.root.rstrip("/") + "/"
    for depth, part in enumerate(parts):
        with folder.opened_folder(parts[:depth]) as descriptor:
            rules += rules_in(absolute, descriptor)
        absolute += part + "/"
        if part == ".git" or is_ignored(absolute, rules):
            return None
    return rules


def _matcher(pattern: str | None) -> Callable[[str], bool]:
    if pattern is None:
        return lambda _: True
    # What a .gitignore would take for a negation or a comment is a name here.
    escaped = "\\" + pattern if pattern.startswith(("!", "#")) else pattern.removeprefix("./")
    compiled = compile_pattern(escaped)
    if compiled is None:
        raise ToolFailure(
            f"{shown(pattern)} is not a glob pattern, or has more than four stars in one component"
        )
    return lambda file: compiled.match_file(file) is not None


def _is_listed(entry: "os.DirEntry[str]") -> bool:
    """Tell whether it is a file, or a link to one or to nothing."""
    try:
        if entry.is_symlink():
            return not entry.is_dir()
        return entry.is_file(follow_symlinks=False)
    except OSError:  # a loop of links, or one that leads where we may not look
        return False


def _fitting(files: Iterable[str]) -> Iterator[str]:
    used_bytes = 0
    for file in files:
        line = shown(file)
        used_bytes += len(line.encode()) + 1
        if used_bytes > _ROOM_BYTES:
            return
        yield line


def _notes(listed: int, found: int, walk: _Walk, max_entries: int) -> Iterator[str]:
    if listed < found:
        yield f"[{listed} of {found} files shown; narrow path or pattern, or raise limit]"
    if walk.stopped:
        yield f"[stopped after {max_entries} entries: there may be more files; narrow path]"
    if walk.unreadable:
        yield f"[{walk.unreadable} folders could not be read]"
