"""Asks a Responses back end over HTTP, with requests."""

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import requests

from codexctl.adapters.responses.http import (
    Bearer,
    HttpSettings,
    Session,
    body_chunks,
    is_page,
    proxies_for,
    refusal,
)
from codexctl.adapters.responses.request_builder import build_body, build_headers
from codexctl.adapters.responses.sse import read_events
from codexctl.adapters.responses.transport_errors import TRANSPORT_ERRORS, error_from
from codexctl.adapters.responses.wire_codec import decode_event
from codexctl.domain.credentials import Credential, Secret, Subscription
from codexctl.domain.models import Provider
from codexctl.domain.stream_events import TERMINAL, Failed, StreamEvent
from codexctl.domain.turn import TurnRequest

if TYPE_CHECKING:
    from urllib3 import HTTPResponse


class ResponsesClient:
    """The :class:`~codexctl.domain.ports.ModelStream` of the real services.

    One connection pool for the life of the object. Redirects are refused and TLS is always
    verified, so that a token reaches the configured host and no other.
    """

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self._session = Session()

    def stream(
        self, request: TurnRequest, credential: Credential
    ) -> Generator[StreamEvent, None, None]:
        """See :meth:`codexctl.domain.ports.ModelStream.stream`."""
        try:
            with closing(self._post(request, credential)) as response:
                yield from self._events(response, _addressed(credential)[1])
        except TRANSPORT_ERRORS as error:
            raise error_from(error) from error

    def close(self) -> None:
        """See :meth:`codexctl.domain.ports.ModelStream.close`."""
        self._session.close()

    def _post(self, request: TurnRequest, credential: Credential) -> requests.Response:
        settings = self._settings
        provider, bearer = _addressed(credential)
        url = f"{settings.base_urls[provider].rstrip('/')}/responses"
        response = self._session.post(
            url,
            data=build_body(request, credential),
            headers={**settings.identity, **build_headers(request, credential)},
            # An auth object, not a header: requests replaces a header by what .netrc says.
            auth=Bearer(bearer),
            stream=True,
            allow_redirects=False,
            proxies=proxies_for(url),
            timeout=(settings.connect_timeout_seconds, settings.idle_timeout_seconds),
            verify=settings.ca_bundle,
        )
        if response.status_code != requests.codes.ok or is_page(response):
            with closing(response):
                raise refusal(response, bearer)
        return response

    def _events(self, response: requests.Response, bearer: Secret) -> Iterator[StreamEvent]:
        raw: HTTPResponse = response.raw
        with closing(read_events(body_chunks(raw))) as events:
            for server_event in events:
                event = decode_event(server_event.event, server_event.data)
                if isinstance(event, Failed):
                    # Some services quote the key they did not like, and a message may be cut in
                    # the middle of it: so it goes before the message is read.
                    data = server_event.data.replace(bearer.reveal(), "***")
                    event = decode_event(server_event.event, data)
                yield event
                if isinstance(event, TERMINAL):
                    return


def _addressed(credential: Credential) -> tuple[Provider, Secret]:
    """Return whom a credential is for, and what to show there."""
    if isinstance(credential, Subscription):
        return Provider.CHATGPT, credential.access_token
    return Provider.API, credential.key
