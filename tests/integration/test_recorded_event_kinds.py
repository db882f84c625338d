"""Every kind of event that was ever recorded has a place of its own.

A kind that is new in the recordings fails here until somebody has decided what it means to us.
"""

import json
from collections import defaultdict

import pytest
from tests.corpus import recordings, require_corpus

from codexctl.adapters.responses.wire_codec import decode_event
from codexctl.domain.stream_events import (
    ArgumentsDelta,
    ArgumentsFinished,
    CallAnnounced,
    Completed,
    Failed,
    HostedCallStarted,
    Incomplete,
    ItemFinished,
    QuotaReported,
    ReasoningDelta,
    ResponseStarted,
    StreamEvent,
    TextDelta,
    Unrecognised,
)

_SAID_AGAIN = (
    *("response.output_text.done", "response.refusal.done", "response.reasoning_text.done"),
    *("response.reasoning_summary_text.done", "response.reasoning_summary_part.added"),
    *("response.reasoning_summary_part.done", "response.content_part.added"),
    *("response.content_part.done", "response.output_text.annotation.added"),
)
"""What the deltas or the finished item say as well."""

_HOSTED_PROGRESS = (
    *("response.web_search_call.in_progress", "response.web_search_call.searching"),
    *("response.web_search_call.completed", "response.file_search_call.in_progress"),
    *("response.file_search_call.searching", "response.file_search_call.completed"),
    *("response.image_generation_call.in_progress", "response.image_generation_call.generating"),
    "response.image_generation_call.partial_image",
    *("response.image_generation_call.completed", "response.code_interpreter_call.in_progress"),
    *("response.code_interpreter_call.interpreting", "response.code_interpreter_call.completed"),
    *("response.code_interpreter_call_code.delta", "response.code_interpreter_call_code.done"),
    *("response.mcp_list_tools.in_progress", "response.mcp_list_tools.completed"),
    *("response.mcp_call.in_progress", "response.mcp_call.completed", "response.mcp_call.failed"),
    *("response.mcp_call_arguments.delta", "response.mcp_call_arguments.done"),
    *("response.apply_patch_call_operation_diff.delta", "response.shell_call_command.added"),
    *("response.apply_patch_call_operation_diff.done", "response.shell_call_command.delta"),
    *("response.shell_call_command.done", "response.shell_call_output_content.delta"),
    "response.shell_call_output_content.done",
)
"""How far a tool of the service, or one that we do not offer, has come."""

_RECORDED: dict[str, set[type[StreamEvent]]] = {
    "response.created": {ResponseStarted},
    "response.output_text.delta": {TextDelta},
    "response.refusal.delta": {TextDelta},
    "response.reasoning_summary_text.delta": {ReasoningDelta},
    "response.reasoning_text.delta": {ReasoningDelta},
    # A call, a hosted tool, or the beginning of a message or of reasoning.
    "response.output_item.added": {CallAnnounced, HostedCallStarted, Unrecognised},
    "response.output_item.done": {ItemFinished},
    "response.function_call_arguments.delta": {ArgumentsDelta},
    "response.function_call_arguments.done": {ArgumentsFinished},
    "response.custom_tool_call_input.delta": {ArgumentsDelta},
    "response.custom_tool_call_input.done": {ArgumentsFinished},
    "response.completed": {Completed},
    "response.incomplete": {Incomplete},
    "response.failed": {Failed},
    "response.error": {Failed},
    "error": {Failed},
    "response.in_progress": {Unrecognised},
    "response.queued": {Unrecognised},
    "keepalive": {Unrecognised},
    "response.tool_call.delta": {Unrecognised},  # of one server's own making
    "": {Unrecognised},  # an event with a name alone
    **{kind: {Unrecognised} for kind in (*_SAID_AGAIN, *_HOSTED_PROGRESS)},
}

_DOCUMENTED: dict[str, tuple[dict[str, object], type[StreamEvent]]] = {
    "response.done": ({"response": {"status": "completed"}}, Completed),
    "response.cancelled": ({"response": {}}, Incomplete),
    "response.metadata": ({"metadata": {}}, Unrecognised),
    "codex.response.metadata": ({"metadata": {}}, Unrecognised),
    "codex.rate_limits": (
        {"rate_limits": {"primary": {"used_percent": 1, "window_minutes": 300}}},
        QuotaReported,
    ),
}
"""Kinds that other clients know, and no recording has (wire-contract 3.1, 3.9)."""


def test_every_recorded_kind_of_event_means_what_is_written_here() -> None:
    require_corpus()
    seen: dict[str, set[type[StreamEvent]]] = defaultdict(set)
    for recording in recordings():
        for event in recording.events:
            seen[event.get("type", "")].add(type(decode_event("message", json.dumps(event))))
    assert seen == _RECORDED


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [(kind, fields, expected) for kind, (fields, expected) in _DOCUMENTED.items()],
)
def test_a_kind_that_is_only_documented_means_what_is_written_here(
    kind: str, fields: dict[str, object], expected: type[StreamEvent]
) -> None:
    assert type(decode_event("message", json.dumps({"type": kind, **fields}))) is expected
