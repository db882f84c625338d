"""The answers that the fault suite breaks: one run of two steps, with the bytes of each named.

The first step says something and calls a tool, the second one says the rest. The frames have the
fields and the order that recorded streams of the service have; their texts are made up.
"""

import json
from collections.abc import Sequence
from typing import Any

from tests.faults.server import Answer, Say
from tests.wire import call_done, completed, frame, item_done, text_delta

TOOL = "look"
CALL_ID = "call_1"
SAID_FIRST = "Löoking."
SAID_LAST = "All is well."
STDOUT = f"{SAID_FIRST}\n\n{SAID_LAST}\n"
"""What a run in text mode leaves on standard output, whatever happened on the way."""

MESSAGES = [SAID_FIRST, SAID_LAST]
"""What the same run says with ``--json``."""

_HEADERS = ("content-type: text/event-stream; charset=utf-8", "x-request-id: req_1")
_ARGUMENTS = '{"at": "the sky"}'


def chunk(data: bytes) -> bytes:
    """Return one chunk of the chunked transfer coding."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def head(*headers: str, status: str = "200 OK", version: str = "HTTP/1.1") -> bytes:
    """Return a status line and headers."""
    return "\r\n".join((f"{version} {status}", *headers, "", "")).encode("latin-1")


LAST_CHUNK = b"0\r\n\r\n"


def in_chunks(*frames: bytes, headers: Sequence[str] = _HEADERS) -> Answer:
    """Return a whole answer: chunked, one chunk a frame, the connection kept."""
    body = b"".join(map(chunk, frames))
    return [Say(head(*headers, "transfer-encoding: chunked") + body + LAST_CHUNK)]


def measured(body: bytes, *headers: str, status: str = "200 OK") -> Answer:
    """Return a whole answer with its length."""
    return [Say(head(f"content-length: {len(body)}", *headers, status=status) + body)]


def refused(status: str, body: str = "", *headers: str) -> Answer:
    """Return an answer that is no stream."""
    return measured(body.encode(), *headers, status=status)


def message_added(output_index: int = 0) -> bytes:
    """Return the announcement of a message."""
    return _added({"type": "message", "role": "assistant", "id": "msg_1"}, output_index)


def message_finished(text: str, output_index: int = 0, status: str = "completed") -> bytes:
    """Return a message in its final form."""
    content = [{"type": "output_text", "text": text}]
    return item_done(
        {
            "type": "message",
            "role": "assistant",
            "id": "msg_1",
            "status": status,
            "content": content,
        },
        output_index,
    )


def call_added(output_index: int = 1) -> bytes:
    """Return the announcement of the call."""
    item = {"type": "function_call", "id": "fc_call_1", "call_id": CALL_ID, "name": TOOL}
    return _added({**item, "arguments": "", "status": "in_progress"}, output_index)


def call_arguments(output_index: int = 1) -> tuple[bytes, bytes]:
    """Return the call's arguments as they come, in one delta, and their end."""
    where = {"item_id": "fc_call_1", "output_index": output_index}
    kind = "response.function_call_arguments"
    return (
        frame({"type": f"{kind}.delta", **where, "delta": _ARGUMENTS}),
        frame({"type": f"{kind}.done", **where, "arguments": _ARGUMENTS}),
    )


def call_finished(output_index: int = 1) -> bytes:
    """Return the call in its final form."""
    return call_done(TOOL, _ARGUMENTS, CALL_ID, output_index)


def created() -> bytes:
    """Return the first event of a response."""
    return frame({"type": "response.created", "response": {"id": "resp_1"}})


def _added(item: dict[str, Any], output_index: int) -> bytes:
    return frame({"type": "response.output_item.added", "output_index": output_index, "item": item})


def spoken(*deltas: str) -> list[bytes]:
    """Return the frames of a whole response that says one thing."""
    text = "".join(deltas)
    return [
        created(),
        message_added(),
        *map(text_delta, deltas),
        message_finished(text),
        completed(),
    ]


FIRST_FRAMES = [
    created(),
    message_added(),
    text_delta(SAID_FIRST[:3]),
    text_delta(SAID_FIRST[3:]),
    message_finished(SAID_FIRST),
    call_added(),
    *call_arguments(),
    call_finished(),
    completed(),
]
FIRST_STEP = in_chunks(*FIRST_FRAMES)
LAST_STEP = in_chunks(*spoken("All is", " well."))


def error_body(code: str, message: str = "it failed", kind: str | None = None) -> str:
    """Return the JSON of an error as the API writes it."""
    return json.dumps({"error": {"message": message, "type": kind, "code": code}})
