"""What each event of the wire means."""

import json
from typing import Any

import pytest
from tests.fakes.values import a_call, a_message
from tests.fakes.wire import call_item, created, item_done, message_item, text_delta

from codexctl.adapters.responses.wire_codec import decode_event, kind_of
from codexctl.domain.conversation import ProviderItem
from codexctl.domain.errors import ProtocolError
from codexctl.domain.faults import ProviderFault
from codexctl.domain.quota import Quota, QuotaWindow
from codexctl.domain.stream_events import (
    ArgumentsDelta,
    ArgumentsFinished,
    CallAnnounced,
    Failed,
    HostedCallStarted,
    ItemFinished,
    QuotaReported,
    ReasoningDelta,
    ResponseStarted,
    StreamEvent,
    TextDelta,
    Unrecognised,
)


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
    "reasoning begun": (
        _typed("response.output_item.added", item={"type": "reasoning"}),
        Unrecognised("response.output_item.added"),
    ),
    "hosted tool begun": (
        _typed(
            "response.output_item.added",
            output_index=2,
            item={"type": "web_search_call", "id": "ws_1", "status": "in_progress"},
        ),
        HostedCallStarted("web_search_call", 2),
    ),
    "nothing begun": (
        _typed("response.output_item.added", item=None),
        Unrecognised("response.output_item.added"),
    ),
    "more arguments": (
        _typed(
            "response.function_call_arguments.delta", delta='{"a', output_index=1, item_id="fc_1"
        ),
        ArgumentsDelta('{"a', 1, "fc_1"),
    ),
    "more free text": (
        _typed("response.custom_tool_call_input.delta", delta="a", call_id="call_1"),
        ArgumentsDelta("a", None, "call_1"),
    ),
    "arguments": (
        _typed("response.function_call_arguments.done", arguments="{}", output_index=1),
        ArgumentsFinished("{}", 1),
    ),
    "arguments of a named item": (
        _typed(
            "response.function_call_arguments.done",
            arguments={"at": 1},
            item_id="fc_1",
            call_id="call_1",
        ),
        ArgumentsFinished('{"at": 1}', None, "fc_1"),
    ),
    "arguments that are null": (
        _typed("response.function_call_arguments.done", arguments=None, output_index=1),
        ArgumentsFinished("", 1),
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
    "allowance": (
        _typed(
            "codex.rate_limits",
            plan_type="plus",
            rate_limits={"primary": {"used_percent": 40.5, "window_minutes": 300}},
        ),
        QuotaReported(
            Quota(
                plan="plus",
                windows=(QuotaWindow(used_percent=40.5, length_minutes=300, resets_at=None),),
            )
        ),
    ),
    "no allowance": (_typed("codex.rate_limits"), Unrecognised("codex.rate_limits")),
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


def test_an_event_named_error_is_one_whatever_its_type() -> None:
    fault = ProviderFault(message="No", code="invalid_request_error")
    assert _decoded({"type": "invalid_request_error", "message": "No"}, "error") == Failed(fault)


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
