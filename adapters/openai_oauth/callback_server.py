"""The HTTP side of the callback: one thread a connection, each bounded in time.

``http.server`` is imported here alone; it takes the requests apart, and ``callback_rules`` says
what they mean.
"""

import socket
import socketserver
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol, TypeAlias, cast

from codexctl.adapters.openai_oauth.callback_rules import Hit
from codexctl.adapters.openai_oauth.pages import content_security_policy

LOOPBACK = "127.0.0.1"

_POLL_SECONDS = 0.05
PATIENCE_SECONDS = 10.0
"""How long a client may take to send its request, and to take the reply."""
_MOST_CONNECTIONS = 64

_Connection: TypeAlias = socket.socket | tuple[bytes, socket.socket]


class Page(Protocol):
    """A reply to a browser."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def content_type(self) -> str:
        """What the body is."""
        ...

    @property
    def body(self) -> bytes:
        """The body."""
        ...


class Desk(Protocol):
    """Who answers what comes in."""

    def answer(self, hit: Hit) -> Page:
        """Answer a request; may take as long as the sign-in does."""
        ...


class CallbackServer(ThreadingHTTPServer):
    """Listens on the IPv4 loopback address, until :meth:`stop`, which leaves nothing behind.

    It keeps hold of its connections: the base class either forgets its threads or waits for
    clients that keep theirs open.
    """

    daemon_threads = True
    block_on_close = False
    # Without it the port would stay taken for a minute after a sign-in. On Windows the option
    # means that anybody may take the port as well, so there the opposite is asked for.
    allow_reuse_address = sys.platform != "win32"
    request_queue_size = 128

    def __init__(self, port: int, desk: Desk, patience_seconds: float) -> None:
        """Bind and listen.

        Args:
            port: Which; 0 takes a free one.
            desk: Who answers.
            patience_seconds: How long a client may take.

        Raises:
            OSError: The port is taken, or may not be used.
        """
        self.desk = desk
        self.patience_seconds = patience_seconds
        self._lock = threading.Lock()
        # Each connection with the moment from which its client is waited for; None while the
        # client waits for us.
        self._open: dict[threading.Thread, tuple[socket.socket, float | None]] = {}
        super().__init__((LOOPBACK, port), _Handler)
        self._acceptor = threading.Thread(
            target=self.serve_forever, args=(_POLL_SECONDS,), name="callback", daemon=True
        )
        self._acceptor.start()

    def stop(self) -> None:
        """Stop listening, let who was promised a page have it, and end every thread."""
        self.shutdown()
        self._acceptor.join()
        self.server_close()
        for thread, _, since in self._snapshot():
            if since is None:
                thread.join(self.patience_seconds)
        for thread, connection, _ in self._snapshot():
            _cut(connection)
            thread.join()

    def server_bind(self) -> None:
        """Bind without asking the name service for this machine's name, as `HTTPServer` would."""
        if sys.platform == "win32":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        socketserver.TCPServer.server_bind(self)
        self.server_name = LOOPBACK
        self.server_port = cast("tuple[str, int]", self.server_address)[1]

    def service_actions(self) -> None:
        """Cut the connections whose clients take too long; called between two connections."""
        latest = time.monotonic() - self.patience_seconds
        for _, connection, since in self._snapshot():
            if since is not None and since < latest:
                _cut(connection)

    def process_request(self, request: _Connection, client_address: object) -> None:
        """Serve a connection in a thread of its own that :meth:`stop` can find."""
        connection = cast("socket.socket", request)
        waiting = [one for _, one, since in self._snapshot() if since is not None]
        if len(waiting) >= _MOST_CONNECTIONS:
            _cut(waiting[0])  # the oldest: whoever floods us cannot keep the browser out
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        # Under the lock, so that a thread that ends at once finds itself to strike out.
        with self._lock:
            thread.start()
            self._open[thread] = (connection, time.monotonic())

    def process_request_thread(self, request: _Connection, client_address: object) -> None:
        """Serve a connection to its end and strike it out."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                del self._open[threading.current_thread()]

    def handle_error(self, request: _Connection, client_address: object) -> None:
        """Pass over a connection that broke; show what is a fault of our own."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def note_request_read(self) -> None:
        """Note that the calling thread's client has sent its request and waits for the reply."""
        with self._lock:
            thread = threading.current_thread()
            self._open[thread] = (self._open[thread][0], None)

    def _snapshot(self) -> list[tuple[threading.Thread, socket.socket, float | None]]:
        with self._lock:
            return [(thread, *rest) for thread, rest in self._open.items()]


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):  # it has ended by itself
        connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    """One request of one connection.

    The connection is closed after it: a browser's kept one to the old process can swallow the next
    sign-in (wire-contract 1.4).
    """

    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        """Bound each read and write; the server bounds their sum."""
        super().setup()
        self.connection.settimeout(cast("CallbackServer", self.server).patience_seconds)

    def handle_one_request(self) -> None:
        """Read a request and have it answered. A client that goes away leaves no trace."""
        self.close_connection = True
        with suppress(OSError):
            self.raw_requestline = self.rfile.readline(65_537)
            if len(self.raw_requestline) > 65_536:
                self.requestline = self.request_version = self.command = ""
                self.send_error(414)
            elif self.raw_requestline and self.parse_request():
                self._have_it_answered()

    def handle_expect_100(self) -> bool:
        """Do without: no request's body is read."""
        return True

    def _have_it_answered(self) -> None:
        server = cast("CallbackServer", self.server)
        server.note_request_read()
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            known = headers.get(name.lower())
            # Two of a kind do not pass for one: which of them would count?
            headers[name.lower()] = value if known is None else f"{known}, {value}"
        page = server.desk.answer(Hit(method=self.command, target=self.path, headers=headers))
        self._reply(page.status, page.content_type, page.body)

    def send_error(
        self,
        code: int,
        message: str | None = None,  # noqa: ARG002 (it quotes what was sent)
        explain: str | None = None,  # noqa: ARG002
    ) -> None:
        """Refuse what is no HTTP request; the words are ours, whatever was sent."""
        self._reply(code, "text/plain; charset=utf-8", b"Bad Request\n")

    def _reply(self, status: int, content_type: str, body: bytes) -> None:
        self.close_connection = True
        self.send_response_only(status)
        for name, value in (
            ("Content-Type", content_type),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", content_security_policy()),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
        ):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Stay silent: the target holds the code."""
