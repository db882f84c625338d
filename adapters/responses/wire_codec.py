"""Server-sent events to domain events. Pure: JSON in, values out.

Event and field names are those of wire-contract 3.1, held against recorded streams. The JSON's own
``type`` decides; the name of the server-sent event counts only where there is none.
"""

import json
from collections.abc import Callable, Mapping

from codexctl.adapters.responses.fields import (
    JsonObject,
    as_count,
    as_object,
    as_optional_text,
    as_position,
    as_text,
)
from codexctl.adapters.responses.item_decoder import (
    as_arguments,
    decode_item,
    is_hosted,
    is_whole,
)
from codexctl.adapters.responses.quota_codec import quota_from_event
from codexctl.adapters.responses.terminal_decoder import (
    decode_completed,
    decode_error,
    decode_failed,
    decode_incomplete,
)
from codexctl.domain.conversation import ProviderItem
from codexctl.domain.errors import ProtocolError
from codexctl.domain.stream_events import (
    ArgumentsDelta,
    ArgumentsFinished,
    CallAnnounced,
    HostedCallStarted,
    ItemFinished,
    QuotaReported,
    ReasoningDelta,
    ResponseStarted,
    StreamEvent,
    TextDelta,
    Unrecognised,
)
from codexctl.domain.tools import ToolCall

_END_SENTINEL = "[DONE]"
"""Sent after the last event by the chat API and by servers that imitate it; not JSON."""


def decode_event(name: str, data: str) -> StreamEvent:
    """Return what one server-sent event means.

    Args:
        name: The event's name, ``message`` if it had none.
        data: Its data.

    Raises:
        ProtocolError: The data is not JSON.
    """
    if not data.strip() or data == _END_SENTINEL:
        return Unrecognised(data.strip() or name)
    body = _parsed(data)
    kind = as_text(body.get("type")) or name
    decode = _DECODERS.get(kind)
    if decode is not None:
        return decode(body)
    is_bare = "type" not in body and (body.get("error") or body.get("detail"))
    if is_bare or name == "error":  # some relays forward an error's body as it is
        return decode_error(body)
    return Unrecognised(kind)


def kind_of(name: str, data: str) -> str:
    """Return the wire's name of an event, for people who look into a stream.

    Raises:
        ProtocolError: The data is not JSON.
    """
    if not data.strip() or data == _END_SENTINEL:
        return data.strip() or name
    return as_text(_parsed(data).get("type")) or name


def _parsed(data: str) -> JsonObject:
    try:
        return as_object(json.loads(data))
    except (ValueError, RecursionError) as error:
        raise ProtocolError(
            "The service sent an event that is not JSON.",
            remedy="Run it again; if it goes on, something on the way changes the stream.",
        ) from error


def _response(body: JsonObject) -> JsonObject:
    return as_object(body.get("response"))


def _created(body: JsonObject) -> StreamEvent:
    response = _response(body)
    return ResponseStarted(
        as_optional_text(response.get("id")), as_optional_text(response.get("model"))
    )


def _text_delta(body: JsonObject) -> StreamEvent:
    return TextDelta(as_text(body.get("delta")), as_position(body.get("output_index")))


def _reasoning_delta(body: JsonObject) -> StreamEvent:
    part = body.get("summary_index", body.get("content_index"))
    return ReasoningDelta(
        as_text(body.get("delta")), as_position(body.get("output_index")), as_count(part)
    )


def _item_added(body: JsonObject) -> StreamEvent:
    # Read like the finished item, so that both have the same call id.
    item = decode_item(as_object(body.get("item")))
    output_index = as_position(body.get("output_index"))
    match item:
        case ToolCall(name=name, call_id=call_id):
            return CallAnnounced(name, call_id, output_index)
        case ProviderItem(kind) if is_hosted(kind):
            return HostedCallStarted(kind, output_index)
        case _:
            return Unrecognised("response.output_item.added")


def _arguments_delta(body: JsonObject) -> StreamEvent:
    return ArgumentsDelta(
        as_text(body.get("delta")), as_position(body.get("output_index")), _item_id(body)
    )


def _arguments_done(body: JsonObject) -> StreamEvent:
    return ArgumentsFinished(
        as_arguments(body.get("arguments", body.get("input"))),
        as_position(body.get("output_index")),
        _item_id(body),
    )


def _item_id(body: JsonObject) -> str | None:
    return as_optional_text(body.get("item_id")) or as_optional_text(body.get("call_id"))


def _item_done(body: JsonObject) -> StreamEvent:
    item = as_object(body.get("item"))
    return ItemFinished(decode_item(item), as_position(body.get("output_index")), is_whole(item))


def _quota(body: JsonObject) -> StreamEvent:
    quota = quota_from_event(body)
    return Unrecognised("codex.rate_limits") if quota is None else QuotaReported(quota)


_DECODERS: Mapping[str, Callable[[JsonObject], StreamEvent]] = {
    "response.output_text.delta": _text_delta,
    "response.refusal.delta": _text_delta,
    "response.reasoning_summary_text.delta": _reasoning_delta,
    "response.reasoning_text.delta": _reasoning_delta,
    "response.created": _created,
    "response.output_item.added": _item_added,
    "response.function_call_arguments.delta": _arguments_delta,
    "response.custom_tool_call_input.delta": _arguments_delta,
    "response.function_call_arguments.done": _arguments_done,
    "response.custom_tool_call_input.done": _arguments_done,
    "response.output_item.done": _item_done,
    "response.completed": decode_completed,
    "response.done": decode_completed,
    "response.incomplete": decode_incomplete,
    "response.cancelled": decode_incomplete,
    "response.failed": decode_failed,
    "response.error": decode_error,
    "error": decode_error,
    "codex.rate_limits": _quota,
}
