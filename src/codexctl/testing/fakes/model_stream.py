"""A ``ModelStream`` that says what a script says."""

from collections.abc import Generator, Sequence

from codexctl.domain.credentials import Credential
from codexctl.domain.errors import CodexctlError
from codexctl.domain.stream_events import TERMINAL, StreamEvent
from codexctl.domain.turn import TurnRequest
from codexctl.domain.values import dataclass


@dataclass(slots=True)
class Asked:
    """A request that was sent.

    Attributes:
        request: What was asked.
        credential: Who asked.
        is_closed: Whether its generator is over: read to its end, broken, or closed.
    """

    request: TurnRequest
    credential: Credential
    is_closed: bool = False


class FakeModelStream:
    """A model without a network: the n-th request gets the n-th script.

    ```python
    model = FakeModelStream(
        [TextDelta("Hel", 0), NetworkFailed("cut", remedy="again")],  # breaks after a word
        [TextDelta("Hello", 0), Completed()],
        [],  # a stream that ends before its terminal event
    )
    ```

    A script is a list of events; an error in it is raised where it stands, and what stands behind
    a terminal event is never read. As the port demands, a request counts as sent (and takes its
    script) when its first event is asked for. ``asked`` records each request, its credential and
    whether its generator was closed; a request beyond the last script is a mistake of the test and
    fails it.
    """

    def __init__(self, *scripts: Sequence[StreamEvent | CodexctlError]) -> None:
        self.asked: list[Asked] = []
        self.is_closed = False
        self._scripts = scripts
        # Held, so that what a use case forgets to close stays open: no garbage collector helps it.
        self._streams: list[Generator[StreamEvent, None, None]] = []

    @property
    def requests(self) -> list[TurnRequest]:
        """The requests that were sent, in order."""
        return [one.request for one in self.asked]

    def stream(
        self, request: TurnRequest, credential: Credential
    ) -> Generator[StreamEvent, None, None]:
        """See :meth:`codexctl.domain.ports.ModelStream.stream`."""
        stream = self._play(request, credential)
        self._streams.append(stream)
        return stream

    def close(self) -> None:
        """See :meth:`codexctl.domain.ports.ModelStream.close`."""
        self.is_closed = True

    def _play(
        self, request: TurnRequest, credential: Credential
    ) -> Generator[StreamEvent, None, None]:
        asked = Asked(request, credential)
        self.asked.append(asked)
        if len(self.asked) > len(self._scripts):
            raise AssertionError(f"request {len(self.asked)}, but {len(self._scripts)} scripts")
        try:
            for step in self._scripts[len(self.asked) - 1]:
                if isinstance(step, CodexctlError):
                    raise step
                yield step
                if isinstance(step, TERMINAL):
                    return
        finally:
            asked.is_closed = True
