"""A loopback server that says exactly the bytes a test gives it, when the test lets it.

It is a stand-in for the service where the emulator is too well-behaved: recorded streams, odd
framing, cuts, silence. One thread for each connection; HTTP/1.1, one request a connection unless
the reply is chunked and the client keeps it.
"""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from io import BufferedReader
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What to answer one request.

    Attributes:
        pieces: The body, in the pieces to send it in; may be a generator that waits for the test.
        status: The status line without the protocol.
        headers: Header lines besides those that frame the body.
        chunked: Chunked transfer coding, one chunk a piece; else the body ends with the connection.
        hold_open: Leave the connection open after the last piece until the server is closed.
        raw: Send these bytes and nothing else: no status line, no framing. May come in pieces, as
            the body may.
        keep: After what was sent raw, take another request on the same connection.
    """

    pieces: Iterable[bytes] = ()
    status: str = "200 OK"
    headers: tuple[str, ...] = ()
    chunked: bool = True
    hold_open: bool = False
    raw: bytes | Iterable[bytes] | None = None
    keep: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request as it came.

    Attributes:
        path: Its path.
        headers: Its headers, names in lower case.
        body: Its body, parsed as JSON.
        connection: Which of the server's connections it came on, counted from 0.
    """

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    connection: int = 0

    @property
    def input(self) -> list[dict[str, Any]]:
        """The items of ``input``."""
        return self.body["input"]


Answer = Callable[[int, Seen], Reply]


@dataclass(slots=True)
class StreamServer:
    """Answers the n-th request (from 0) with what ``answer`` returns for it.

    ```python
    with StreamServer(lambda number, seen: Reply(pieces=[stream])) as server:
        ask(server.base_url)
    assert len(server.seen) == 1
    ```

    Attributes:
        answer: Says what to answer.
        tls: What to speak TLS with; None for plain HTTP.
        seen: The requests so far.
    """

    answer: Answer
    tls: ssl.SSLContext | None = None
    seen: list[Seen] = field(default_factory=list[Seen], init=False)
    _listener: socket.socket = field(init=False)
    _threads: list[threading.Thread] = field(default_factory=list[threading.Thread], init=False)
    _closing: threading.Event = field(default_factory=threading.Event, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _connections: list[socket.socket] = field(default_factory=list[socket.socket], init=False)

    @property
    def port(self) -> int:
        """The port, on this machine."""
        return self._listener.getsockname()[1]

    @property
    def base_url(self) -> str:
        """The URL to put before ``/responses``."""
        scheme = "http" if self.tls is None else "https"
        return f"{scheme}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._spawn(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        # shutdown, not just close: it wakes the thread that is blocked in accept
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            open_connections = list(self._connections)
        for connection in open_connections:
            with suppress(OSError):  # it may be closed already
                # The socket's own method: that of TLS forgets the state that a thread reads with.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _spawn(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls is not None:
                # The handshake comes with the first read, in the connection's own thread.
                connection = self.tls.wrap_socket(
                    connection, server_side=True, do_handshake_on_connect=False
                )
            with self._lock:
                number = len(self._connections)
                self._connections.append(connection)
            self._spawn(lambda one=connection, number=number: self._serve(one, number))

    def _serve(self, connection: socket.socket, connection_number: int) -> None:
        with connection, connection.makefile("rb") as reader:
            try:
                while (seen := _read_request(reader, connection_number)) is not None:
                    with self._lock:
                        number = len(self.seen)
                        self.seen.append(seen)
                    reply = self.answer(number, seen)
                    _send(connection, reply)
                    if reply.hold_open:
                        self._closing.wait()
                    if not reply.keep and (not reply.chunked or reply.raw is not None):
                        return
            except OSError:
                return  # the client has gone, which is its right


def _read_request(reader: BufferedReader, connection: int) -> Seen | None:
    line = reader.readline()
    if not line:
        return None
    path = line.split()[1].decode()
    headers: dict[str, str] = {}
    while (line := reader.readline()) not in (b"\r\n", b"\n"):
        if not line.endswith(b"\n"):
            return None  # the client died in the middle
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    length = int(headers.get("content-length", "0"))
    body = reader.read(length)
    if len(body) < length:
        return None
    return Seen(
        path=path, headers=headers, body=json.loads(body) if body else {}, connection=connection
    )


def _send(connection: socket.socket, reply: Reply) -> None:
    if reply.raw is not None:
        for piece in [reply.raw] if isinstance(reply.raw, bytes) else reply.raw:
            connection.sendall(piece)
        return
    framing = "transfer-encoding: chunked" if reply.chunked else "connection: close"
    head = "\r\n".join((f"HTTP/1.1 {reply.status}", *reply.headers, framing, "", ""))
    connection.sendall(head.encode("latin-1"))
    for piece in reply.pieces:
        if reply.chunked and piece:
            connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
        elif piece:
            connection.sendall(piece)
    if reply.chunked and not reply.hold_open:
        connection.sendall(b"0\r\n\r\n")
