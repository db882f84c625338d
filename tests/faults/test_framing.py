"""Answers that are odd, broken or wrong as HTTP, as compressed data or as server-sent events."""

import gzip
import zlib
from dataclasses import dataclass

import pytest
from tests.faults.running import Conditions, Manner, Told, run_against
from tests.faults.server import Answer, Cut, FaultServer, Say
from tests.faults.streams import (
    CALL_ID,
    FIRST_FRAMES,
    FIRST_STEP,
    LAST_CHUNK,
    LAST_STEP,
    STDOUT,
    chunk,
    error_body,
    head,
    measured,
    refused,
    spoken,
)
from tests.wire import frame

BODY = b"".join(FIRST_FRAMES)
CHUNKS = b"".join(map(chunk, FIRST_FRAMES))
SQUEEZED = gzip.compress(BODY)
CHUNKED = "transfer-encoding: chunked"
GZIP = "content-encoding: gzip"
RETRIES = 2


def run(*script: Answer, manner: Manner = Manner.TEXT) -> Told:
    with FaultServer(script=script) as server:
        return run_against(server, Conditions(manner=manner, retries=RETRIES))


def _deflated() -> bytes:
    return zlib.compress(BODY)


FINE: dict[str, Answer] = {
    "the length told": measured(BODY),
    "too long a length": [Say(head(f"content-length: {len(BODY) + 10}") + BODY), Cut()],
    "too long a length, and the connection kept": [
        Say(head(f"content-length: {len(BODY) + 10}") + BODY)
    ],
    "no length": [Say(head() + BODY), Cut()],
    "a length that is none": [Say(head("content-length: many") + BODY), Cut()],
    "a negative length": [Say(head("content-length: -1") + BODY), Cut()],
    "a length beside chunks": [Say(head("content-length: 5", CHUNKED) + CHUNKS + LAST_CHUNK)],
    "one chunk for all": [Say(head(CHUNKED) + chunk(BODY) + LAST_CHUNK)],
    "one chunk a byte": [
        Say(head(CHUNKED) + b"".join(chunk(bytes((byte,))) for byte in BODY) + LAST_CHUNK)
    ],
    "extensions of chunks": [
        Say(head(CHUNKED) + CHUNKS.replace(b"\r\nevent", b";a=b\r\nevent") + LAST_CHUNK)
    ],
    "trailers": [Say(head(CHUNKED) + CHUNKS + b"0\r\nx-sum: 1\r\n\r\n")],
    "no last chunk": [Say(head(CHUNKED) + CHUNKS), Cut()],
    "bytes after the last chunk": [Say(head(CHUNKED) + CHUNKS + LAST_CHUNK + b"odd")],
    "bytes after its length": [Say(head(f"content-length: {len(BODY)}") + BODY + b"odd")],
    "HTTP/1.0": [Say(head(version="HTTP/1.0") + BODY), Cut()],
    "100 before it": [Say(head(status="100 Continue") + head(CHUNKED) + CHUNKS + LAST_CHUNK)],
    "no reason phrase": [Say(b"HTTP/1.1 200\r\ncontent-length: %d\r\n\r\n" % len(BODY) + BODY)],
    "bare line feeds": [Say(b"HTTP/1.1 200 OK\ncontent-length: %d\n\n" % len(BODY) + BODY)],
    "no content type": measured(BODY),
    "another content type": measured(BODY, "content-type: application/octet-stream"),
    "connection: close": [Say(head("connection: close") + BODY), Cut()],
    "gzip": measured(SQUEEZED, GZIP),
    "gzip in chunks": [
        Say(head(GZIP, CHUNKED) + chunk(SQUEEZED[:30]) + chunk(SQUEEZED[30:]) + LAST_CHUNK)
    ],
    "deflate": measured(_deflated(), "content-encoding: deflate"),
    "identity": measured(BODY, "content-encoding: identity"),
    "comments between events": measured(BODY.replace(b"\n\n", b"\n\n: ping\n\n")),
    "CR LF": measured(BODY.replace(b"\n", b"\r\n")),
    "a byte order mark": measured(b"\xef\xbb\xbf" + BODY),
    "[DONE] after it": measured(BODY + b"data: [DONE]\n\n"),
    "[DONE] in the middle": measured(
        b"".join((*FIRST_FRAMES[:3], b"data: [DONE]\n\n", *FIRST_FRAMES[3:]))
    ),
    "an event of tomorrow": measured(frame({"type": "response.of.tomorrow", "x": [1]}) + BODY),
    "no names of events": measured(
        b"\n".join(line for line in BODY.split(b"\n") if not line.startswith(b"event:"))
    ),
    "garbage after it": measured(BODY + b"data: {\n\n"),
}


@pytest.mark.parametrize("answer", FINE.values(), ids=FINE.keys())
def test_an_answer_that_is_whole_is_taken_whatever_its_frame(answer: Answer) -> None:
    told = run(answer, LAST_STEP)
    assert (told.ran.exit_code, told.ran.text, told.tool_runs) == (0, STDOUT, [CALL_ID])
    assert (len(told.seen), told.retries_told) == (2, [])


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An answer that cannot be used, and what comes of it."""

    answer: Answer
    kinds: tuple[str, ...] = ("StreamInterrupted",)


_PROTOCOL = ("ProtocolError",)
_NO_HTTP = ("NetworkFailed", "StreamInterrupted", "ProtocolError")
"""Which of them a library's complaint becomes is its own matter; all end in exit code 5."""

