"""Items of a response, as they come from the wire."""

import json

import pytest
from tests.fakes.values import a_call, a_message

from codexctl.adapters.responses.fields import JsonObject
from codexctl.adapters.responses.item_decoder import as_arguments, decode_item, is_hosted, is_whole
from codexctl.domain.conversation import (
    AssistantMessage,
    Citation,
    ConversationItem,
    OutputText,
    ProviderItem,
    Reasoning,
    Refusal,
)
from codexctl.domain.tools import CallKind, ToolCall

_READ: dict[str, tuple[JsonObject, ConversationItem]] = {
    "message": (
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [
                {"type": "output_text", "text": "I could, ", "annotations": [], "logprobs": []},
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
    "content as text": ({"type": "message", "content": "Hello"}, a_message("Hello")),
    "plain text part": (
        {"type": "message", "content": [{"type": "text", "text": "Hello"}]},
        a_message("Hello"),
    ),
    "unknown part": (
        {"type": "message", "content": [{"type": "image"}, 7]},
        AssistantMessage(parts=()),
    ),
    "content as null": ({"type": "message", "content": None}, AssistantMessage(parts=())),
    "message without content": ({"type": "message"}, AssistantMessage(parts=())),
    "message with content of no kind": (
        {"type": "message", "content": {"text": 1}},
        ProviderItem("message", '{"type": "message", "content": {"text": 1}}'),
    ),
    "reasoning": (
        {
            "id": "rs_1",
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": "Hm."}],
            "content": [{"type": "reasoning_text", "text": "Well."}],
            "encrypted_content": "sealed==",
        },
        Reasoning(item_id="rs_1", summary=("Hm.",), encrypted_content="sealed=="),
    ),
    "reasoning with nothing": (
        {"type": "reasoning", "summary": None, "encrypted_content": ""},
        Reasoning(item_id=None, summary=(), encrypted_content=None),
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
    "arguments as an object": (
        {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": {"at": 1}},
        a_call(arguments='{"at": 1}'),
    ),
    "arguments as null": (
        {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": None},
        a_call(arguments=""),
    ),
    "call known by its item id": (
        {"type": "function_call", "id": "fc_1", "name": "look", "arguments": "{}"},
        ToolCall(call_id="fc_1", name="look", arguments="{}", item_id="fc_1"),
    ),
    "call without any id": (
        {"type": "function_call", "name": "look"},
        ProviderItem("function_call", '{"type": "function_call", "name": "look"}'),
    ),
    "custom call": (
        {"type": "custom_tool_call", "call_id": "call_1", "name": "patch", "input": "free"},
        ToolCall(call_id="call_1", name="patch", arguments="free", kind=CallKind.CUSTOM),
    ),
    "no type": ({"x": 1}, ProviderItem("", '{"x": 1}')),
    "odd type": ({"type": ["message"]}, ProviderItem("", '{"type": ["message"]}')),
}


@pytest.mark.parametrize(("wire", "item"), _READ.values(), ids=_READ)
def test_an_item_is_read_as_far_as_it_goes(wire: JsonObject, item: ConversationItem) -> None:
    assert decode_item(wire) == item


_DETAILS: dict[str, tuple[JsonObject, str]] = {
    "search": ({"action": {"type": "search", "query": "tides", "queries": ["tides"]}}, "tides"),
    "search without a list": ({"action": {"type": "search", "query": "tides"}}, "tides"),
    "several searches": (
        {"action": {"type": "search", "query": "tides", "queries": ["tides", "moon", "sun"]}},
        "tides (and 2 more)",
    ),
    "several searches without a first one": (
        {"action": {"type": "search", "query": "", "queries": [None, "tides", "moon"]}},
        "tides (and 1 more)",
    ),
    "search on two lines": (
        {"action": {"type": "search", "query": " high\n tides "}},
        "high tides",
    ),
    "long search": ({"action": {"type": "search", "query": "x" * 201}}, "x" * 199 + "…"),
    "search for nothing yet": ({"action": {"type": "search", "query": "", "queries": 7}}, ""),
    "search in progress": ({"status": "in_progress"}, ""),
    "page opened": (
        {"action": {"type": "open_page", "url": "https://tides.example"}},
        "https://tides.example",
    ),
    "searched in a page": (
        {"action": {"type": "find_in_page", "pattern": "ebb", "url": "https://tides.example"}},
        "ebb in https://tides.example",
    ),
    "tool of a server": (
        {"type": "mcp_call", "server_label": "dice", "name": "roll", "arguments": "{}"},
        "dice.roll",
    ),
    "tool of a nameless server": ({"type": "mcp_call", "name": "roll"}, "roll"),
    "code": ({"type": "code_interpreter_call", "code": "1 + 1"}, ""),
    "picture": ({"type": "image_generation_call", "result": "aGVsbG8="}, ""),
    "files": ({"type": "file_search_call", "queries": ["tides"]}, ""),
    "summary of the past": ({"type": "compaction", "encrypted_content": "sealed=="}, ""),
}


@pytest.mark.parametrize(("fields", "detail"), _DETAILS.values(), ids=_DETAILS)
def test_a_hosted_item_says_in_words_what_it_was_about(fields: JsonObject, detail: str) -> None:
    wire = {"type": "web_search_call", "id": "ws_1", **fields}
    assert decode_item(wire) == ProviderItem(str(wire["type"]), json.dumps(wire), detail)


@pytest.mark.parametrize(
    ("kind", "hosted"),
    [
        *[(f"{kind}_call", True) for kind in ("web_search", "file_search", "mcp", "local_shell")],
        *[(kind, True) for kind in ("mcp_list_tools", "compaction", "hologram")],
        *[(kind, False) for kind in ("message", "reasoning", "function_call", "custom_tool_call")],
        *[(kind, False) for kind in ("", "shell_call_output")],
    ],
)
def test_what_is_neither_said_nor_for_us_to_run_is_hosted(
    kind: str,
    hosted: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    assert is_hosted(kind) is hosted


def _cited(*annotations: object) -> tuple[Citation, ...]:
    part = {"type": "output_text", "text": "It rains.", "annotations": list(annotations)}
    item = decode_item({"type": "message", "content": [part]})
    assert isinstance(item, AssistantMessage)
    text = item.parts[0]
    assert isinstance(text, OutputText)
    return text.citations


def _url(url: object, title: object = "") -> JsonObject:
    return {"type": "url_citation", "url": url, "title": title, "start_index": 0, "end_index": 9}


def test_a_text_cites_each_page_once_in_the_order_it_names_them() -> None:
    cited = _cited(_url("https://b", "B"), _url("https://a", "A"), _url("https://b", "B again"))
    assert cited == (Citation("https://b", "B"), Citation("https://a", "A"))


def test_a_page_has_the_first_title_that_is_given() -> None:
    cited = _cited(_url("https://a", None), _url("https://b"), _url("https://a", "A"))
    assert cited == (Citation("https://a", "A"), Citation("https://b"))


def test_what_is_cited_but_is_no_page_is_left_out() -> None:
    file = {"type": "file_citation", "file_id": "file_1", "filename": "tides.md"}
    container = {"type": "container_file_citation", "file_id": "file_2", "url": "https://c"}
    assert _cited(file, container, _url(None, "A"), _url(""), 7, {"url": "https://d"}) == ()


@pytest.mark.parametrize(
    ("status", "whole"),
    [("completed", True), ("in_progress", True), (None, True), ("incomplete", False)],
)
def test_only_an_item_said_to_be_incomplete_is_not_whole(
    status: str | None,
    whole: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    assert is_whole({"status": status}) is whole


@pytest.mark.parametrize(
    ("value", "text"),
    [('{"at":1}', '{"at":1}'), ({"at": 1}, '{"at": 1}'), ("", ""), (None, ""), (7, "")],
)
def test_arguments_are_text_whatever_they_came_as(value: object, text: str) -> None:
    assert as_arguments(value) == text


def test_what_we_do_not_know_is_kept_word_for_word() -> None:
    wire = {"type": "hologram", "depth": [1, {"é": None}]}
    item = decode_item(wire)
    assert isinstance(item, ProviderItem)
    assert json.loads(item.payload) == wire
