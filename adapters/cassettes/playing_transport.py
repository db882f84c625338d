"""Answers requests from a tape, where the network would be."""

import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from requests.adapters import HTTPAdapter

from codexctl.adapters.cassettes.playing import Playing, error_of
from codexctl.adapters.cassettes.recording_transport import body_of
from codexctl.adapters.cassettes.tape import Exchange, Interrupted, TapedFailure, TapedResponse
from codexctl.domain.ports import Notifier
from codexctl.domain.values import dataclass

if TYPE_CHECKING:
    from requests import PreparedRequest, Response
    from urllib3 import HTTPResponse

_UNTRUE_HERE = frozenset(("content-length", "content-encoding", "transfer-encoding"))


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a tape is played.

    Attributes:
        speed: 1 for the pace of the recording, 2 for twice that; 0 for no waiting at all.
        sleep: Waits for some seconds.
    """

    speed: float
    sleep: Callable[[float], None]

    def wait(self, seconds: float) -> None:
        """Wait for what took so many seconds when it was recorded."""
        if self.speed > 0 and seconds > 0:
            self.sleep(seconds / self.speed)


class PlayingTransport(HTTPAdapter):
    """An adapter of requests that answers from a tape and opens no socket.

    Args:
        playing: The tape.
        pace: How fast it is played.
        notifier: Told what the tape tells between its exchanges.
    """

    def __init__(self, playing: Playing, pace: Pace, notifier: Notifier) -> None:
        super().__init__()
        self._playing = playing
        self._pace = pace
        self._notifier = notifier

    def send(
        self,
        request: "PreparedRequest",
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002 (as in requests)
        timeout: object = None,  # noqa: ARG002 (as in requests)
        verify: bool | str = True,  # noqa: ARG002, FBT001, FBT002 (as in requests)
        cert: object = None,  # noqa: ARG002 (as in requests)
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 (as in requests)
    ) -> "Response":
        """Answer a request; see :meth:`requests.adapters.BaseAdapter.send`.

        Raises:
            TapeMismatch: It is not the one that was recorded.
            TapedError: The recorded one had no answer.
        """
        for text in self._playing.notices_now():
            self._notifier.tell(text)
        exchange = self._playing.answer(
            request.method or "", request.url or "", dict(request.headers), body_of(request)
        )
        return self.build_response(request, self._answered(exchange))

    def _answered(self, exchange: Exchange) -> "HTTPResponse":
        from urllib3 import HTTPHeaderDict, HTTPResponse

        answer = exchange.answer
        if isinstance(answer, Interrupted):
            self._playing.end()
        if isinstance(answer, TapedFailure):
            raise TapedError from error_of(answer)
        headers = HTTPHeaderDict()
        for name, value in answer.headers:
            if name.lower() not in _UNTRUE_HERE:
                headers.add(name, value)
        return HTTPResponse(
            body=_PlayedBody(answer, self._pace, self._playing),
            headers=headers,
            status=answer.status,
            reason=answer.reason,
            preload_content=False,
        )


class TapedError(OSError):
    """What went wrong when it was recorded; its cause says what, in our own words."""


class _PlayedBody(io.BufferedIOBase):
    """The body of an answer, in the pieces it came in, ending as it ended."""

    def __init__(self, answer: TapedResponse, pace: Pace, playing: Playing) -> None:
        super().__init__()
        self._pieces = iter(answer.pieces())
        self._rest = b""
        self._ending = answer.ending
        self._pace = pace
        self._playing = playing
        self._milliseconds = 0

    def readable(self) -> bool:
        return True

    def read1(self, size: int = -1, /) -> bytes:
        if not self._rest:
            self._rest = self._next()
        end = len(self._rest) if size < 0 else size
        piece, self._rest = self._rest[:end], self._rest[end:]
        return piece

    def read(self, size: int | None = -1, /) -> bytes:
        return self.read1(-1 if size is None else size)

    def _next(self) -> bytes:
        milliseconds, piece = next(self._pieces, (self._milliseconds, b""))
        self._pace.wait((milliseconds - self._milliseconds) / 1000)
        self._milliseconds = milliseconds
        if not piece:
            if isinstance(self._ending, Interrupted):
                self._playing.end()
            if isinstance(self._ending, TapedFailure):
                raise TapedError from error_of(self._ending)
        return piece
