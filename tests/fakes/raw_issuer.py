"""A loopback peer that answers each request with the bytes that a test gives it.

A stand-in for the issuer where the emulator is too well-behaved: cuts, drips, garbage, silence.
"""

import socket
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BufferedReader

PATIENCE_SECONDS = 30
"""How long a test waits for what must come. Only a test that fails waits at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRequest:
    """A request as it came: its first line, its headers in lower case, its body."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class RawIssuer:
    """A running peer.

    Attributes:
        url: Where it is.
        seen: The requests so far.
        closing: Set when the test is over, for answers that wait.
    """

    url: str
    seen: list[RawRequest] = field(default_factory=list[RawRequest])
    closing: threading.Event = field(default_factory=threading.Event)


def reply(status: str, body: bytes = b"", *headers: str) -> bytes:
    """Return a whole answer."""
    lines = (f"HTTP/1.1 {status}", *headers, f"content-length: {len(body)}", "", "")
    return "\r\n".join(lines).encode() + body


@contextmanager
def raw_issuer(
    answer: bytes | Callable[[RawIssuer], Iterable[bytes]],
) -> Generator[RawIssuer, None, None]:
    """Answer every request alike, one request a connection.

    Args:
        answer: The bytes, or what makes them piece by piece.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        issuer = RawIssuer(f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread = threading.Thread(target=_serve, args=(listener, issuer, answer), daemon=True)
        thread.start()
        try:
            yield issuer
        finally:
            issuer.closing.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE_SECONDS)


def _serve(
    listener: socket.socket,
    issuer: RawIssuer,
    answer: bytes | Callable[[RawIssuer], Iterable[bytes]],
) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with suppress(OSError), connection, connection.makefile("rb") as reader:
            connection.settimeout(PATIENCE_SECONDS)
            issuer.seen.append(_request(reader))
            for piece in (answer,) if isinstance(answer, bytes) else answer(issuer):
                connection.sendall(piece)


def _request(reader: BufferedReader) -> RawRequest:
    lines = [line.decode("latin-1").strip() for line in iter(reader.readline, b"\r\n")]
    headers = {
        name.lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines[1:])
    }
    body = reader.read(int(headers.get("content-length", "0")))
    return RawRequest(line=lines[0], headers=headers, body=body)
