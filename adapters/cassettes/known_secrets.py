"""Secrets that are known word for word, found in every way they may be written. Pure.

Plain, with escapes, percent-encoded, broken over lines, in hexadecimal, and within base64 at any
alignment: what base64 makes of some bytes depends on where they stand in threes, so each is looked
for in three forms, and the first and last character, which hold bits of the neighbours, are left.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from itertools import cycle, islice

from codexctl.adapters.cassettes.secret_patterns import Found
from codexctl.adapters.cassettes.stand_ins import Kind
from codexctl.adapters.cassettes.views import View, compact, compacted, has_gaps, views

SHORTEST_KNOWN = 6
"""A shorter value would be found in words that have nothing to do with it."""
_SHORTEST_ENCODED = 8
_SHORTEST_WITH_GAPS = 16
_SHORTEST_PART = 16
_FILLING = "scrubbed"
FILLING_ANYWHERE = re.compile(
    r"(?P<base64>(?:scrubbed)+(?:scrubbe|scrubb|scrub|scru|scr|sc|s)?)|(?P<hex>0{16,})"
)
"""What takes the place of a secret in base64 and hexadecimal, and is as long."""


class KnownSecrets:
    """Values to be found.

    Args:
        values: Each with its kind. Those shorter than :data:`SHORTEST_KNOWN` are left out.
    """

    def __init__(self, values: Iterable[tuple[str, Kind]]) -> None:
        long_enough = {value: kind for value, kind in values if len(value) >= SHORTEST_KNOWN}
        self._kinds = {_lower(value): (value, kind) for value, kind in long_enough.items()}
        self._plain = _any_of(self._kinds)
        self._with_gaps = _any_of(one for one in self._kinds if len(one) >= _SHORTEST_WITH_GAPS)
        encoded = [
            value.encode(errors="surrogatepass")
            for value in long_enough
            if len(value) >= _SHORTEST_ENCODED
        ]
        self._base64 = _any_of(form for value in encoded for form in _base64_forms(value))
        self._hex = _any_of(value.hex() for value in encoded)
        self._values = sorted(long_enough, key=len, reverse=True)

    def found_in(self, text: str) -> Iterator[Found]:
        """Yield where they stand in a text; what is found may overlap."""
        if not self._values or len(text) < SHORTEST_KNOWN:
            return
        for view in views(text):
            yield from self._in_view(view, self._plain)
            if has_gaps(view.text):
                without = compacted(view.text)
                if self._with_gaps.search(_lower(without)) or self._base64.search(without):
                    yield from self._in_view(compact(view), self._with_gaps)

    def begun_at_the_end(self, text: str) -> Found | None:
        """Return the beginning of one that the end of the text cuts off, if it is long enough."""
        lower = _lower(text)
        for value in self._values:
            for length in range(min(len(value), len(text)) - 1, _SHORTEST_PART - 1, -1):
                if lower.endswith(_lower(value[:length])):
                    start = len(text) - length
                    kind = self._kinds[_lower(value)][1]
                    return Found(kind=kind, start=start, end=len(text), value=value)
        return None

    def _in_view(self, view: View, plain: re.Pattern[str]) -> Iterator[Found]:
        lower = _lower(view.text)
        for match in plain.finditer(lower):
            start, end = view.span(match.start(), match.end())
            value, kind = self._kinds[match[0]]
            yield Found(kind=kind, start=start, end=end, value=value)
        for pattern, text, filling in (
            (self._base64, view.text, _FILLING),
            (self._hex, lower, "0"),
        ):
            for match in pattern.finditer(text):
                start, end = view.span(match.start(), match.end())
                filler = "".join(islice(cycle(filling), len(match[0])))
                yield Found(kind=Kind.SECRET, start=start, end=end, value=match[0], filler=filler)


def _base64_forms(value: bytes) -> Iterator[str]:
    """Yield what base64 can make of the bytes, for each place they can have among threes."""
    for before in range(3):
        encoded = b64encode(bytes(before) + value).decode()
        first = -(-before * 8 // 6)  # characters that hold bits of what stands before
        form = encoded[first : (before + len(value)) * 8 // 6]
        yield form
        if "+" in form or "/" in form:
            yield form.replace("+", "-").replace("/", "_")


def _any_of(values: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern of any of the values, the longest first; of none, one that never fits."""
    known = sorted(set(values), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, known)) or r"(?!)")


def _lower(text: str) -> str:
    """Return the text in lower case, each character in its place."""
    lower = text.lower()
    # A few letters become two.
    return lower if len(lower) == len(text) else "".join(one.lower()[0] for one in text)
