"""A small HTTP proxy on this machine, for names that lead nowhere."""

import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self


@dataclass(slots=True)
class ForwardProxy:
    """Leads every request, tunnelled or with its whole URL, to one server on this machine.

    Attributes:
        target_port: The server's port.
        refusal: What to answer CONNECT with in place of opening a tunnel, in pieces.
        asked: The methods and targets so far, each with what came as ``proxy-authorization``.
    """

    target_port: int
    refusal: Iterable[bytes] | None = None
    asked: list[tuple[str, str | None]] = field(
        default_factory=list[tuple[str, str | None]], init=False
    )
    _listener: socket.socket = field(init=False)
    _threads: list[threading.Thread] = field(default_factory=list[threading.Thread], init=False)
    _sockets: list[socket.socket] = field(default_factory=list[socket.socket], init=False)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._spawn(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for one in (self._listener, *self._sockets):
            with suppress(OSError):  # it may be closed already
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join()

    def _spawn(self, target: Callable[..., None], *arguments: socket.socket) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(client)
            self._spawn(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        # Unbuffered: what follows the headers is for the server.
        head = _read_head(client)
        if not head:
            return
        line, _, fields = head.partition(b"\r\n")
        self.asked.append((line.decode().rpartition(" ")[0], _authorization(fields)))
        tunnelled = line.startswith(b"CONNECT ")
        if tunnelled and self.refusal is not None:
            with suppress(OSError):  # the client has heard enough
                for piece in self.refusal:
                    client.sendall(piece)
            return
        server = socket.create_connection(("127.0.0.1", self.target_port))
        self._sockets.append(server)
        if tunnelled:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            method, url, version = line.split(b" ")
            path = b"/" + url.split(b"/", 3)[3]
            server.sendall(b" ".join((method, path, version)) + b"\r\n" + fields)
        self._spawn(_pass_on, client, server)
        _pass_on(server, client)


def _read_head(client: socket.socket) -> bytes:
    head = bytearray()
    while not head.endswith(b"\r\n\r\n"):
        byte = client.recv(1)
        if not byte:
            return b""
        head += byte
    return bytes(head)


def _authorization(fields: bytes) -> str | None:
    for line in fields.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "proxy-authorization":
            return value.strip()
    return None


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):  # one of the two has gone
        while received := source.recv(65_536):
            target.sendall(received)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
