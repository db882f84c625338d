"""Laws of the framing: the rules of the standard hold, however the bytes are cut."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.wire import ANSWER
from tests.property.strategies import cut, cut_at

from codexctl.adapters.responses.sse import ServerSentEvent, read_events
from codexctl.adapters.responses.wire_codec import decode_event
from codexctl.domain.errors import CodexctlError, ProtocolError
from codexctl.domain.turn import TurnAssembler

_LINES = st.sampled_from(
    [
        *(b"", b"", b"", b"data: 1", b"data:2", b"data", b"data:", b"data:  x: y ", b": comment"),
        *(b"event: e", b"event", b"id: 1", b"id", b"id: a\0", b"retry: 10", b"retry: 1x"),
        *(b"colour: red", b"Data: x", b" data: x", b"data : x", "data: é\u2028\x85".encode()),
        *(b"data: \xff", b"\xef\xbb\xbfdata: x", b"data: \xc3"),
    ]
)
_ENDS = st.sampled_from([b"\n", b"\r", b"\r\n"])
_STREAMS = st.lists(st.tuples(_LINES, _ENDS)).map(
    lambda lines: b"".join(line + end for line, end in lines)
)
_FRAGMENTS = st.one_of(
    _LINES, _ENDS, st.binary(max_size=4), st.sampled_from([b"\xef\xbb\xbf", b"\xef\xbb", b"\n\n"])
)
_ARBITRARY = st.lists(_FRAGMENTS).map(b"".join)


def _as_the_standard_says(stream: bytes) -> list[ServerSentEvent]:
    """Read a whole stream by the letter of the standard, one line after the other."""
    text = stream.removeprefix(b"\xef\xbb\xbf").decode(errors="replace")
    events: list[ServerSentEvent] = []
    data, event, last_id, id_buffer, retry = "", "", "", "", None
    for line in re.split("\r\n|\r|\n", text)[:-1]:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if line == "":
            last_id = id_buffer
            if data:
                kind = event or "message"
                events.append(
                    ServerSentEvent(
                        event=kind,
                        data=data.removesuffix("\n"),
                        last_event_id=last_id,
                        retry_milliseconds=retry,
                    )
                )
            data, event = "", ""
        elif field == "data":
            data += value + "\n"
        elif field == "event":
            event = value
        elif field == "id" and "\0" not in value:
            id_buffer = value
        elif field == "retry" and re.fullmatch("[0-9]+", value):
            retry = int(value)
    return events


@given(_STREAMS | _ARBITRARY, st.data())
def test_any_stream_in_any_pieces_is_read_as_the_standard_says(
    stream: bytes, data: st.DataObject
) -> None:
    assert list(read_events(data.draw(cut(stream)))) == _as_the_standard_says(stream)


@given(st.lists(_LINES.filter(lambda line: b"\xff" not in line)), _ENDS)
def test_any_line_end_gives_the_same_events(lines: list[bytes], end: bytes) -> None:
    plain = b"".join(line + b"\n" for line in lines)
    assert list(read_events([plain.replace(b"\n", end)])) == list(read_events([plain]))


@given(_STREAMS, st.integers(2, 40), st.data())
def test_the_bound_of_an_event_does_not_depend_on_the_pieces(
    stream: bytes, bound: int, data: st.DataObject
) -> None:
    pieces = data.draw(cut(stream))
    assert _read_within(pieces, bound) == _read_within([stream], bound)


def _read_within(chunks: Iterable[bytes], bound: int) -> tuple[list[ServerSentEvent], bool]:
    """Return the events, and whether one was longer than the bound."""
    events: list[ServerSentEvent] = []
    try:
        events.extend(read_events(chunks, bound))
    except ProtocolError:
        return events, True
    return events, False


@given(st.sampled_from([b"data: x\n", b": x\r\n", b"x", b"\xff", b"data: x\n: y\n"]), _ENDS)
def test_an_event_that_never_ends_is_an_error_before_much_of_it_is_read(
    piece: bytes, end: bytes
) -> None:
    bound, taken = 200, 0

    def counted() -> Iterator[bytes]:
        nonlocal taken
        for chunk in repeat(piece.replace(b"\n", end) if b"\r" not in piece else piece):
            taken += len(chunk)
            yield chunk

    with pytest.raises(ProtocolError):
        list(read_events(counted(), bound))
    assert taken <= 2 * bound + len(piece)  # CR LF counts as one


@given(_ENDS)
def test_blank_lines_without_end_are_never_an_error(end: bytes) -> None:
    assert list(read_events(repeat(end, 1000), max_event_bytes=10)) == []


@st.composite
def _damaged_answers(draw: st.DrawFn) -> list[bytes]:
    """Return a whole response with some bytes changed, cut anywhere."""
    answer = bytearray(ANSWER)
    places = st.integers(0, len(answer) - 1)
    for place, byte in draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=5)):
        answer[place] = byte
    return cut_at(bytes(answer), draw(st.lists(places, max_size=5)))


@given(st.lists(_FRAGMENTS) | _damaged_answers())
def test_no_bytes_make_the_reading_of_a_response_fail_in_a_way_we_do_not_name(
    chunks: list[bytes],
) -> None:
    assembler = TurnAssembler()
    with suppress(CodexctlError):
        for event in read_events(chunks, max_event_bytes=1000):
            assembler.take(decode_event(event.event, event.data))
    assembler.outcome()
