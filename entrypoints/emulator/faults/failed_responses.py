"""Faults that a stream tells itself: responses that fail, stop early or end oddly.

Codes and their order are those of wire-contract 3.2; the shapes are those of recorded streams.
"""

from collections.abc import Callable
from types import MappingProxyType

from codexctl.entrypoints.emulator.faults.partial_streams import half_of_the_text
from codexctl.entrypoints.emulator.faults.quota_headers import (
    quota_event,
    quota_headers,
    usage_limit_error,
)
from codexctl.entrypoints.emulator.faults.rows import Fault, FaultTable
from codexctl.entrypoints.emulator.http.messages import HttpReply
from codexctl.entrypoints.emulator.json_values import Json, JsonObject, as_object
from codexctl.entrypoints.emulator.model.generation import Generation
from codexctl.entrypoints.emulator.model.response_object import response_in_progress
from codexctl.entrypoints.emulator.model.stream_replies import frames, stream_reply
from codexctl.entrypoints.emulator.model.wire import frame, stream_events

_OPENING_EVENTS = 2
_OVERLOADED = "Our servers are currently overloaded. Please try again later."
_LIMIT = (
    "Rate limit reached for gpt-5.5 on tokens per min (TPM): Limit 200000, Used 162960, "
    "Requested 42288. {} Visit https://platform.openai.com/account/rate-limits to learn more."
)
_CODES = {
    "context_length_exceeded": (
        "Your input exceeds the context window of this model. Please adjust your input and try "
        "again."
    ),
    "insufficient_quota": (
        "You exceeded your current quota, please check your plan and billing details."
    ),
    "usage_not_included": "Codex is not included in your plan.",
    "cyber_policy": "This request has been flagged for possible cybersecurity risk.",
    "misalignment_policy_violation": (
        "This request was blocked due to a misalignment policy violation."
    ),
    "invalid_prompt": (
        "Invalid prompt: your prompt was flagged as potentially violating our usage policy. "
        "Please try again with a different prompt."
    ),
    "bio_policy": "This request has been flagged for possible biological risk.",
    "server_is_overloaded": _OVERLOADED,
    "slow_down": "The model is at capacity. Please slow down.",
    "rate_limit_exceeded": _LIMIT.format("Please try again in 1.5s."),
    "server_error": "The server had an error while processing your request.",
    "code_of_tomorrow": "Something went wrong that has no name yet.",
}
"""Codes with the back end's own words. The last one stands for all that nobody knows."""

_Play = Callable[[Generation, int], HttpReply]


def _error(code: str, message: str) -> JsonObject:
    return {"code": code, "message": message}


def _fails(error: Json) -> _Play:
    """Open a response, and have it fail."""

    def play(generation: Generation, _now: int) -> HttpReply:
        return _ended(generation, _opening(generation), _failed(generation, error))

    return play


def _fails_in_text(generation: Generation, _now: int) -> HttpReply:
    error = _error("server_is_overloaded", _OVERLOADED)
    return _ended(generation, half_of_the_text(generation), _failed(generation, error))


def _incomplete(details: Json) -> _Play:
    """Break a message off in its middle, which the terminal event owns up to."""

    def play(generation: Generation, _now: int) -> HttpReply:
        response = {
            **response_in_progress(generation),
            "status": "incomplete",
            "incomplete_details": details,
        }
        last: JsonObject = {"type": "response.incomplete", "response": response}
        return _ended(generation, half_of_the_text(generation), last)

    return play


def _error_event(fields: JsonObject, *, then_fails: bool = False) -> _Play:
    """Tell an error in an event of its own, which real ones follow up with `response.failed`."""

    def play(generation: Generation, _now: int) -> HttpReply:
        events: list[JsonObject] = [{"type": "error", **fields}]
        if then_fails:
            error = as_object(fields.get("error"))
            events.append(_failed(generation, {n: error[n] for n in ("code", "message")}))
        return _ended(generation, _opening(generation), *events)

    return play


def _wrapped_error(generation: Generation, now: int) -> HttpReply:
    """Tell an HTTP error in an event, as relays of the WebSocket do (quoted in an issue)."""
    headers: JsonObject = dict(quota_headers(now, primary=100.0))
    event: JsonObject = {
        "type": "error",
        "error": usage_limit_error(now),
        "status_code": 429,
        "headers": headers,
    }
    return _ended(generation, _opening(generation), event)


def _completes_with(**changes: Json) -> _Play:
    """Change fields of the finished response."""

    def play(generation: Generation, _now: int) -> HttpReply:
        *before, last = stream_events(generation)
        response = {**as_object(last["response"]), **changes}
        return _ended(generation, before, {**last, "response": response})

    return play


def _completes_without_id(generation: Generation, _now: int) -> HttpReply:
    *before, last = stream_events(generation)
    response = {n: value for n, value in as_object(last["response"]).items() if n != "id"}
    return _ended(generation, before, {**last, "response": response})


