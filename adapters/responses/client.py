"""Asks a Responses back end over HTTP, with requests."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from codexctl.adapters.responses.fault_codec import fault_from_response
from codexctl.adapters.responses.request_builder import build_body, build_headers
from codexctl.adapters.responses.sse import read_events
from codexctl.adapters.responses.transport_errors import TRANSPORT_ERRORS, error_from
from codexctl.adapters.responses.wire_codec import decode_event
from codexctl.domain.credentials import Credential, Secret, Subscription
from codexctl.domain.errors import CodexctlError
from codexctl.domain.faults import error_for
from codexctl.domain.models import Provider
from codexctl.domain.stream_events import TERMINAL, StreamEvent
from codexctl.domain.turn import TurnRequest

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


class ResponsesClient:
    """The :class:`~codexctl.domain.ports.ModelStream` of the real services.

    One connection pool for the life of the object. Redirects are refused and TLS is always
    verified, so that a token reaches the configured host and no other.
    """

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self._session = requests.Session()

    def stream(
        self, request: TurnRequest, credential: Credential
    ) -> Generator[StreamEvent, None, None]:
        """See :meth:`codexctl.domain.ports.ModelStream.stream`."""
        try:
            with closing(self._post(request, credential)) as response:
                yield from self._events(response)
        except TRANSPORT_ERRORS as error:
            raise error_from(error) from error

    def close(self) -> None:
        """See :meth:`codexctl.domain.ports.ModelStream.close`."""
        self._session.close()

    def _post(self, request: TurnRequest, credential: Credential) -> requests.Response:
        settings = self._settings
        provider, bearer = (
            (Provider.CHATGPT, credential.access_token)
            if isinstance(credential, Subscription)
            else (Provider.API, credential.key)
        )
        url = f"{settings.base_urls[provider].rstrip('/')}/responses"
        response = self._session.post(
            url,
            data=build_body(request, credential),
            headers={**settings.identity, **build_headers(request, credential)},
            # An auth object, not a header: requests replaces a header by what .netrc says.
            auth=_Bearer(bearer),
            stream=True,
            allow_redirects=False,
            proxies=_proxies_for(url),
            timeout=(settings.connect_timeout_seconds, settings.idle_timeout_seconds),
            verify=settings.ca_bundle,
        )
        if response.status_code != requests.codes.ok or _is_page(response):
            with closing(response):
                raise _refusal(response, bearer)
        return response

    def _events(self, response: requests.Response) -> Iterator[StreamEvent]:
        raw: HTTPResponse = response.raw
        with closing(read_events(_chunks(raw))) as events:
            for server_event in events:
                event = decode_event(server_event.event, server_event.data)
                yield event
                if isinstance(event, TERMINAL):
                    return


def _proxies_for(url: str) -> dict[str, str]:
    """Keep what goes to this machine away from the environment's proxies."""
    host = urlsplit(url).hostname or ""
    return {"no_proxy": host} if host in _LOOPBACK_HOSTS else {}


class _Bearer(AuthBase):
    """Puts the bearer on the request at the last moment."""

    def __init__(self, bearer: Secret) -> None:
        self._bearer = bearer

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        prepared.headers["authorization"] = f"Bearer {self._bearer.reveal()}"
        return prepared


def _chunks(raw: "HTTPResponse") -> Iterator[bytes]:
    """Yield the body as it arrives: ``read1`` returns what is there instead of waiting for more."""
    raw.decode_content = True
    while chunk := raw.read1(_READ_BYTES):
        yield chunk


def _is_page(response: requests.Response) -> bool:
    return response.headers.get("content-type", "").startswith("text/html")


def _refusal(response: requests.Response, bearer: Secret) -> CodexctlError:
    """Return the error for an answer that is no stream. Never holds the bearer."""
    body = b""
    # The status says most of it, so a body that breaks off is taken as far as it came.
    with suppress(*TRANSPORT_ERRORS):
        for chunk in _chunks(response.raw):
            body += chunk
            if len(body) > _LONGEST_ERROR_BODY:
                break
    # Some services quote the key they did not like.
    body = body.replace(bearer.reveal().encode(), b"***")
    return error_for(fault_from_response(response.status_code, response.headers, body))
