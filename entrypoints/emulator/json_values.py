"""JSON as values with types, and ways to look into it that never raise."""

import json
from typing import NoReturn, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = "dict[str, Json]"


def parse_json(raw: bytes) -> Json:
    """Parse one JSON text.

    Raises:
        ValueError: for what RFC 8259 does not allow (`NaN` too, which `json` would let pass), and
            for nesting too deep to read.
    """
    try:
        value: Json = json.loads(raw, parse_constant=_refuse_constant)
    except RecursionError as exc:
        msg = "nested too deeply"
        raise ValueError(msg) from exc
    return value


def _refuse_constant(name: str) -> NoReturn:
    msg = f"{name} is not JSON"
    raise ValueError(msg)


def dump_json(value: Json) -> str:
    """Write compact JSON, with text outside ASCII as it is.

    Both back ends send raw UTF-8, U+2028 and U+0085 included, which a client that cuts its stream
    with `str.splitlines` stumbles over.
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def as_object(value: Json) -> JsonObject:
    """Give the object that `value` is, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Json) -> list[Json]:
    """Give the list that `value` is, or an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: Json) -> str:
    """Give the string that `value` is, or an empty one."""
    return value if isinstance(value, str) else ""


def objects_in(value: Json) -> list[JsonObject]:
    """Give the objects in a list, in order; whatever else is in it is passed over."""
    return [entry for entry in as_list(value) if isinstance(entry, dict)]
