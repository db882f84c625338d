"""A client that keeps all it gets: the bytes, where they break off, and how the connection ends."""

import json
import socket
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any
from urllib.parse import urlsplit

PATIENCE_SECONDS = 30.0
_BLANK = b"\r\n\r\n"


class End(Enum):
    """How a reply ended."""

    WHOLE = auto()
    CUT = auto()
    RESET = auto()
    SILENT = auto()
    """It did not, for as long as was waited or read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """What came.

    Attributes:
        status: 0 if there was none.
        headers: Names in lower case.
        body: Without the framing, as far as it came.
        end: How it ended.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    end: End

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events whose data is JSON, of a stream."""
        return [event for event in map(_event, self._lines()) if event is not None]

    def _lines(self) -> list[bytes]:
        return self.body.replace(b"\r\n", b"\n").split(b"\n")


def ask_raw(
    url: str,
    body: dict[str, Any],
    *,
    silence_seconds: float = PATIENCE_SECONDS,
    most_bytes: int = 1 << 30,
) -> Got:
    """Post a body and read until the reply or the connection ends.

    Args:
        url: Where to.
        body: What, as JSON.
        silence_seconds: How long to wait for more.
        most_bytes: How much to read of a reply that has no end.
    """
    with connected(url, body) as client:
        client.settimeout(silence_seconds)
        return _read(client, most_bytes)


def connected(url: str, body: dict[str, Any]) -> socket.socket:
    """Post a body, and leave the reply to be read."""
    where = urlsplit(url)
    sent = json.dumps(body).encode()
    head = (
        f"POST {where.path} HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Bearer made-up\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n"
    )
    address = (where.hostname or "", where.port or 0)
    client = socket.create_connection(address, timeout=PATIENCE_SECONDS)
    client.sendall(head.encode() + sent)
    return client


def _read(client: socket.socket, most_bytes: int) -> Got:
    raw = bytearray()
    end = None
    while end is None:
        if _is_whole(raw):
            end = End.WHOLE
        elif len(raw) > most_bytes:
            end = End.SILENT
        else:
            end = _more(client, raw)
    head, _, rest = bytes(raw).partition(_BLANK)
    headers = _headers_in(head)
    return Got(
        status=int(head.split(b" ")[1]) if headers else 0,
        headers=headers,
        body=_unchunked(rest) if _is_chunked(headers) else rest,
        end=end,
    )


def _more(client: socket.socket, raw: bytearray) -> End | None:
    try:
        piece = client.recv(65_536)
    except ConnectionResetError:
        return End.RESET
    except TimeoutError:
        return End.SILENT
    raw += piece
    return None if piece else End.CUT


def _is_whole(raw: bytearray) -> bool:
    head, blank, rest = raw.partition(_BLANK)
    headers = _headers_in(bytes(head)) if blank else {}
    if not headers:
        return False
    if _is_chunked(headers):
        return rest.endswith(b"\r\n0\r\n\r\n") or bytes(rest) == b"0\r\n\r\n"
    return len(rest) == int(headers["content-length"])


def _headers_in(head: bytes) -> dict[str, str]:
    lines = (line.partition(": ") for line in head.decode().split("\r\n")[1:])
    return {name.lower(): value for name, _, value in lines}


def _is_chunked(headers: dict[str, str]) -> bool:
    return headers.get("transfer-encoding") == "chunked"


def _unchunked(rest: bytes) -> bytes:
    body = bytearray()
    while True:
        size, line_end, rest = rest.partition(b"\r\n")
        length = int(size, 16) if line_end else 0
        body += rest[:length]
        if length == 0 or len(rest) < length:
            return bytes(body)
        rest = rest[length + 2 :]


def _event(line: bytes) -> dict[str, Any] | None:
    if not line.startswith(b"data: "):
        return None
    try:
        event: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
    except ValueError:
        return None
    return event
