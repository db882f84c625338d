"""The ports of a run that is being recorded: each does what it does, and it is taken down."""

import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, BinaryIO, cast

from requests.adapters import BaseAdapter

from codexctl.adapters.cassettes.recording import ExchangeRecording, Recording
from codexctl.domain.credentials import Credential, Secret, Subscription
from codexctl.domain.errors import CodexctlError
from codexctl.domain.models import Provider
from codexctl.domain.ports import CredentialSource, Entropy, Notifier
from codexctl.domain.run_events import RunEvent, RunStarted, ToolFinished

if TYPE_CHECKING:
    from requests import PreparedRequest, Response
    from urllib3 import HTTPResponse

Explain = Callable[[BaseException, str], CodexctlError | None]
"""Returns our error for one that a request to a URL failed with; None if it is another matter."""


class RecordingTransport(BaseAdapter):
    """An adapter of requests that takes down what goes over another one, as it comes.

    Args:
        transport: What carries requests and answers.
        recording: Where they are taken down.
        explain: Tells errors of the network in our words.
    """

    def __init__(self, transport: BaseAdapter, recording: Recording, explain: Explain) -> None:
        super().__init__()
        self._transport = transport
        self._recording = recording
        self._explain = explain

    def send(
        self,
        request: "PreparedRequest",
        stream: bool = False,  # noqa: FBT001, FBT002 (as in requests)
        timeout: "float | tuple[float, float] | tuple[float, None] | None" = None,
        verify: bool | str = True,  # noqa: FBT001, FBT002 (as in requests)
        cert: "bytes | str | tuple[bytes | str, bytes | str] | None" = None,
        proxies: Mapping[str, str] | None = None,
    ) -> "Response":
        """Send a request; see :meth:`requests.adapters.BaseAdapter.send`."""
        url = request.url or ""
        exchange = self._recording.sends(
            request.method or "", url, dict(request.headers), body_of(request)
        )
        try:
            response = self._transport.send(request, stream, timeout, verify, cert, proxies)
        except Exception as error:
            if (failure := self._explain(error, url)) is not None:
                exchange.failed(failure)
            raise
        raw: HTTPResponse = response.raw
        exchange.answered(response.status_code, response.reason or "", raw.headers.items())
        response.raw = _RecordedBody(raw, exchange, lambda error: self._explain(error, url))
        return response

    def close(self) -> None:
        """Close what carries requests and answers."""
        self._transport.close()


def body_of(request: "PreparedRequest") -> bytes:
    """Return the body of a request, which can be sent all the same."""
    match cast("object", request.body):
        case None:
            return b""
        case str() as text:
            return text.encode()
        case bytes() as content:
            return content
        case body:  # as long conversations are sent
            file = cast("BinaryIO", body)
            place = file.tell()
            content = file.read()
            file.seek(place)
            return content


class _RecordedBody:
    """The body of an answer; stands where requests has urllib3's response."""

    def __init__(
        self,
        raw: "HTTPResponse",
        exchange: ExchangeRecording,
        explain: Callable[[BaseException], CodexctlError | None],
    ) -> None:
        self._raw = raw
        self._exchange = exchange
        self._explain = explain

    def __getattr__(self, name: str) -> object:
        return getattr(self._raw, name)

    @property
    def decode_content(self) -> bool:
        """Whether the body is to be uncompressed."""
        return self._raw.decode_content

    @decode_content.setter
    def decode_content(self, wanted: bool) -> None:
        self._raw.decode_content = wanted

    def read1(self, amount: int) -> bytes:
        """Return what is there, as urllib3 does."""
        return self._taken_down(lambda: self._raw.read1(amount))

    def stream(self, amount: int, decode_content: bool | None = None) -> Generator[bytes]:  # noqa: FBT001 (as in urllib3)
        """Yield the body, as urllib3 does."""
        pieces = self._raw.stream(amount, decode_content=decode_content)
        while piece := self._taken_down(lambda: next(pieces, b"")):
            yield piece

    def close(self) -> None:
        """Close the answer. Unless something from outside ends the run, it has said enough."""
        reason = sys.exception()
        if reason is None or isinstance(reason, Exception):
            self._exchange.ended()
        self._raw.close()

    def _taken_down(self, read: Callable[[], bytes]) -> bytes:
        try:
            piece = read()
        except Exception as error:
            if (failure := self._explain(error)) is not None:
                self._exchange.failed(failure)
            raise
        if piece:
            self._exchange.arrived(piece)
        else:
            self._exchange.ended()
        return piece


