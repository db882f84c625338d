"""From the text that a model wrote to arguments that have passed the tool's schema."""

import json
from collections.abc import Callable, Mapping
from typing import NoReturn, TypeAlias, cast

from codexctl.adapters.tools.tool import Arguments, ToolFailure, shown
from codexctl.domain.tools import ToolSpec

Check: TypeAlias = Callable[[Arguments], None]
"""Raises :class:`ToolFailure` for arguments that break the schema."""

_MAX_DIGITS = 18
"""Of a whole number: fits 64 bits, and stays clear of Python's own limit on such text."""

_JSON_NAMES: Mapping[type, str] = {
    bool: "a boolean",
    dict: "an object",
    float: "a number",
    int: "an integer",
    list: "an array",
    str: "a string",
    type(None): "null",
}


def parse_arguments(text: str) -> Arguments:
    """Return the JSON object that the text holds.

    Some models write nothing, or ``null``, where there are no arguments, and some put the object
    into a JSON string; they are understood all the same.

    Raises:
        ToolFailure: It is not JSON (``NaN`` and ``Infinity`` are not), or no object.
    """
    value = _parsed(text)
    if isinstance(value, str):
        try:
            inner = _parsed(value)
        except ToolFailure:
            inner = None
        if isinstance(inner, dict):
            return cast("Arguments", inner)
    if not isinstance(value, dict):
        raise _unparsable(f"expected a JSON object, got {_JSON_NAMES[type(value)]}")
    return cast("Arguments", value)


def without_nulls(arguments: Arguments, spec: ToolSpec) -> Arguments:
    """Leave out the arguments that need not be there and are null, as models write "none"."""
    properties = cast("Mapping[str, object]", spec.parameters.get("properties", {}))
    required = cast("list[str]", spec.parameters.get("required", []))
    optional = properties.keys() - set(required)
    return {
        name: value
        for name, value in arguments.items()
        if value is not None or name not in optional
    }


def compile_check(spec: ToolSpec) -> Check:
    """Return the check of a tool's arguments, made of its schema by fastjsonschema."""
    # 10 ms, paid by runs that call a tool.
    import fastjsonschema

    validate = cast(
        "Callable[[object], object]",
        fastjsonschema.compile(dict(spec.parameters), use_default=False),  # pyright: ignore[reportUnknownMemberType]
    )

    def check(arguments: Arguments) -> None:
        try:
            validate(arguments)
        except fastjsonschema.JsonSchemaValueException as exc:
            raise ToolFailure(
                f"invalid arguments for {spec.name}: {_breach(exc)}. {_usage(spec)}"
            ) from exc

    return check


def _parsed(text: str) -> object:
    if not text.strip():
        return {}
    try:
        value: object = json.loads(text, parse_constant=_refuse_constant, parse_int=_whole)
    except RecursionError:
        raise _unparsable("it is nested too deeply") from None
    except ValueError as exc:
        raise _unparsable(str(exc)) from exc
    return {} if value is None else value


def _unparsable(reason: str) -> ToolFailure:
    return ToolFailure(f"failed to parse function arguments: {reason}")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _whole(digits: str) -> int:
    if len(digits.lstrip("-")) > _MAX_DIGITS:
        raise ValueError(f"a whole number has more than {_MAX_DIGITS} digits")
    return int(digits)


def _breach(exc: Exception) -> str:
    """Say what is wrong in our words; the library's list names in no fixed order."""
    rule: object = getattr(exc, "rule", None)
    definition: object = getattr(exc, "rule_definition", None)
    value: object = getattr(exc, "value", None)
    name = str(getattr(exc, "name", "")).removeprefix("data").removeprefix(".")
    where = f'"{name}"' if name else "the object"
    match rule:
        case "required" if isinstance(value, dict):
            missing = [one for one in cast("list[str]", definition) if one not in value]
            return f"{_listed(missing)} missing"
        case "additionalProperties" if not name and isinstance(value, dict):
            properties = cast("Mapping[str, object]", getattr(exc, "definition", {}))
            known = cast("Mapping[str, object]", properties.get("properties", {}))
            unknown = sorted(one for one in cast("Arguments", value) if one not in known)
            return f"{_listed(unknown)} not known"
        case "type":
            return f"{where} must be of type {definition}, got {_JSON_NAMES[type(value)]}"
        case _:
            message = str(getattr(exc, "message", exc))
            return f"{where} {message.removeprefix(str(getattr(exc, 'name', ''))).strip()}"


def _listed(names: list[str]) -> str:
    quoted = ", ".join(
        name if (name := shown(one)).startswith('"') else f'"{name}"' for one in names
    )
    return f"{quoted} {'is' if len(names) == 1 else 'are'}"


def _usage(spec: ToolSpec) -> str:
    properties = cast("Mapping[str, Mapping[str, object]]", spec.parameters.get("properties", {}))
    required = cast("list[str]", spec.parameters.get("required", []))
    arguments = [
        f"{name} ({schema.get('type', 'any')}{', required' if name in required else ''})"
        for name, schema in properties.items()
    ]
    return f"Its arguments: {', '.join(arguments) or 'none'}."
