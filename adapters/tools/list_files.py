"""The tool ``list_files``: which files there are."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from typing import cast

from codexctl.adapters.tools.budget import ROOM_BYTES
from codexctl.adapters.tools.deadlines import Deadline
from codexctl.adapters.tools.reading import ReadableFiles
from codexctl.adapters.tools.system_errors import failure_at
from codexctl.adapters.tools.tool import Arguments, Tool, ToolFailure, ToolResult, shown
from codexctl.adapters.tools.walk import Bounds, Walk, matcher
from codexctl.domain.tools import ToolSpec

_DEFAULT_FILES = 200

_SPEC = ToolSpec(
    name="list_files",
    description=(
        "Lists the files below a folder, one path a line, sorted; a path below the working folder"
        " is relative to it. Leaves out what .gitignore ignores, and .git itself."
    ),
    parameters={
        "type": "object",
        "properties": {
            "path": {
                "type": "string",
                "minLength": 1,
                "maxLength": 4096,
                "description": (
                    "The folder, absolute or relative to the working folder. Default: that folder."
                ),
            },
            "pattern": {
                "type": "string",
                "minLength": 1,
                "maxLength": 1000,
                "description": (
                    "Only paths that match this glob, written as in .gitignore and matched from the"
                    " folder listed: *.py in every folder, src/*.py in src alone, src/**/*.py in"
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


def list_files_tool(files: ReadableFiles, bounds: Bounds | None = None) -> Tool:
    """Return the tool.

    Args:
        files: What it may read.
        bounds: How far it goes.
    """
    return Tool(spec=_SPEC, run=partial(_list_files, files, bounds or Bounds()))


def _list_files(files: ReadableFiles, bounds: Bounds, arguments: Arguments) -> ToolResult:
    path = str(arguments.get("path", "."))
    limit = int(cast("float", arguments.get("limit", _DEFAULT_FILES)))
    is_wanted = matcher(str(arguments["pattern"]) if "pattern" in arguments else None)
    start = files.locate(path)
    walk = Walk(files=files, bounds=bounds, deadline=Deadline.after(bounds.seconds))
    try:
        found = sorted(
            files.name_of(file.parts) for file in walk.below(start) if is_wanted(file.below(start))
        )
    except NotADirectoryError as exc:
        raise ToolFailure(f"{shown(path)} is not a folder; read_file shows a file") from exc
    except OSError as exc:
        raise failure_at(path, exc) from exc
    lines = list(_fitting(islice(found, limit)))
    notes = [*_shortened(len(lines), len(found)), *walk.notes()]
    return ToolResult(text="\n".join([*lines, *notes] if found else ["No files match.", *notes]))


def _fitting(files: Iterable[str]) -> Iterator[str]:
    used_bytes = 0
    for file in files:
        line = shown(file)
        used_bytes += len(line.encode()) + 1
        if used_bytes > ROOM_BYTES:
            return
        yield line


def _shortened(listed: int, found: int) -> Iterator[str]:
    if listed < found:
        yield f"[{listed} of {found} files shown; narrow path or pattern, or raise limit]"
