"""One step: one response from the model, tried again where that may help."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import field, replace

from codexctl.domain.continuation import ShownText
from codexctl.domain.credentials import Credential
from codexctl.domain.errors import (
    UNREADABLE_REASONING,
    CodexctlError,
    ImageRefused,
    InvalidRequest,
    SignInRejected,
)
from codexctl.domain.history import without_images, without_sealed_reasoning
from codexctl.domain.limits import RetryBudget
from codexctl.domain.ports import Clock, CredentialSource, Entropy, ModelStream
from codexctl.domain.run_events import Notice, Retrying, RunEvent
from codexctl.domain.stream_events import RequestAdjusted, StreamEvent
from codexctl.domain.turn import (
    FinishedTurn,
    InterruptedTurn,
    TurnAssembler,
    TurnOutcome,
    TurnRequest,
)
from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What the tries of one step share.

    Attributes:
        budget: How often it may be tried again.
        shown: The text that was shown and cannot be taken back; None if text is not shown as it
            comes, but only when a response is whole.
        told: What the run has told the user of its requests; the same words are told once.
    """

    budget: RetryBudget
    shown: ShownText | None
    told: set[str] = field(default_factory=set[str])


@dataclass(frozen=True, slots=True)
class Answered:
    """How a step ended.

    Attributes:
        turn: The response, whole or interrupted.
        request: The request that led to it, which need not be the first one.
        credential: Who asked in the end.
    """

    turn: TurnOutcome
    request: TurnRequest
    credential: Credential


@dataclass(frozen=True, slots=True, kw_only=True)
class AskModel:
    """Streams one response and returns it whole.

    A call of the model is run by whoever gets the finished turn, never while the response is still
    coming, so that a broken stream and its retry cannot run a tool twice.
    """

    model: ModelStream
    credentials: CredentialSource
    clock: Clock
    entropy: Entropy

    def __call__(
        self, request: TurnRequest, credential: Credential, step: Step
    ) -> Generator[RunEvent, None, Answered]:
        """Yield the events of the response, and of the retries it takes.

        Args:
            request: What to ask.
            credential: Who asks.
            step: The budget and what was shown; both are used up here.

        Returns:
            The turn, whole or interrupted for good. Announcing it is left to the caller.

        Raises:
            CodexctlError: A refused credential should have been renewed and could not be.
        """
        was_renewed = False
        while True:
            attempt = _Attempt(step)
            yield from attempt.follow(self.model.stream(request, credential))
            turn = attempt.outcome()
            if isinstance(turn, FinishedTurn):
                return Answered(turn, request, credential)
            if isinstance(turn.error, SignInRejected) and not was_renewed:
                # Once a step: a credential that is refused when it is new is refused for good.
                was_renewed = True
                other = self.credentials.renewed(credential)
                if other is not None:
                    credential = other
                    continue
            if (mended := _mended(request, turn.error)) is not None:
                request, what = mended
                yield Notice(what)
                continue
            delay = step.budget.next_delay(turn.error, self.entropy.spread())
            if delay is None:
                return Answered(turn, request, credential)
            budget = step.budget
            keeps_text = step.shown is not None and not step.shown.is_empty
            yield Retrying(turn.error, budget.used, budget.policy.retries, delay, keeps_text)
            self.clock.sleep(delay)


def _mended(request: TurnRequest, error: CodexctlError) -> tuple[TurnRequest, str] | None:
    """Return the request without what the service cannot read in it, and words for the user.

    None if that is not the matter, or if it is not there: so a request is mended once at most.
    """
    if isinstance(error, InvalidRequest) and error.code == UNREADABLE_REASONING:
        items = without_sealed_reasoning(request.items)
        what = "The service cannot read earlier reasoning of this conversation; it goes on without."
    elif isinstance(error, ImageRefused):
        # A picture that came with this very question is for the user to mend.
        items = without_images(request.items, keep_last_user=True)
        what = (
            "The service cannot read an earlier picture of this conversation; it goes on without."
        )
    else:
        return None
    return None if items == request.items else (replace(request, items=items), what)


class _Attempt:
    """One try of a step: passes the events on and remembers what they come to."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self._assembler = TurnAssembler()
        self._error: CodexctlError | None = None

    def follow(self, events: Generator[StreamEvent, None, None]) -> Generator[RunEvent, None, None]:
        shown, take = self._step.shown, self._assembler.take
        if shown is not None:
            shown.begin_try()
        with closing(events):
            try:
                for said in events:
                    for event in take(said):
                        passed_on = event if shown is None else shown.passed_on(event)
                        if isinstance(passed_on, RequestAdjusted):
                            yield from self._told(passed_on)
                        elif passed_on is not None:
                            yield passed_on
                if shown is not None and isinstance(self._assembler.outcome(), FinishedTurn):
                    shown.end_try()
            except CodexctlError as error:
                self._error = error

    def outcome(self) -> FinishedTurn | InterruptedTurn:
        turn = self._assembler.outcome()
        if self._error is None:
            return turn
        if isinstance(turn, InterruptedTurn):
            return replace(turn, error=self._error)
        return InterruptedTurn(self._error, turn.items, turn.usage)

    def _told(self, event: RequestAdjusted) -> Generator[RunEvent, None, None]:
        if event.text not in self._step.told:
            self._step.told.add(event.text)
            yield Notice(event.text)
