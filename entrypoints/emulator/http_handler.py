"""One client connection of the emulator: HTTP/1.1 in, replies and chunked streams out."""

import socket
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler
from typing import Protocol, cast

from codexctl.entrypoints.emulator.backends import backend_of
from codexctl.entrypoints.emulator.http_messages import (
    HttpReply,
    HttpRequest,
    Reply,
    refusal_reply,
)
from codexctl.entrypoints.emulator.json_values import Json, parse_json
from codexctl.entrypoints.emulator.transport_checks import check_envelope, content_length

_LONGEST_REQUEST_LINE = 65_536
_LINGER_BYTES = 256 * 1024 * 1024
_LINGER_SECONDS = 5.0


class Answers(Protocol):
    """What a connection asks of its server."""

    def answer(self, request: HttpRequest) -> Reply:
        """Answer a request that was read to its end."""
        ...

    def record(self, request: HttpRequest, status: int) -> None:
        """Note a request, before the first byte of its reply is sent."""
        ...


class HttpHandler(BaseHTTPRequestHandler):
    """Reads requests from one connection until either side closes it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    error_content_type = "application/json"
    error_message_format = '{"detail": "This is no HTTP request the emulator can read."}'

    def handle_one_request(self) -> None:
        """Read one request and answer it; any method goes, the routing table decides.

        A client that goes away in the middle is no fault of the emulator and leaves no trace.
        """
        try:
            self.raw_requestline = self.rfile.readline(_LONGEST_REQUEST_LINE + 1)
            if not self.raw_requestline or len(self.raw_requestline) > _LONGEST_REQUEST_LINE:
                self.close_connection = True
            elif self.parse_request():
                self._serve()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def handle_expect_100(self) -> bool:
        """Put off `100 Continue` until the headers have passed the checks."""
        return True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Stay silent: the request log is where requests are told."""

    def _serve(self) -> None:
        server = cast("Answers", self.server)
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            known = headers.get(name.lower())
            headers[name.lower()] = value if known is None else f"{known}, {value}"
        refusal = check_envelope(backend_of(self.path), headers)
        raw = None if refusal else self._read_body(content_length(headers) or 0)
        if refusal is None and raw is None:
            self.close_connection = True
            return
        body, is_json = _parsed(raw or b"")
        request = HttpRequest(
            method=self.command,
            target=self.path,
            headers=headers,
            raw=raw or b"",
            body=body,
            is_json=is_json,
        )
        if refusal is None:
            reply = server.answer(request)
            server.record(request, reply.status)
            self._give(reply)
            return
        server.record(request, refusal.status)
        self._send(refusal_reply(refusal, ("connection", "close")))
        self._linger()

    def _read_body(self, length: int) -> bytes | None:
        if self.headers.get("expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        raw = self.rfile.read(length)
        return raw if len(raw) == length else None

    def _give(self, reply: Reply) -> None:
        if isinstance(reply, HttpReply):
            self._send(reply)
            return
        self.close_connection = True
        if reply.hangs:
            self._wait_for_the_end()

    def _wait_for_the_end(self) -> None:
        """Read until the client goes away, or the server is stopped, which ends the reading too."""
        while self.rfile.read1(65_536):
            pass

    def _send(self, reply: HttpReply) -> None:
        # `send_response` would add a date and a server version: recorded tapes stay the same
        # without.
        self.send_response_only(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if isinstance(reply.body, bytes):
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body)
            return
        chunked = self.request_version != "HTTP/1.0"
        self.send_header(
            *(("transfer-encoding", "chunked") if chunked else ("connection", "close"))
        )
        self.end_headers()
        self._send_pieces(reply.body, chunked=chunked)

    def _send_pieces(self, pieces: Iterable[bytes], *, chunked: bool) -> None:
        for piece in pieces:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _linger(self) -> None:
        """Read on after a refusal until the client is done.

        Closing a socket with unread bytes resets the connection, and the client would see the
        reset instead of the reply.
        """
        self.connection.settimeout(_LINGER_SECONDS)
        self.connection.shutdown(socket.SHUT_WR)
        left = _LINGER_BYTES
        while left > 0 and (piece := self.connection.recv(65_536)):
            left -= len(piece)


def _parsed(raw: bytes) -> tuple[Json, bool]:
    try:
        return parse_json(raw), True
    except ValueError:
        return None, False
