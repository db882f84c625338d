"""The part of the composition root that reads what was recorded: tapes, streams, session logs.

What needs more than one adapter is put together here: what a tape holds is the wire's.
"""

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from codexctl.domain.errors import CodexctlError
from codexctl.entrypoints.inspected_stream import FoldedResponse, folded
from codexctl.entrypoints.inspected_tape import (
    InspectedAnswer,
    InspectedExchange,
    InspectedFailure,
    InspectedRequest,
    InspectedTape,
)

if TYPE_CHECKING:
    from codexctl.adapters.cassettes import comparison, tape
    from codexctl.adapters.responses import sent_request, sse
    from codexctl.adapters.sessions import log_reading

    Frame: TypeAlias = sse.ServerSentEvent
    LogContent: TypeAlias = log_reading.LogContent
    SentItem: TypeAlias = sent_request.SentItem
    SentRequest: TypeAlias = sent_request.SentRequest
    Tape: TypeAlias = tape.Tape
    TapeDifference: TypeAlias = comparison.TapeDifference

_CUT = InspectedFailure("Interrupted", "The recording ended before the answer did.")
_UNANSWERED = InspectedFailure("Interrupted", "The recording ended before an answer began.")
_STREAM, _PAGE = "text/event-stream", "text/html"
_BEGINNINGS_OF_STREAMS = (b"event:", b"data:", b":", b"id:", b"retry:")
_FIRST_REFUSAL = 400
_ENDS = {"failed": "response.failed", "incomplete": "response.incomplete"}


def read_frames(chunks: Iterable[bytes]) -> "Generator[Frame, None, None]":
    """Yield the server-sent events of a recorded stream, as the client would see them."""
    from codexctl.adapters.responses.sse import read_events

    return read_events(chunks)


def read_responses(chunks: Iterable[bytes]) -> Iterator[FoldedResponse]:
    """Yield what a recorded stream comes to, response by response.

    Raises:
        UsageError: The file cannot be read.
    """
    from codexctl.adapters.responses.wire_codec import decode_event, kind_of

    return folded(
        (kind_of(frame.event, frame.data), decode_event(frame.event, frame.data))
        for frame in read_frames(chunks)
    )


def tape_in(data: bytes, name: str) -> "Tape":
    """Return the tape that a file holds.

    Args:
        data: What the file holds.
        name: What to call it in an error.

    Raises:
        UsageError: What reads YAML is not installed.
        TapeUnreadable: It is no tape, a newer one, or damaged.
    """
    from codexctl.adapters.cassettes import tape_file

    return tape_file.tape_in(data, Path(name))


def log_in(data: bytes, name: str) -> "LogContent":
    """Return what the log of a session holds, as far as it can be read.

    Args:
        data: What the file holds.
        name: What to call it in an error.

    Raises:
        SessionUnreadable: Its first line is damaged, or of a newer version.
    """
    from codexctl.adapters.sessions.log_reading import read_content

    return read_content(data, name)


def frames_on(tape: "Tape") -> "Iterator[Frame]":
    """Yield the server-sent events of all streams on a tape, in their order."""
    from codexctl.adapters.cassettes.tape import TapedResponse

    for exchange in tape.exchanges:
        answer = exchange.answer
        if isinstance(answer, TapedResponse) and _is_stream(_media_type(answer), answer.body):
            yield from read_frames([answer.body])


def inspected(tape: "Tape") -> InspectedTape:
    """Return what a tape says."""
    facts = tape.facts
    known = {
        "recorded_by": tape.recorded_by,
        "command": tape.command,
        "working_folder": facts.working_folder,
        "conversation_id": facts.conversation_id,
    }
    return InspectedTape(
        facts={name: value for name, value in known.items() if value is not None},
        services=tuple((one.provider.value, one.base_url) for one in facts.services),
        started_at=facts.started_at,
        failure=InspectedFailure(facts.ended.kind, facts.ended.message) if facts.ended else None,
        exchanges=tuple(_exchanges(tape)),
        outcomes=tape.outcomes,
        notices=tuple((notice.text, notice.exchange) for notice in tape.notices),
    )


