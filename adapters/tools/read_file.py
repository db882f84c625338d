"""The tool ``read_file``: lines of a text file, numbered."""

import io
import os
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, TextIO, cast

from codexctl.adapters.tools.budget import ROOM_BYTES
from codexctl.adapters.tools.deadlines import Deadline
from codexctl.adapters.tools.reading import ReadableFiles
from codexctl.adapters.tools.text_lines import lines_of, opened_text, readable
from codexctl.adapters.tools.tool import Arguments, Tool, ToolFailure, ToolResult, shown
from codexctl.domain.tools import ToolSpec
from codexctl.domain.values import dataclass

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_DEFAULT_LINES = 2000
_MAX_LINE_CHARACTERS = 2000
_MAX_FILE_BYTES = 10 * 1024 * 1024
_TIMEOUT_SECONDS = 30

_SPEC = ToolSpec(
    name="read_file",
    description=(
        "Reads a text file. Gives its lines, each with its number and a tab before it; says where"
        " to go on when there are more."
    ),
    parameters={
        "type": "object",
        "properties": {
            "path": {
                "type": "string",
                "minLength": 1,
                "maxLength": 4096,
                "description": "The file, absolute or relative to the working folder.",
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
    timeout_seconds=_TIMEOUT_SECONDS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    path: str
    offset: int
    limit: int
    size_bytes: int


class _TimedFile(io.FileIO):
    """A file that cannot be read any more when nobody waits for it."""

    def __init__(self, file: int, deadline: Deadline) -> None:
        super().__init__(file, closefd=False)
        self._deadline = deadline

    def readinto(self, buffer: "WriteableBuffer", /) -> int | None:
        if self._deadline.left_seconds <= 0:
            raise TimeoutError("out of time")
        return super().readinto(buffer)


def read_file_tool(files: ReadableFiles, seconds: float = _TIMEOUT_SECONDS) -> Tool:
    """Return the tool.

    Args:
        files: What it may read.
        seconds: How long it goes on, whether or not somebody waits for it.
    """
    return Tool(spec=_SPEC, run=partial(_read_file, files, seconds))


def _read_file(files: ReadableFiles, seconds: float, arguments: Arguments) -> ToolResult:
    path = str(arguments["path"])
    with files.opened_file(path) as file:
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
        with io.BufferedReader(_TimedFile(file, Deadline.after(seconds))) as stream:
            text = opened_text(stream)
            if text is None:
                raise ToolFailure(
                    f"{shown(path)} is a binary file of {request.size_bytes} bytes;"
                    " only text can be read"
                )
            with text:
                return ToolResult(text=_render(text, request))


def _render(text: TextIO, request: _Request) -> str:
    number, used_bytes, undecodable = 0, 0, False
    rows: list[str] = []
    lines = lines_of(text, _MAX_LINE_CHARACTERS)
    for number, (line, left_out) in enumerate(lines, start=1):
        if number < request.offset:
            continue
        clean = readable(line)
        more = f"… [{left_out} characters left out]" if left_out else ""
        row = f"{number:>6}\t{clean}{more}\n"
        used_bytes += len(row.encode())
        if len(rows) == request.limit or (rows and used_bytes > ROOM_BYTES):
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


def _where_to_go_on(first: int, rest: Iterator[object], request: _Request) -> str:
    """Return the note on the lines from ``first`` on; ``rest`` yields those after it."""
    if request.size_bytes > _MAX_FILE_BYTES:
        # Counting would mean to read it all.
        return f"[lines {first} onwards not shown; ask with offset {first}]\n"
    last = first + sum(1 for _ in rest)
    return f"[lines {first} to {last} not shown; ask with offset {first}]\n"


def _counted(lines: int) -> str:
    return "1 line" if lines == 1 else f"{lines} lines"
