"""Conversation items as the wire takes them back (wire-contract 2.5). Pure."""

import json
from base64 import b64encode
from typing import assert_never, cast

from codexctl.adapters.responses.fields import JsonObject
from codexctl.adapters.responses.tool_names import is_plain
from codexctl.domain.conversation import (
    AssistantMessage,
    ConversationItem,
    Image,
    OutputText,
    ProviderItem,
    Reasoning,
    ToolOutput,
    UserMessage,
)
from codexctl.domain.history import SENT_BACK_KINDS
from codexctl.domain.tools import CallKind, ToolCall

_ID_PREFIXES = {
    "message": "msg_",
    "reasoning": "rs_",
    "function_call": "fc_",
    "custom_tool_call": "ctc_",
    "web_search_call": "ws_",
}
"""Ids of other makes are refused with a 400, so they are left out of requests."""


def encode_item(
    item: ConversationItem, *, picture_detail: str | None = "auto"
) -> dict[str, object] | None:
    """Return the item as the service takes it back, or None if it does not.

    Args:
        item: The item.
        picture_detail: How closely the model is to look at pictures; None leaves the word out.
    """
    match item:
        case UserMessage(text, images):
            content = _encode_content(text, images, picture_detail)
            return {"type": "message", "role": "user", "content": content}
        case AssistantMessage():
            return _encode_message(item)
        case Reasoning():
            return _encode_reasoning(item)
        case ToolCall():
            return _encode_call(item)
        case ToolOutput():
            return _encode_output(item, picture_detail)
        case ProviderItem():
            return _replayed(item) if item.kind in SENT_BACK_KINDS else None
        case _:
            assert_never(item)


def _encode_content(
    text: str, images: tuple[Image, ...], picture_detail: str | None
) -> list[JsonObject]:
    content: list[JsonObject] = []
    if text or not images:
        content.append({"type": "input_text", "text": text})
    detail = {} if picture_detail is None else {"detail": picture_detail}
    for image in images:
        url = f"data:{image.media_type};base64,{b64encode(image.data).decode()}"
        content.append({"type": "input_image", "image_url": url, **detail})
    return content


def _encode_message(message: AssistantMessage) -> dict[str, object]:
    content = [
        {"type": "output_text", "text": part.text}
        if isinstance(part, OutputText)
        else {"type": "refusal", "refusal": part.text}
        for part in message.parts
    ]
    wire: dict[str, object] = {"type": "message", "role": "assistant", "content": content}
    if message.phase is not None:
        wire["phase"] = message.phase
    return _with_id(wire, message.item_id)


def _encode_reasoning(reasoning: Reasoning) -> dict[str, object] | None:
    # Nothing is stored at the service, so reasoning without its sealed form means nothing to it.
    if not reasoning.encrypted_content:
        return None
    wire: dict[str, object] = {
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": text} for text in reasoning.summary],
        "encrypted_content": reasoning.encrypted_content,
    }
    return _with_id(wire, reasoning.item_id)


def _encode_call(call: ToolCall) -> dict[str, object]:
    wire: dict[str, object] = {"call_id": call.call_id, "name": call.name}
    if call.kind is CallKind.CUSTOM:
        wire = {"type": "custom_tool_call", **wire, "input": call.arguments}
    else:
        wire = {"type": "function_call", **wire, "arguments": call.arguments}
    return _with_id(wire, call.item_id)


def _encode_output(output: ToolOutput, picture_detail: str | None) -> dict[str, object]:
    kind = {
        CallKind.FUNCTION: "function_call_output",
        CallKind.CUSTOM: "custom_tool_call_output",
    }[output.kind]
    content: str | list[JsonObject] = output.text
    if output.images:
        content = _encode_content(output.text, output.images, picture_detail)
    return {"type": kind, "call_id": output.call_id, "output": content}


def _replayed(item: ProviderItem) -> dict[str, object] | None:
    """Return what the service sent, if that is what it says it is: a saved one may be anything."""
    try:
        # A number beyond all bounds (1e400) is Infinity to Python, and that is not JSON.
        payload = json.loads(item.payload, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None
    if not isinstance(payload, dict):
        return None
    wire = cast("dict[str, object]", payload)
    if wire.get("type") != item.kind:
        return None
    item_id = wire.get("id")
    if isinstance(item_id, str) and _is_known(item_id, item.kind):
        return wire
    wire.pop("id", None)
    return wire


def _with_id(wire: dict[str, object], item_id: str | None) -> dict[str, object]:
    if item_id is not None and _is_known(item_id, str(wire["type"])):
        return {"id": item_id, **wire}
    return wire


def _is_known(item_id: str, kind: str) -> bool:
    return item_id.startswith(_ID_PREFIXES[kind]) and is_plain(item_id)