class RecordingCredentials:
    """A :class:`~codexctl.domain.ports.CredentialSource` that remembers whom it named.

    Args:
        credentials: The source.
    """

    def __init__(self, credentials: CredentialSource) -> None:
        self._credentials = credentials
        self._given: list[Credential] = []
        self._preferred: list[Provider] = []

    @property
    def providers(self) -> tuple[Provider, ...]:
        """The services that there was a credential for, in the order they were asked for.

        The one that was given where any would do goes first, for that is what it is when played.
        """
        given = (credential.provider for credential in self._given)
        return tuple(dict.fromkeys((*self._preferred, *given)))

    @property
    def secrets(self) -> tuple[str, ...]:
        """All that must not stand on a tape."""
        return tuple(
            dict.fromkeys(secret for credential in self._given for secret in secrets_of(credential))
        )

    def credential_for(self, provider: Provider | None) -> Credential:
        """See :meth:`codexctl.domain.ports.CredentialSource.credential_for`."""
        credential = self._credentials.credential_for(provider)
        self._given.append(credential)
        if provider is None:
            self._preferred.append(credential.provider)
        return credential

    def renewed(self, rejected: Credential) -> Credential | None:
        """See :meth:`codexctl.domain.ports.CredentialSource.renewed`."""
        credential = self._credentials.renewed(rejected)
        if credential is not None:
            self._given.append(credential)
        return credential


def secrets_of(credential: Credential) -> tuple[str, ...]:
    """Return what of a credential is nobody else's business."""
    hidden: tuple[Secret | None, ...]
    if isinstance(credential, Subscription):
        hidden = (credential.access_token, credential.refresh_token)
        account = (credential.account_id,) if credential.account_id else ()
    else:
        hidden, account = (credential.key,), ()
    return (*(secret.reveal() for secret in hidden if secret is not None), *account)


class RecordingEntropy:
    """An :class:`~codexctl.domain.ports.Entropy` that remembers what it made up.

    Waits are not varied: they are told to the user, and playing has to tell the same.

    Args:
        entropy: Where identifiers come from.
    """

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self.identifiers: list[str] = []

    def identifier(self) -> str:
        """See :meth:`codexctl.domain.ports.Entropy.identifier`."""
        identifier = self._entropy.identifier()
        self.identifiers.append(identifier)
        return identifier

    def spread(self) -> float:
        """Return 0."""
        return 0.0


class RecordingNotifier:
    """A :class:`~codexctl.domain.ports.Notifier` whose sentences are taken down.

    Args:
        notifier: Who tells them.
        recording: Where they are taken down.
    """

    def __init__(self, notifier: Notifier, recording: Recording) -> None:
        self._notifier = notifier
        self._recording = recording

    def tell(self, text: str) -> None:
        """See :meth:`codexctl.domain.ports.Notifier.tell`."""
        self._recording.told(text)
        self._notifier.tell(text)


def taken_down(
    events: Generator[RunEvent, None, None], recording: Recording
) -> Generator[RunEvent, None, None]:
    """Pass the events of a run on, and take down what came of its tool calls."""
    with closing(events):
        for event in events:
            match event:
                case RunStarted():
                    recording.begins()
                case ToolFinished(outcome=outcome):
                    recording.came_out(outcome)
                case _:
                    pass
            yield event
