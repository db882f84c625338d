"""YAML as a tape has it, written without a library. Pure.

A library folds long lines, sorts keys, and writes a stream with a trailing blank as one quoted line
of a hundred kilobytes. Here text of several lines stands as it is wherever YAML 1.1 can hold it
(``|``), and every parser reads back what went in; ``tests/property/test_tape_laws.py`` has two of
them do it.
"""

import re
from base64 import encodebytes
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

Node: TypeAlias = "str | bytes | int | Mapping[str, Node] | Sequence[Node] | FlowNumbers | None"

_PLAIN = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_/+.:-]*[A-Za-z0-9_/-])?")
_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))
"""What a plain scalar would not be a string as, in any case (YAML 1.1)."""
_NOT_IN_BLOCK = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_ESCAPED = re.compile(
    '["\\\\]|[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]'
)
_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST_SIMPLE_KEY = 120
_NUMBERS_A_LINE = 16


class FlowNumbers(tuple[int, ...]):
    """Whole numbers that are written side by side instead of below each other."""

    __slots__ = ()


def yaml_text(tree: Mapping[str, Node]) -> str:
    """Return a document that ends in ``...``, so that one that was cut short can be told."""
    return "".join((*_mapping(tree, 0), "...\n"))


def _mapping(members: Mapping[str, Node], depth: int) -> Iterable[str]:
    for name, value in members.items():
        shown = _one_line(name)
        if len(shown) > _LONGEST_SIMPLE_KEY:
            yield f"{'  ' * depth}? {shown}\n{'  ' * depth}:"
        else:
            yield f"{'  ' * depth}{shown}:"
        yield from _value(value, depth)


def _value(value: Node, depth: int) -> Iterable[str]:
    """Yield a value after its key and colon, or after the dash of a list."""
    match value:
        case None:
            yield " null\n"
        case FlowNumbers():
            yield _numbers(value, depth)
        case int():
            yield f" {value}\n"
        case str():
            yield from _text(value, depth)
        case bytes():
            lines = encodebytes(value).decode().splitlines()
            yield " !!binary |\n"
            yield from (f"{'  ' * (depth + 1)}{line}\n" for line in lines)
        case Mapping() if value:
            yield "\n"
            yield from _mapping(value, depth + 1)
        case Mapping():
            yield " {}\n"
        case Sequence() if value:
            yield "\n"
            for one in value:
                yield from _item(one, depth)
        case _:
            yield " []\n"


def _item(value: Node, depth: int) -> Iterable[str]:
    """Yield an element of a list, which stands as deep as the key of the list."""
    if isinstance(value, Mapping) and value:
        first, *rest = _mapping(value, depth + 1)
        yield f"{'  ' * depth}- {first.removeprefix('  ' * (depth + 1))}"
        yield from rest
    else:
        yield f"{'  ' * depth}-"
        is_list = isinstance(value, Sequence) and not isinstance(value, str | bytes)
        yield from _value(value, depth + is_list)


def _numbers(numbers: FlowNumbers, depth: int) -> str:
    rows = [numbers[at : at + _NUMBERS_A_LINE] for at in range(0, len(numbers), _NUMBERS_A_LINE)]
    between = ",\n" + "  " * (depth + 1)
    return " [" + between.join(", ".join(map(str, row)) for row in rows) + "]\n"


def _text(text: str, depth: int) -> Iterable[str]:
    text = _SURROGATE.sub("\ufffd", text)
    if "\n" not in text:
        yield f" {_one_line(text)}\n"
    elif _NOT_IN_BLOCK.search(text):
        yield from _quoted_lines(text, depth + 1)
    else:
        yield from _block(text, depth + 1)


def _one_line(text: str) -> str:
    text = _SURROGATE.sub("\ufffd", text)
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    if _NOT_IN_BLOCK.search(text) or "\n" in text or "\t" in text:
        return f'"{_escaped(text)}"'
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def _block(text: str, depth: int) -> Iterable[str]:
    """Yield a text as it is. Its indentation is told where a reader could not guess it."""
    guide = "2" if text[0] in " \t\n" else ""
    if not text.endswith("\n"):
        ending = "-"
    elif text.endswith("\n\n") or text == "\n":
        ending = "+"
    else:
        ending = ""
    yield f" |{guide}{ending}\n"
    for line in text.removesuffix("\n").split("\n"):
        yield f"{'  ' * depth}{line}\n" if line else "\n"


def _quoted_lines(text: str, depth: int) -> Iterable[str]:
    """Yield a text that needs escapes, a line of it on a line of its own all the same."""
    lines = text.split("\n")
    yield ' "'
    for number, line in enumerate(lines):
        shown = _escaped(line)
        if number and shown.startswith(" "):
            shown = "\\" + shown
        if number < len(lines) - 2 or (number == len(lines) - 2 and lines[-1]):
            yield f"{shown}\\n\\\n{'  ' * depth}"
        elif number == len(lines) - 2:
            yield f'{shown}\\n"\n'
        elif shown:
            yield f'{shown}"\n'


def _escaped(text: str) -> str:
    return _ESCAPED.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    if character in _SHORT:
        return _SHORT[character]
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
