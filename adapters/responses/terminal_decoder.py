"""How a response ended, out of the wire's JSON: whole, cut short, or with a fault. Pure.

Shapes are those of wire-contract 3.1, 3.2 and 3.9, held against recorded streams.
"""

from codexctl.adapters.responses.fault_codec import fault_from
from codexctl.adapters.responses.fields import (
    JsonObject,
    as_count,
    as_object,
    as_objects,
    as_optional_text,
    as_text,
)
from codexctl.adapters.responses.item_decoder import decode_item, is_whole
from codexctl.domain.stream_events import Completed, Failed, Incomplete, ItemFinished, Usage


def decode_completed(body: JsonObject) -> Completed | Incomplete | Failed:
    """Read ``response.completed``, or ``response.done``, where the status alone says how it ended.

    Some gateways send the latter in place of all three (decolua/9router#2142).
    """
    response = _response(body)
    match response.get("status"):
        case "failed":
            return decode_failed(body)
        case "incomplete" | "cancelled":
            return decode_incomplete(body)
        case _:
            return _completed(response)


def decode_incomplete(body: JsonObject) -> Incomplete:
    """Read ``response.incomplete``, or ``response.cancelled``."""
    response = _response(body)
    reason = as_text(as_object(response.get("incomplete_details")).get("reason"))
    if not reason:
        was_cancelled = (
            body.get("type") == "response.cancelled" or response.get("status") == "cancelled"
        )
        reason = "cancelled" if was_cancelled else "unknown"
    return Incomplete(reason, _usage(response.get("usage")))


def decode_failed(body: JsonObject) -> Failed:
    """Read ``response.failed``; the error stands in the response, or beside it."""
    response = _response(body)
    is_beside = bool(body.get("error")) and not response.get("error")
    return Failed(fault_from(body if is_beside else response))


def decode_error(body: JsonObject) -> Failed:
    """Read an error: flat, nested, or an HTTP answer wrapped up, with its status and headers."""
    return Failed(fault_from(body))


def _response(body: JsonObject) -> JsonObject:
    return as_object(body.get("response"))


def _completed(response: JsonObject) -> Completed:
    end_turn = response.get("end_turn")
    output = as_objects(response.get("output"))
    return Completed(
        response_id=as_optional_text(response.get("id")),
        usage=_usage(response.get("usage")),
        end_turn=end_turn if isinstance(end_turn, bool) else None,
        sealed_reasoning={
            as_text(item.get("id")): as_text(item.get("encrypted_content"))
            for item in output
            if item.get("type") == "reasoning" and item.get("encrypted_content")
        },
        output=tuple(
            ItemFinished(decode_item(item), position, is_whole(item))
            for position, item in enumerate(output)
        ),
    )


def _usage(value: object) -> Usage | None:
    usage = as_object(value)
    if not usage:
        return None
    read = as_object(usage.get("input_tokens_details"))
    written = as_object(usage.get("output_tokens_details"))
    return Usage(
        input_tokens=_tokens(usage.get("input_tokens")),
        cached_input_tokens=_tokens(read.get("cached_tokens")),
        cache_write_input_tokens=_tokens(read.get("cache_write_tokens")),
        output_tokens=_tokens(usage.get("output_tokens")),
        reasoning_output_tokens=_tokens(written.get("reasoning_tokens")),
    )


def _tokens(value: object) -> int:
    """Return a number of tokens; 0 for what cannot be one. To JSON, 7.0 is the number 7."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return max(0, as_count(value))
