"""One request to the issuer over HTTP: sent once or not at all, and bounded in time as a whole.

A refresh token may be spent once, so what matters of a failure is whether the request was sent. The
body knows: the HTTP library asks it for its bytes after the handshakes, and never gets them once
the caller has given up.
"""

import json
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import requests
from requests.auth import AuthBase

from codexctl.adapters.openai_oauth.one_time_body import OneTimeBody
from codexctl.adapters.openai_oauth.settings import LOOPBACK_HOSTS, IssuerSettings
from codexctl.adapters.openai_oauth.transport_faults import (
    TRANSPORT_ERRORS,
    unsent,
    without_frames,
)
from codexctl.adapters.openai_oauth.waiting import wait_for
from codexctl.domain.credentials import Secret
from codexctl.domain.errors import AnswerLost, CodexctlError, NetworkFailed

if TYPE_CHECKING:
    from urllib3 import HTTPResponse

LONGEST_ANSWER = 1_048_576
"""In bytes; tokens take a few thousand."""

_READ_BYTES = 65_536

Fields = Mapping[str, str | Secret]
"""What is sent, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back.

    Attributes:
        status: The HTTP status.
        headers: The headers, looked up case-insensitively.
        body: The body, as far as it came. Of a good answer it holds tokens.
        is_whole: Whether the body came to its end.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    is_whole: bool

    @property
    def is_good(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300


class IssuerHttp:
    """Posts to the issuer.

    Redirects are refused, ``.netrc`` is not read, TLS is always verified, and what goes to this
    machine goes past the proxies. Each call has a connection of its own: a kept one that the other
    side has dropped would leave open whether the request was received.
    """

    def __init__(self, settings: IssuerSettings) -> None:
        self._settings = settings

    def post_json(self, path: str, fields: Fields, limit_seconds: float | None = None) -> Answer:
        """Send the fields as a JSON object and return the answer, whatever its status.

        Args:
            path: Where, below the issuer's URL.
            fields: What to send.
            limit_seconds: For the whole call, if not the settings' own.

        Raises:
            AnswerLost: It was sent, and no whole answer came.
            CodexctlError: Nothing was sent.
        """
        return self._post(path, OneTimeBody(_as_json(fields), "application/json"), limit_seconds)

    def post_form(self, path: str, fields: Fields, limit_seconds: float | None = None) -> Answer:
        """Send the fields as a form; otherwise as :meth:`post_json`."""
        form = OneTimeBody(_as_form(fields), "application/x-www-form-urlencoded")
        return self._post(path, form, limit_seconds)

    def _post(self, path: str, body: OneTimeBody, limit_seconds: float | None) -> Answer:
        limit = limit_seconds or self._settings.total_timeout_seconds
        call = _Call(self._settings, self._settings.url(path), body, limit)
        # In a thread, because no setting of the library bounds the look-up of the name, the
        # addresses tried one after the other, or a server that drips its headers.
        thread = threading.Thread(target=call.run, name="issuer", daemon=True)
        thread.start()
        try:
            wait_for(call.is_over, limit)
        finally:
            was_sent = body.withdraw()
        return _outcome(call.outcome, was_sent=was_sent)


def _outcome(outcome: Answer | BaseException | None, *, was_sent: bool) -> Answer:
    match outcome:
        case Answer() if outcome.is_whole or not outcome.is_good:
            return outcome  # of a refusal the status says most
        case Exception() if not isinstance(outcome, TRANSPORT_ERRORS):
            raise outcome
        case _ if was_sent:
            # Without its cause, which may quote the answer (BadStatusLine does).
            del outcome
            raise answer_lost()
        case None | Answer():
            raise NetworkFailed(
                "The sign-in service could not be reached in time.",
                remedy="Check the network and the proxy settings, then run it again.",
            )
        case error:
            raise unsent(error) from without_frames(error)


def answer_lost() -> CodexctlError:
    """Return the error for a request that was sent and has no usable answer."""
    return AnswerLost(
        "The request reached the sign-in service, and no usable answer came back.",
        remedy="Run it again; if it is refused then, sign in again with: codexctl login",
    )


class _Call:
    """One request, made in a thread of its own."""

    def __init__(
        self, settings: IssuerSettings, url: str, body: OneTimeBody, limit_seconds: float
    ) -> None:
        self.outcome: Answer | BaseException | None = None
        self.is_over = threading.Event()
        self._settings = settings
        self._url = url
        self._body = body
        self._limit_seconds = limit_seconds

    def run(self) -> None:
        try:
            self.outcome = self._ask()
        except Exception as error:  # noqa: BLE001 (told by the thread that waits)
            self.outcome = error
        finally:
            self.is_over.set()

    def _ask(self) -> Answer:
        deadline = time.monotonic() + self._limit_seconds
        settings = self._settings
        connect_seconds = min(settings.connect_timeout_seconds, self._limit_seconds)
        with (
            _Session() as session,
            closing(
                session.post(
                    self._url,
                    data=self._body,
                    headers={
                        **settings.identity,
                        "accept": "*/*",
                        "accept-encoding": "identity",
                        "content-type": self._body.content_type,
                    },
                    # requests would put in what .netrc says if there were none.
                    auth=_NoAuthorization(),
                    stream=True,
                    proxies=_proxies_for(self._url),
                    timeout=(connect_seconds, self._limit_seconds),
                    verify=settings.ca_bundle,
                )
            ) as response,
        ):
            body, is_whole = _read(response.raw, deadline)
            return Answer(
                status=response.status_code, headers=response.headers, body=body, is_whole=is_whole
            )


class _Session(requests.Session):
    """A session that takes a redirect for an answer like any other.

    ``allow_redirects=False`` would still read the body of one to its end, however long it is.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Tell that there is nowhere to go."""


class _NoAuthorization(AuthBase):
    """Leaves the request as it is."""

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        return prepared


def _proxies_for(url: str) -> dict[str, str]:
    """Keep what goes to this machine away from the environment's proxies."""
    host = urlsplit(url).hostname or ""
    return {"no_proxy": host} if host in LOOPBACK_HOSTS else {}


def _read(raw: "HTTPResponse", deadline: float) -> tuple[bytes, bool]:
    """Read a body to its end, the deadline, the limit or a break, and tell whether it is whole."""
    raw.decode_content = True
    body = b""
    try:
        while chunk := raw.read1(_READ_BYTES):
            body += chunk
            if len(body) > LONGEST_ANSWER or time.monotonic() > deadline:
                return body[:LONGEST_ANSWER], False
    except TRANSPORT_ERRORS:
        return body, False
    return body, True


def _as_json(fields: Fields) -> bytes:
    return json.dumps(_revealed(fields)).encode()


def _as_form(fields: Fields) -> bytes:
    return urlencode(_revealed(fields)).encode()


def _revealed(fields: Fields) -> dict[str, str]:
    return {
        name: value.reveal() if isinstance(value, Secret) else value
        for name, value in fields.items()
    }
