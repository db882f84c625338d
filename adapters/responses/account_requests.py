"""Small questions beside the conversation: asked once, and bounded in time as a whole."""

import json
import threading
import time
from contextlib import closing

import requests

from codexctl.adapters.responses.fields import JsonObject, as_object
from codexctl.adapters.responses.http import (
    Bearer,
    HttpSettings,
    Session,
    is_page,
    proxies_for,
    refusal,
)
from codexctl.adapters.responses.transport_errors import TRANSPORT_ERRORS, error_from
from codexctl.domain.credentials import Credential, Subscription
from codexctl.domain.errors import CodexctlError, NetworkFailed, ProtocolError
from codexctl.domain.models import Provider

_READ_BYTES = 65_536
_LONGEST_ANSWER = 16_777_216
"""In bytes. A list of models brings the instructions of each, some hundred thousand in all."""
_SLICE_SECONDS = 0.5


def account_url(settings: HttpSettings, path: str) -> str:
    """Return where the account is: beside the models, not below them (wire-contract 2.1)."""
    return settings.base_urls[Provider.CHATGPT].rstrip("/").removesuffix("/codex") + path


def get_json(
    settings: HttpSettings, url: str, credential: Credential, *, limit_seconds: float
) -> JsonObject:
    """Ask for a JSON object. A redirect is refused, so that a token reaches the named host only.

    Args:
        settings: How to reach the service.
        url: What to ask for.
        credential: Who asks.
        limit_seconds: How long to wait for the whole answer.

    Returns:
        The object, or an empty one if the JSON is something else.

    Raises:
        SignInRejected: The service refused the credential.
        CodexctlError: It could not be asked, or said no.
    """
    question = _Question(settings, url, credential, limit_seconds)
    # In a thread, because no setting of the library bounds the look-up of the name, the addresses
    # tried one after the other (openai/codex#41044), or a server that drips its headers.
    threading.Thread(target=question.run, name="account", daemon=True).start()
    question.wait()
    match question.outcome:
        case bytes() as content:
            return _parsed(content)
        case CodexctlError() as error:
            raise error
        case None:
            raise NetworkFailed(
                f"The service did not answer within {limit_seconds:g} seconds.",
                remedy="Check the network and the proxy settings, then run it again.",
            )
        case error if isinstance(error, TRANSPORT_ERRORS):
            raise error_from(error, url) from error
        case error:
            raise error


class _Question:
    """One request, made in a thread of its own."""

    def __init__(
        self, settings: HttpSettings, url: str, credential: Credential, limit_seconds: float
    ) -> None:
        self.outcome: bytes | BaseException | None = None
        self._is_over = threading.Event()
        self._settings = settings
        self._url = url
        self._credential = credential
        self._limit_seconds = limit_seconds
        self._deadline = time.monotonic() + limit_seconds

    def wait(self) -> None:
        """Wait for the outcome, or for the time to be up."""
        # In slices, since on Windows a thread that waits for a lock does not hear Ctrl-C.
        while (left := self._deadline - time.monotonic()) > 0:
            if self._is_over.wait(min(left, _SLICE_SECONDS)):
                return

    def run(self) -> None:
        try:
            self.outcome = self._ask()
        except Exception as error:  # noqa: BLE001 (raised by the thread that waits)
            self.outcome = error
        finally:
            self._is_over.set()

    def _ask(self) -> bytes | None:
        settings, credential = self._settings, self._credential
        headers = dict(settings.identity)
        bearer = credential.bearer
        if isinstance(credential, Subscription) and credential.account_id is not None:
            headers["chatgpt-account-id"] = credential.account_id
        connect_seconds = min(settings.connect_timeout_seconds, self._limit_seconds)
        with (
            Session(settings.transport) as session,
            closing(
                session.get(
                    self._url,
                    headers=headers,
                    auth=Bearer(bearer),
                    stream=True,
                    allow_redirects=False,
                    proxies=proxies_for(self._url),
                    # More than is waited for: this only ends the thread.
                    timeout=(connect_seconds, self._limit_seconds + 1),
                    verify=settings.ca_bundle,
                )
            ) as response,
        ):
            if response.status_code != requests.codes.ok or is_page(response):
                raise refusal(response, bearer, settings.present())
            return self._read(response)

    def _read(self, response: requests.Response) -> bytes | None:
        """Return the body, or None if nobody waits for it any more."""
        body = bytearray()
        for chunk in response.iter_content(_READ_BYTES):
            body += chunk
            if len(body) > _LONGEST_ANSWER:
                raise ProtocolError(
                    "The service's answer is too long.",
                    remedy="Try again in a few minutes.",
                )
            if time.monotonic() > self._deadline:
                return None
        return bytes(body)


def _parsed(content: bytes) -> JsonObject:
    try:
        return as_object(json.loads(content))
    except (ValueError, RecursionError) as error:
        raise ProtocolError(
            "The service's answer is not JSON.",
            remedy="Try again in a few minutes.",
        ) from error
