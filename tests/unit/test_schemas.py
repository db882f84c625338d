"""JSON Schemas as the service takes them."""

import pytest

from codexctl.adapters.responses.schemas import arguments_schema, is_strict

STRICT: dict[str, object] = {
    "type": "object",
    "properties": {"at": {"type": "string"}},
    "required": ["at"],
    "additionalProperties": False,
}

_ARGUMENTS: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "no properties": ({"type": "object"}, {"type": "object", "properties": {}}),
    "no type": (
        {"properties": {"at": {}}, "required": ["at"]},
        {"properties": {"at": {}}, "required": ["at"], "type": "object"},
    ),
    "an object or nothing": (
        {"type": ["object", "null"], "properties": {}},
        {"type": "object", "properties": {}},
    ),
    "one of several": (
        {
            "type": "object",
            "properties": {"at": {"type": "string"}},
            "oneOf": [
                {"properties": {"at": {"const": 1}, "by": {}}, "required": ["by"]},
                {"required": ["at"]},
                True,
            ],
            "description": "Looks.",
        },
        {
            "type": "object",
            "properties": {"at": {"type": "string"}, "by": {}},
            "description": "Looks.",
        },
    ),
    "all of several": (
        {"allOf": [{"properties": {"at": {}}, "required": ["at"]}], "required": ["by"]},
        {"type": "object", "properties": {"at": {}}, "required": ["by", "at"]},
    ),
    "by reference": (
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": STRICT}},
        {
            "$defs": {"a": {"$ref": "#/$defs/b"}, "b": STRICT},
            "type": "object",
            "properties": {"at": {"type": "string"}},
            "required": ["at"],
        },
    ),
    "by a reference in a circle": (
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}},
        {"$defs": {"a": {"$ref": "#/$defs/a"}}, "type": "object", "properties": {}},
    ),
    "by a reference to another place": (
        {"$ref": "https://example.com/schema.json"},
        {"type": "object", "properties": {}},
    ),
    "some and not others": (
        {"type": "object", "properties": {}, "not": {"required": ["at"]}, "enum": [{}]},
        {"type": "object", "properties": {}},
    ),
}


@pytest.mark.parametrize(("schema", "sent"), _ARGUMENTS.values(), ids=_ARGUMENTS)
def test_a_tools_schema_is_loosened_until_the_service_takes_it(
    schema: dict[str, object], sent: dict[str, object]
) -> None:
    assert arguments_schema(schema) == sent


def test_a_schema_with_choices_further_down_is_left_alone() -> None:
    schema = {"type": "object", "properties": {"at": {"anyOf": [{"type": "string"}]}}}
    assert arguments_schema(schema) is schema


@pytest.mark.parametrize("kind", ["string", "array", ["string", "null"], 7])
def test_arguments_that_are_no_object_cannot_be_asked_for(kind: object) -> None:
    assert arguments_schema({"type": kind}) is None


_STRICT_PARTS: dict[str, dict[str, object]] = {
    "nothing in it": {"type": "object", "additionalProperties": False},
    "a list": {"type": "array", "items": STRICT},
    "a choice": {"anyOf": [STRICT, {"type": "null"}]},
    "one of several types": {"type": ["string", "null"], "enum": ["a", None]},
    "a reference": {"$ref": "#/$defs/at"},
}


_LOOSE_PARTS: dict[str, dict[str, object]] = {
    "anything": {},
    "other properties": {"type": "object", "properties": {}},
    "an optional property": {**STRICT, "required": []},
    "a property by pattern": {**STRICT, "patternProperties": {}},
    "a list of anything": {"type": "array"},
    "a list of loose things": {"type": "array", "items": {"type": "object"}},
    "a loose choice": {"anyOf": [STRICT, {"type": "object"}]},
    "one of": {"oneOf": [STRICT]},
}


@pytest.mark.parametrize("part", _STRICT_PARTS.values(), ids=_STRICT_PARTS)
def test_a_schema_that_can_be_held_to_is_strict(part: dict[str, object]) -> None:
    assert is_strict({**STRICT, "properties": {"at": part}, "$defs": {"at": STRICT}})


@pytest.mark.parametrize("part", [*_LOOSE_PARTS.values(), True], ids=[*_LOOSE_PARTS, "true"])
def test_a_schema_that_cannot_be_held_to_is_not_strict(part: object) -> None:
    assert not is_strict({**STRICT, "properties": {"at": part}})


@pytest.mark.parametrize(
    "schema", [{"type": "string"}, {"anyOf": [STRICT]}, {**STRICT, "$defs": {"x": {}}}]
)
def test_a_schema_that_is_loose_on_top_or_aside_is_not_strict(schema: dict[str, object]) -> None:
    assert not is_strict(schema)
