"""Faults of what arrives: broken, foreign, or odd and still good (wire-contract 3.1)."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from types import MappingProxyType

from codexctl.entrypoints.emulator.faults.partial_streams import half_of_the_text, with_text
from codexctl.entrypoints.emulator.faults.rows import Fault, FaultTable
from codexctl.entrypoints.emulator.http.messages import Ending, HttpReply, json_reply
from codexctl.entrypoints.emulator.json_values import JsonObject
from codexctl.entrypoints.emulator.model.generation import Generation
from codexctl.entrypoints.emulator.model.stream_replies import (
    Header,
    frames,
    request_id,
    stream_headers,
    stream_reply,
)
from codexctl.entrypoints.emulator.model.wire import completed_response, frame, stream_events

_ALL_IS_WELL = "; all goes well"
_GZIP_WINDOW = 31  # zlib's largest window, with the header and trailer of gzip
_PAGE = b"""<!DOCTYPE html>
<html><head><title>Sign in to the guest network</title></head>
<body><p>The codexctl emulator plays a captive portal here.</p></body></html>
"""
_DONE_MARK = b"data: [DONE]\n\n"
_COMMENT = b": keep-alive\n\n"
_KEEP_ALIVE = frame({"type": "keepalive"})
_TORN_JSON = (
    b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":\n\n'
)
_TORN_UTF8 = (
    b"event: response.output_text.delta\n"
    b'data: {"type":"response.output_text.delta","output_index":0,"content_index":0,'
    b'"delta":"\xff\xc3"}\n\n'
)
_UNKNOWN_EVENTS = (
    frame({"type": "response.tomorrow.delta", "delta": "?", "much": [1, {"deep": None}]}),
    frame({"type": "codex.tomorrow"}),
    frame({"no_type": True}),
)
_METADATA_EVENTS = (
    frame({"type": "response.metadata", "metadata": {"moderation": "none"}}),
    frame({"type": "codex.response.metadata", "metadata": {"buffered": False}}),
)


def _in_the_middle(*odd: bytes) -> Callable[[Generation, int], HttpReply]:
    """Put frames into the middle of a message."""

    def play(generation: Generation, _now: int) -> HttpReply:
        generation = with_text(generation)
        said = list(frames(generation))
        middle = len(half_of_the_text(generation))
        return stream_reply(generation, [*said[:middle], *odd, *said[middle:]])

    return play


def _at_the_end(*odd: bytes, keeps_last: bool) -> Callable[[Generation, int], HttpReply]:
    """Put frames behind `response.completed`, or in its place."""

    def play(generation: Generation, _now: int) -> HttpReply:
        *before, last = frames(generation)
        return stream_reply(generation, [*before, *([last] if keeps_last else []), *odd])

    return play


def _reframed(
    change: Callable[[Iterable[bytes]], Iterator[bytes]],
) -> Callable[[Generation, int], HttpReply]:
    return lambda generation, _now: stream_reply(generation, change(frames(generation)))


def _with_keep_alives(said: Iterable[bytes]) -> Iterator[bytes]:
    for one in said:
        yield from (_COMMENT, _KEEP_ALIVE, one)


def _data_only(said: Iterable[bytes]) -> Iterator[bytes]:
    for one in said:
        yield one.partition(b"\n")[2]


def _with_crlf(said: Iterable[bytes]) -> Iterator[bytes]:
    for one in said:
        yield one.replace(b"\n", b"\r\n")


def _with_item(item: JsonObject) -> Callable[[Generation, int], HttpReply]:
    """Put a finished item behind the others."""

    def play(generation: Generation, _now: int) -> HttpReply:
        *before, last = stream_events(generation)
        odd: JsonObject = {
            "type": "response.output_item.done",
            "output_index": len(generation.items),
            "item": item,
        }
        numbered = [{**e, "sequence_number": n} for n, e in enumerate([*before, odd, last])]
        return stream_reply(generation, [frame(event) for event in numbered])

    return play


def _only_comments(generation: Generation, _now: int) -> HttpReply:
    return stream_reply(generation, [_COMMENT] * 3)


def _torn_completed(generation: Generation, _now: int) -> HttpReply:
    *before, last = frames(generation)
    torn = last[: len(last) // 2] + b"\n\n"
    return stream_reply(generation, [*before, torn])


def _page(generation: Generation, _now: int) -> HttpReply:
    headers = (request_id(generation.serial), ("content-type", "text/html; charset=utf-8"))
    return HttpReply(status=200, headers=headers, body=_PAGE)


def _whole_response(generation: Generation, _now: int) -> HttpReply:
    return json_reply(200, completed_response(generation), request_id(generation.serial))


def _error_as_success(generation: Generation, _now: int) -> HttpReply:
    error: JsonObject = {"message": "The server had an error.", "type": "server_error"}
    return json_reply(200, {"error": error}, request_id(generation.serial))


def _as_bytes(
    generation: Generation, body: bytes, *more: Header, ending: Ending = Ending.WHOLE
) -> HttpReply:
    headers = (*stream_headers(generation.backend, generation.serial), *more)
    return HttpReply(status=200, headers=headers, body=body, ending=ending)


def _nothing(generation: Generation, _now: int) -> HttpReply:
    return _as_bytes(generation, b"")


def _short(generation: Generation, _now: int) -> HttpReply:
    return _as_bytes(generation, b"".join([*frames(generation)][:-1]), ending=Ending.CUT)


def _gzipped(generation: Generation, _now: int) -> HttpReply:
    return _as_bytes(generation, _gzip(generation), ("content-encoding", "gzip"))


def _torn_gzip(generation: Generation, _now: int) -> HttpReply:
    packed = _gzip(generation)
    torn = packed[:10] + bytes(byte ^ 0xFF for byte in packed[10:])
    return _as_bytes(generation, torn, ("content-encoding", "gzip"))


def _gzip(generation: Generation) -> bytes:
    # Not `gzip.compress`, whose header tells the time.
    packer = zlib.compressobj(wbits=_GZIP_WINDOW)
    return packer.compress(b"".join(frames(generation))) + packer.flush()


CORRUPT_STREAMS: FaultTable = MappingProxyType(
    {
        "corrupt-json": Fault("an event's data is torn JSON", _in_the_middle(_TORN_JSON)),
        "corrupt-utf8": Fault("a delta holds bytes that are no UTF-8", _in_the_middle(_TORN_UTF8)),
        "corrupt-completed": Fault("the data of response.completed is torn", _torn_completed),
        "corrupt-gzip": Fault("the body says it is gzip and is not", _torn_gzip),
        "corrupt-message": Fault(
            "a finished message makes no sense, behind one that does",
            _with_item({"type": "message", "id": 7, "role": None, "content": {"text": 1}}),
        ),
        "corrupt-call": Fault(
            "a finished call without a name, an id and arguments",
            _with_item({"type": "function_call", "id": 7, "arguments": None}),
        ),
        "short-body": Fault("the body is shorter than its content-length", _short),
        "empty-body": Fault("status 200 and no body at all", _nothing),
        "only-comments": Fault("a stream of comments alone", _only_comments),
        "only-done-mark": Fault(
            "data: [DONE] in place of response.completed",
            _at_the_end(_DONE_MARK, keeps_last=False),
        ),
        "html-page": Fault("status 200 and a web page", _page),
        "json-error": Fault("status 200 and an error as JSON", _error_as_success),
        "json-body": Fault("the whole response as JSON in place of a stream", _whole_response),
    }
)
"""What is broken, or no stream."""

ODD_STREAMS: FaultTable = MappingProxyType(
    {
        "unknown-events": Fault(
            f"events that nobody knows{_ALL_IS_WELL}", _in_the_middle(*_UNKNOWN_EVENTS)
        ),
        "unknown-item": Fault(
            f"a finished item of a kind that nobody knows{_ALL_IS_WELL}",
            _with_item({"type": "item_of_tomorrow", "id": "it_1", "status": "completed"}),
        ),
        "metadata-events": Fault(
            f"response.metadata and the like{_ALL_IS_WELL}", _in_the_middle(*_METADATA_EVENTS)
        ),
        "keep-alives": Fault(
            f"comments and keepalive events in between{_ALL_IS_WELL}", _reframed(_with_keep_alives)
        ),
        "done-mark": Fault(
            f"data: [DONE] behind response.completed{_ALL_IS_WELL}",
            _at_the_end(_DONE_MARK, keeps_last=True),
        ),
        "data-only": Fault(f"frames without event names{_ALL_IS_WELL}", _reframed(_data_only)),
        "crlf": Fault(f"lines that end with CR LF{_ALL_IS_WELL}", _reframed(_with_crlf)),
        "gzip": Fault(f"the body is compressed{_ALL_IS_WELL}", _gzipped),
    }
)
"""What looks odd, and is no reason to fail."""
