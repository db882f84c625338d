"""From the text of a patch to its sections. Nothing here looks at a file.

The format is that of wire-contract 4.7: an envelope of two lines, in it sections that each add,
delete or update one file, in an update hunks of lines. Models pad marker lines, wrap the whole in
a here-document or once more in JSON, so that is taken as well. A line of a hunk is never taken for
a padded marker: one that starts with a space is context, whatever stands behind the space.
"""

import json
import re
from collections.abc import Sequence
from typing import cast

from codexctl.adapters.tools.patching.sections import (
    AddFile,
    DeleteFile,
    Hunk,
    HunkLine,
    PatchError,
    Section,
    Sign,
    UpdateFile,
)
from codexctl.domain.values import dataclass

_BEGIN = "*** begin patch"
_END = "*** end patch"
_END_OF_FILE = "*** end of file"
_HEADER = re.compile(r"\*\*\*\s*(Add File|Delete File|Update File|Move to):(.*)", re.IGNORECASE)
_HERE_DOCUMENT = re.compile(r"""(?:apply_patch\s+)?<<-?\s*(["']?)(\w+)\1""")
_LINE_NUMBERS = re.compile(r"\A-\d+(,\d+)? \+\d+(,\d+)?\s*@@ ?")
_SECTION_HEADERS = "'*** Add File: PATH', '*** Delete File: PATH' or '*** Update File: PATH'"
_SHOWN_CHARACTERS = 80


def parse_patch(text: str) -> tuple[Section, ...]:
    """Return the sections of a patch, at least one.

    Args:
        text: The patch, as the model wrote it; as a JSON object that holds nothing else, it is
            taken out of there.

    Raises:
        PatchError: It is no patch; says on which line, and what was expected.
    """
    reader = _Reader(*_envelope(_unwrapped(text)))
    sections: list[Section] = []
    while reader.skip_blank() is not None:
        sections.append(_section(reader))
    if not sections:
        raise reader.error(f"the patch has no section; a section starts with {_SECTION_HEADERS}")
    return tuple(sections)


@dataclass(slots=True)
class _Reader:
    """The lines between the markers of the envelope; ``number`` is that of the next one."""

    lines: Sequence[str]
    number: int
    end: int

    def peek(self) -> str | None:
        return self.lines[self.number - 1] if self.number < self.end else None

    def skip_blank(self) -> str | None:
        """Return the next line that is not blank, and leave it where it is."""
        while (line := self.peek()) is not None and not line.strip():
            self.number += 1
        return line

    def error(self, what: str) -> PatchError:
        return PatchError(f"invalid patch, line {self.number}: {what}")


def _unwrapped(text: str) -> str:
    """Take the patch out of ``{"input": …}`` or ``{"patch": …}``; no patch starts with a brace."""
    if not text.lstrip().startswith("{"):
        return text
    try:
        match json.loads(text):
            case {"input": str(patch), **rest} | {"patch": str(patch), **rest} if not rest:
                return patch
            case _:
                return text
    except (ValueError, RecursionError):
        return text


def _envelope(text: str) -> tuple[list[str], int, int]:
    r"""Return all lines, the number of the first one in the envelope, and of the line that ends it.

    A line ends at ``\n``, before which one ``\r`` is dropped.
    """
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    filled = [number for number, line in enumerate(lines, start=1) if line.strip()]
    if not filled:
        raise PatchError("the patch is empty; it starts with '*** Begin Patch'")
    first, last = filled[0], filled[-1]
    wrapped = _HERE_DOCUMENT.fullmatch(lines[first - 1].strip())
    if wrapped and len(filled) > 2 and lines[last - 1].strip() == wrapped[2]:
        first, last = filled[1], filled[-2]
    if not _is(lines[first - 1], _BEGIN):
        raise PatchError(
            f"invalid patch, line {first}: it has to start with '*** Begin Patch', not with"
            f" {_quoted(lines[first - 1])}"
        )
    if not _is(lines[last - 1], _END) or first == last:
        raise PatchError(
            f"invalid patch, line {last}: it has to end with '*** End Patch', not with"
            f" {_quoted(lines[last - 1])}; if it was cut short, write it whole or in smaller parts"
        )
    return lines, first + 1, last


