"""One client connection of the emulator: HTTP/1.1 in, replies and chunked streams out."""

import socket
import struct
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler
from typing import Protocol, assert_never, cast

from codexctl.entrypoints.emulator.backends import backend_of
from codexctl.entrypoints.emulator.http.body_coding import decoded_body
from codexctl.entrypoints.emulator.http.messages import (
    Ending,
    HttpReply,
    HttpRequest,
    Pause,
    Reply,
    refusal_reply,
)
from codexctl.entrypoints.emulator.http.refusals import Refusal
from codexctl.entrypoints.emulator.http.transport_checks import (
    MAX_BODY_BYTES,
    check_envelope,
    content_length,
)
from codexctl.entrypoints.emulator.json_values import Json, parse_json

_LONGEST_REQUEST_LINE = 65_536
_NO_LINE = (b"\r\n", b"\n")
_LINGER_BYTES = 256 * 1024 * 1024
_LINGER_SECONDS = 5.0
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time at all


class Answers(Protocol):
    """What a connection asks of its server."""

    @property
    def secure(self) -> bool:
        """Whether connections speak TLS."""
        ...

    def answer(self, request: HttpRequest) -> Reply:
        """Answer a request that was read to its end."""
        ...

    def record(self, request: HttpRequest, status: int) -> None:
        """Note a request, before the first byte of its reply is sent."""
        ...

    def pause(self, seconds: float) -> bool:
        """Let time pass, and tell whether the server still runs."""
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
            if self.raw_requestline in _NO_LINE:  # some clients end a body with one (RFC 9112 2.2)
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
        if "close" in headers.get("connection", "").lower().replace(" ", "").split(","):
            self.close_connection = True  # the base class knows the word by itself only
        backend = backend_of(self.path)
        given = check_envelope(backend, headers) or self._read_body(content_length(headers) or 0)
        if isinstance(given, bytes):
            coding = headers.get("content-encoding", "")
            given = decoded_body(backend, given, coding, MAX_BODY_BYTES)
        if given is None:
            self.close_connection = True
            return
        raw = given if isinstance(given, bytes) else b""
        body, is_json = _parsed(raw)
        request = HttpRequest(
            method=self.command,
            target=self.path,
            headers=headers,
            raw=raw,
            body=body,
            is_json=is_json,
            secure=server.secure,
        )
        if not isinstance(given, Refusal):
            reply = server.answer(request)
            server.record(request, reply.status)
            self._give(reply)
            return
        server.record(request, given.status)
        self._send(refusal_reply(given, ("connection", "close")))
        self._linger()

    def _read_body(self, length: int) -> bytes | None:
        """Read a body, None for one that the client did not send to its end."""
        if self.headers.get("expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        raw = self.rfile.read(length)
        return raw if len(raw) == length else None

    def _give(self, reply: Reply) -> None:
        if isinstance(reply, HttpReply):
            self._pause(reply.delay_seconds)
            self._send(reply)
            self._end(reply.ending)
            return
        if reply.hangs:
            self._end(Ending.STALL)
        self._end(Ending.RESET if reply.is_reset else Ending.CUT)

    def _pause(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            ConnectionAbortedError: The server was stopped meanwhile.
        """
        if seconds > 0 and not cast("Answers", self.server).pause(seconds):
            raise ConnectionAbortedError

    def _end(self, ending: Ending) -> None:
        match ending:
            case Ending.WHOLE:
                return
            case Ending.CUT:
                pass
            case Ending.RESET:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                # Here and now: the base class would shut it down in good order first. The file
                # holds the socket open.
                self.rfile.close()
                self.connection.close()
            case Ending.STALL:
                # The end of the server ends the reading too.
                while self.rfile.read1(65_536):
                    pass
            case _:
                assert_never(ending)
        self.close_connection = True

    def _send(self, reply: HttpReply) -> None:
        # `send_response` would add a date and a server version: recorded tapes stay the same
        # without.
        self.send_response_only(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        is_whole = reply.ending is Ending.WHOLE
        if isinstance(reply.body, bytes):
            # What does not come to its end announces a byte more than it has.
            length = len(reply.body) + (not is_whole)
            self.send_header("content-length", str(length))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body)
            return
        chunked = self.request_version != "HTTP/1.0"
        self.send_header(
            *(("transfer-encoding", "chunked") if chunked else ("connection", "close"))
        )
        self.end_headers()
        # What is still on its way when a connection is reset is lost; in one go it is not.
        self._send_pieces(reply.body, chunked=chunked, at_once=reply.ending is Ending.RESET)
        if chunked and is_whole:
            self.wfile.write(b"0\r\n\r\n")

    def _send_pieces(
        self, pieces: Iterable[bytes | Pause], *, chunked: bool, at_once: bool
    ) -> None:
        waiting = bytearray()
        for piece in pieces:
            if isinstance(piece, bytes):
                if piece:  # an empty chunk would be the last one
                    waiting += b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece
                if at_once:
                    continue
            self.wfile.write(waiting)
            waiting.clear()
            if isinstance(piece, Pause):
                self._pause(piece.seconds)
        self.wfile.write(waiting)

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
