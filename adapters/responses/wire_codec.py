"""Server-sent events to domain events. Pure: JSON in, values out.

Event and field names are those of wire-contract 3.1, held against recorded streams. The JSON's own
``type`` decides; the name of the server-sent event counts only where there is none.
"""

import json
from collections.abc import Callable, Mapping

from codexctl.adapters.responses.fault_codec import fault_from
from codexctl.adapters.responses.fields import (
    JsonObject,
    as_count,
    as_object,
    as_objects,
    as_optional_text,
    as_position,
    as_text,
)
from codexctl.adapters.responses.item_codec import decode_item, is_whole
from codexctl.domain.errors import ProtocolError
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
    if body.get("error") and "type" not in body:
        return Failed(fault_from(body))  # some relays forward a bare error object
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
    if not isinstance(item, ToolCall):
        return Unrecognised("response.output_item.added")
    return CallAnnounced(item.name, item.call_id, as_position(body.get("output_index")))


def _arguments_done(body: JsonObject) -> StreamEvent:
    return ArgumentsFinished(
        as_text(body.get("arguments", body.get("input"))), as_position(body.get("output_index"))
    )


def _item_done(body: JsonObject) -> StreamEvent:
    item = as_object(body.get("item"))
    return ItemFinished(decode_item(item), as_position(body.get("output_index")), is_whole(item))


def _completed(body: JsonObject) -> StreamEvent:
    response = _response(body)
    end_turn = response.get("end_turn")
    return Completed(
        response_id=as_optional_text(response.get("id")),
        usage=_usage(response.get("usage")),
        end_turn=end_turn if isinstance(end_turn, bool) else None,
        sealed_reasoning={
            as_text(item.get("id")): as_text(item.get("encrypted_content"))
            for item in as_objects(response.get("output"))
            if item.get("type") == "reasoning" and item.get("encrypted_content")
        },
    )


def _incomplete(body: JsonObject) -> StreamEvent:
    response = _response(body)
    details = as_object(response.get("incomplete_details"))
    return Incomplete(as_text(details.get("reason")) or "unknown", _usage(response.get("usage")))


def _failed(body: JsonObject) -> StreamEvent:
    return Failed(fault_from(_response(body) or body))


def _error(body: JsonObject) -> StreamEvent:
    return Failed(fault_from(body))


def _usage(value: object) -> Usage | None:
    usage = as_object(value)
    if not usage:
        return None
    read = as_object(usage.get("input_tokens_details"))
    written = as_object(usage.get("output_tokens_details"))
    return Usage(
        input_tokens=as_count(usage.get("input_tokens")),
        cached_input_tokens=as_count(read.get("cached_tokens")),
        cache_write_input_tokens=as_count(read.get("cache_write_tokens")),
        output_tokens=as_count(usage.get("output_tokens")),
        reasoning_output_tokens=as_count(written.get("reasoning_tokens")),
    )


_DECODERS: Mapping[str, Callable[[JsonObject], StreamEvent]] = {
    "response.output_text.delta": _text_delta,
    "response.refusal.delta": _text_delta,
    "response.reasoning_summary_text.delta": _reasoning_delta,
    "response.reasoning_text.delta": _reasoning_delta,
    "response.created": _created,
    "response.output_item.added": _item_added,
    "response.function_call_arguments.done": _arguments_done,
    "response.custom_tool_call_input.done": _arguments_done,
    "response.output_item.done": _item_done,
    "response.completed": _completed,
    "response.incomplete": _incomplete,
    "response.failed": _failed,
    "response.error": _error,
    "error": _error,
}
