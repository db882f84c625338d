"""The tool ``search_files``: lines that match a regular expression."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import field, replace
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, cast

from codexctl.adapters.tools.budget import ROOM_BYTES
from codexctl.adapters.tools.deadlines import Deadline, SearchBroke, TimeUp
from codexctl.adapters.tools.paths import SpecialFile
from codexctl.adapters.tools.reading import ReadableFiles
from codexctl.adapters.tools.rooted import Parts
from codexctl.adapters.tools.system_errors import failure_at
from codexctl.adapters.tools.tool import Arguments, Tool, ToolFailure, ToolResult, shown
from codexctl.adapters.tools.walk import Bounds, Walk, matcher
from codexctl.domain.tools import ToolSpec
from codexctl.domain.values import dataclass

if TYPE_CHECKING:
    from codexctl.adapters.tools.open_folder import OpenFolder
    from codexctl.adapters.tools.search_child import FileAnswer
    from codexctl.adapters.tools.search_process import SearchProcess

_DEFAULT_LINES = 200
_MAX_LINES = 10_000

_SPEC = ToolSpec(
    name="search_files",
    description=(
        "Finds the lines that match a regular expression in the text files below a folder, or in"
        " one file. Gives path:line:text for each, sorted by path. Leaves out what .gitignore"
        " ignores, .git itself, binary files and links."
    ),
    parameters={
        "type": "object",
        "properties": {
            "pattern": {
                "type": "string",
                "minLength": 1,
                "maxLength": 1000,
                "description": (
                    "A regular expression in Python's syntax, held against each line by itself."
                    " (?i) at its beginning ignores case."
                ),
            },
            "path": {
                "type": "string",
                "minLength": 1,
                "maxLength": 4096,
                "description": (
                    "The folder or file, absolute or relative to the working folder. Default: that"
                    " folder."
                ),
            },
            "glob": {
                "type": "string",
                "minLength": 1,
                "maxLength": 1000,
                "description": (
                    "Only files whose paths match this glob, as the pattern of list_files: *.py,"
                    " src/**/*.py."
                ),
            },
            "limit": {
                "type": "integer",
                "minimum": 1,
                "description": f"How many lines to show at most. Default {_DEFAULT_LINES}.",
            },
        },
        "required": ["pattern"],
        "additionalProperties": False,
    },
    read_only=True,
    timeout_seconds=30,
)


@dataclass(slots=True, kw_only=True)
class _Findings:
    """What was found so far.

    Attributes:
        limit: How many lines are wanted.
        seconds: How long there was for it.
        place: What is searched just now.
    """

    limit: int
    seconds: float
    place: str = "the pattern"
    _lines: list[str] = field(default_factory=list[str])
    _used_bytes: int = 0
    _has_more: bool = False
    _stopped: str | None = None
    _unreadable: int = 0
    _cut_lines: int = 0

    @property
    def is_full(self) -> bool:
        """Whether there is more than can be shown."""
        return self._has_more

    @contextmanager
    def until_stopped(self) -> Generator[None, None, None]:
        """Take it as the end when the time is up, or the process breaks off."""
        try:
            yield
        except TimeUp:
            self._stopped = f"stopped after {self.seconds:g} s at {self.place}"
        except SearchBroke:
            self._stopped = f"broke off at {self.place}: it may need too much memory"

    def add(self, answer: "FileAnswer") -> None:
        """Add what is in the present place."""
        self._cut_lines += answer.cut_lines
        self._unreadable += bool(answer.error)
        for number, text in answer.rows:
            line = f"{self.place}:{number}:{text}"
            self._used_bytes += len(line.encode()) + 1
            if len(self._lines) == self.limit or self._used_bytes > ROOM_BYTES:
                self._has_more = True
                return
            self._lines.append(line)

    def pass_over(self, files: int) -> None:
        """Count files that cannot be read."""
        self._unreadable += files

    def text(self, notes: Iterable[str]) -> str:
        """Return all of it for the model, with what else there is to say."""
        none = "No matches so far." if self._stopped else "No matches."
        return "\n".join([*(self._lines or [none]), *self._notes(), *notes])

    def _notes(self) -> Iterator[str]:
        if self._has_more:
            shown_lines = f"the first {len(self._lines)} matches shown"
            yield f"[{shown_lines}; narrow pattern, path or glob, or raise limit]"
        if self._stopped:
            yield f"[{self._stopped}; make the pattern simpler, or narrow path or glob]"
        if self._unreadable:
            yield f"[{self._unreadable} files could not be read]"
        if self._cut_lines:
            yield f"[{self._cut_lines} lines are too long to be searched to their ends]"


def search_files_tool(files: ReadableFiles, bounds: Bounds | None = None) -> Tool:
    """Return the tool.

    Args:
        files: What it may read.
        bounds: How far it goes.
    """
    return Tool(spec=_SPEC, run=partial(_search_files, files, bounds or Bounds()))


def _search_files(files: ReadableFiles, bounds: Bounds, arguments: Arguments) -> ToolResult:
    # 10 ms, paid by runs that search.
    from codexctl.adapters.tools.search_process import SearchProcess

    path = str(arguments.get("path", "."))
    limit = int(min(cast("float", arguments.get("limit", _DEFAULT_LINES)), _MAX_LINES))
    is_wanted = matcher(str(arguments["glob"]) if "glob" in arguments else None)
    start = files.locate(path)
    findings = _Findings(limit=limit, seconds=bounds.seconds)
    walk_bounds = replace(bounds, seconds=bounds.seconds / 2)
    walk = Walk(files=files, bounds=walk_bounds, deadline=Deadline.after(walk_bounds.seconds))
    # One line more than wanted tells whether there are more.
    deadline = Deadline.after(bounds.seconds)
    process = SearchProcess(str(arguments["pattern"]), limit + 1, deadline)
    with process, findings.until_stopped():
        process.begin()
        if not files.is_folder(path):
            _search_one(files, path, process, findings)
        else:
            try:
                found = [file for file in walk.below(start) if not file.is_link]
            except OSError as exc:
                raise failure_at(path, exc) from exc
            wanted = [file.parts for file in found if is_wanted(file.below(start))]
            _search_all(files, wanted, process, findings)
    return ToolResult(text=findings.text(walk.notes()))


def _search_all(
    files: ReadableFiles, found: list[Parts], process: "SearchProcess", findings: _Findings
) -> None:
    ordered = sorted((files.name_of(parts), parts) for parts in found)
    for folder_parts, neighbours in groupby(ordered, lambda one: one[1][:-1]):
        group = list(neighbours)
        try:
            # Neighbours share their folder, which takes most of the time to open.
            with files.top.opened_folder(folder_parts) as folder:
                for name, parts in group:
                    findings.place = shown(name)
                    _search_in(folder, parts[-1], process, findings)
                    if findings.is_full:
                        return
        except OSError:
            findings.pass_over(len(group))


def _search_in(
    folder: "OpenFolder", name: str, process: "SearchProcess", findings: _Findings
) -> None:
    try:
        with folder.opened_file(name) as file:
            findings.add(process.search(file))
    except (OSError, SpecialFile):  # it is gone, or another kind of file now
        findings.pass_over(1)


def _search_one(
    files: ReadableFiles, path: str, process: "SearchProcess", findings: _Findings
) -> None:
    with files.opened_file(path) as file:
        findings.place = shown(files.name_of(files.locate(path)))
        answer = process.search(file)
    if answer.is_binary:
        raise ToolFailure(f"{shown(path)} is a binary file; only text can be searched")
    if answer.error:
        raise ToolFailure(f"{shown(path)} cannot be read: {answer.error}")
    findings.add(answer)
