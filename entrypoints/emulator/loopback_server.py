"""A threaded HTTP server on 127.0.0.1 that leaves nothing behind when it stops."""

import socket
import socketserver
import sys
import threading
from contextlib import suppress
from http.server import ThreadingHTTPServer
from typing import TypeAlias, cast

from codexctl.entrypoints.emulator.backends import Backend, backend_of
from codexctl.entrypoints.emulator.http_handler import HttpHandler
from codexctl.entrypoints.emulator.http_messages import (
    HttpRequest,
    Reply,
    Routes,
    refusal_reply,
)
from codexctl.entrypoints.emulator.refusals import detail, nested
from codexctl.entrypoints.emulator.request_log import RequestLog

LOOPBACK = "127.0.0.1"
_POLL_SECONDS = 0.05

_Connection: TypeAlias = socket.socket | tuple[bytes, socket.socket]


class LoopbackServer(ThreadingHTTPServer):
    """Serves a routing table, one thread for each connection.

    It keeps hold of its connections, since the base class either forgets its threads or waits for
    clients that keep theirs open.
    """

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    # The base class's 5 makes a crowd of clients wait for their first packet to be sent again.
    request_queue_size = 128

    def __init__(self, port: int, routes: Routes, log: RequestLog) -> None:
        """Bind and listen.

        Raises:
            OSError: when the port is taken.
        """
        self._routes = dict(routes)
        self._log = log
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, socket.socket] = {}
        super().__init__((LOOPBACK, port), HttpHandler)
        self._acceptor = threading.Thread(
            target=self.serve_forever, args=(_POLL_SECONDS,), name="emulator", daemon=True
        )

    def start(self) -> None:
        """Begin to accept clients."""
        self._acceptor.start()

    def stop(self) -> None:
        """Stop accepting, cut every connection, and wait for all threads to end."""
        self.shutdown()
        self._acceptor.join()
        self.server_close()
        with self._lock:
            live = list(self._connections.items())
        for _, connection in live:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread, _ in live:
            thread.join()

    def answer(self, request: HttpRequest) -> Reply:
        """Look the endpoint up and ask it."""
        endpoint = self._routes.get((request.method, request.path))
        if endpoint is not None:
            return endpoint(request)
        if backend_of(request.path) is Backend.API_KEY:
            text = f"Invalid URL ({request.method} {request.path})"
            return refusal_reply(nested(text, status=404))
        return refusal_reply(detail("Not Found", 404))

    def record(self, request: HttpRequest, status: int) -> None:
        """Note a request in the log."""
        self._log.record(request, status)

    def server_bind(self) -> None:
        """Bind without asking the name service for this machine's name, as `HTTPServer` would."""
        socketserver.TCPServer.server_bind(self)
        self.server_name = LOOPBACK
        self.server_port = cast("tuple[str, int]", self.server_address)[1]

    def process_request(self, request: _Connection, client_address: object) -> None:
        """Serve a connection in a thread that `stop` can find."""
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        # Under the lock, so that a thread that ends at once finds itself to strike out.
        with self._lock:
            thread.start()
            self._connections[thread] = cast("socket.socket", request)

    def process_request_thread(self, request: _Connection, client_address: object) -> None:
        """Serve a connection to its end and strike it out."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                del self._connections[threading.current_thread()]

    def handle_error(self, request: _Connection, client_address: object) -> None:
        """Pass over a connection that broke; show what is a fault of the emulator itself."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)
