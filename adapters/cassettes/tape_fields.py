"""Reading what a tape's YAML holds: what is there has to be of the right type. Pure."""

from collections.abc import Mapping
from typing import TypeAlias, cast

Fields: TypeAlias = Mapping[str, object]


class NotATape(Exception):
    """What was read is no tape. Never leaves this package.

    Args:
        reason: What is wrong, as a clause; quotes nothing of the file but names of fields.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def mapping(value: object, where: str) -> Fields:
    """Return a mapping with texts as keys.

    Raises:
        NotATape: It is something else; so for all functions here.
    """
    if not isinstance(value, dict) or not all(
        isinstance(key, str) for key in cast("dict[object, object]", value)
    ):
        raise NotATape(f"{where} is no mapping")
    return cast("Fields", value)


def sequence(value: object, where: str) -> list[object]:
    """Return a list; one that is left out is empty."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise NotATape(f"{where} is no list")
    return cast("list[object]", value)


def several(value: object) -> list[object]:
    """Return the elements of a list; anything else is one by itself."""
    return cast("list[object]", value) if isinstance(value, list) else [value]


def text(value: object, where: str) -> str:
    """Return a text; a number or date that YAML made of one is one again."""
    if isinstance(value, bool | int | float):
        return str(value)
    if not isinstance(value, str):
        raise NotATape(f"{where} is no text")
    return value


def optional_text(value: object, where: str) -> str | None:
    """Return a text, or None if it is left out."""
    return None if value is None else text(value, where)


def number(value: object, where: str) -> int:
    """Return a whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise NotATape(f"{where} is no number")
    return value


def numbers(value: object, where: str) -> list[int]:
    """Return whole numbers; a list that is left out is empty."""
    return [number(one, where) for one in sequence(value, where)]


def body(value: object, where: str) -> bytes:
    """Return a body as bytes; none is an empty one."""
    match value:
        case None:
            return b""
        case bytes():
            return value
        case str():
            return value.encode(errors="surrogatepass")
        case _:
            raise NotATape(f"{where} is no body")
