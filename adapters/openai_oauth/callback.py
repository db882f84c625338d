"""Where the browser comes back to: a server on this machine for the length of one sign-in."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from codexctl.adapters.openai_oauth.callback_rules import (
    CALLBACK_PATH,
    CANCEL_PATH,
    Approved,
    Cancelled,
    Denied,
    Hit,
    Ignored,
    meaning_of,
)
from codexctl.adapters.openai_oauth.callback_server import (
    LOOPBACK,
    PATIENCE_SECONDS,
    CallbackServer,
)
from codexctl.adapters.openai_oauth.pages import denied_page, done_page, failed_page
from codexctl.adapters.openai_oauth.waiting import wait_for
from codexctl.domain.credentials import Secret
from codexctl.domain.errors import CodexctlError, SignInFailed
from codexctl.domain.sign_in import AuthorizationRequest

REDIRECT_HOST = "127.0.0.1"
"""The host in the redirect URI. The official client of November 2026 sends this, that of August
sent ``localhost``; the issuer knows both (wire-contract 1.3). We listen on IPv4 alone, and a
browser may look for ``localhost`` on ``::1`` first, where another program may be listening."""

REGISTERED_PORTS = (1455, 1457)
"""The two ports that the issuer sends browsers back to (wire-contract 1.1)."""

_BIND_TRIES = 10
_BIND_PAUSE_SECONDS = 0.2
_CANCEL_SECONDS = 2.0
_HTML = "text/html; charset=utf-8"
_PLAIN = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackOptions:
    """How to wait for the browser.

    Attributes:
        present: Called with the URL that the user's browser has to go to; opens or shows it.
        timeout_seconds: How long to wait for the answer.
        ports: Where to listen, in order of preference; 0 is any free one.
        pause: Waits between two tries to get a port, in seconds.
        patience_seconds: How long a client may take to send its request, and to take the reply.
    """

    present: Callable[[str], None]
    timeout_seconds: float = 900.0
    ports: tuple[int, ...] = REGISTERED_PORTS
    pause: Callable[[float], None] = time.sleep
    patience_seconds: float = PATIENCE_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    status: int
    content_type: str
    body: bytes


class LoopbackCallback:
    """The :class:`~codexctl.domain.ports.RedirectReceiver` that a browser comes back to.

    A browser that brings the code is kept waiting until :meth:`conclude`, and then gets the page
    that says how it went: no redirect, and no token in any URL. Safe for several threads.
    """

    def __init__(self, options: CallbackOptions) -> None:
        """Listen.

        A sign-in that holds the port, ours or the official client's, is told to end, once.

        Raises:
            SignInFailed: Other programs hold every port.
        """
        self._options = options
        self._lock = threading.Lock()
        self._state: Secret | None = None
        self._outcome: Secret | SignInFailed | None = None
        self._settled = threading.Event()
        self._verdict: bytes | None = None
        self._is_concluded = threading.Event()
        server = _listening(options, self)
        if server is None:
            ports = " and ".join(map(str, options.ports))
            raise SignInFailed(
                f"Other programs hold the ports that the browser comes back to ({ports}).",
                remedy="End them, or use codexctl login --device or --paste.",
            )
        self._server = server

    @classmethod
    def if_a_port_is_free(cls, options: CallbackOptions) -> Self | None:
        """Return one that listens, or None where other programs hold every port."""
        try:
            return cls(options)
        except SignInFailed:
            return None

    @property
    def redirect_uri(self) -> str:
        """See :meth:`codexctl.domain.ports.RedirectReceiver.redirect_uri`."""
        return f"http://{REDIRECT_HOST}:{self._server.server_port}{CALLBACK_PATH}"

    def receive(self, request: AuthorizationRequest) -> Secret:
        """See :meth:`codexctl.domain.ports.RedirectReceiver.receive`."""
        self.expect(request)
        return self.outcome()

    def expect(self, request: AuthorizationRequest) -> None:
        """Begin to take answers to this request, and show the user where to go."""
        with self._lock:
            self._state = request.state
        self._options.present(request.url)

    def outcome(self) -> Secret:
        """Wait for the answer; Ctrl-C ends the wait at once.

        Raises:
            SignInFailed: The issuer said no, somebody cancelled, or it took too long.
        """
        if not wait_for(self._settled, self._options.timeout_seconds):
            self.settle(
                SignInFailed(
                    "Nobody finished the sign-in in the browser in time.",
                    remedy="Run codexctl login again, with a longer --timeout if need be.",
                )
            )
        outcome = self._outcome
        if isinstance(outcome, Secret):
            return outcome
        raise outcome or _stopped()

    @property
    def is_settled(self) -> bool:
        """Whether the wait is over."""
        return self._settled.is_set()

    def settle(self, outcome: Secret | SignInFailed) -> bool:
        """End the wait with a code or an error; tell whether this came first.

        For an answer that came another way, such as by paste.
        """
        with self._lock:
            is_first = self._outcome is None
            if is_first:
                self._outcome = outcome
        self._settled.set()
        return is_first

    def conclude(self, failure: CodexctlError | None) -> None:
        """See :meth:`codexctl.domain.ports.RedirectReceiver.conclude`."""
        self._conclude(done_page() if failure is None else failed_page(failure))

    def close(self) -> None:
        """See :meth:`codexctl.domain.ports.RedirectReceiver.close`.

        On return the port is free and no thread is left. A browser that still waits is told that
        the sign-in was stopped.
        """
        self.settle(_stopped())
        self._conclude(failed_page(_stopped()))
        self._server.stop()

    def answer(self, hit: Hit) -> _Page:
        """Answer one request; called by the server, in the thread of its connection."""
        with self._lock:
            state = self._state
        match meaning_of(hit, state):
            case Approved(code):
                # Also when another answer came first: the same page, when it is known.
                self.settle(code)
                self._is_concluded.wait()
                return _Page(status=200, content_type=_HTML, body=self._verdict or b"")
            case Denied(failure):
                self.settle(failure)
                return _Page(status=200, content_type=_HTML, body=denied_page(failure))
            case Cancelled(failure):
                if self.settle(failure):
                    return _Page(status=200, content_type=_PLAIN, body=b"Login cancelled\n")
                return _Page(status=409, content_type=_PLAIN, body=b"Too late\n")
            case Ignored(status, text):
                return _Page(status=status, content_type=_PLAIN, body=f"{text}\n".encode())

    def _conclude(self, page: bytes) -> None:
        with self._lock:
            self._verdict = self._verdict or page
        self._is_concluded.set()


def _stopped() -> SignInFailed:
    return SignInFailed("The sign-in was stopped.", remedy="Run codexctl login to try again.")


def _listening(options: CallbackOptions, desk: LoopbackCallback) -> CallbackServer | None:
    """Return a server on the first port that can be had, or None."""
    for port in options.ports:
        for tried in range(_BIND_TRIES):
            try:
                return CallbackServer(port, desk, options.patience_seconds)
            except OSError:
                if tried == 0:
                    _ask_to_end(port)
                options.pause(_BIND_PAUSE_SECONDS)
    return None


def _ask_to_end(port: int) -> None:
    """Ask a sign-in on this port to make way, in the official client's manner, once."""
    request = f"GET {CANCEL_PATH} HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\nConnection: close\r\n\r\n"
    with (
        suppress(OSError),  # whoever it is does not want to talk
        socket.create_connection((LOOPBACK, port), _CANCEL_SECONDS) as connection,
    ):
        connection.settimeout(_CANCEL_SECONDS)
        connection.sendall(request.encode("ascii"))
        connection.recv(1_024)
