"""What the events mean that end a response."""

import json
from typing import Any

import pytest
from tests.fakes.values import a_call, a_message
from tests.fakes.wire import call_item, completed

from codexctl.adapters.responses.wire_codec import decode_event
from codexctl.domain.conversation import Reasoning
from codexctl.domain.faults import ProviderFault
from codexctl.domain.stream_events import (
    Completed,
    Failed,
    Incomplete,
    ItemFinished,
    StreamEvent,
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


def _typed(kind: str, **fields: object) -> dict[str, object]:
    return {"type": kind, **fields}


_EVENTS: dict[str, tuple[Any, StreamEvent]] = {
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
                    {"type": "message", "content": "Hello", "encrypted_content": "odd"},
                    {**call_item("call_1", "look", "{}"), "status": "incomplete"},
                ],
            },
        ),
        Completed(
            response_id="resp_1",
            usage=_COUNTED,
            end_turn=False,
            sealed_reasoning={"rs_1": "sealed"},
            output=(
                ItemFinished(Reasoning(item_id="rs_1", summary=(), encrypted_content="sealed"), 0),
                ItemFinished(Reasoning(item_id="rs_2", summary=(), encrypted_content=None), 1),
                ItemFinished(a_message("Hello"), 2),
                ItemFinished(a_call(), 3, is_complete=False),
            ),
        ),
    ),
    "completed with odd fields": (
        _typed("response.completed", response={"usage": [], "end_turn": "no", "output": {}}),
        Completed(),
    ),
    "completed with nothing": (_typed("response.completed"), Completed()),
    "done": (_typed("response.done", response={"id": "resp_1"}), Completed(response_id="resp_1")),
    "done, and completed": (
        _typed("response.done", response={"status": "completed", "usage": None}),
        Completed(),
    ),
    "done, but incomplete": (
        _typed(
            "response.done",
            response={"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
        ),
        Incomplete("content_filter", None),
    ),
    "done, but failed": (
        _typed("response.done", response={"status": "failed", "error": _OVERLOADED}),
        _BUSY,
    ),
    "usage without details": (
        _typed(
            "response.completed",
            response={
                "usage": {
                    "input_tokens": 10,
                    "input_tokens_details": None,
                    "output_tokens": 7,
                    "output_tokens_details": None,
                }
            },
        ),
        Completed(usage=Usage(input_tokens=10, output_tokens=7)),
    ),
    "usage in floating point": (
        _typed(
            "response.completed", response={"usage": {"input_tokens": 10.0, "output_tokens": 7.5}}
        ),
        Completed(usage=Usage(input_tokens=10)),
    ),
    "usage with odd fields": (
        _typed(
            "response.completed",
            response={
                "usage": {
                    "input_tokens": "10",
                    "input_tokens_details": {"cached_tokens": -4, "cache_write_tokens": 1e400},
                    "output_tokens": True,
                }
            },
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
    "cancelled": (
        _typed("response.cancelled", response={"usage": _USAGE}),
        Incomplete("cancelled", _COUNTED),
    ),
    "done, but cancelled": (
        _typed("response.done", response={"status": "cancelled"}),
        Incomplete("cancelled", None),
    ),
    "failed": (_typed("response.failed", response={"error": _OVERLOADED}), _BUSY),
    "failed without a response": (_typed("response.failed", error=_OVERLOADED), _BUSY),
    "failed with the error beside the response": (
        _typed("response.failed", response={"id": "resp_1", "error": None}, error=_OVERLOADED),
        _BUSY,
    ),
    "failed without an error": (
        _typed("response.failed", response={"id": "resp_1", "error": None}),
        Failed(ProviderFault(message="")),
    ),
    "flat error": (_typed("error", **_OVERLOADED), _BUSY),
    "nested error": (_typed("error", error=_OVERLOADED), _BUSY),
    "response error": (_typed("response.error", error=_OVERLOADED), _BUSY),
    "bare error": ({"error": _OVERLOADED}, _BUSY),
    "bare detail": ({"detail": "Busy"}, Failed(ProviderFault(message="Busy"))),
    "wrapped error": (
        _typed(
            "error",
            status=429,
            error={"type": "usage_limit_reached", "message": "Later", "plan_type": "plus"},
            headers={"Retry-After": "7", "X-Request-Id": "req_1", "Content-Type": "text/html"},
        ),
        Failed(
            ProviderFault(
                message="Later",
                code="usage_limit_reached",
                status=429,
                plan="plus",
                retry_after_seconds=7,
                request_id="req_1",
            )
        ),
    ),
    "wrapped error without headers": (
        _typed("error", status_code=503, error=_OVERLOADED),
        Failed(ProviderFault(message="Busy", code="server_is_overloaded", status=503)),
    ),
    "error whose status is none of HTTP": (_typed("error", status=200, error=_OVERLOADED), _BUSY),
    "error whose status is a word": (_typed("error", status="failed", **_OVERLOADED), _BUSY),
}


@pytest.mark.parametrize(("body", "expected"), _EVENTS.values(), ids=_EVENTS)
def test_a_last_event_means(body: object, expected: StreamEvent) -> None:
    assert decode_event("message", json.dumps(body)) == expected
