"""What each back end demands of a request, as the real ones do; pure.

Every check gives None, or the status and body to refuse with. Where an issue is the source of a
text or a rule, it is named beside it.
"""

from collections.abc import Mapping
from typing import assert_never

from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.http.refusals import (
    Refusal,
    detail,
    in_shape_of,
    nested,
    too_long,
)
from codexctl.entrypoints.emulator.issuer.bearer_checks import UNREADABLE_TOKEN
from codexctl.entrypoints.emulator.json_values import Json, JsonObject, as_text
from codexctl.entrypoints.emulator.model.request_reading import input_items, kind_of
from codexctl.entrypoints.emulator.responses.input_checks import check_input, check_tools

MIN_OUTPUT_TOKENS = 16
MAX_TEMPERATURE = 2

_FORBIDDEN_ON_CHATGPT = (
    "max_output_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "truncation",
    "prompt_cache_retention",
    "safety_identifier",
    "previous_response_id",
    "stream_options",
    "metadata",
    "user",
    "background",
    "logprobs",
)
_KNOWN_TO_THE_API = frozenset(
    (
        "background",
        "client_metadata",
        "context_management",
        "conversation",
        "include",
        "input",
        "instructions",
        "max_output_tokens",
        "max_tool_calls",
        "metadata",
        "model",
        "parallel_tool_calls",
        "previous_response_id",
        "prompt",
        "prompt_cache_key",
        "prompt_cache_retention",
        "reasoning",
        "safety_identifier",
        "service_tier",
        "store",
        "stream",
        "stream_options",
        "temperature",
        "text",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "truncation",
        "user",
    )
)


def check_headers(backend: Backend, headers: Mapping[str, str]) -> Refusal | None:
    """Check what the headers alone can be refused for.

    Args:
        backend: the side that was asked.
        headers: the request's headers, names in lower case.
    """
    return (
        _check_bearer(backend, headers)
        or _check_content_type(backend, headers)
        or too_long("session-id", headers.get("session-id", ""))
        or too_long("session_id", headers.get("session_id", ""))
    )


def check_body(backend: Backend, body: Json) -> Refusal | None:
    """Check the parsed body."""
    if not isinstance(body, dict):
        return malformed_body(backend)
    match backend:
        case Backend.CHATGPT:
            own = _check_chatgpt(body)
        case Backend.API_KEY:
            own = _check_api(body)
        case _:
            assert_never(backend)
    return (
        own
        or too_long("prompt_cache_key", as_text(body.get("prompt_cache_key")))
        or check_tools(body)
        or check_input(body)
    )


def malformed_body(backend: Backend) -> Refusal:
    """Refuse what is no JSON object."""
    text = "We could not parse the JSON body of your request: expected one JSON object."
    return in_shape_of(backend, text, "invalid_json", 400)


def _check_bearer(backend: Backend, headers: Mapping[str, str]) -> Refusal | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return None
    if backend is Backend.CHATGPT:
        return detail(UNREADABLE_TOKEN, 401)
    return nested(
        "You did not provide an API key. Send it as a bearer in the Authorization header.",
        code="invalid_api_key",
        status=401,
    )


def _check_content_type(backend: Backend, headers: Mapping[str, str]) -> Refusal | None:
    given = headers.get("content-type", "")
    if backend is Backend.CHATGPT:
        # Exactly this: with a charset behind it the real one refuses too (Wei-Shaw/sub2api#963).
        return None if given == "application/json" else detail("Unsupported content type")
    if given.partition(";")[0].strip().lower() == "application/json":
        return None
    text = f"Unsupported content type: '{given}'. This method only accepts 'application/json'."
    return nested(text, code="unsupported_content_type")


def _check_chatgpt(body: JsonObject) -> Refusal | None:
    if body.get("store") is not False:
        return detail("Store must be set to false")  # openai/codex#26173
    if body.get("stream") is not True:
        return detail("Stream must be set to true")
    if not _has_instructions(body):
        return detail("Instructions are required")
    for name in _FORBIDDEN_ON_CHATGPT:
        if name in body:
            return detail(f"Unsupported parameter: {name}")
    if not as_text(body.get("model")):
        return detail("The '' model is not supported when using Codex with a ChatGPT account.")
    if not isinstance(body.get("input"), list):
        return detail("Input must be a list")  # router-for-me/CLIProxyAPI#1403
    if any(kind_of(i) == "message" and i.get("role") == "system" for i in input_items(body)):
        return detail("System messages are not allowed")
    if body.get("tools") == []:
        text = "Invalid 'tools': empty array. Expected an array with minimum length 1."
        return nested(text, "tools", "empty_array")
    return None


def _has_instructions(body: JsonObject) -> bool:
    """Tell whether the model is told anything.

    The official client of late 2026 sends no `instructions` but a developer message first, and
    recorded traffic shows that accepted; a request with neither is what gets refused.
    """
    return bool(as_text(body.get("instructions")).strip()) or any(
        item.get("role") == "developer" and kind_of(item) == "message" for item in input_items(body)
    )


def _check_api(body: JsonObject) -> Refusal | None:
    for name in body:
        if name not in _KNOWN_TO_THE_API:
            return nested(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
    if not as_text(body.get("model")):
        return nested("Missing required parameter: 'model'.", "model", "missing_required_parameter")
    if not isinstance(body.get("input"), str | list):
        return nested("Missing required parameter: 'input'.", "input", "missing_required_parameter")
    if earlier := body.get("previous_response_id"):
        # The emulator stores nothing, so it says what the real one says of an id it does not know.
        text = f"Previous response with id '{earlier}' not found."
        return nested(text, "previous_response_id", "previous_response_not_found")
    return _check_max_output_tokens(body) or _check_temperature(body)


def _check_max_output_tokens(body: JsonObject) -> Refusal | None:
    name = "max_output_tokens"
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        text = f"Invalid type for '{name}': expected an integer."
        return nested(text, name, "invalid_type")
    if value < MIN_OUTPUT_TOKENS:
        text = (
            f"Invalid '{name}': integer below minimum value. Expected a value >= "
            f"{MIN_OUTPUT_TOKENS}, but got {value} instead."
        )
        return nested(text, name, "integer_below_min_value")
    return None


def _check_temperature(body: JsonObject) -> Refusal | None:
    name = "temperature"
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        text = f"Invalid type for '{name}': expected a decimal."
        return nested(text, name, "invalid_type")
    if 0 <= value <= MAX_TEMPERATURE:
        return None
    code = "decimal_below_min_value" if value < 0 else "decimal_above_max_value"
    text = f"Invalid '{name}': expected a value from 0 to {MAX_TEMPERATURE}, got {value} instead."
    return nested(text, name, code)