def tape_differences(
    first: "Tape", second: "Tape", says: Callable[[InspectedExchange], object]
) -> "Iterator[TapeDifference]":
    """Yield how two tapes differ in what may not vary, in the order of the first.

    Args:
        first: The one tape.
        second: The other.
        says: Returns what came of an exchange, as JSON.
    """
    from codexctl.adapters.cassettes.comparison import compared

    return compared(
        first, second, lambda exchange: says(_exchange(exchange, _request(exchange.request, None)))
    )


def _exchanges(tape: "Tape") -> Iterator[InspectedExchange]:
    before: SentRequest | None = None
    for exchange in tape.exchanges:
        request = _request(exchange.request, before)
        before = request.sent or before
        yield _exchange(exchange, request)


def _request(request: "tape.TapedRequest", before: "SentRequest | None") -> InspectedRequest:
    from codexctl.adapters.responses.sent_request import sent_request

    sent = sent_request(request.body)
    kept = sent.kept_from(before) if sent else 0
    return InspectedRequest(
        method=request.method,
        url=request.url,
        size=len(request.body),
        sent=sent,
        kept=kept,
        dropped=len(before.input) - kept if sent and before else 0,
        new_items=sent.items_from(kept) if sent else (),
    )


def _exchange(exchange: "tape.Exchange", request: InspectedRequest) -> InspectedExchange:
    from codexctl.adapters.cassettes.playing import error_of
    from codexctl.adapters.cassettes.tape import Interrupted, TapedFailure, TapedResponse

    answer = exchange.answer
    ending = answer.ending if isinstance(answer, TapedResponse) else answer
    told = _answer(answer) if isinstance(answer, TapedResponse) else None
    failure: InspectedFailure | None = None
    if isinstance(ending, TapedFailure):
        failure = InspectedFailure(ending.kind, ending.message)
        if told and told.responses and told.responses[-1].error is None:
            told.responses[-1].error = error_of(ending)
    elif isinstance(ending, Interrupted):
        failure = _CUT if told else _UNANSWERED
    return InspectedExchange(request=request, answer=told, failure=failure)


def _answer(answer: "tape.TapedResponse") -> InspectedAnswer:
    media_type, value = _media_type(answer), _json_object(answer.body)
    is_refusal = answer.status >= _FIRST_REFUSAL or media_type == _PAGE
    responses: tuple[FoldedResponse, ...] = ()
    error = text = None
    if is_refusal or (value.get("error") and value.get("object") != "response"):
        error = _refusal(answer)
    elif _is_stream(media_type, answer.body):
        responses = tuple(read_responses([answer.body]))
    elif value.get("object") == "response":  # asked for without a stream
        responses = (_folded_object(value),)
    elif answer.body:
        text = _text(answer.body)
    return InspectedAnswer(
        status=answer.status,
        reason=answer.reason,
        media_type=media_type,
        size=len(answer.body),
        began_at_milliseconds=answer.began_at_milliseconds,
        arrivals=tuple(arrival.at_milliseconds for arrival in answer.arrivals),
        responses=responses,
        error=error,
        text=text,
    )


def _refusal(answer: "tape.TapedResponse") -> CodexctlError:
    from codexctl.adapters.responses.fault_codec import fault_from_response
    from codexctl.domain.faults import error_for

    headers = {name.lower(): value for name, value in answer.headers}
    return error_for(fault_from_response(answer.status, headers, answer.body))


def _folded_object(value: Mapping[str, object]) -> FoldedResponse:
    from codexctl.adapters.responses.wire_codec import decode_event

    response = FoldedResponse()
    for kind in ("response.created", _ENDS.get(str(value.get("status")), "response.completed")):
        data = json.dumps({"type": kind, "response": value})
        response.assembler.take(decode_event(kind, data))
    return response


def _media_type(answer: "tape.TapedResponse") -> str:
    from codexctl.adapters.cassettes.tape import header

    told = header(answer.headers, "content-type") or ""
    return told.partition(";")[0].strip().lower()


def _is_stream(media_type: str, body: bytes) -> bool:
    # Some services send a stream without a content type, or under a wrong one.
    return media_type == _STREAM or (
        media_type != _PAGE and body.lstrip().startswith(_BEGINNINGS_OF_STREAMS)
    )


def _json_object(body: bytes) -> Mapping[str, object]:
    if not body.lstrip().startswith(b"{"):
        return {}
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
