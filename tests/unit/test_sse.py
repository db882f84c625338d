"""Bytes to server-sent events. Their laws are in ``tests/property/test_sse_laws.py``."""

import pytest

from codexctl.adapters.responses.sse import BlockFeed, ServerSentEvent, read_events
from codexctl.domain.errors import ProtocolError


def _event(
    data: str, event: str = "message", last_event_id: str = "", retry: int | None = None
) -> ServerSentEvent:
    return ServerSentEvent(
        event=event, data=data, last_event_id=last_event_id, retry_milliseconds=retry
    )


_STREAMS: dict[str, tuple[bytes, list[ServerSentEvent]]] = {
    "nothing": (b"", []),
    "one event": (b"event: e\ndata: d\n\n", [_event("d", "e")]),
    "two events": (b"data: 1\n\ndata: 2\n\n", [_event("1"), _event("2")]),
    "data on several lines": (b"data: 1\ndata\ndata:2\n\n", [_event("1\n\n2")]),
    "one space is taken off": (b"data:  d \n\n", [_event(" d ")]),
    "a colon in the data": (b"data: a: b\n\n", [_event("a: b")]),
    "a comment": (b": keep-alive\n\ndata: d\n\n", [_event("d")]),
    "an event without data": (b"event: e\n\ndata: d\n\n", [_event("d")]),
    "empty data": (b"data\n\ndata:\n\n", [_event(""), _event("")]),
    "an unknown field": (b"colour: red\ndata: d\n\n", [_event("d")]),
    "an unfinished event": (b"data: 1\n\ndata: 2\n", [_event("1")]),
    "an unfinished line": (b"data: 1\n\ndata: 2", [_event("1")]),
    "many blank lines": (b"\n\n\ndata: 1\n\n\n\n\ndata: 2\n\n\n", [_event("1"), _event("2")]),
    "CR LF": (b"data: 1\r\n\r\ndata: 2\r\n\r\n", [_event("1"), _event("2")]),
    "CR": (b"data: 1\r\rdata: 2\r\r", [_event("1"), _event("2")]),
    "LF CR LF": (b"data: 1\n\r\ndata: 2\n\n", [_event("1"), _event("2")]),
    "a byte order mark": (b"\xef\xbb\xbfdata: d\n\n", [_event("d")]),
    "a second byte order mark": (
        b"\xef\xbb\xbf\xef\xbb\xbfdata: d\n\ndata: e\n\n",
        [_event("e")],
    ),
    "a mark that breaks off": (b"\xef\xbb", []),
    "invalid UTF-8": (b"data: a\xffb\n\n", [_event("a\N{REPLACEMENT CHARACTER}b")]),
    "line ends of Unicode": (
        "data: a\u2028b\x0b\x0c\x1c\x85c\n\n".encode(),
        [_event("a\u2028b\x0b\x0c\x1c\x85c")],
    ),
    "an id stays in force": (
        b"id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
        [_event("a", last_event_id="1"), _event("b", last_event_id="1"), _event("c")],
    ),
    "an id with a NUL": (b"id: 1\nid: 2\0\ndata: a\n\n", [_event("a", last_event_id="1")]),
    "a reconnection time stays in force": (
        b"retry: 10\ndata: a\n\nretry: soon\ndata: b\n\n",
        [_event("a", retry=10), _event("b", retry=10)],
    ),
    "an absurd reconnection time": (b"retry: " + b"9" * 5_000 + b"\ndata: a\n\n", [_event("a")]),
}


@pytest.mark.parametrize(("stream", "events"), _STREAMS.values(), ids=_STREAMS)
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_a_stream_says(stream: bytes, events: list[ServerSentEvent], size: int) -> None:
    chunks = [stream[start : start + size] for start in range(0, len(stream), size)]
    assert list(read_events(chunks)) == events


def test_an_event_is_yielded_before_the_next_chunk_is_asked_for() -> None:
    chunks = iter([b"data: 1\n\n", b"data: 2\n\n"])
    events = read_events(chunks)
    assert next(events) == _event("1")
    assert list(chunks) == [b"data: 2\n\n"]


def test_an_event_ended_by_cr_does_not_wait_for_what_follows() -> None:
    chunks = iter([b"data: 1\r\n\r", b"\ndata: 2\r\n\r\n"])
    events = read_events(chunks)
    assert next(events) == _event("1")
    assert list(chunks) == [b"\ndata: 2\r\n\r\n"]


def test_an_event_at_the_bound_is_read_and_one_beyond_it_is_an_error() -> None:
    events = read_events([b"data: 34\n\n", b"data: 345\n\n"], max_event_bytes=10)
    assert next(events) == _event("34")
    with pytest.raises(ProtocolError, match="more than 10 bytes"):
        next(events)


def test_a_reconnection_time_counts_at_once_and_an_id_only_with_its_event() -> None:
    feed = BlockFeed([b"id: 1\nretry: 10\n"])
    assert list(feed) == []
    assert (feed.last_event_id, feed.retry_milliseconds) == ("", 10)
