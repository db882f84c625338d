"""Reading a line of a log: what is there has to be of the right type."""

from collections.abc import Mapping
from typing import TypeAlias, cast

JsonObject: TypeAlias = Mapping[str, object]


class Damaged(Exception):
    """What was read is not what this program writes. Never leaves this package.

    Args:
        reason: What is wrong, as the end of a sentence; quotes nothing of a conversation.
        is_newer: A newer version of the program can probably read it.
    """

    def __init__(self, reason: str, *, is_newer: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_newer = is_newer


def as_object(value: object) -> JsonObject:
    """Return the JSON object.

    Raises:
        Damaged: It is something else; so for all functions here.
    """
    if not isinstance(value, dict):
        raise Damaged("an object is missing")
    return cast("JsonObject", value)


def objects(fields: JsonObject, name: str) -> list[JsonObject]:
    """Return the JSON objects of an array, which may be left out."""
    value = fields.get(name, [])
    if not isinstance(value, list):
        raise Damaged(f"its {name} is no list")
    return [as_object(one) for one in cast("list[object]", value)]


def texts(fields: JsonObject, name: str) -> tuple[str, ...]:
    """Return the strings of an array, which may be left out."""
    value = fields.get(name, [])
    if not isinstance(value, list):
        raise Damaged(f"its {name} is no list")
    found = tuple(one for one in cast("list[object]", value) if isinstance(one, str))
    if len(found) != len(cast("list[object]", value)):
        raise Damaged(f"its {name} holds something else than text")
    return found


def text(fields: JsonObject, name: str) -> str:
    """Return a string that has to be there."""
    value = fields.get(name)
    if not isinstance(value, str):
        raise Damaged(f"its {name} is missing")
    return value


def optional_text(fields: JsonObject, name: str) -> str | None:
    """Return a string that may be left out."""
    return None if fields.get(name) is None else text(fields, name)


def count(fields: JsonObject, name: str) -> int:
    """Return a whole number; 0 if it is left out."""
    value = fields.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Damaged(f"its {name} is no number")
    return value


def present(**fields: object) -> dict[str, object]:
    """Return the fields that say something: not None, not an empty list."""
    return {name: value for name, value in fields.items() if value is not None and value != []}
