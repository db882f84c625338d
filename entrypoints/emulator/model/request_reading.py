"""What a request says about its conversation: the prompt, the tools on offer, what was answered.

Everything is read from the body alone, so that two requests never depend on each other.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from codexctl.entrypoints.emulator.json_values import (
    Json,
    JsonObject,
    as_object,
    as_text,
    objects_in,
)

CALL_KINDS = ("function_call", "custom_tool_call")
OUTPUT_KINDS = ("function_call_output", "custom_tool_call_output")


@dataclass(frozen=True, slots=True)
class AnsweredCall:
    """The output a client sent for a call, with the name of the tool that was called."""

    name: str
    output: str


def input_items(body: JsonObject) -> list[JsonObject]:
    """Give the items of `input`; a bare string, legal with an API key, is one user message."""
    given = body.get("input")
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": given}]
    return objects_in(given)


def kind_of(item: JsonObject) -> str:
    """Give an item's type; one with a role and no type is a message (recorded with API keys)."""
    return as_text(item.get("type")) or ("message" if "role" in item else "")


def text_of(content: Json) -> str:
    """Give the text of a message's content or a call's output: a string, or parts with a text."""
    if isinstance(content, str):
        return content
    return "".join(as_text(part.get("text")) for part in objects_in(content))


def prompt_of(body: JsonObject) -> str:
    """Give the text of the last user message, or an empty text."""
    for item in reversed(input_items(body)):
        if _is_user_message(item):
            return text_of(item.get("content"))
    return ""


def offered_functions(body: JsonObject) -> frozenset[str]:
    """Name the function tools the model may call; none when `tool_choice` is `none`.

    Clients of lite models send their tools as an `additional_tools` item of the input.
    """
    if body.get("tool_choice") == "none":
        return frozenset()
    tools = objects_in(body.get("tools"))
    for item in input_items(body):
        if kind_of(item) == "additional_tools":
            tools += objects_in(item.get("tools"))
    return frozenset(as_text(t.get("name")) for t in tools if t.get("type") == "function")


def steps_taken(body: JsonObject) -> int:
    """Count the rounds of calls and outputs since the last user message."""
    rounds = 0
    in_outputs = False
    for item in _this_turn(body):
        is_output = kind_of(item) in OUTPUT_KINDS
        rounds += is_output and not in_outputs
        in_outputs = is_output
    return rounds


def answered_calls(body: JsonObject) -> list[AnsweredCall]:
    """Give the outputs since the last user message, in the order in which they were sent."""
    names = {
        as_text(item.get("call_id")): as_text(item.get("name"))
        for item in input_items(body)
        if kind_of(item) in CALL_KINDS
    }
    return [
        AnsweredCall(names.get(as_text(item.get("call_id")), ""), text_of(item.get("output")))
        for item in _this_turn(body)
        if kind_of(item) in OUTPUT_KINDS
    ]


def opens_a_conversation(body: JsonObject) -> bool:
    """Tell whether nothing in the input came from a model yet."""
    return not any(_is_from_a_model(item) for item in input_items(body))


def ids_given_out(body: JsonObject) -> Iterator[str]:
    """Give the ids the model's items and calls have, the latest first."""
    for item in reversed(input_items(body)):
        for field in ("call_id", "id"):
            if found := as_text(item.get(field)):
                yield found


def wants_encrypted_reasoning(body: JsonObject) -> bool:
    """Tell whether `include` asks for the reasoning a stateless client must send back."""
    include = body.get("include")
    return isinstance(include, list) and "reasoning.encrypted_content" in include


def wants_obfuscation(body: JsonObject) -> bool:
    """Tell whether deltas are padded; only the API-key side takes the option that turns it off."""
    return as_object(body.get("stream_options")).get("include_obfuscation") is not False


def _this_turn(body: JsonObject) -> list[JsonObject]:
    items = input_items(body)
    starts = [number for number, item in enumerate(items) if _is_user_message(item)]
    return items[starts[-1] + 1 :] if starts else items


def _is_user_message(item: JsonObject) -> bool:
    return kind_of(item) == "message" and item.get("role") == "user"


def _is_from_a_model(item: JsonObject) -> bool:
    kind = kind_of(item)
    return kind in (*CALL_KINDS, "reasoning") or item.get("role") == "assistant"
