"""The tool ``read_file``: lines of a text file, numbered."""

import codecs
import io
import os
import re
from collections.abc import Iterator
from functools import partial
from typing import TextIO, cast

from codexctl.adapters.tools.budget import OUTPUT_BUDGET_BYTES
from codexctl.adapters.tools.tool import Arguments, Tool, ToolFailure, shown
from codexctl.adapters.tools.working_folder import WorkingFolder, failure_at
from codexctl.domain.tools import ToolSpec
from codexctl.domain.values import dataclass

_DEFAULT_LINES = 2000
_MAX_LINE_CHARACTERS = 2000
_MAX_FILE_BYTES = 10 * 1024 * 1024
_BINARY_PROBE_BYTES = 8192
_ROOM_BYTES = OUTPUT_BUDGET_BYTES - 500
"""For lines; the rest is for the notes. Past it the model is told where to go on, since the
registry's cut would take a piece out of the middle."""

_UNDECODABLE = re.compile("[\udc80-\udcff]")
"""How ``surrogateescape`` marks bytes that are not UTF-8."""

_SPEC = ToolSpec(
    name="read_file",
    description=(
        "Reads a text file below the working folder. Gives its lines, each with its number and a"
        " tab before it; says where to go on when there are more."
    ),
    parameters={
        "type": "object",
        "properties": {
            "path": {
                "type": "string",
                "minLength": 1,
                "maxLength": 4096,
                "description": "The file, relative to the working folder.",
            },
            "offset": {
                "type": "integer",
                "minimum": 1,
                "description": "The first line to show, counted from 1. Default 1.",
            },
            "limit": {
                "type": "integer",
                "minimum": 1,
                "description": f"How many lines to show at most. Default {_DEFAULT_LINES}.",
            },
        },
        "required": ["path"],
        "additionalProperties": False,
    },
    read_only=True,
    timeout_seconds=30,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    path: str
    offset: int
    limit: int
    size_bytes: int


def read_file_tool(folder: WorkingFolder) -> Tool:
    """Return the tool, reading in a folder."""
    return Tool(_SPEC, partial(_read_file, folder))


def _read_file(folder: WorkingFolder, arguments: Arguments) -> str:
    path = str(arguments["path"])
    with folder.opened_file(path) as file:
        # A JSON number such as 3.0 is an integer to the schema, so int() it has to be.
        request = _Request(
            path=path,
            offset=int(cast("float", arguments.get("offset", 1))),
            limit=int(cast("float", arguments.get("limit", _DEFAULT_LINES))),
            size_bytes=os.fstat(file).st_size,
        )
        is_part = "offset" in arguments or "limit" in arguments
        if request.size_bytes > _MAX_FILE_BYTES and not is_part:
            raise ToolFailure(
                f"{shown(path)} has {request.size_bytes} bytes, more than can be read at once;"
                " ask with offset and limit for the lines you need"
            )
        try:
            return _read_lines(file, request)
        except OSError as exc:
            raise failure_at(path, exc) from exc


def _read_lines(file: int, request: _Request) -> str:
    with os.fdopen(file, "rb", closefd=False) as stream:
        start = stream.read(_BINARY_PROBE_BYTES)
        if b"\0" in start:
            raise ToolFailure(
                f"{shown(request.path)} is a binary file of {request.size_bytes} bytes;"
                " only text can be read"
            )
        stream.seek(len(codecs.BOM_UTF8) if start.startswith(codecs.BOM_UTF8) else 0)
        # newline=None ends lines at \n, \r\n and \r, and at nothing else.
        with io.TextIOWrapper(stream, "utf-8", "surrogateescape", newline=None) as text:
            return _render(text, request)


def _render(text: TextIO, request: _Request) -> str:
    number, used_bytes, undecodable = 0, 0, False
    rows: list[str] = []
    lines = _lines(text)
    for number, line in enumerate(lines, start=1):
        if number < request.offset:
            continue
        clean = _UNDECODABLE.sub("\ufffd", line)
        row = f"{number:>6}\t{clean}\n"
        used_bytes += len(row.encode())
        if len(rows) == request.limit or (rows and used_bytes > _ROOM_BYTES):
            rows.append(_where_to_go_on(number, lines, request))
            break
        undecodable = undecodable or clean != line
        rows.append(row)
    if number == 0:
        return f"{shown(request.path)} is empty."
    if not rows:
        raise ToolFailure(
            f"{shown(request.path)} has {_counted(number)}; offset {request.offset} is past the end"
        )
    if undecodable:
        rows.append("[bytes that are not UTF-8 are shown as \ufffd]\n")
    return "".join(rows)


def _where_to_go_on(first: int, rest: Iterator[str], request: _Request) -> str:
    """Return the note on the lines from ``first`` on; ``rest`` yields those after it."""
    if request.size_bytes > _MAX_FILE_BYTES:
        # Counting would mean to read it all.
        return f"[lines {first} onwards not shown; ask with offset {first}]\n"
    last = first + sum(1 for _ in rest)
    return f"[lines {first} to {last} not shown; ask with offset {first}]\n"


def _lines(text: TextIO) -> Iterator[str]:
    """Yield lines without their ends, long ones cut; no line is ever whole in memory."""
    while line := text.readline(_MAX_LINE_CHARACTERS + 1):
        if line.endswith("\n"):
            yield line[:-1]
        elif len(line) <= _MAX_LINE_CHARACTERS:
            yield line  # the last one, which has no end
        else:
            left_out = len(line) - _MAX_LINE_CHARACTERS + _skip_rest_of_line(text)
            yield f"{line[:_MAX_LINE_CHARACTERS]}… [{left_out} characters left out]"


def _skip_rest_of_line(text: TextIO) -> int:
    """Return how many characters there were before its end."""
    skipped = 0
    while part := text.readline(_BINARY_PROBE_BYTES):
        if part.endswith("\n"):
            return skipped + len(part) - 1
        skipped += len(part)
    return skipped


def _counted(lines: int) -> str:
    return "1 line" if lines == 1 else f"{lines} lines"
