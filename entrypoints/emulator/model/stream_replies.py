"""An event stream as an HTTP reply."""

from collections.abc import Iterable, Iterator

from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.http.messages import Ending, HttpReply, Pause
from codexctl.entrypoints.emulator.model.generation import Generation
from codexctl.entrypoints.emulator.model.wire import frame, stream_events

Header = tuple[str, str]


def request_id(serial: int) -> Header:
    """Give the header that names the reply to the n-th request."""
    return ("x-request-id", f"req_emulator_{serial:08d}")


def stream_headers(backend: Backend, serial: int) -> tuple[Header, ...]:
    """Give the headers of a stream."""
    if backend is Backend.CHATGPT:
        # Recorded replies of the ChatGPT side have no content-type at all.
        return (request_id(serial),)
    return (request_id(serial), ("content-type", "text/event-stream; charset=utf-8"))


def stream_reply(
    generation: Generation,
    pieces: Iterable[bytes | Pause] | None = None,
    *more_headers: Header,
    ending: Ending = Ending.WHOLE,
) -> HttpReply:
    """Answer with a stream.

    Args:
        generation: what is said, and whom to.
        pieces: what is sent; None for the whole response, a frame a piece.
        more_headers: headers behind those that every stream has.
        ending: what becomes of the connection behind the last piece.
    """
    return HttpReply(
        status=200,
        headers=(*stream_headers(generation.backend, generation.serial), *more_headers),
        body=frames(generation) if pieces is None else pieces,
        ending=ending,
    )


def frames(generation: Generation) -> Iterator[bytes]:
    """Give the frames of a whole response."""
    return (frame(event) for event in stream_events(generation))
