"""What each event of the wire means."""

import json
from typing import Any

import pytest
from tests.fakes.values import a_call, a_message
from tests.fakes.wire import call_item, completed, created, item_done, message_item, text_delta

from codexctl.adapters.responses.wire_codec import decode_event, kind_of
from codexctl.domain.conversation import ProviderItem
from codexctl.domain.errors import ProtocolError
from codexctl.domain.faults import ProviderFault
from codexctl.domain.stream_events import (
    ArgumentsFinished,
    CallAnnounced,
    Completed,
    Failed,
    Incomplete,
    ItemFinished,
    ReasoningDelta,
    ResponseStarted,
    StreamEvent,
    TextDelta,
    Unrecognised,
    Usage,
)

_USAGE = {
    "input_tokens": 10,
    "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 3},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 5},
    "total_tokens": 17,
}
_COUNTED = Usage(
    input_tokens=10,
    cached_input_tokens=4,
    cache_write_input_tokens=3,
    output_tokens=7,
    reasoning_output_tokens=5,
)
_OVERLOADED = {"code": "server_is_overloaded", "message": "Busy"}
_BUSY = Failed(ProviderFault(message="Busy", code="server_is_overloaded"))


def _decoded(body: object, name: str = "message") -> StreamEvent:
    return decode_event(name, json.dumps(body))


def _typed(kind: str, **fields: object) -> dict[str, object]:
    return {"type": kind, **fields}


_EVENTS: dict[str, tuple[Any, StreamEvent]] = {
    "created": (created(), ResponseStarted("resp_1", "gpt-5.5")),
    "created with nothing": (_typed("response.created"), ResponseStarted(None, None)),
    "text": (text_delta("Hel", 2), TextDelta("Hel", 2)),
    "refusal": (
        _typed("response.refusal.delta", delta="No", output_index=1),
        TextDelta("No", 1),
    ),
    "text without a position": (
        _typed("response.output_text.delta", delta="Hel"),
        TextDelta("Hel", None),
    ),
    "text with odd fields": (
        _typed("response.output_text.delta", delta=7, output_index=True),
        TextDelta("", None),
    ),
    "reasoning summary": (
        _typed(
            "response.reasoning_summary_text.delta", delta="Hm", output_index=0, summary_index=1
        ),
        ReasoningDelta("Hm", 0, 1),
    ),
    "open reasoning": (
        _typed("response.reasoning_text.delta", delta="Hm", output_index=0, content_index=2),
        ReasoningDelta("Hm", 0, 2),
    ),
    "call announced": (
        _typed(
            "response.output_item.added",
            output_index=1,
            item={"type": "function_call", "name": "look", "call_id": "call_1", "arguments": ""},
        ),
        CallAnnounced("look", "call_1", 1),
    ),
    "custom call announced": (
        _typed(
            "response.output_item.added",
            item={"type": "custom_tool_call", "name": "patch", "call_id": "call_1", "input": ""},
        ),
        CallAnnounced("patch", "call_1", None),
    ),
    "message begun": (
        _typed("response.output_item.added", item={"type": "message"}),
        Unrecognised("response.output_item.added"),
    ),
    "arguments": (
        _typed("response.function_call_arguments.done", arguments="{}", output_index=1),
        ArgumentsFinished("{}", 1),
    ),
    "free text": (
        _typed("response.custom_tool_call_input.done", input="a b", output_index=1),
        ArgumentsFinished("a b", 1),
    ),
    "message": (item_done(message_item("Hello"), 3), ItemFinished(a_message("Hello"), 3)),
    "call": (
        item_done(call_item("call_1", "look", "{}")),
        ItemFinished(a_call(), 0),
    ),
    "call cut short": (
        item_done({**call_item("call_1", "look", "{}"), "status": "incomplete"}),
        ItemFinished(a_call(), 0, is_complete=False),
    ),
    "no item at all": (
        _typed("response.output_item.done"),
        ItemFinished(ProviderItem("", "{}"), None),
    ),
    "completed": (completed(), Completed(response_id="resp_1")),
    "completed with everything": (
        _typed(
            "response.completed",
            response={
                "id": "resp_1",
                "usage": _USAGE,
                "end_turn": False,
                "output": [
                    {"type": "reasoning", "id": "rs_1", "encrypted_content": "sealed"},
                    {"type": "reasoning", "id": "rs_2", "encrypted_content": None},
                    {"type": "message", "id": "msg_1", "encrypted_content": "odd"},
                ],
            },
        ),
        Completed(
            response_id="resp_1",
            usage=_COUNTED,
            end_turn=False,
            sealed_reasoning={"rs_1": "sealed"},
        ),
    ),
    "completed with odd fields": (
        _typed("response.completed", response={"usage": [], "end_turn": "no", "output": {}}),
        Completed(),
    ),
    "usage with odd fields": (
        _typed(
            "response.completed",
            response={"usage": {"input_tokens": "10", "output_tokens": True}},
        ),
        Completed(usage=Usage()),
    ),
    "incomplete": (
        _typed(
            "response.incomplete",
            response={"incomplete_details": {"reason": "content_filter"}, "usage": _USAGE},
        ),
        Incomplete("content_filter", _COUNTED),
    ),
    "incomplete without a reason": (
        _typed("response.incomplete", response={"incomplete_details": None}),
        Incomplete("unknown", None),
    ),
    "failed": (_typed("response.failed", response={"error": _OVERLOADED}), _BUSY),
    "failed without a response": (_typed("response.failed", error=_OVERLOADED), _BUSY),
    "flat error": (_typed("error", **_OVERLOADED), _BUSY),
    "nested error": (_typed("error", error=_OVERLOADED), _BUSY),
    "response error": (_typed("response.error", error=_OVERLOADED), _BUSY),
    "bare error": ({"error": _OVERLOADED}, _BUSY),
    "something new": (_typed("response.whatever", error="x"), Unrecognised("response.whatever")),
    "not an object": ([1, 2], Unrecognised("message")),
}


