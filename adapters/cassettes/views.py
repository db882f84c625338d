r"""A text as it reads without its escapes, and where each of its characters came from. Pure.

A secret can stand in a text as ``\u0073k-…``, as ``%73k-…`` or broken over lines. It is looked for
in what the text says; what is found is replaced where it stands.
"""

import re
from collections.abc import Iterator

from codexctl.domain.values import dataclass

_ESCAPE = re.compile(
    r"\\+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(/))|%([0-9a-fA-F]{2})"
    r"|&#(?:[xX]([0-9a-fA-F]{1,6})|([0-9]{1,7}));"
)
_GAP = re.compile(r"(?:\\+[nrt]|\s)+")
_MOST_LAYERS = 4
_HIGHEST = 0x10FFFF
_ASCII_END = 0x80


@dataclass(frozen=True, slots=True)
class View:
    """What a text says.

    Attributes:
        text: The text without its escapes.
        places: For each character, where what stands for it begins and ends in the text looked at;
            None if nothing was taken away.
    """

    text: str
    places: tuple[tuple[int, int], ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where a part of the view, not empty, stands in the text looked at."""
        if self.places is None:
            return start, end
        return self.places[start][0], self.places[end - 1][1]


def views(text: str) -> Iterator[View]:
    """Yield the text itself, and then what is left with one layer of escapes less, and so on."""
    view = View(text)
    yield view
    for _ in range(_MOST_LAYERS):
        if not ("\\" in view.text or "%" in view.text or "&#" in view.text):
            return
        parts = [
            (found.start(), found.end(), _meant(found)) for found in _ESCAPE.finditer(view.text)
        ]
        meant = [(start, end, one) for start, end, one in parts if one is not None]
        if not meant:
            return
        view = _without(view, meant)
        yield view


def has_gaps(text: str) -> bool:
    """Tell whether there is something for :func:`compact` to take away."""
    return _GAP.search(text) is not None


def compacted(text: str) -> str:
    """Return the text of :func:`compact`, which is much quicker to have than its places."""
    return _GAP.sub("", text)


def compact(view: View) -> View:
    """Return a view without spaces and line ends, written as escapes or not."""
    return _without(view, [(found.start(), found.end(), "") for found in _GAP.finditer(view.text)])


def _meant(found: re.Match[str]) -> str | None:
    """Return the character that an escape means; None if it is to stay as it is."""
    if found[3]:
        return "/"
    # One byte of several in UTF-8 means nothing by itself.
    if found[4]:
        number = int(found[4], 16)
        return chr(number) if number < _ASCII_END else None
    digits = found[1] or found[2] or found[5]
    number = int(digits, 16) if digits else int(found[6])
    return chr(number) if number <= _HIGHEST else None


def _without(view: View, replaced: list[tuple[int, int, str]]) -> View:
    """Return a view in which parts are replaced by at most one character each."""
    texts: list[str] = []
    places: list[tuple[int, int]] = []
    at = 0
    for start, end, meant in [*replaced, (len(view.text), len(view.text), "")]:
        texts += (view.text[at:start], meant)
        places += (view.span(place, place + 1) for place in range(at, start))
        if meant:
            places.append(view.span(start, end))
        at = end
    return View("".join(texts), tuple(places))
