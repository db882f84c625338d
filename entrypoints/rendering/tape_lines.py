"""A tape, and how two of them differ, as objects of JSON. The user guide has their fields."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from codexctl.domain.tools import ToolOutcome
from codexctl.entrypoints.inspected_stream import FoldedResponse, item_fields
from codexctl.entrypoints.inspected_tape import (
    InspectedAnswer,
    InspectedExchange,
    InspectedFailure,
    InspectedRequest,
    InspectedTape,
)
from codexctl.entrypoints.rendering.response_account import error_fields, response_fields

if TYPE_CHECKING:
    from codexctl.entrypoints.inspect_composition import SentItem, TapeDifference

Fields = dict[str, object]


def tape_objects(tape: InspectedTape) -> Iterator[Fields]:
    """Yield an object for the tape itself, for each exchange, outcome and notice."""
    names = ("recorded_by", "command", "working_folder", "conversation_id")
    yield {
        "type": "tape",
        **{name: tape.facts.get(name) for name in names},
        "services": [{"provider": name, "base_url": url} for name, url in tape.services],
        "started_at": None if tape.started_at is None else tape.started_at.isoformat(),
        "failure": _failure(tape.failure),
        "exchanges": len(tape.exchanges),
        "outcomes": len(tape.outcomes),
    }
    for number, exchange in enumerate(tape.exchanges, 1):
        yield {
            "type": "exchange",
            "number": number,
            "request": _request(exchange.request),
            "answer": None if exchange.answer is None else _answer(exchange.answer),
            "failure": _failure(exchange.failure),
        }
    for number, outcome in enumerate(tape.outcomes, 1):
        yield {"type": "outcome", "number": number, **_outcome(outcome)}
    for text, requests in tape.notices:
        yield {"type": "notice", "text": text, "requests": requests}


def comparable(exchange: InspectedExchange) -> object:
    """Return what came of an exchange, of what a tape's line says: what two tapes can share.

    Left out is what differs from one time to the next: lengths, moments, tokens, how a text was cut
    into events. Arguments and bodies that are JSON are compared as such.
    """
    answer, failure = exchange.answer, exchange.failure
    if answer is None:
        return f"no answer: {failure.message}" if failure else "no answer"
    return {
        "status": answer.status,
        "responses": [_comparable_response(response) for response in answer.responses],
        "error": None if answer.error is None else error_fields(answer.error),
        "text": _parsed(answer.text),
        "failure": _failure(failure),
    }


def _comparable_response(response: FoldedResponse) -> Fields:
    fields = response_fields(response)
    shared = {name: fields[name] for name in ("status", "model", "error") if name in fields}
    return shared | {"items": [_opened(item_fields(item)) for item in response.turn().items]}


def difference_object(found: "TapeDifference") -> Fields:
    """Return a difference of two tapes as an object."""
    return {
        "type": "difference",
        "part": found.part.value,
        "number": found.number,
        "path": found.found.path,
        "a": found.found.recorded,
        "b": found.found.actual,
    }


def difference_text(found: "TapeDifference") -> str:
    """Return a difference of two tapes as a person reads it."""
    match found.part.value:
        case "tape":
            place = "tape"
        case "exchange" | "outcome" as part:
            place = f"{part} {found.number}"
        case part:
            place = f"exchange {found.number} {part}"
    place = f"{place} {found.found.path}".rstrip()
    return f"{place}\n  A: {found.found.recorded}\n  B: {found.found.actual}\n"


def _request(request: InspectedRequest) -> Fields:
    fields: Fields = {"method": request.method, "url": request.url, "bytes": request.size}
    sent = request.sent
    if sent is not None:
        fields |= {
            "model": sent.model,
            "instructions": sent.instructions,
            "options": sent.options,
            "tools": list(sent.tools),
            "items": len(sent.input),
            "kept_items": request.kept,
            "dropped_items": request.dropped,
            "new_items": [_item(item) for item in request.new_items],
        }
    return fields


def _item(item: "SentItem") -> Fields:
    fields: Mapping[str, object] = {
        "text": item.text,
        "name": item.name,
        "call_id": item.call_id,
        "images": item.images,
    }
    return {"type": item.kind, **{name: value for name, value in fields.items() if value}}


def _answer(answer: InspectedAnswer) -> Fields:
    return {
        "status": answer.status,
        "reason": answer.reason,
        "media_type": answer.media_type,
        "bytes": answer.size,
        "began_at_ms": answer.began_at_milliseconds or None,
        "pieces": len(answer.arrivals),
        "first_byte_ms": answer.arrivals[0] if answer.arrivals else None,
        "last_byte_ms": answer.arrivals[-1] if answer.arrivals else None,
        "responses": [response_fields(response) for response in answer.responses],
        "error": None if answer.error is None else error_fields(answer.error),
        "text": answer.text,
    }


def _failure(failure: InspectedFailure | None) -> dict[str, str] | None:
    return None if failure is None else {"kind": failure.kind, "message": failure.message}


def _outcome(outcome: ToolOutcome) -> Fields:
    return {
        "call_id": outcome.call_id,
        "status": outcome.status.value,
        "exit_code": outcome.exit_code,
        "output": outcome.output,
        "changes": [{"path": one.path, "kind": one.kind.value} for one in outcome.changes],
        "images": len(outcome.images),
    }


def _opened(item: Fields) -> Fields:
    return item | {"arguments": _parsed(item["arguments"])} if "arguments" in item else item


def _parsed(text: object) -> object:
    """Return what a text says as JSON; the text itself if it is none."""
    if not isinstance(text, str):
        return text
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value
