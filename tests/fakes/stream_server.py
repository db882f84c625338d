"""A loopback server that says exactly the bytes a test gives it, when the test lets it.

It is a stand-in for the service where the emulator is too well-behaved: recorded streams, odd
framing, cuts, silence. One thread for each connection; HTTP/1.1, one request a connection unless
the reply is chunked and the client keeps it.
"""

import json
import socket
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
        raw: Send these bytes and nothing else: no status line, no framing.
    """

    pieces: Iterable[bytes] = ()
    status: str = "200 OK"
    headers: tuple[str, ...] = ()
    chunked: bool = True
    hold_open: bool = False
    raw: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request as it came.

    Attributes:
        path: Its path.
        headers: Its headers, names in lower case.
        body: Its body, parsed as JSON.
    """

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

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
    """

    answer: Answer
    seen: list[Seen] = field(default_factory=list[Seen], init=False)
    _listener: socket.socket = field(init=False)
    _threads: list[threading.Thread] = field(default_factory=list[threading.Thread], init=False)
    _closing: threading.Event = field(default_factory=threading.Event, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _connections: list[socket.socket] = field(default_factory=list[socket.socket], init=False)

    @property
    def base_url(self) -> str:
        """The URL to put before ``/responses``."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

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
                connection.shutdown(socket.SHUT_RDWR)
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
            with self._lock:
                self._connections.append(connection)
            self._spawn(lambda connection=connection: self._serve(connection))

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as reader:
            try:
                while (seen := _read_request(reader)) is not None:
                    with self._lock:
                        number = len(self.seen)
                        self.seen.append(seen)
                    reply = self.answer(number, seen)
                    _send(connection, reply)
                    if reply.hold_open:
                        self._closing.wait()
                    if not reply.chunked or reply.raw is not None:
                        return
            except OSError:
                return  # the client has gone, which is its right


def _read_request(reader: BufferedReader) -> Seen | None:
    line = reader.readline()
    if not line:
        return None
    path = line.split()[1].decode()
    headers: dict[str, str] = {}
    while (line := reader.readline()) not in (b"\r\n", b"\n"):
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    length = int(headers.get("content-length", "0"))
    body = reader.read(length)
    return Seen(path=path, headers=headers, body=json.loads(body) if body else {})


def _send(connection: socket.socket, reply: Reply) -> None:
    if reply.raw is not None:
        connection.sendall(reply.raw)
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
