"""What every request to a Responses back end has in common."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from codexctl.adapters.responses.fault_codec import fault_from_response
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
_LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """How to reach the two back ends.

    Attributes:
        base_urls: For each provider, the URL that ``/responses`` is added to.
        identity: Headers that say who is calling (``originator``, ``user-agent``).
        connect_timeout_seconds: For the TCP and TLS handshakes.
        idle_timeout_seconds: How long the service may be silent, before and within an answer.
        ca_bundle: Path of the certificates to trust, or None for those requests would use.
    """

    base_urls: Mapping[Provider, str]
    identity: Mapping[str, str]
    connect_timeout_seconds: float = 15.0
    idle_timeout_seconds: float = 300.0
    ca_bundle: str | None = None


class Session(requests.Session):
    """A session for which a redirect is an answer like any other.

    ``allow_redirects=False`` does not follow one, but still reads its whole body, without a bound.
    """

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
        """Add the header."""
        prepared.headers["authorization"] = f"Bearer {self._bearer.reveal()}"
        return prepared


def body_chunks(raw: "HTTPResponse") -> Iterator[bytes]:
    """Yield the body as it arrives: ``read1`` returns what is there instead of waiting for more."""
    raw.decode_content = True
    while chunk := raw.read1(_READ_BYTES):
        yield chunk


def is_page(response: requests.Response) -> bool:
    """Tell whether the answer is a page for people, which no service of ours sends."""
    return response.headers.get("content-type", "").startswith("text/html")


def refusal(response: requests.Response, bearer: Secret) -> CodexctlError:
    """Return the error for an answer that is no stream. Never holds the bearer."""
    body = b""
    # The status says most of it, so a body that breaks off is taken as far as it came.
    with suppress(*TRANSPORT_ERRORS):
        for chunk in body_chunks(response.raw):
            body += chunk
            if len(body) > _LONGEST_ERROR_BODY:
                break
    # Some services quote the key they did not like.
    body = body.replace(bearer.reveal().encode(), b"***")
    return error_for(fault_from_response(response.status_code, response.headers, body))
