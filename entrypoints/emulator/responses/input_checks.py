"""Checks of `input` and `tools` that both back ends make, with the API's nested errors."""

import re

from codexctl.entrypoints.emulator.http.refusals import Refusal, invalid_value, nested, too_long
from codexctl.entrypoints.emulator.json_values import JsonObject, as_list, as_text, objects_in
from codexctl.entrypoints.emulator.model.request_reading import (
    CALL_KINDS,
    OUTPUT_KINDS,
    input_items,
    kind_of,
)

_NAME = re.compile(r"[a-zA-Z0-9_-]+")
_ROLES = ("assistant", "system", "developer", "user")
_ASSISTANT_PARTS = ("output_text", "refusal")
_ID_PREFIXES = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "function_call_output": "fc",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctc",
    "web_search_call": "ws",
    "image_generation_call": "ig",
    "local_shell_call": "lsh",
}
"""Beginnings of item ids; outputs have `fco_` and `ctco_`, which begin so too."""


def check_tools(body: JsonObject) -> Refusal | None:
    """Check that each function and custom tool has a name the model can write."""
    for number, tool in enumerate(objects_in(body.get("tools"))):
        if tool.get("type") in ("function", "custom"):
            param = f"tools[{number}].name"
            if not as_text(tool.get("name")):
                text = f"Missing required parameter: '{param}'."
                return nested(text, param, "missing_required_parameter")
            if refusal := _check_name(param, as_text(tool.get("name"))):
                return refusal
    return None


def check_input(body: JsonObject) -> Refusal | None:
    """Check each item of the input, then that calls and outputs belong together."""
    for number, given in enumerate(as_list(body.get("input"))):
        if not isinstance(given, dict):
            param = f"input[{number}]"
            return nested(f"Invalid type for '{param}': expected an object.", param, "invalid_type")
        if refusal := _check_item(f"input[{number}]", given):
            return refusal
    return _check_pairs(input_items(body))


def _check_item(param: str, item: JsonObject) -> Refusal | None:
    kind = kind_of(item)
    refusal = _check_id(f"{param}.id", kind, as_text(item.get("id")))
    if kind == "message":
        refusal = refusal or _check_message(param, item)
    if kind in (*CALL_KINDS, *OUTPUT_KINDS):
        refusal = refusal or _check_call_id(f"{param}.call_id", as_text(item.get("call_id")))
    if kind in CALL_KINDS:
        refusal = refusal or _check_name(f"{param}.name", as_text(item.get("name")))
    return refusal


def _check_id(param: str, kind: str, value: str) -> Refusal | None:
    prefix = _ID_PREFIXES.get(kind, "")
    # `fco_` is `fc` and a letter more, so the kind is what stands before the first underscore.
    stem, underscore, _rest = value.partition("_")
    if not value or not prefix or (underscore and stem in (prefix, f"{prefix}o")):
        return None
    text = f"Invalid '{param}': '{value}'. Expected an ID that begins with '{prefix}'."
    return invalid_value(text, param)


def _check_message(param: str, item: JsonObject) -> Refusal | None:
    role = item.get("role")
    if role not in _ROLES:
        text = (
            f"Invalid value: '{role}'. Supported values are: "
            "'assistant', 'system', 'developer', and 'user'."
        )
        return invalid_value(text, f"{param}.role")
    if role != "assistant":
        return None
    for number, part in enumerate(objects_in(item.get("content"))):
        if part.get("type") not in _ASSISTANT_PARTS:
            text = (
                f"Invalid value: '{part.get('type')}'. "
                "Supported values are: 'output_text' and 'refusal'."
            )
            return invalid_value(text, f"{param}.content[{number}]")
    return None


def _check_call_id(param: str, value: str) -> Refusal | None:
    if not value:
        text = f"Invalid '{param}': empty string. Expected a string with minimum length 1."
        return nested(text, param, "empty_string")
    return too_long(param, value)


def _check_name(param: str, value: str) -> Refusal | None:
    if _NAME.fullmatch(value):
        return too_long(param, value)
    text = (
        f"Invalid '{param}': string does not match pattern. Expected a string that matches the "
        "pattern '^[a-zA-Z0-9_-]+$'."
    )
    return invalid_value(text, param)


def _check_pairs(items: list[JsonObject]) -> Refusal | None:
    """Check that every call has an output, and every output a call before it.

    Kinds are held apart: a function call is not answered by a custom tool's output.
    """
    waiting: dict[tuple[str, str], None] = {}
    called: set[tuple[str, str]] = set()
    for item in items:
        kind = kind_of(item)
        call_id = as_text(item.get("call_id"))
        if kind in CALL_KINDS:
            waiting[kind, call_id] = None
            called.add((kind, call_id))
        elif kind in OUTPUT_KINDS:
            call = (kind.removesuffix("_output"), call_id)
            if call not in called:
                words = call[0].replace("_", " ")
                text = f"No tool call found for {words} output with call_id {call_id}."
                return nested(text, "input")
            waiting.pop(call, None)
    for kind, call_id in waiting:
        words = kind.replace("_", " ")
        return nested(f"No tool output found for {words} {call_id}.", "input")
    return None
