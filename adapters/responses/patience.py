"""How long an answer is waited for: as a whole, where a socket's own timeout begins anew each byte.

A server, or a proxy before it, that sends a byte now and then would otherwise never be too late:
not with its headers (openai/codex#31376), not with a line of the body, not with the framing around
it. So each read of the socket here waits for no longer than what is left until a deadline.

What reads is :class:`http.client.HTTPResponse`, out of a file that it makes of the socket. The
connections of :class:`PatientAdapter` make their answers with a subclass of it, by way of
``response_class``, and that one puts a file of its own in between. So TLS, proxies and tunnels
stay what they are.
"""

import io
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPConnection, HTTPResponse
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidProxyURL
from urllib3 import HTTPConnectionPool

if TYPE_CHECKING:
    import socket
    from typing import Self

    from _typeshed import WriteableBuffer
    from requests import PreparedRequest
    from urllib3._base_connection import BaseHTTPConnection
    from urllib3.connectionpool import ConnectionPool

_BUFFER_BYTES = 65_536
_SLICE_SECONDS = 0.5

Now: TypeAlias = Callable[[], float]
"""A clock that never goes back, in seconds."""


class OutOfPatience(TimeoutError):
    """Something did not come in time.

    Attributes:
        seconds: What the time was.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"not within {seconds:g} seconds")
        self.seconds = seconds


class ProxyLate(OutOfPatience):
    """A proxy did not say whether it opens a tunnel."""


class HeadersLate(OutOfPatience):
    """The last line of the headers did not come."""


class Silence(OutOfPatience):
    """Nothing more came of the body."""


class Patience:
    """How long to go on waiting for one answer.

    Args:
        header_seconds: From the end of the request to the last line of the headers.
        now: The clock.
    """

    def __init__(self, header_seconds: float, now: Now = time.monotonic) -> None:
        self._now = now
        self._header_seconds = header_seconds
        self._deadline: float | None = None
        self.allow(header_seconds, HeadersLate)

    @contextmanager
    def applied(self) -> "Generator[Self, None, None]":
        """Have the answer of the request that is sent within read with this patience."""
        token = _APPLIED.set(self)
        try:
            yield self
        finally:
            _APPLIED.reset(token)

    def allow(self, seconds: float, late: type[OutOfPatience] = Silence) -> None:
        """Wait for so long, from the next read on and however many reads that takes."""
        self._seconds = seconds
        self._late = late
        self._deadline = None

    def renew(self) -> None:
        """Begin anew with the next read: what was waited for has come."""
        self._deadline = None

    def allow_headers(self) -> None:
        """Begin to wait for the headers."""
        self.allow(self._header_seconds, HeadersLate)

    def left(self) -> float:
        """Return the seconds that are left, more than 0.

        Raises:
            OutOfPatience: None are.
        """
        now = self._now()
        if self._deadline is None:
            # Only now: the time before the read was the reader's own, and none of the server's.
            self._deadline = now + self._seconds
        left = self._deadline - now
        if left <= 0:
            raise self.exhausted()
        return left

    def exhausted(self) -> OutOfPatience:
        """Return the error for what did not come."""
        return self._late(self._seconds)


_APPLIED: ContextVar[Patience | None] = ContextVar("patience of the request being sent")
"""The libraries between the client and its sockets have no argument for it."""


class PatientAdapter(HTTPAdapter):
    """The adapter of requests, with connections whose answers are read with patience.

    Without :meth:`Patience.applied` its answers are read as those of any other adapter.
    """

    def get_connection_with_tls_context(
        self,
        request: "PreparedRequest",
        verify: bool | str | None,  # noqa: FBT001 (as in requests)
        proxies: Mapping[str, str] | None = None,
        cert: tuple[str, str] | str | None = None,
    ) -> "ConnectionPool":
        """Return the pool for a request.

        Raises:
            InvalidProxyURL: The proxy's URL has a user and no host, which requests does not expect.
        """
        try:
            return super().get_connection_with_tls_context(request, verify, proxies, cert)
        except TypeError as error:
            raise InvalidProxyURL("it names no host") from error

    def init_poolmanager(
        self,
        connections: int,
        maxsize: int,
        block: bool = False,  # noqa: FBT001, FBT002 (as in requests)
        **pool_kwargs: Any,  # noqa: ANN401 (as in requests)
    ) -> None:
        """Make the manager of the connections that need no proxy."""
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        _make_patient(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:  # noqa: ANN401
        """Return the manager of the connections by way of a proxy."""
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        _make_patient(manager)
        return manager


class _Manager(Protocol):
    pool_classes_by_scheme: Mapping[str, type[HTTPConnectionPool]]


def _make_patient(manager: _Manager) -> None:
    """Have a manager make patient pools. Doing it twice does nothing more."""
    manager.pool_classes_by_scheme = {
        scheme: pool if issubclass(pool, _PatientPool) else _patient(pool)
        for scheme, pool in manager.pool_classes_by_scheme.items()
    }


def _patient(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
    """Return the same kind of pool: for HTTP, for TLS, or for a SOCKS proxy and either."""
    return cast("type[HTTPConnectionPool]", type(pool.__name__, (_PatientPool, pool), {}))


class _PatientPool(HTTPConnectionPool):
    """A pool whose connections make patient answers.

    Their class stays the pool's own, so that whoever puts another in its place (vcrpy) still can.
    """

    def _new_conn(self) -> "BaseHTTPConnection":
        connection = super()._new_conn()
        if isinstance(connection, HTTPConnection):
            connection.response_class = _PatientAnswer
        return connection


class _PatientAnswer(HTTPResponse):
    """An answer whose bytes come out of a :class:`_PatientFile`."""

    def __init__(
        self,
        sock: "socket.socket",
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        self._patience = _APPLIED.get(None)
        if self._patience is not None:
            # Before `begin` only a proxy's answer to CONNECT is read, as a part of connecting.
            if (connecting_seconds := sock.gettimeout()) is not None:
                self._patience.allow(connecting_seconds, ProxyLate)
            file = _PatientFile(sock, self.fp.detach(), self._patience)
            self.fp = io.BufferedReader(file, _BUFFER_BYTES)

    def begin(self) -> None:
        """Read the headers, of however many bytes they come in."""
        if self._patience is not None:
            self._patience.allow_headers()
        super().begin()


class _PatientFile(io.RawIOBase):
    """Reads from a socket for no longer than there is patience."""

    def __init__(self, sock: "socket.socket", file: io.RawIOBase, patience: Patience) -> None:
        super().__init__()
        self._sock = sock
        self._file = file  # which keeps the socket open after the connection has let go of it
        self._patience = patience

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        # In slices: a signal just before a wait, or in another thread, does not end the wait.
        while True:
            left = self._patience.left()
            self._sock.settimeout(min(left, _SLICE_SECONDS))
            try:
                return self._sock.recv_into(buffer)
            except TimeoutError:
                if left <= _SLICE_SECONDS:
                    raise self._patience.exhausted() from None

    def close(self) -> None:
        try:
            self._file.close()
        finally:
            super().close()
