"""Takes down what goes over the network, at the seam that requests offers for it."""

import sys
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, BinaryIO, cast

from requests.adapters import BaseAdapter

from codexctl.adapters.cassettes.recording import ExchangeRecording, Recording
from codexctl.domain.errors import CodexctlError

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
