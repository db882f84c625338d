"""Conversation items to and from the wire's JSON (wire-contract 2.5). Pure."""

import json
from typing import assert_never

from codexctl.adapters.responses.fields import (
    JsonObject,
    as_objects,
    as_optional_text,
    as_text,
)
from codexctl.domain.conversation import (
    AssistantMessage,
    ConversationItem,
    OutputText,
    ProviderItem,
    Reasoning,
    Refusal,
    ToolOutput,
    UserMessage,
)
from codexctl.domain.tools import CallKind, ToolCall

_KNOWN_ID_PREFIXES = ("msg_", "rs_", "fc_", "ctc_", "ws_")
"""Ids of other makes are refused with a 400, so they are left out of requests."""

_REPLAYED_KINDS = frozenset({"web_search_call"})
"""Items without a class of ours that the service takes back. Others are dropped from requests, as
the official client does with what it does not know."""


def decode_item(item: JsonObject) -> ConversationItem:
    """Return the item that a finished output item stands for. Never fails: see ProviderItem."""
    item_id = as_optional_text(item.get("id"))
    match item.get("type"):
        case "message":
            return AssistantMessage(
                parts=_decode_parts(item.get("content")),
                item_id=item_id,
                phase=as_optional_text(item.get("phase")),
            )
        case "reasoning":
            return Reasoning(
                item_id=item_id,
                summary=tuple(
                    as_text(part.get("text")) for part in as_objects(item.get("summary"))
                ),
                encrypted_content=as_optional_text(item.get("encrypted_content")),
            )
        case "function_call" if call_id := _call_id(item):
            return ToolCall(
                call_id=call_id,
                name=as_text(item.get("name")),
                arguments=_arguments(item.get("arguments")),
                item_id=item_id,
            )
        case "custom_tool_call" if call_id := _call_id(item):
            return ToolCall(
                call_id=call_id,
                name=as_text(item.get("name")),
                arguments=as_text(item.get("input")),
                kind=CallKind.CUSTOM,
                item_id=item_id,
            )
        case kind:
            return ProviderItem(as_text(kind), json.dumps(item, ensure_ascii=True))


def is_whole(item: JsonObject) -> bool:
    """Tell whether a finished item is all of what the model meant to say."""
    return item.get("status") != "incomplete"


def encode_item(item: ConversationItem) -> JsonObject | None:
    """Return the item as the service takes it back, or None if it does not."""
    match item:
        case UserMessage(text):
            content = [{"type": "input_text", "text": text}]
            return {"type": "message", "role": "user", "content": content}
        case AssistantMessage():
            return _encode_message(item)
        case Reasoning():
            return _encode_reasoning(item)
        case ToolCall():
            return _encode_call(item)
        case ToolOutput(call_id=call_id, text=text, kind=kind):
            wire = {
                CallKind.FUNCTION: "function_call_output",
                CallKind.CUSTOM: "custom_tool_call_output",
            }[kind]
            return {"type": wire, "call_id": call_id, "output": text}
        case ProviderItem(kind, payload):
            return _replayed(payload) if kind in _REPLAYED_KINDS else None
        case _:
            assert_never(item)


def _replayed(payload: str) -> JsonObject:
    # A number beyond all bounds (1e400) is Infinity to Python, and that is not JSON.
    item: JsonObject = json.loads(payload, parse_constant=lambda _: None)
    return item


def _call_id(item: JsonObject) -> str:
    return as_text(item.get("call_id")) or as_text(item.get("id"))


def _arguments(value: object) -> str:
    """Return the arguments as text; some servers send the object itself, or null."""
    if isinstance(value, dict):
        return json.dumps(value)
    return as_text(value)


def _decode_parts(content: object) -> tuple[OutputText | Refusal, ...]:
    if isinstance(content, str):
        return (OutputText(as_text(content)),)
    parts: list[OutputText | Refusal] = []
    for part in as_objects(content):
        match part.get("type"):
            case "output_text" | "text":
                parts.append(OutputText(as_text(part.get("text"))))
            case "refusal":
                parts.append(Refusal(as_text(part.get("refusal"))))
            case _:
                pass  # a kind of content we cannot show; the message's text goes on without it
    return tuple(parts)


def _with_id(wire: dict[str, object], item_id: str | None) -> JsonObject:
    if item_id is not None and item_id.startswith(_KNOWN_ID_PREFIXES):
        return {"id": item_id, **wire}
    return wire


def _encode_message(message: AssistantMessage) -> JsonObject:
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


def _encode_reasoning(reasoning: Reasoning) -> JsonObject | None:
    # Nothing is stored at the service, so reasoning without its sealed form means nothing to it.
    if reasoning.encrypted_content is None:
        return None
    wire: dict[str, object] = {
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": text} for text in reasoning.summary],
        "encrypted_content": reasoning.encrypted_content,
    }
    return _with_id(wire, reasoning.item_id)


def _encode_call(call: ToolCall) -> JsonObject:
    wire: dict[str, object] = {"call_id": call.call_id, "name": call.name}
    if call.kind is CallKind.CUSTOM:
        wire = {"type": "custom_tool_call", **wire, "input": call.arguments}
    else:
        wire = {"type": "function_call", **wire, "arguments": call.arguments}
    return _with_id(wire, call.item_id)