@pytest.mark.parametrize(("body", "expected"), _EVENTS.values(), ids=_EVENTS)
def test_an_event_means(body: object, expected: StreamEvent) -> None:
    assert _decoded(body) == expected


def test_the_type_in_the_data_goes_before_the_name_of_the_event() -> None:
    assert _decoded(text_delta("Hel"), "response.completed") == TextDelta("Hel", 0)


def test_the_name_of_the_event_serves_where_the_data_has_no_type() -> None:
    assert _decoded({"delta": "Hel"}, "response.output_text.delta") == TextDelta("Hel", None)


def test_a_call_announced_by_its_item_id_alone_goes_by_that_id() -> None:
    # As the finished item does; else the call would be taken for one that never finished.
    item = {"type": "function_call", "name": "look", "id": "fc_1"}
    announced = _decoded({"type": "response.output_item.added", "item": item})
    assert announced == CallAnnounced("look", "fc_1", None)


@pytest.mark.parametrize("data", ["", " ", "\n"])
def test_an_event_without_data_is_named_and_nothing_more(data: str) -> None:
    assert decode_event("ping", data) == Unrecognised("ping")


def test_the_end_sentinel_of_the_chat_api_is_not_json_and_not_fatal() -> None:
    assert decode_event("message", "[DONE]") == Unrecognised("[DONE]")


@pytest.mark.parametrize("data", ["{", "nonsense", "[" * 100_000, "9" * 5_000])
def test_data_that_is_not_json_is_an_error(data: str) -> None:
    with pytest.raises(ProtocolError):
        decode_event("message", data)


def test_half_a_surrogate_pair_becomes_a_character_that_can_be_written() -> None:
    data = '{"type": "response.output_text.delta", "delta": "a\\ud83d"}'
    assert decode_event("message", data) == TextDelta("a\N{REPLACEMENT CHARACTER}", None)


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("message", '{"type": "response.created"}', "response.created"),
        ("ping", "{}", "ping"),
        ("ping", "", "ping"),
        ("message", "[DONE]", "[DONE]"),
    ],
)
def test_the_kind_of_an_event_is_its_name_on_the_wire(name: str, data: str, kind: str) -> None:
    assert kind_of(name, data) == kind


def test_the_kind_of_broken_data_is_an_error() -> None:
    with pytest.raises(ProtocolError):
        kind_of("message", "{")
