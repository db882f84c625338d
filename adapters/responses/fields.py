"""Reading JSON that someone else wrote: a field of the wrong type counts as missing."""

from collections.abc import Mapping
from typing import TypeAlias, cast

JsonObject: TypeAlias = Mapping[str, object]

_EMPTY: JsonObject = {}


def as_object(value: object) -> JsonObject:
    """Return the JSON object, or an empty one."""
    return cast("JsonObject", value) if isinstance(value, dict) else _EMPTY


def as_objects(value: object) -> list[JsonObject]:
    """Return the JSON objects of an array; everything else in it is left out."""
    if not isinstance(value, list):
        return []
    return [cast("JsonObject", one) for one in cast("list[object]", value) if isinstance(one, dict)]


def as_text(value: object) -> str:
    """Return the string, or an empty one. Half a surrogate pair becomes U+FFFD.

    JSON may escape one half alone, which no UTF-8 output can carry.
    """
    if not isinstance(value, str):
        return ""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def as_optional_text(value: object) -> str | None:
    """Return the string, or None if it is missing or empty."""
    return as_text(value) or None


def as_count(value: object) -> int:
    """Return the whole number, or 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def as_position(value: object) -> int | None:
    """Return the whole number, or None."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
