"""What looks like a secret in a text, in whatever way it is written there. Pure.

Used twice: by the scrubber on what is to go on a tape, and by the last check on the finished file.
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable, Iterator
from dataclasses import replace

from codexctl.adapters.cassettes.secret_patterns import Found, found_in_plain
from codexctl.adapters.cassettes.stand_ins import Kind
from codexctl.adapters.cassettes.views import views

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_LONGEST_BASE64 = 262_144
_FIRST = 24
_SHORTEST = 6
"""An address such as a@b.cd."""


def found_in(text: str, *, layers: int = 1) -> Iterator[Found]:
    """Yield what looks like a secret in a text; what is found may overlap. Stand-ins do not.

    Args:
        text: The text.
        layers: How many times what is base64 is looked into.
    """
    if len(text) < _SHORTEST:
        return
    for view in views(text):
        for found in _found(view.text, layers):
            start, end = view.span(found.start, found.end)
            yield replace(found, start=start, end=end)


def _found(text: str, layers: int) -> Iterator[Found]:
    yield from found_in_plain(text)
    if not layers:
        return
    for run in _BASE64.finditer(text):
        said = base64_text(run[0])
        inner = next(found_in(said, layers=layers - 1), None) if said is not None else None
        if inner is not None:
            yield Found(kind=inner.kind, start=run.start(), end=run.end(), value=run[0])


def merged(found: Iterable[Found]) -> list[Found]:
    """Return what was found in order and without overlaps.

    Of those that overlap, the one that begins first, is longest and says most takes up the others,
    so that no part of any of them stays.
    """
    kept: list[Found] = []
    for one in sorted(found, key=lambda one: (one.start, -one.end, one.kind is Kind.SECRET)):
        if kept and one.start < kept[-1].end:
            kept[-1] = replace(kept[-1], end=max(kept[-1].end, one.end))
        else:
            kept.append(one)
    return kept


def base64_text(run: str) -> str | None:
    """Return the text that a run of base64 says, standard or for URLs; None if it says none."""
    if len(run) > _LONGEST_BASE64:
        return None
    standard = run.rstrip("=").replace("-", "+").replace("_", "/")
    # Hardly any of what looks like base64 says a text, and its beginning tells.
    return None if _decoded(standard[:_FIRST]) is None else _decoded(standard)


def _decoded(standard: str) -> str | None:
    rest = len(standard) % 4
    whole = standard[:-1] if rest == 1 else standard
    try:
        said = b64decode(whole + "=" * (-len(whole) % 4)).decode("ascii")
    except (NotBase64, UnicodeDecodeError):
        return None
    return said if "".join(said.split()).isprintable() else None
