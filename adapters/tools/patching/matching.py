"""Where the hunks of an update stand in a file, and the file that comes of them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from codexctl.adapters.tools.patching.file_lines import FileLines
from codexctl.adapters.tools.patching.sections import Hunk, HunkLine, PatchError
from codexctl.adapters.tools.tool import shown
from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edit:
    """Lines ``start`` to ``end`` (not included) become the given ones, each with its end."""

    start: int
    end: int
    lines: tuple[tuple[str, str], ...]


def updated(path: str, data: bytes, hunks: Sequence[Hunk]) -> bytes:
    """Return a file after its hunks.

    Lines that stay are kept as they are in the file, down to their ends and to bytes that are not
    UTF-8, also where the hunk has them a little different. The last line gets an end if it has
    none, as with the official client.

    Args:
        path: As the patch has it, for words.
        data: The file.
        hunks: In the order of the file.

    Raises:
        PatchError: A hunk does not match; says which, what it looks for and what stands there.
    """
    lines = FileLines.of(data)
    edits: list[_Edit] = []
    position = 0
    for number, hunk in enumerate(hunks, start=1):
        edit, position = _Search(path, number, hunk, lines).run(position)
        edits.append(edit)
    try:
        return _edited(lines, edits).encoded()
    except UnicodeEncodeError as exc:
        raise no_text(path) from exc


def no_text(path: str) -> PatchError:
    """Return the error of a new line that cannot be written as UTF-8."""
    return PatchError(
        f"{shown(path)}: an added line holds half a surrogate pair, which is no text; write the"
        " character whole"
    )


def _edited(lines: FileLines, edits: Iterable[_Edit]) -> FileLines:
    old = list(zip(lines.texts, lines.ends, strict=True))
    new: list[tuple[str, str]] = []
    done = 0
    # Lines that are only added go to the end of the file, wherever their hunk stands in the patch.
    for edit in sorted(edits, key=lambda one: one.start):
        new += [*old[done : edit.start], *edit.lines]
        done = edit.end
    new += old[done:]
    return FileLines(
        mark=lines.mark,
        texts=[text for text, _ in new],
        ends=[end or lines.new_end for _, end in new],
    )


@dataclass(frozen=True, slots=True)
class _Search:
    """The search for one hunk of a file."""

    path: str
    number: int
    hunk: Hunk
    lines: FileLines

    def run(self, position: int) -> tuple[_Edit, int]:
        """Return what the hunk does, and where the search for the next one starts."""
        start, heading = self._below_headings(position)
        if not self.hunk.old:
            return self._addition(position, start)
        for wanted, at_end in _readings(self.hunk):
            pattern = [line.text for line in wanted if line.sign != "+"]
            found = self.lines.find(pattern, start, at_end=at_end)
            if found is None and heading is not None:
                # Many a model repeats the heading as first line of the hunk.
                found = self.lines.find(pattern, heading, at_end=at_end)
            if found is not None:
                edit = self._edit(found, wanted)
                return edit, edit.end
        from codexctl.adapters.tools.patching.mismatch import hunk_mismatch

        raise hunk_mismatch(self.path, self.number, self.hunk, self.lines, start)

    def _below_headings(self, position: int) -> tuple[int, int | None]:
        """Return where to search from, and where the last heading is unless it is above that."""
        start, at = position, None
        for heading in self.hunk.headings:
            # What is only added may go below the heading that the hunk before ended with.
            first = start if self.hunk.old else max(start - 1, 0)
            found = self.lines.find_heading(heading, first)
            if found is not None:
                start, at = found + 1, found
            elif self.hunk.old and self.lines.find_heading(heading, 0) is not None:
                at = None  # the hunk before stands below the same heading
            else:
                from codexctl.adapters.tools.patching.mismatch import heading_mismatch

                raise heading_mismatch(
                    self.path, self.number, self.hunk, heading, self.lines, start
                )
        return start, at

    def _addition(self, position: int, start: int) -> tuple[_Edit, int]:
        added = self._edit(0, self.hunk.lines).lines
        if self.hunk.headings and not self.hunk.at_end:
            return _Edit(start=start, end=start, lines=added), start
        end = len(self.lines.texts)
        return _Edit(start=end, end=end, lines=added), position

    def _edit(self, start: int, hunk_lines: Iterable[HunkLine]) -> _Edit:
        new: list[tuple[str, str]] = []
        index = start
        for line in hunk_lines:
            match line.sign:
                case " ":
                    new.append((self.lines.texts[index], self.lines.ends[index]))
                    index += 1
                case "-":
                    index += 1
                case "+":
                    new.append((line.text, self.lines.new_end))
                case _:
                    assert_never(line.sign)
        return _Edit(start=start, end=index, lines=tuple(new))


def _readings(hunk: Hunk) -> Iterator[tuple[Sequence[HunkLine], bool]]:
    """Yield the lines of a hunk and whether they end the file, as the hunk can be meant.

    Blank context at the end of a hunk may only set it apart from what follows; at the end of a file
    a last blank line may stand for the end of the line before it.
    """
    lines = hunk.lines
    yield lines, hunk.at_end
    while len(lines) > 1 and lines[-1] == HunkLine(" ", ""):
        lines = lines[:-1]
        if all(line.sign == "+" for line in lines):
            return
        yield lines, hunk.at_end
    last = max(index for index, line in enumerate(hunk.lines) if line.sign != "+")
    if not hunk.lines[last].text and any(line.sign != "+" for line in hunk.lines[:last]):
        blank = [HunkLine("+", "")] if hunk.lines[last].sign == " " else []
        yield (*hunk.lines[:last], *blank, *hunk.lines[last + 1 :]), True
