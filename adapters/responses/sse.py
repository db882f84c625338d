"""Bytes to server-sent events: sseclient-py, fed so that it conforms to the WHATWG rules.

https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream

sseclient-py 1.9.0 parses one block of lines well, but finds the blocks badly: it joins two events
over LF CR LF, dispatches a last block that was never ended, loses the event after a byte order
mark, and raises on invalid UTF-8. :class:`BlockFeed` therefore finds the blocks itself and hands
each over whole, with LF line ends and valid UTF-8; the parsing of fields stays with the library.
The library also forgets ``id`` and ``retry`` between events, so the feed remembers them.
"""

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass

from sseclient import SSEClient

from codexctl.domain.errors import ProtocolError
from codexctl.domain.limits import MAX_EVENT_BYTES

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LONGEST_RETRY_DIGITS = 18
"""A longer number is no time; int() itself refuses one of more than 4,300 digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSentEvent:
    """One dispatched event.

    Attributes:
        event: Its type, ``message`` unless named.
        data: Its data lines joined by LF.
        last_event_id: The last id the stream gave so far, ``""`` before the first.
        retry_milliseconds: The last reconnection time the stream gave so far.
    """

    event: str
    data: str
    last_event_id: str
    retry_milliseconds: int | None


def read_events(
    chunks: Iterable[bytes], max_event_bytes: int = MAX_EVENT_BYTES
) -> Generator[ServerSentEvent, None, None]:
    """Yield the events of a byte stream, each as soon as its blank line has arrived.

    How the bytes are cut into chunks makes no difference. A last block without a blank line is
    dropped, as the standard demands.

    Args:
        chunks: The body, in pieces of any size, empty ones included.
        max_event_bytes: Bound of one event, comments and line ends included.

    Raises:
        ProtocolError: An event is longer than the bound.
    """
    feed = BlockFeed(chunks, max_event_bytes)
    for event in SSEClient(feed).events():
        yield ServerSentEvent(
            event=event.event,
            data=event.data,
            last_event_id=feed.last_event_id,
            retry_milliseconds=feed.retry_milliseconds,
        )


class BlockFeed:
    """Cuts a byte stream into blocks of lines, each ended by one blank line.

    Iterating yields a block at a time, without leading blank lines, never an unfinished one.

    Attributes:
        last_event_id: The id in force for the block yielded last.
        retry_milliseconds: The reconnection time in force, also when it came in a block that was
            never finished.
    """

    def __init__(self, chunks: Iterable[bytes], max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self.last_event_id = ""
        self.retry_milliseconds: int | None = None
        self._chunks = chunks
        self._max_event_bytes = max_event_bytes

    def __iter__(self) -> Iterator[bytes]:
        pending = bytearray()
        for lines in _with_lf(_without_mark(self._chunks)):
            # A blank line may lie across the border of what was there and what is new.
            search_from = max(len(pending) - 1, 0)
            pending += lines
            start = 0
            while (end := pending.find(b"\n\n", max(search_from, start))) >= 0:
                block = bytes(pending[start : end + 2]).lstrip(b"\n")
                start = end + 2
                self._check(len(block))
                if block:
                    yield self._noted(block)
            if start:
                del pending[:start]
            if pending.startswith(b"\n"):
                del pending[:1]  # a blank line too many, between two blocks
            self._check(len(pending))
        # The standard acts on a retry line at once, not at the end of its block.
        complete_lines = bytes(pending[: pending.rfind(b"\n") + 1])
        self._note_fields(complete_lines, id_counts=False)

    def close(self) -> None:
        """Do nothing: whoever gave the chunks closes their source. Asked for by sseclient-py."""

    def _check(self, size: int) -> None:
        if size > self._max_event_bytes:
            raise ProtocolError(
                f"The service sent an event of more than {self._max_event_bytes} bytes.",
                remedy="Run it again; if it goes on, this is no Responses API stream.",
            )

    def _noted(self, block: bytes) -> bytes:
        try:
            block.decode()
        except UnicodeDecodeError:
            block = block.decode(errors="replace").encode()
        # Cheap test first: hardly any stream uses these fields, and every event comes by here.
        if b"\nid" in block or b"\nretry" in block or block.startswith((b"id", b"retry")):
            self._note_fields(block, id_counts=True)
        return block

    def _note_fields(self, lines: bytes, *, id_counts: bool) -> None:
        for line in lines.split(b"\n"):
            name, _, value = line.partition(b":")
            value = value.removeprefix(b" ")
            if name == b"id" and id_counts and b"\0" not in value:
                self.last_event_id = value.decode()
            elif name == b"retry" and value.isdigit() and len(value) <= _LONGEST_RETRY_DIGITS:
                self.retry_milliseconds = int(value)


def _without_mark(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Drop a byte order mark at the very start, also one that is cut in pieces."""
    held: bytes | None = b""
    for chunk in chunks:
        if held is None:
            yield chunk
            continue
        held += chunk
        if len(held) < len(_BYTE_ORDER_MARK) and _BYTE_ORDER_MARK.startswith(held):
            continue
        yield held.removeprefix(_BYTE_ORDER_MARK)
        held = None
    if held:
        yield held


def _with_lf(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Make every CR LF and every CR an LF, at once: an LF after a CR is swallowed when it comes."""
    after_cr = False
    for chunk in chunks:
        if not chunk:
            continue
        ends_in_cr = chunk.endswith(b"\r")
        if after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]  # noqa: PLW2901 (the rest of the chunk is what counts)
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")  # noqa: PLW2901
        after_cr = ends_in_cr
        yield chunk
