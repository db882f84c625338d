"""JSON as text: where its values stand, and how it is laid out for reading. Pure.

A tape keeps what the service sent. So JSON is never read and written anew here, which would change
numbers, escapes and the order of equal keys: single strings in it are replaced where they stand.
"""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_SCALAR = re.compile(
    r'(?P<text>"[^"\\]*(?:\\.[^"\\]*)*")(?P<name>\s*:)?|(?P<comma>,)|(?P<word>[^\s{}\[\],:"]+)'
    r"|(?P<opening>[{\[])|(?P<closing>[}\]])"
)
"""A text with a colon behind it is the name of a member."""
_ODD = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
"""What YAML or an editor would not keep as it is; escaped in JSON."""
_INDENT = "  "
_OPENING, _CLOSING = ("{", "["), ("}", "]")


class Scalar(NamedTuple):
    """A string, number or word in a JSON text.

    A stream has hundreds of thousands, and a tuple is made in a fifth of a dataclass's time.

    Attributes:
        path: Keys and positions that lead to it; for a key, those of its object.
        start: Where it stands, quotes included.
        end: Where it ends.
        value: A string's value; anything else as it is written.
        is_text: Whether it is a string.
        is_key: Whether it is the name of a member.
    """

    path: tuple[str | int, ...]
    start: int
    end: int
    value: str
    is_text: bool
    is_key: bool


def is_json(text: str) -> bool:
    """Tell whether the text is a JSON object or array."""
    if not text.lstrip(" \t\r\n").startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def scalars(text: str, shift: int = 0) -> Iterator[Scalar]:
    """Yield all scalars of a text for which :func:`is_json` holds, in their order.

    Args:
        text: The text.
        shift: Where it begins in the text that places are told in.
    """
    path: list[str | int] = []
    for found in _SCALAR.finditer(text):
        match found.lastgroup:
            case "text" | "name" as what:
                is_key = what == "name"
                start, end = found.span("text")
                value = _value(text[start:end])
                steps = tuple(path[:-1]) if is_key else tuple(path)
                if is_key:
                    path[-1] = value
                yield Scalar(steps, start + shift, end + shift, value, True, is_key)
            case "comma":
                step = path[-1]
                if isinstance(step, int):
                    path[-1] = step + 1
            case "word":
                start, end = found.span()
                yield Scalar(tuple(path), start + shift, end + shift, found[0], False, False)
            case "opening":
                path.append(0 if found[0] == "[" else "")
            case _:
                path.pop()


def literal(value: str, like: str = "") -> str:
    """Return a string as JSON, in ASCII if the literal it takes the place of was."""
    if like.isascii() and like:
        return json.dumps(value)
    return readable_literal(value)


def readable_literal(value: str) -> str:
    """Return a string as JSON with as few escapes as can be."""
    text = json.dumps(value, ensure_ascii=False)
    return _ODD.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def laid_out(text: str) -> str:
    """Return a text for which :func:`is_json` holds with one value a line, equal as JSON.

    Numbers stay as they are written, keys in their order, equal ones included.
    """
    parts: list[str] = []
    depth = 0
    before = ""
    for found in _TOKEN.finditer(text):
        token = found[0]
        opens, closes = token in _OPENING, token in _CLOSING
        depth -= closes
        if before == "," or (closes, before in _OPENING) in ((True, False), (False, True)):
            parts.append("\n" + _INDENT * depth)
        parts.append(_shown(token))
        depth += opens
        before = token
    return "".join(parts)


def _shown(token: str) -> str:
    if token.startswith('"') and "\\" in token:
        return readable_literal(_value(token))
    return {":": ": "}.get(token, token)


def _value(token: str) -> str:
    if "\\" not in token:
        return token[1:-1]
    value: str = json.loads(token)
    return value
