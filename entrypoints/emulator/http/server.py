"""A threaded HTTP server on 127.0.0.1 that leaves nothing behind when it stops."""

import socket
import socketserver
import sys
import threading
from contextlib import suppress
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, TypeAlias, cast

from codexctl.entrypoints.emulator.http.absent_endpoints import answer_absent
from codexctl.entrypoints.emulator.http.handler import HttpHandler
from codexctl.entrypoints.emulator.http.messages import HttpRequest, Reply, Routes
from codexctl.entrypoints.emulator.http.request_log import RequestLog

if TYPE_CHECKING:
    import ssl

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
    request_queue_size = 1024

    def __init__(
        self, port: int, routes: Routes, log: RequestLog, tls: "ssl.SSLContext | None" = None
    ) -> None:
        """Bind and listen.

        Args:
            port: of 127.0.0.1; 0 takes a free one.
            routes: what answers where.
            log: where requests are noted.
            tls: what to speak TLS with, None for plain HTTP.

        Raises:
            OSError: when the port is taken.
        """
        self._routes = dict(routes)
        self._log = log
        self._tls = tls
        self._lock = threading.Lock()
        self._stopping = threading.Event()
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
        self._stopping.set()
        self.shutdown()
        self._acceptor.join()
        self.server_close()
        with self._lock:
            live = list(self._connections.items())
            # Under the lock, so that no connection changes to its TLS socket meanwhile.
            for _, connection in live:
                with suppress(OSError):
                    # Not the method of a TLS socket, which takes away what its thread reads with.
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread, _ in live:
            thread.join()

    @property
    def secure(self) -> bool:
        """Whether its connections speak TLS."""
        return self._tls is not None

    def answer(self, request: HttpRequest) -> Reply:
        """Look the endpoint up and ask it."""
        endpoint = self._routes.get((request.method, request.path))
        return answer_absent(request) if endpoint is None else endpoint(request)

    def record(self, request: HttpRequest, status: int) -> None:
        """Note a request in the log."""
        self._log.record(request, status)

    def pause(self, seconds: float) -> bool:
        """Let time pass, and tell whether the server still runs; it ends the wait when it stops."""
        return not self._stopping.wait(seconds)

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
            try:
                secured = self._secured(request)
            except OSError:  # the client, or the whole server, went away in between
                self.close_request(request)
            else:
                super().process_request_thread(secured, client_address)
        finally:
            with self._lock:
                del self._connections[threading.current_thread()]

    def _secured(self, request: _Connection) -> _Connection:
        """Put TLS on a connection; nothing is read or written yet."""
        if self._tls is None:
            return request
        with self._lock:
            secured = self._tls.wrap_socket(
                cast("socket.socket", request), server_side=True, do_handshake_on_connect=False
            )
            self._connections[threading.current_thread()] = secured
            return secured

    def finish_request(self, request: _Connection, client_address: object) -> None:
        """Shake hands, in the thread of the connection: a client that never does holds up none."""
        if self._tls is not None:
            cast("ssl.SSLSocket", request).do_handshake()
        super().finish_request(request, client_address)

    def shutdown_request(self, request: _Connection) -> None:
        """Close a connection; over TLS with the word that says so, which some clients miss."""
        if self._tls is not None:
            secured = cast("ssl.SSLSocket", request)
            with suppress(OSError, ValueError):  # it may have closed, or never have shaken hands
                secured.settimeout(0)  # the client's own word is not waited for
                secured.unwrap()
        super().shutdown_request(request)

    def handle_error(self, request: _Connection, client_address: object) -> None:
        """Pass over a connection that broke; show what is a fault of the emulator itself."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)
