"""Items of a conversation, from the wire and back."""

import json

import pytest

from codexctl.adapters.responses.fields import JsonObject
from codexctl.adapters.responses.item_codec import encode_item
from codexctl.adapters.responses.item_decoder import decode_item
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

_CUSTOM = ToolCall(call_id="call_1", name="patch", arguments="free", kind=CallKind.CUSTOM)

_THERE_AND_BACK: dict[str, tuple[JsonObject, ConversationItem]] = {
    "message": (
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "content": [
                {"type": "output_text", "text": "I could, "},
                {"type": "refusal", "refusal": "but no."},
            ],
            "phase": "final_answer",
        },
        AssistantMessage(
            parts=(OutputText("I could, "), Refusal("but no.")),
            item_id="msg_1",
            phase="final_answer",
        ),
    ),
    "empty message": (
        {"type": "message", "role": "assistant", "content": []},
        AssistantMessage(parts=()),
    ),
    "reasoning": (
        {
            "id": "rs_1",
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": "Hm."}],
            "encrypted_content": "sealed==",
        },
        Reasoning(item_id="rs_1", summary=("Hm.",), encrypted_content="sealed=="),
    ),
    "function call": (
        {
            "id": "fc_1",
            "type": "function_call",
            "call_id": "call_1",
            "name": "look",
            "arguments": '{ "at" :1}',
        },
        ToolCall(call_id="call_1", name="look", arguments='{ "at" :1}', item_id="fc_1"),
    ),
    "custom call": (
        {"type": "custom_tool_call", "call_id": "call_1", "name": "patch", "input": "free"},
        _CUSTOM,
    ),
    "web search": (
        {"type": "web_search_call", "id": "ws_1", "action": {"query": "é"}},
        ProviderItem(
            "web_search_call",
            '{"type": "web_search_call", "id": "ws_1", "action": {"query": "\\u00e9"}}',
            "é",
        ),
    ),
}


@pytest.mark.parametrize(("wire", "item"), _THERE_AND_BACK.values(), ids=_THERE_AND_BACK)
def test_an_item_is_read_and_sent_back_as_it_came(wire: JsonObject, item: ConversationItem) -> None:
    assert decode_item(wire) == item
    assert encode_item(item) == wire


_SENT: dict[str, tuple[ConversationItem, JsonObject | None]] = {
    "user": (
        UserMessage("Hi"),
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
    ),
    "output": (
        ToolOutput(call_id="call_1", text="seen"),
        {"type": "function_call_output", "call_id": "call_1", "output": "seen"},
    ),
    "output of a custom call": (
        ToolOutput(call_id="call_1", text="done", kind=CallKind.CUSTOM),
        {"type": "custom_tool_call_output", "call_id": "call_1", "output": "done"},
    ),
    "reasoning that nobody sealed": (
        Reasoning(item_id="rs_1", summary=("Hm.",), encrypted_content=None),
        None,
    ),
    "what the service does not take back": (
        ProviderItem("image_generation_call", '{"type": "image_generation_call"}'),
        None,
    ),
}


@pytest.mark.parametrize(("item", "wire"), _SENT.values(), ids=_SENT)
def test_an_item_is_sent_as(item: ConversationItem, wire: JsonObject | None) -> None:
    assert encode_item(item) == wire


@pytest.mark.parametrize("item_id", ["call_1", "00000000-0000", "item-7", ""])
def test_an_id_of_another_make_is_not_sent_back(item_id: str) -> None:
    sent = encode_item(AssistantMessage(parts=(), item_id=item_id))
    assert sent == {"type": "message", "role": "assistant", "content": []}


def test_a_number_beyond_all_bounds_is_sent_back_as_null() -> None:
    item = decode_item(json.loads('{"type": "web_search_call", "score": 1e400}'))
    assert encode_item(item) == {"type": "web_search_call", "score": None}
