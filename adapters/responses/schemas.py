"""JSON Schemas as the service takes them: those of tools, and that of the final answer. Pure."""

from collections.abc import Iterator
from typing import TypeGuard

from codexctl.adapters.responses.fields import JsonObject, as_object, as_objects

_REFUSED_ON_TOP = ("oneOf", "anyOf", "allOf", "enum", "not", "$ref")
_MOST_STEPS = 8

_NEVER_STRICT = frozenset(
    {
        *("oneOf", "allOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas"),
        *("patternProperties", "propertyNames", "minProperties", "maxProperties"),
        *("unevaluatedProperties", "unevaluatedItems", "prefixItems", "contains", "uniqueItems"),
    }
)
"""What structured outputs refuse, by the API's guide to them."""


def arguments_schema(schema: JsonObject) -> JsonObject | None:
    """Return the schema of a tool's arguments as the service takes it.

    "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top
    level". One that has them is loosened to an object with all the properties that any of its
    branches names. That is for the model to read: the tool holds the arguments against its own
    schema all the same.

    Args:
        schema: The tool's schema; comes back itself where nothing is to be done.

    Returns:
        The schema, or None where arguments that fit it are no object.
    """
    kind = schema.get("type")
    if kind not in (None, "object") and not (isinstance(kind, list) and "object" in kind):
        return None
    is_fine = kind == "object" and isinstance(schema.get("properties"), dict)
    if is_fine and not any(key in schema for key in _REFUSED_ON_TOP):
        return schema
    properties = dict(as_object(schema.get("properties")))
    required = dict.fromkeys(_names(schema))
    for branch, always_holds in _branches(schema):
        for name, part in as_object(branch.get("properties")).items():
            properties.setdefault(name, part)
        if always_holds:
            required |= dict.fromkeys(_names(branch))
    loosened = {key: value for key, value in schema.items() if key not in _REFUSED_ON_TOP}
    loosened |= {"type": "object", "properties": properties}
    if required:
        loosened["required"] = list(required)
    return loosened


def is_strict(schema: JsonObject) -> bool:
    """Tell whether the service can hold an answer to the schema to the letter.

    Every object names all its properties as required and allows no others; some keywords are out.
    """
    return schema.get("type") == "object" and "anyOf" not in schema and _is_strict(dict(schema))


def _branches(schema: JsonObject) -> Iterator[tuple[JsonObject, bool]]:
    """Yield what the top level is put together from, and whether it holds whatever is chosen."""
    if "$ref" in schema:
        yield _resolved(schema, schema), True
    for key in ("allOf", "anyOf", "oneOf"):
        for branch in as_objects(schema.get(key)):
            yield _resolved(branch, schema), key == "allOf"


def _resolved(part: JsonObject, root: JsonObject) -> JsonObject:
    """Follow references within the schema; in a circle, not for ever."""
    for _ in range(_MOST_STEPS):
        reference = part.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            break
        target = root
        for step in reference.removeprefix("#/").split("/"):
            target = as_object(target.get(step))
        part = target
    return part


def _names(schema: JsonObject) -> list[str]:
    required = schema.get("required")
    return [name for name in required if isinstance(name, str)] if _is_list(required) else []


def _is_strict(part: object) -> bool:
    schema = as_object(part)  # an empty one for true and false, which are schemas too
    if _NEVER_STRICT & schema.keys() or not schema.keys() & {"type", "anyOf", "$ref"}:
        return False
    kind = schema.get("type")
    kinds = kind if _is_list(kind) else [kind]
    if "object" in kinds or "properties" in schema:
        names = as_object(schema.get("properties")).keys()
        if schema.get("additionalProperties") is not False or set(_names(schema)) != set(names):
            return False
    if "array" in kinds and "items" not in schema:
        return False
    return all(_is_strict(inner) for inner in _inner(schema))


def _inner(schema: JsonObject) -> Iterator[object]:
    for key in ("properties", "$defs", "definitions"):
        yield from as_object(schema.get(key)).values()
    if "items" in schema:
        yield schema["items"]
    if _is_list(branches := schema.get("anyOf")):
        yield from branches


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)