BROKEN: dict[str, Row] = {
    "nothing": Row(answer=[Cut()], kinds=("NetworkFailed",)),
    "an empty body": Row(answer=measured(b"")),
    "a chunk cut short": Row(answer=[Say(head(CHUNKED) + b"fff\r\ndata: half"), Cut()]),
    "an end between chunks": Row(answer=[Say(head(CHUNKED) + chunk(FIRST_FRAMES[0])), Cut()]),
    "the last chunk too early": Row(
        answer=[Say(head(CHUNKED) + chunk(FIRST_FRAMES[0]) + LAST_CHUNK)]
    ),
    "a chunk's length that is none": Row(answer=[Say(head(CHUNKED) + b"many\r\ndata"), Cut()]),
    "a negative chunk's length": Row(answer=[Say(head(CHUNKED) + b"-5\r\ndata:"), Cut()]),
    "a chunk's length without an end": Row(answer=[Say(head(CHUNKED) + b"0" * 70_000), Cut()]),
    "a chunk of huge length": Row(answer=[Say(head(CHUNKED) + b"ffffffffffff\r\ndata"), Cut()]),
    "a chunk longer than its length": Row(
        answer=[Say(head(CHUNKED) + b"5\r\ndata: odd\r\n"), Cut()]
    ),
    "too short a length": Row(answer=measured(BODY[:200])),
    "too long a length": Row(answer=[Say(head("content-length: 999") + BODY[:200]), Cut()]),
    "a length too short": Row(answer=[Say(head("content-length: 200") + BODY)]),
    "no gzip": Row(answer=measured(BODY, GZIP)),
    "gzip cut short": Row(answer=measured(SQUEEZED[:60], GZIP)),
    "gzip broken in the middle": Row(answer=measured(SQUEEZED[:60] + b"\0" * 60, GZIP)),
    "another compression": Row(answer=measured(b"\x28\xb5\x2f\xfd odd", "content-encoding: zstd")),
    "no HTTP": Row(answer=[Say(b"SSH-2.0-OpenSSH_9.6\r\n"), Cut()], kinds=_NO_HTTP),
    "noise": Row(answer=[Say(bytes(range(256))), Cut()], kinds=_NO_HTTP),
    "a status that is none": Row(answer=[Say(b"HTTP/1.1 OK 200\r\n\r\n"), Cut()], kinds=_NO_HTTP),
    "a flood of headers": Row(
        answer=[Say(head(*(f"x-{number}: 1" for number in range(5_000)))), Cut()], kinds=_NO_HTTP
    ),
    "an endless header": Row(answer=[Say(head("x: " + "1" * 100_000)), Cut()], kinds=_NO_HTTP),
    "a header that is none": Row(answer=[Say(head("no colon here") + BODY[:99]), Cut()]),
    "a broken frame": Row(answer=measured(b"data: {\n\n" + BODY), kinds=_PROTOCOL),
    "no stream but JSON": Row(
        answer=measured(error_body("x").encode(), "content-type: application/json"),
        kinds=("ProtocolError",),
    ),
    **{
        status: Row(
            answer=[Say(head("content-length: 0", status=status))],
            kinds=_PROTOCOL,
        )
        # No refusal of the request, which ends with exit code 6, and no stream either.
        for status in ("101 Switching Protocols", "202 Accepted", "204 No Content")
    },
}


@pytest.mark.parametrize("row", BROKEN.values(), ids=BROKEN.keys())
def test_an_answer_that_cannot_be_used_is_asked_for_again_and_then_given_up(row: Row) -> None:
    told = run(row.answer, manner=Manner.JSON)
    assert (told.ran.exit_code, told.tool_runs, len(told.seen)) == (5, [], RETRIES + 1)
    assert told.error["kind"] in row.kinds
    happened, to_do = told.ran.stderr.rstrip("\n").split("\n")[:2]
    assert (happened[:10], to_do[:2]) == ("codexctl: ", "  ")


@pytest.mark.parametrize("row", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("manner", [Manner.TEXT, Manner.JSON])
def test_an_answer_that_cannot_be_used_leaves_nothing_behind(row: Row, manner: Manner) -> None:
    told = run(row.answer, FIRST_STEP, LAST_STEP, manner=manner)
    assert (told.ran.exit_code, told.tool_runs) == (0, [CALL_ID])
    assert (len(told.seen), len(told.retries_told)) == (3, 1)
    assert manner is Manner.JSON or told.ran.text == STDOUT


PAGE = "<!doctype html><html><head><title>Please sign in to the network</title></head></html>"


@pytest.mark.parametrize("script", [PAGE, "\n" + PAGE])
def test_a_web_page_in_place_of_a_stream_is_not_asked_for_again(script: str) -> None:
    told = run(refused("200 OK", script, "content-type: text/html"), manner=Manner.JSON)
    assert (told.ran.exit_code, told.error["kind"], len(told.seen)) == (5, "GatewayBlocked", 1)
    assert "Please sign in to the network" in told.error["message"]


def test_an_event_without_an_end_is_given_up_before_the_memory_is_full() -> None:
    endless = [Say(head() + b"data: " + b"x" * (17 * 1024 * 1024)), Cut()]
    told = run(endless, LAST_STEP, manner=Manner.JSON)
    assert (told.ran.exit_code, len(told.seen)) == (0, 2)
    assert "16777216" in told.retries_told[0]


def test_the_second_step_does_not_read_what_was_left_of_the_first() -> None:
    left = chunk(b"data: {\n\n") + chunk(b"".join(spoken("Not ", "this.")))
    told = run([Say(head(CHUNKED) + CHUNKS + left)], LAST_STEP)
    assert (told.ran.exit_code, told.ran.text, len(told.seen)) == (0, STDOUT, 2)
