"""What to tell a model whose hunk does not match: what was looked for, and what stands there."""

import difflib
import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from codexctl.adapters.tools.patching.file_lines import FileLines, plain
from codexctl.adapters.tools.patching.sections import Hunk, PatchError
from codexctl.adapters.tools.tool import shown

_SHOWN_LINES = 6
_SHOWN_BEFORE = 2
_MAX_CHARACTERS = 200
_MAX_ALIKE = 50
"""Equal lines of a file that count; a line that stands there more often tells little."""
_MAX_COMPARED = 200
"""Lines that are compared letter by letter, which takes up to a millisecond each."""
_MIN_RATIO = 0.6
_ORDER = "Hunks go from the top of a file to its end, each below its headings."
_ADVICE = (
    "Read the file again; the lines of a hunk that start with a space or - stand in the file just"
    " so, one below the other."
)
_MARKERS = ("*** Add File:", "*** Delete File:", "*** Update File:", "*** End of File")


def heading_mismatch(
    path: str, number: int, hunk: Hunk, heading: str, lines: FileLines, start: int
) -> PatchError:
    """Return the error of a hunk whose heading is not there."""
    return PatchError(
        "\n".join(
            [
                f"{_name(path, number, hunk)} does not match the file: its heading is not there.",
                f"It looks for this line, from line {start + 1} of the file on:",
                *_excerpt([heading]),
                *_nearest_lines([heading], lines, start),
                "Read the file again; behind @@ stands a whole line of the file, or nothing.",
            ]
        )
    )


def hunk_mismatch(path: str, number: int, hunk: Hunk, lines: FileLines, start: int) -> PatchError:
    """Return the error of a hunk whose lines are not there."""
    elsewhere = lines.find(hunk.old, 0)
    if elsewhere is None:
        where = [*_nearest_lines(hunk.old, lines, start), *_hints(hunk, lines)]
    elif elsewhere >= start:
        where = [
            f"They stand at line {elsewhere + 1}, but '*** End of File' says that they end it."
        ]
    else:
        where = [f"They stand at line {elsewhere + 1}, above that. {_ORDER}"]
    return PatchError(
        "\n".join(
            [
                f"{_name(path, number, hunk)} does not match the file.",
                f"It looks for these lines, from line {start + 1} of the file on:",
                *_excerpt(hunk.old),
                *where,
                _ADVICE,
            ]
        )
    )


def _name(path: str, number: int, hunk: Hunk) -> str:
    return f"{shown(path)}: hunk {number} (line {hunk.line_number} of the patch)"


def _hints(hunk: Hunk, lines: FileLines) -> Iterable[str]:
    if any("\0" in text for text in lines.texts):
        yield "The file holds null bytes: it is binary or UTF-16, and a patch is for UTF-8."
    for line in hunk.lines:
        if line.sign == " " and line.text.strip().startswith(_MARKERS):
            yield (
                f"'{line.text.strip()}' was read as a line of the file, since a space stands before"
                " it; a marker stands at the start of its line."
            )


def _excerpt(wanted: Sequence[str]) -> Iterable[str]:
    yield from (f"  {_cut(text)}" for text in wanted[:_SHOWN_LINES])
    if len(wanted) > _SHOWN_LINES:
        yield f"  … and {len(wanted) - _SHOWN_LINES} more"


def _nearest_lines(wanted: Sequence[str], lines: FileLines, start: int) -> Iterable[str]:
    """Yield the lines of the file that are most like the wanted ones, numbered."""
    if not lines.texts:
        yield "The file is empty."
        return
    pattern = [plain(text) for text in wanted]
    first = _nearest(pattern, lines.plain(), start)
    if first is None:
        top = min(start, max(0, len(lines.texts) - _SHOWN_LINES))
        yield f"Nothing in the file is like that. From line {top + 1} on it reads:"
        yield from _numbered(lines, top, top + _SHOWN_LINES)
        return
    there = lines.plain()[first : first + len(pattern)]
    pairs = enumerate(zip(pattern, there, strict=False))
    equal = next((count for count, (one, other) in pairs if one != other), len(there))
    top = first + max(0, equal - _SHOWN_BEFORE)
    bottom = min(top + _SHOWN_LINES, first + len(wanted))
    yield (
        f"Nearest in the file, the first {equal} lines the same:"
        if top > first
        else "Nearest in the file:"
    )
    yield from _numbered(lines, top, max(bottom, top + 1))


def _numbered(lines: FileLines, top: int, bottom: int) -> Iterable[str]:
    """Yield lines as read_file shows them."""
    for index in range(top, min(bottom, len(lines.texts))):
        yield f"{index + 1:>6}\t{_cut(lines.texts[index])}"


def _nearest(pattern: Sequence[str], texts: Sequence[str], start: int) -> int | None:
    """Return the index at which the file is most like the pattern, or None if it nowhere is."""
    places = defaultdict[str, list[int]](list)
    for index, text in enumerate(texts):
        if text:
            places[text].append(index)
    votes = Counter(
        place - offset
        for offset, text in enumerate(pattern)
        for place in places.get(text, [])[:_MAX_ALIKE]
    )
    if votes:
        most = max(votes.values())
        alike = [first for first, count in votes.items() if count == most]
        return max(0, min(alike, key=lambda first: (abs(first - start), first)))
    offset = max(range(len(pattern)), key=lambda one: len(pattern[one]))
    place = _most_similar(pattern[offset], texts)
    return None if place is None else max(0, place - offset)


def _most_similar(wanted: str, texts: Sequence[str]) -> int | None:
    """Return the index of the line most like one, among those that share the most words with it."""
    words = set(wanted[:_MAX_CHARACTERS].split())

    def shared(index: int) -> int:
        return len(words.intersection(texts[index][:_MAX_CHARACTERS].split()))

    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted[:_MAX_CHARACTERS])
    best, best_ratio = None, _MIN_RATIO
    for index in heapq.nlargest(_MAX_COMPARED, range(len(texts)), key=shared):
        matcher.set_seq1(texts[index][:_MAX_CHARACTERS])
        if matcher.quick_ratio() > best_ratio and (ratio := matcher.ratio()) > best_ratio:
            best, best_ratio = index, ratio
    return best


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_CHARACTERS else text[:_MAX_CHARACTERS] + "…"
