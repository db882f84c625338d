"""Takes down a run as it happens. It holds what came so far, so that a tape can end anywhere."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace

from codexctl.adapters.cassettes.json_text import literal
from codexctl.adapters.cassettes.stream_text import is_over
from codexctl.adapters.cassettes.tape import (
    Arrival,
    Ending,
    Exchange,
    Interrupted,
    RunFacts,
    Tape,
    TapedFailure,
    TapedNotice,
    TapedRequest,
    TapedResponse,
    Whole,
)
from codexctl.domain.errors import CodexctlError
from codexctl.domain.tools import ToolOutcome
from codexctl.domain.values import dataclass


class ExchangeRecording:
    """One exchange that is going on.

    Until it is told how it ended, it counts as interrupted.

    Args:
        request: What was sent.
        sent_at_milliseconds: When, counted from the beginning of the run.
        elapsed_milliseconds: Tells the time since the beginning of the run.
    """

    def __init__(
        self,
        request: TapedRequest,
        sent_at_milliseconds: int,
        elapsed_milliseconds: Callable[[], int],
    ) -> None:
        self._request = request
        self._sent_at = sent_at_milliseconds
        self._elapsed_milliseconds = elapsed_milliseconds
        self.began_at_milliseconds = 0
        self._head: tuple[int, str, tuple[tuple[str, str], ...]] | None = None
        self._body = bytearray()
        self._arrivals: list[Arrival] = []
        self._ending: Ending = Interrupted()

    def answered(self, status: int, reason: str, headers: Iterable[tuple[str, str]]) -> None:
        """Take down that the answer's headers came; names may come more than once."""
        self.began_at_milliseconds = self._elapsed_milliseconds()
        self._head = (status, reason, tuple(headers))

    def arrived(self, piece: bytes) -> None:
        """Take down a piece of the body, uncompressed."""
        if piece:
            self._body += piece
            since = self._elapsed_milliseconds() - self._sent_at
            self._arrivals.append(Arrival(len(piece), since))

    def ended(self) -> None:
        """Take down that the answer is whole, or as much of it as anybody wants.

        One that failed before stays failed.
        """
        if isinstance(self._ending, Interrupted):
            self._ending = Whole()

    def failed(self, error: CodexctlError) -> None:
        """Take down what ended the exchange."""
        self._ending = failure_of(error)

    def exchange(self) -> Exchange:
        """Return what came so far."""
        ending = self._ending
        if self._head is None:
            return Exchange(self._request, Interrupted() if isinstance(ending, Whole) else ending)
        status, reason, headers = self._head
        if not isinstance(ending, Whole) and is_over(self._body.decode(errors="replace")):
            ending = Whole()  # what came of the connection afterwards was no matter any more
        answer = TapedResponse(
            status=status,
            reason=reason,
            headers=headers,
            body=bytes(self._body),
            arrivals=tuple(self._arrivals),
            ending=ending,
            began_at_milliseconds=self.began_at_milliseconds,
        )
        return Exchange(self._request, answer)


@dataclass(slots=True)
class Recording:
    """A run that is being recorded.

    Attributes:
        now: Tells the time in seconds, from any moment on.
    """

    now: Callable[[], float]
    _exchanges: list[ExchangeRecording] = field(default_factory=list[ExchangeRecording])
    _outcomes: list[ToolOutcome] = field(default_factory=list[ToolOutcome])
    _notices: list[TapedNotice] = field(default_factory=list[TapedNotice])
    _has_begun: bool = False
    _begun: float = field(init=False)

    def __post_init__(self) -> None:
        self._begun = self.now()

    @property
    def last_answer_milliseconds(self) -> int:
        """When the last answer began, counted from the beginning of the run."""
        return max((one.began_at_milliseconds for one in self._exchanges), default=0)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been sent yet."""
        return not self._exchanges

    def sends(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> ExchangeRecording:
        """Take down a request that is about to be sent.

        Args:
            method: Its method.
            url: The whole URL.
            headers: All its headers, as they go out.
            body: Its body, uncompressed.
        """
        request = TapedRequest(method=method, url=url, headers=tuple(headers.items()), body=body)
        recording = ExchangeRecording(request, self._elapsed(), self._elapsed)
        self._exchanges.append(recording)
        return recording

    def came_out(self, outcome: ToolOutcome) -> None:
        """Take down what came of a tool call."""
        self._outcomes.append(outcome)

    def _elapsed(self) -> int:
        return round((self.now() - self._begun) * 1000)

    def begins(self) -> None:
        """Take down that the run itself begins."""
        self._has_begun = True

    def told(self, text: str) -> None:
        """Take down a sentence that the user was told beside the conversation."""
        self._notices.append(TapedNotice(text, len(self._exchanges) if self._has_begun else None))

    def tape(self, *, recorded_by: str, command: str, facts: RunFacts) -> Tape:
        """Return the tape so far, not scrubbed.

        Args:
            recorded_by: The program and its version.
            command: Which of its commands ran.
            facts: What a run has to know to be the same again. The working folder is left out
                where nothing on the tape names it.
        """
        exchanges = tuple(recording.exchange() for recording in self._exchanges)
        outcomes = tuple(self._outcomes)
        if not _is_named(facts.working_folder, exchanges, outcomes):
            facts = replace(facts, working_folder=None)
        return Tape(
            recorded_by=recorded_by,
            command=command,
            facts=facts,
            exchanges=exchanges,
            outcomes=outcomes,
            notices=tuple(self._notices),
        )


def failure_of(error: CodexctlError) -> TapedFailure:
    """Return an error as a tape tells it."""
    return TapedFailure(kind=type(error).__name__, message=error.message, remedy=error.remedy)


def _is_named(
    folder: str | None, exchanges: tuple[Exchange, ...], outcomes: tuple[ToolOutcome, ...]
) -> bool:
    if folder is None:
        return False
    if any(folder in outcome.output for outcome in outcomes):
        return True
    written = [literal(folder)[1:-1].encode(), literal(folder, like='""')[1:-1].encode()]
    return any(one in exchange.request.body for exchange in exchanges for one in written)