def _section(reader: _Reader) -> Section:
    line = reader.peek() or ""
    header = _HEADER.fullmatch(line.strip())
    match header and header[1].casefold():
        case "add file":
            return _add_file(reader, _path(reader, cast("re.Match[str]", header)))
        case "delete file":
            section = DeleteFile(_path(reader, cast("re.Match[str]", header)))
            reader.number += 1
            return section
        case "update file":
            return _update_file(reader, _path(reader, cast("re.Match[str]", header)))
        case "move to":
            raise reader.error("'*** Move to:' stands right below '*** Update File: PATH' only")
        case _:
            raise reader.error(_misplaced(line))


def _misplaced(line: str) -> str:
    if _is(line, _END):
        return "'*** End Patch' with more behind it; one call takes one patch"
    if line.startswith("+"):
        return (
            f"{_quoted(line)} belongs to no section; in an added file every line starts with +,"
            " an empty one too"
        )
    return f"{_quoted(line)} is no section header; a section starts with {_SECTION_HEADERS}"


def _path(reader: _Reader, header: re.Match[str]) -> str:
    path = header[2].strip()
    if not path:
        raise reader.error(f"{_quoted(header[0])} names no file")
    if path.startswith('"'):
        # How the other tools show a name that has control characters, for one.
        try:
            decoded: object = json.loads(path)
        except ValueError:
            return path
        return decoded if isinstance(decoded, str) else path
    return path


def _add_file(reader: _Reader, path: str) -> AddFile:
    lines: list[str] = []
    reader.number += 1
    while (line := reader.peek()) is not None and line.startswith("+"):
        lines.append(line[1:] + "\n")
        reader.number += 1
    return AddFile(path, "".join(lines))


def _update_file(reader: _Reader, path: str) -> UpdateFile:
    header_number = reader.number
    reader.number += 1
    move_to, hunks = None, list[Hunk]()
    moved = _HEADER.fullmatch((reader.skip_blank() or "").strip())
    if moved and moved[1].casefold() == "move to":
        move_to = _path(reader, moved)
        reader.number += 1
    while (line := reader.skip_blank()) is not None and not line.startswith("***"):
        hunks.append(_hunk(reader, is_first=not hunks))
    if not hunks and move_to is None:
        reader.number = header_number
        raise reader.error(f"the update of {_quoted(path)} has no hunk; a hunk starts with @@")
    return UpdateFile(path=path, hunks=tuple(hunks), move_to=move_to)


def _hunk(reader: _Reader, *, is_first: bool) -> Hunk:
    start = reader.number
    headings = _headings(reader)
    # Many models leave the @@ out where nothing is above the lines.
    if headings is None and not is_first:
        raise reader.error(
            f"expected @@ at the start of a hunk, not {_quoted(reader.peek() or '')}"
        )
    lines: list[HunkLine] = []
    bare = 0  # lines without even a sign, at the end so far
    at_end = False
    while (line := reader.peek()) is not None and not line.startswith("@@"):
        if line.startswith("***"):
            at_end = _is(line, _END_OF_FILE)
            reader.number += at_end
            break
        lines.append(_hunk_line(reader, line))
        bare = 0 if line else bare + 1
        reader.number += 1
    if bare and all(line.sign == "+" for line in lines[:-bare]):
        # They would be the only context, so they are there to set hunks or sections apart.
        del lines[-bare:]
    if not lines:
        reader.number = start
        raise reader.error("the hunk has no lines; they start with a space, - or +")
    return Hunk(headings=headings or (), lines=tuple(lines), at_end=at_end, line_number=start)


def _headings(reader: _Reader) -> tuple[str, ...] | None:
    """Return what stands behind ``@@`` on the next lines, or None without such a line."""
    headings: list[str] = []
    is_there = False
    while (line := reader.peek()) is not None and line.startswith("@@"):
        is_there = True
        reader.number += 1
        # Line numbers as in other patches say nothing here: models do not count well.
        heading = _LINE_NUMBERS.sub("", line[2:].removeprefix(" "), count=1).rstrip()
        if not heading:
            break
        headings.append(heading)
    return tuple(headings) if is_there else None


def _hunk_line(reader: _Reader, line: str) -> HunkLine:
    if not line:
        return HunkLine(" ", "")
    if line[0] in " -+":
        return HunkLine(cast("Sign", line[0]), line[1:])
    raise reader.error(
        f"{_quoted(line)} is no line of a hunk; each starts with a space for a line that stays,"
        " - for one that goes, + for one that comes"
    )


def _is(line: str, marker: str) -> bool:
    return line.strip().casefold() == marker


def _quoted(line: str) -> str:
    text = line.strip()
    return f"'{text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + '…'}'"
