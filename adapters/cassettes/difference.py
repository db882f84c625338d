"""How two things differ, in few words that hold no secret. Pure."""

import json
import re
from typing import Final, final

from codexctl.adapters.cassettes.edits import Edit, edited
from codexctl.adapters.cassettes.findings import found_in, merged
from codexctl.adapters.cassettes.json_text import readable_literal
from codexctl.domain.values import dataclass

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BEFORE = 20
_LONGEST = 70


@final
class Absent:
    """What stands for a value that is not there."""


ABSENT: Final = Absent()


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two requests first differ.

    Attributes:
        path: A JSON path (``$.input[3].content[0].text``), or ``method``, ``url``,
            ``content-type``, ``body``.
        recorded: What the tape has there: JSON, shortened around where it differs, or ``nothing``.
        actual: What this run has there, likewise.
    """

    path: str
    recorded: str
    actual: str


def step_to(name: str) -> str:
    """Return a member's step in a JSON path."""
    return f".{name}" if _PLAIN_NAME.fullmatch(name) else f"[{readable_literal(name)}]"


def difference(path: str, recorded: object, actual: object) -> Difference:
    """Return the difference between two values, shortened and without secrets."""
    if isinstance(recorded, str) and isinstance(actual, str):
        recorded, actual = _hidden(recorded), _hidden(actual)
        start = max(_common(recorded, actual) - _BEFORE, 0)
        return Difference(path, _excerpt(recorded, start), _excerpt(actual, start))
    return Difference(path, _shown(recorded), _shown(actual))


def _common(recorded: str, actual: str) -> int:
    """Return how many characters two texts have in common at their beginning."""
    pairs = enumerate(zip(recorded, actual, strict=False))
    return next(
        (place for place, (was, now) in pairs if was != now), min(len(recorded), len(actual))
    )


def _excerpt(text: str, start: int) -> str:
    part = text[start : start + _LONGEST]
    before = "…" if start else ""
    after = "…" if start + _LONGEST < len(text) else ""
    return readable_literal(f"{before}{part}{after}")


def _shown(value: object) -> str:
    if isinstance(value, Absent):
        return "nothing"
    text = _hidden(readable_literal(value) if isinstance(value, str) else json.dumps(value))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _hidden(text: str) -> str:
    """Return a text without what looks like a secret: the one of this run is not scrubbed."""
    found = merged(found_in(text))
    return edited(text, [Edit(one.start, one.end, "***") for one in found])
