"""The `response` object that opens and closes a stream."""

from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.json_values import (
    Json,
    JsonObject,
    as_object,
    dump_json,
    objects_in,
)
from codexctl.entrypoints.emulator.model.generation import Generation
from codexctl.entrypoints.emulator.model.item_shapes import completed_output

_BYTES_PER_TOKEN = 4
_ECHOED: JsonObject = {
    "background": False,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "model": "",
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "prompt_cache_retention": "24h",
    "safety_identifier": None,
    "store": True,
    "temperature": 1.0,
    "tool_choice": "auto",
    "top_logprobs": 0,
    "top_p": 0.98,
    "truncation": "disabled",
    "user": None,
}
"""What comes back as it was sent, with the value recorded streams have when it was not sent."""


def response_in_progress(generation: Generation) -> JsonObject:
    """Give the object as `response.created` and `response.in_progress` carry it."""
    return {
        **_common(generation),
        "completed_at": None,
        "output": [],
        "service_tier": generation.request.get("service_tier") or "auto",
        "status": "in_progress",
        "usage": None,
    }


def response_completed(generation: Generation, spoken: int, reasoned: int) -> JsonObject:
    """Give the object as `response.completed` carries it.

    Args:
        generation: the reply.
        spoken: how many tokens were said to the user or a tool; a delta counts as one.
        reasoned: how many went into reasoning, which is billed as output too.
    """
    return {
        **_common(generation),
        "completed_at": generation.created_at + 1,
        "output": [*completed_output(generation)],
        # Recorded: `auto` before, the tier that was used after.
        "service_tier": generation.request.get("service_tier") or "default",
        "status": "completed",
        "usage": _usage(generation, spoken, reasoned),
    }


def _common(generation: Generation) -> JsonObject:
    request = generation.request
    shape: JsonObject = {
        "id": generation.response_id,
        "object": "response",
        "created_at": generation.created_at,
        "error": None,
        "frequency_penalty": 0.0,
        "incomplete_details": None,
        "moderation": None,
        "presence_penalty": 0.0,
    }
    for name, default in _ECHOED.items():
        sent = request.get(name)
        shape[name] = default if sent is None else sent
    if generation.backend is Backend.CHATGPT:
        shape["safety_identifier"] = "user-emulator"
    shape["reasoning"] = _reasoning(as_object(request.get("reasoning")))
    shape["text"] = {
        "format": {"type": "text"},
        "verbosity": "medium",
        **as_object(request.get("text")),
    }
    shape["tools"] = [_tool(tool) for tool in objects_in(request.get("tools"))]
    shape["tool_usage"] = {"web_search": {"num_requests": 0}}
    return shape


def _reasoning(sent: JsonObject) -> JsonObject:
    asked: JsonObject = {"context": "current_turn", "mode": "standard"}
    return {**asked, "effort": "none", "summary": None, **sent}


def _tool(sent: JsonObject) -> JsonObject:
    """Echo a tool; one sent without `strict` comes back strict and closed (recorded)."""
    if sent.get("type") != "function" or sent.get("strict") is not None:
        return sent
    parameters: Json = {**as_object(sent.get("parameters")), "additionalProperties": False}
    return {**sent, "parameters": parameters, "strict": True}


def _usage(generation: Generation, spoken: int, reasoned: int) -> JsonObject:
    input_tokens = 1 + len(dump_json(generation.request.get("input"))) // _BYTES_PER_TOKEN
    return {
        "input_tokens": input_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": spoken + reasoned,
        "output_tokens_details": {"reasoning_tokens": reasoned},
        "total_tokens": input_tokens + spoken + reasoned,
    }
