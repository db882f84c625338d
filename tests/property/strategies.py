"""What the laws are tried on: values of the domain, JSON of the wire, and bytes cut anywhere."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

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
from codexctl.domain.faults import ProviderFault
from codexctl.domain.quota import Quota
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
    RequestAdjusted,
    ResponseStarted,
    StreamEvent,
    TextDelta,
    Unrecognised,
    Usage,
)
from codexctl.domain.tools import CallKind, ToolCall

TEXT = st.text(max_size=12)
"""Text that UTF-8 can carry."""

CALL_IDS = st.sampled_from(["call_1", "call_2", "call_3"])
"""Few, so that they meet."""

_WORDS = TEXT | st.sampled_from(["He", "Hello", "Hello, world"])
_POSITIONS = st.none() | st.integers(0, 3)
_ITEM_IDS = st.none() | st.sampled_from(["msg_1", "rs_1", "rs_2", "fc_1", "odd"])


def calls(ids: st.SearchStrategy[str] = CALL_IDS) -> st.SearchStrategy[ToolCall]:
    """Return complete calls."""
    return st.builds(
        ToolCall,
        call_id=ids,
        name=st.sampled_from(["look", "list", ""]),
        arguments=st.sampled_from(["", "{}", '{"at": 1}', "not JSON"]) | TEXT,
        kind=st.sampled_from(CallKind),
        item_id=_ITEM_IDS,
    )


def outputs(ids: st.SearchStrategy[str] = CALL_IDS) -> st.SearchStrategy[ToolOutput]:
    """Return outputs of calls."""
    return st.builds(ToolOutput, call_id=ids, text=TEXT, kind=st.sampled_from(CallKind))


SPEECH: st.SearchStrategy[ConversationItem] = st.one_of(
    st.builds(UserMessage, TEXT),
    st.builds(
        AssistantMessage,
        parts=st.lists(st.builds(OutputText, _WORDS) | st.builds(Refusal, TEXT), max_size=2).map(
            tuple
        ),
        item_id=_ITEM_IDS,
        phase=st.sampled_from([None, "commentary", "final_answer"]),
    ),
    st.builds(
        Reasoning,
        item_id=_ITEM_IDS,
        summary=st.lists(TEXT, max_size=2).map(tuple),
        encrypted_content=st.none() | st.text(min_size=1, max_size=8),
    ),
    st.sampled_from(
        [
            ProviderItem("web_search_call", '{"type": "web_search_call", "id": "ws_1"}'),
            ProviderItem("web_search_call", '{"type": "web_search_call", "score": Infinity}'),
            ProviderItem("hologram", '{"type": "hologram"}'),
        ]
    ),
)
"""Items that are neither calls nor outputs."""

ITEMS: st.SearchStrategy[ConversationItem] = st.one_of(SPEECH, calls(), outputs())

_FAULTS = st.builds(
    ProviderFault,
    message=TEXT,
    code=st.sampled_from([None, "server_error", "invalid_prompt", "new_code"]),
    resets_at=st.none() | st.just(datetime(2026, 6, 1, tzinfo=UTC)),
)
_USAGES = st.builds(Usage, input_tokens=st.integers(0, 9), output_tokens=st.integers(0, 9))

FINISHED = st.builds(ItemFinished, SPEECH | calls(), _POSITIONS, st.booleans())
"""Items in their final form, the same ones again and again among them."""

COMPLETED = st.builds(
    Completed,
    response_id=st.none() | TEXT,
    usage=st.none() | _USAGES,
    end_turn=st.none() | st.booleans(),
    sealed_reasoning=st.dictionaries(st.sampled_from(["rs_1", "rs_2"]), TEXT),
    output=st.lists(FINISHED, max_size=3).map(tuple),
)
TERMINALS: st.SearchStrategy[StreamEvent] = st.one_of(
    COMPLETED,
    st.builds(Incomplete, st.sampled_from(["max_output_tokens", "unknown"]), st.none() | _USAGES),
    st.builds(Failed, _FAULTS),
)
PLAIN_EVENTS: st.SearchStrategy[StreamEvent] = st.one_of(
    st.builds(ResponseStarted, st.none() | TEXT, st.none() | TEXT),
    st.builds(TextDelta, TEXT, _POSITIONS),
    st.builds(ReasoningDelta, TEXT, _POSITIONS, st.integers(0, 2)),
    st.builds(CallAnnounced, st.just("look"), CALL_IDS, _POSITIONS),
    st.builds(HostedCallStarted, st.just("web_search_call"), _POSITIONS),
    st.builds(ArgumentsDelta, TEXT, _POSITIONS, _ITEM_IDS),
    st.builds(ArgumentsFinished, TEXT, _POSITIONS, _ITEM_IDS),
    FINISHED,
    st.builds(QuotaReported, st.builds(Quota, plan=st.none() | TEXT, windows=st.just(()))),
    st.builds(RequestAdjusted, TEXT),
    st.builds(Unrecognised, TEXT),
)
"""Events that end nothing."""

EVENTS: st.SearchStrategy[StreamEvent] = st.one_of(PLAIN_EVENTS, TERMINALS)


_KEYS = st.sampled_from(
    [
        *("type", "item", "response", "error", "detail", "code", "message", "delta", "output"),
        *("output_index", "summary_index", "call_id", "id", "name", "arguments", "input"),
        *("content", "summary", "text", "refusal", "encrypted_content", "usage", "end_turn"),
        *("input_tokens", "input_tokens_details", "cached_tokens", "incomplete_details"),
        *("reason", "plan_type", "resets_at", "status", "phase", "status_code", "headers"),
        *("item_id", "annotations", "url", "title", "action", "query", "queries", "pattern"),
        *("server_label", "rate_limits", "primary", "secondary", "used_percent"),
    ]
)
KINDS = st.sampled_from(
    [
        *("response.created", "response.output_text.delta", "response.refusal.delta"),
        *("response.reasoning_summary_text.delta", "response.reasoning_text.delta"),
        *("response.output_item.added", "response.output_item.done"),
        *("response.function_call_arguments.delta", "response.custom_tool_call_input.delta"),
        *("response.function_call_arguments.done", "response.custom_tool_call_input.done"),
        *("response.completed", "response.incomplete", "response.failed", "response.error"),
        *("response.done", "response.cancelled", "codex.rate_limits"),
        *("error", "message", "response.whatever"),
    ]
)
"""Names of events."""

ITEM_KINDS = st.sampled_from(
    [
        *("message", "reasoning", "function_call", "custom_tool_call", "output_text"),
        *("web_search_call", "mcp_call", "url_citation"),
    ]
)
"""Names of items, and of one part of a message."""
_SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**20, max_value=10**400),
    st.floats(),
    TEXT,
    KINDS,
    ITEM_KINDS,
    st.sampled_from(["\ud800", "a\udfffb", "try again in 1s", "{}"]),
)
JSON: st.SearchStrategy[Any] = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS | TEXT, inner, max_size=5),
    max_leaves=12,
)
"""Whatever JSON can say, and what Python's reader lets through besides; with keys of the wire."""

JSON_OBJECTS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(_KEYS | TEXT, JSON, max_size=6)


@st.composite
def cut(draw: st.DrawFn, stream: bytes) -> list[bytes]:
    """Return the bytes in pieces, empty ones included."""
    borders = draw(st.lists(st.integers(0, len(stream)), max_size=8))
    return cut_at(stream, borders)


def cut_at(stream: bytes, borders: Sequence[int]) -> list[bytes]:
    """Return the bytes in pieces that end at the borders."""
    ordered = [0, *sorted(borders), len(stream)]
    return [stream[start:end] for start, end in pairwise(ordered)]
