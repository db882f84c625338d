"""A server that does to a connection what a test tells it to, byte for byte.

Where :mod:`tests.fakes.stream_server` answers in HTTP, this one knows nothing of what it sends: an
answer is a list of acts, and everything an act may do to a socket goes: send, cut, reset, fall
silent. It does read requests properly, one after another on a connection that is kept, and counts
them.
"""

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from io import BufferedReader
from types import TracebackType
from typing import Any, Self, TypeAlias

from tests.fakes.stream_server import Seen


@dataclass(frozen=True, slots=True)
class Say:
    """Send bytes, in one piece."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Wait:
    """Say nothing for a while."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Drip:
    """Send bytes one at a time, with a wait before each."""

    data: bytes
    pause_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class DripForever:
    """Send bytes one at a time, over and over, until the client has gone."""

    data: bytes
    pause_seconds: float


@dataclass(frozen=True, slots=True)
class Cut:
    """End the connection in good order (FIN)."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Tear the connection down (RST)."""


@dataclass(frozen=True, slots=True)
class Stall:
    """Keep the connection, and say nothing more."""


_NOTHING_HERE = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"

Act: TypeAlias = Say | Wait | Drip | DripForever | Cut | Reset | Stall
Answer: TypeAlias = Sequence[Act]
"""What is done for one request. After the last act the next request of the connection is read."""


@dataclass(slots=True, kw_only=True)
class FaultServer:
    """Answers the n-th request with the n-th answer of its script; the last one repeats.

    ```python
    with FaultServer(script=[[Say(half), Cut()], [Say(whole)]]) as server:
        run(server.base_url)
    assert (len(server.seen), server.connections) == (2, 2)
    ```

    Attributes:
        script: What to do for each request.
        greeting: What to do with a new connection before its first request is read.
        tls: Speak TLS with this context.
        is_up: Listen from the start. A server that does not refuses connections until it
            :meth:`comes_up`.
        seen: The requests for a response or for a tunnel, as they came.
        asides: What else was asked for, such as the list of models; there is none of it here.
        connections: How many connections were accepted.
    """

    script: Sequence[Answer] = ()
    greeting: Answer = ()
    tls: ssl.SSLContext | None = None
    is_up: bool = True
    seen: list[Seen] = field(default_factory=list[Seen], init=False)
    asides: list[Seen] = field(default_factory=list[Seen], init=False)
    connections: int = field(default=0, init=False)
    _listener: socket.socket = field(init=False)
    _open: list[socket.socket] = field(default_factory=list[socket.socket], init=False)
    _threads: list[threading.Thread] = field(default_factory=list[threading.Thread], init=False)
    _ended: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0), init=False)
    _closing: threading.Event = field(default_factory=threading.Event, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    @property
    def port(self) -> int:
        """The port, which is ours also while nobody listens on it."""
        return self._listener.getsockname()[1]

    @property
    def base_url(self) -> str:
        """The URL to put before ``/responses``."""
        scheme = "http" if self.tls is None else "https"
        return f"{scheme}://127.0.0.1:{self.port}"

    def comes_up(self) -> None:
        """Listen from now on; not an error where it does already."""
        if not self.is_up or not self._threads:
            self.is_up = True
            self._listener.listen(64)
            self._spawn(self._accept)

    def wait_for_an_end(self) -> None:
        """Wait until a connection has ended on this side; each end is waited for once."""
        assert self._ended.acquire(timeout=10), "no connection has ended"

    def close(self) -> None:
        """End every connection, and wait until nobody works for it any more. Twice is as once."""
        if self._closing.is_set():
            return
        self._closing.set()
        if self.is_up:
            # shutdown, not just close: it wakes the thread that is blocked in accept
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            still_open = list(self._open)
        for connection in still_open:
            _hang_up(connection)
        for thread in list(self._threads):
            thread.join()

    def __enter__(self) -> Self:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        if self.is_up:
            self.comes_up()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

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
                self.connections += 1
                self._open.append(connection)
            self._spawn(lambda connection=connection: self._serve(connection))

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                if self._all_done(connection, self.greeting):
                    self._converse(self._spoken_to(connection))
            except OSError:
                return  # the client has gone, which is its right
            finally:
                connection.close()
                self._ended.release()

    def _spoken_to(self, connection: socket.socket) -> socket.socket:
        if self.tls is None:
            return connection
        return self.tls.wrap_socket(connection, server_side=True)

    def _converse(self, connection: socket.socket) -> None:
        # The reader goes first: a socket is closed only when nothing made from it is open.
        with connection, closing(connection.makefile("rb")) as reader:
            while (request := _read_request(reader)) is not None:
                if not self._all_done(connection, self._answer(*request)):
                    return

    def _answer(self, method: str, seen: Seen) -> Answer:
        if method == "GET":
            self.asides.append(seen)
            return [Say(_NOTHING_HERE)]
        with self._lock:
            number = len(self.seen)
            self.seen.append(seen)
        return self.script[min(number, len(self.script) - 1)]

    def _all_done(self, connection: socket.socket, acts: Answer) -> bool:
        """Do what is to be done; tell whether the connection goes on."""
        for act in acts:
            match act:
                case Say(data):
                    connection.sendall(data)
                case Wait(seconds):
                    self._closing.wait(seconds)
                case Drip(data, pause_seconds):
                    self._drip(connection, data, pause_seconds)
                case DripForever(data, pause_seconds):
                    while not self._closing.is_set():
                        self._drip(connection, data, pause_seconds)
                case Cut():
                    return False
                case Reset():
                    # Closed with a linger of no time, a socket sends RST in place of FIN.
                    linger = struct.pack("ii", 1, 0)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    return False
                case Stall():
                    self._closing.wait()
                    return False
        return True

    def _drip(self, connection: socket.socket, data: bytes, pause_seconds: float) -> None:
        for byte in data:
            if self._closing.wait(pause_seconds):
                return
            connection.sendall(bytes((byte,)))


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is closed already


def _read_request(reader: BufferedReader) -> tuple[str, Seen] | None:
    """Return the method and the request; None at the end of the connection, or if it is no HTTP."""
    words = reader.readline().decode("latin-1").split()
    if len(words) < 2:
        return None
    headers: dict[str, str] = {}
    while (field_line := reader.readline()) not in (b"\r\n", b"\n", b""):
        name, _, value = field_line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    body: dict[str, Any] = {}
    if length := int(headers.get("content-length", "0")):
        body = json.loads(reader.read(length))
    return words[0], Seen(path=words[1], headers=headers, body=body)
