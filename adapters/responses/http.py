"""What every request to a Responses back end has in common."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.auth import AuthBase

from codexctl.adapters.responses.fault_codec import fault_from_response
from codexctl.adapters.responses.patience import Patience, PatientAdapter
from codexctl.adapters.responses.transport_errors import TRANSPORT_ERRORS
from codexctl.domain.credentials import Secret
from codexctl.domain.errors import CodexctlError
from codexctl.domain.faults import error_for
from codexctl.domain.models import Provider
from codexctl.domain.values import dataclass

if TYPE_CHECKING:
    from urllib3 import HTTPResponse

_READ_BYTES = 65_536
_LONGEST_ERROR_BODY = 65_536
_ERROR_BODY_SECONDS = 10.0
_LONGEST_REST = 65_536
_REST_SECONDS = 0.005
_LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")


def _present() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """How to reach the two back ends.

    Attributes:
        base_urls: For each provider, the URL that ``/responses`` is added to.
        identity: Headers that say who is calling (``originator``, ``user-agent``).
        connect_timeout_seconds: For the TCP connection, for the TLS handshake, for a proxy's
            tunnel, and for each 16 KiB of the request.
        header_timeout_seconds: From the end of the request to the last line of the headers. Models
            may think before they begin to answer: limits of 10 to 20 s failed them (known-bugs 56).
        idle_timeout_seconds: How long the body may be without a line that is complete; a comment
            that keeps the connection alive is one.
        ca_bundle: Path of the certificates to trust, or None for those requests would use.
        transport: Makes what carries requests and answers, an adapter of requests. One that plays
            a tape takes the network's place.
        present: Tells the present moment, aware, which answers refer to.
    """

    base_urls: Mapping[Provider, str]
    identity: Mapping[str, str]
    connect_timeout_seconds: float = 15.0
    header_timeout_seconds: float = 300.0
    idle_timeout_seconds: float = 300.0
    ca_bundle: str | None = None
    transport: Callable[[], BaseAdapter] = PatientAdapter
    present: Callable[[], datetime] = _present


class Session(requests.Session):
    """A session for which a redirect is an answer like any other.

    ``allow_redirects=False`` does not follow one, but still reads its whole body, without a bound.

    Args:
        transport: Makes what carries requests and answers.
    """

    def __init__(self, transport: Callable[[], BaseAdapter]) -> None:
        super().__init__()
        adapter = transport()
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: there is nowhere to go."""


def proxies_for(url: str) -> dict[str, str]:
    """Keep what goes to this machine away from the environment's proxies."""
    host = urlsplit(url).hostname or ""
    return {"no_proxy": host} if host in _LOOPBACK_HOSTS else {}


class Bearer(AuthBase):
    """Puts the bearer on the request at the last moment."""

    def __init__(self, bearer: Secret) -> None:
        self._bearer = bearer

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header.

        Raises:
            InvalidHeader: The bearer cannot stand in one. What the library raises would quote it.
        """
        if not self._bearer.fits_a_header():
            raise requests.exceptions.InvalidHeader("the bearer does not fit a header")
        prepared.headers["authorization"] = f"Bearer {self._bearer.reveal()}"
        return prepared


class Answer:
    """An answer whose body is being read.

    Args:
        response: The response, its headers read.
        patience: How long to wait for more of it.
        beginning: What has been read of the body.
    """

    def __init__(
        self, response: requests.Response, patience: Patience, beginning: bytes = b""
    ) -> None:
        self._response = response
        self._patience = patience
        self._beginning = beginning
        self._raw: HTTPResponse = response.raw

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers, looked up in any case."""
        return self._response.headers

    @property
    def may_leave_a_connection(self) -> bool:
        """Whether another request can be sent where this one was, once all of it is read."""
        # None if it is read already, or if it came from no network at all.
        connection = getattr(self._raw, "connection", None)
        return connection is not None and not connection.is_closed

    def chunks(self, idle_seconds: float) -> Iterator[bytes]:
        """Yield the body as it arrives, decompressed.

        ``read1`` returns what is there instead of waiting for more.

        Args:
            idle_seconds: How long to wait for a line to be complete.
        """
        raw, patience = self._raw, self._patience
        raw.decode_content = True
        patience.allow(idle_seconds)
        if self._beginning:
            yield self._beginning
        while chunk := raw.read1(_READ_BYTES):
            if b"\n" in chunk or b"\r" in chunk:
                patience.renew()
            yield chunk

    def finish(self) -> None:
        """Read the rest if it is there already, so that the connection can be used again.

        In any other case the connection is closed.
        """
        self._patience.allow(_REST_SECONDS)
        rest = 0
        with suppress(*TRANSPORT_ERRORS):
            while rest <= _LONGEST_REST and (chunk := self._raw.read1(_READ_BYTES)):
                rest += len(chunk)
        self.close()

    def close(self) -> None:
        """Close the connection, unless it has gone back to the others at the end of the body."""
        self._response.close()


def is_page(response: requests.Response) -> bool:
    """Tell whether the answer is a page for people, which no service of ours sends."""
    return response.headers.get("content-type", "").startswith("text/html")


def opened(
    response: requests.Response, bearer: Secret, patience: Patience, now: datetime
) -> Answer:
    """Return a response as an answer to be read, if it is a stream.

    Args:
        response: What came, its body not read.
        bearer: What was shown to the service.
        patience: What the response is read with.
        now: The present moment, aware.

    Raises:
        CodexctlError: It is none. Never holds the bearer.
    """
    if response.status_code != requests.codes.ok or is_page(response):
        raise refusal(response, bearer, now, patience)
    if not response.headers.get("content-type", "").lower().startswith("application/json"):
        return Answer(response, patience)
    # A fault under the status of success; or a stream under a wrong name, which is read as it is.
    patience.allow(_ERROR_BODY_SECONDS)
    response.raw.decode_content = True
    beginning: bytes = response.raw.read1(_READ_BYTES)
    if not beginning.lstrip().startswith(b"{"):
        return Answer(response, patience, beginning)
    raise refusal(response, bearer, now, patience, beginning)


def refusal(
    response: requests.Response,
    bearer: Secret,
    now: datetime,
    patience: Patience | None = None,
    beginning: bytes = b"",
) -> CodexctlError:
    """Return the error for an answer that is no stream. Never holds the bearer.

    Args:
        response: What came.
        bearer: What was shown to the service.
        now: The present moment, aware.
        patience: What the response is read with, if it is with any.
        beginning: What has been read of the body.
    """
    if patience is not None:
        patience.allow(_ERROR_BODY_SECONDS)
    raw: HTTPResponse = response.raw
    raw.decode_content = True
    body = bytearray(beginning)
    # The status says most of it, so a body that breaks off is taken as far as it came.
    with suppress(*TRANSPORT_ERRORS):
        while len(body) <= _LONGEST_ERROR_BODY and (chunk := raw.read1(_READ_BYTES)):
            body += chunk
    fault = fault_from_response(
        response.status_code, response.headers, bytes(body), now=now, sent=bearer
    )
    return error_for(fault)