def _completes_without_details(generation: Generation, _now: int) -> HttpReply:
    *before, last = stream_events(generation)
    response = as_object(last["response"])
    nulls: JsonObject = {"input_tokens_details": None, "output_tokens_details": None}
    usage: JsonObject = {**as_object(response["usage"]), **nulls}
    return _ended(generation, before, {**last, "response": {**response, "usage": usage}})


def _with_quota(generation: Generation, now: int) -> HttpReply:
    return stream_reply(generation, None, *quota_headers(now, primary=82.5, secondary=40.0))


def _with_quota_event(generation: Generation, now: int) -> HttpReply:
    opening, *rest = frames(generation)
    return stream_reply(generation, [opening, frame(quota_event(now)), *rest])


def _with_reply_headers(generation: Generation, _now: int) -> HttpReply:
    return stream_reply(
        generation,
        None,
        ("x-codex-turn-state", f"state-{generation.serial}"),
        ("openai-model", "gpt-5.5"),
        ("x-models-etag", '"emulated-models-2"'),
        ("x-reasoning-included", "true"),
    )


def _opening(generation: Generation) -> list[JsonObject]:
    return list(stream_events(generation))[:_OPENING_EVENTS]


def _failed(generation: Generation, error: Json) -> JsonObject:
    response = {**response_in_progress(generation), "status": "failed", "error": error}
    return {"type": "response.failed", "response": response}


def _ended(generation: Generation, before: list[JsonObject], *last: JsonObject) -> HttpReply:
    numbered = ({**event, "sequence_number": n} for n, event in enumerate([*before, *last]))
    return stream_reply(generation, [frame(event) for event in numbered])


_NESTED: JsonObject = {
    "error": {"type": "server_error", **_error("server_error", _CODES["server_error"])}
}

FAILED_RESPONSES: FaultTable = MappingProxyType(
    {
        **{
            f"failed-{code.replace('_', '-')}": Fault(
                f"response.failed, code {code}", _fails(_error(code, message))
            )
            for code, message in _CODES.items()
        },
        "failed-rate-limit-28ms": Fault(
            "response.failed, rate limit, try again in 28ms",
            _fails(_error("rate_limit_exceeded", _LIMIT.format("Please try again in 28ms."))),
        ),
        "failed-rate-limit-1m30s": Fault(
            "response.failed, rate limit, a delay in minutes that no client reads",
            _fails(_error("rate_limit_exceeded", _LIMIT.format("Please try again in 1m30s."))),
        ),
        "failed-without-code": Fault(
            "response.failed, a message and no code", _fails({"message": "It did not work."})
        ),
        "failed-without-error": Fault("response.failed, no error at all", _fails(None)),
        "failed-in-text": Fault(
            "response.failed in the middle of a message, overloaded", _fails_in_text
        ),
        "incomplete-max-output-tokens": Fault(
            "response.incomplete, the answer is too long",
            _incomplete({"reason": "max_output_tokens"}),
        ),
        "incomplete-content-filter": Fault(
            "response.incomplete, the content filter", _incomplete({"reason": "content_filter"})
        ),
        "incomplete-without-reason": Fault("response.incomplete, no reason", _incomplete(None)),
        "error-event": Fault(
            "an error event with the error nested, and no more", _error_event(_NESTED)
        ),
        "error-event-flat": Fault(
            "an error event with the error's fields beside its type, and no more",
            _error_event({**_error("server_error", _CODES["server_error"]), "param": None}),
        ),
        "error-event-then-failed": Fault(
            "an error event and response.failed behind it", _error_event(_NESTED, then_fails=True)
        ),
        "error-event-usage-limit": Fault(
            "an error event that wraps a 429 with its headers", _wrapped_error
        ),
    }
)
"""What the service itself says went wrong, in a stream."""

ODD_ENDS: FaultTable = MappingProxyType(
    {
        "end-turn-false": Fault(
            "the service asks for another request; all goes well", _completes_with(end_turn=False)
        ),
        "end-turn-true": Fault(
            "the service says that the turn is over; all goes well", _completes_with(end_turn=True)
        ),
        "usage-null": Fault("usage is null; all goes well", _completes_with(usage=None)),
        "usage-null-details": Fault(
            "the details of usage are null; all goes well", _completes_without_details
        ),
        "completed-without-id": Fault(
            "response.completed has no response id", _completes_without_id
        ),
        "quota-headers": Fault(
            "the headers tell of a quota that is 82.5 % spent; all goes well", _with_quota
        ),
        "quota-event": Fault("an event tells of the quota; all goes well", _with_quota_event),
        "reply-headers": Fault(
            "turn state, model, etag and the like in the headers; all goes well",
            _with_reply_headers,
        ),
    }
)
"""Responses that are complete, and say something besides."""
