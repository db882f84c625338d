"""One step: one response from the model, tried again where that may help."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import replace

from codexctl.domain.conversation import AssistantMessage
from codexctl.domain.credentials import Credential
from codexctl.domain.errors import CodexctlError, SignInRejected
from codexctl.domain.limits import RetryPolicy
from codexctl.domain.ports import Clock, CredentialSource, Entropy, ModelStream
from codexctl.domain.run_events import Retrying, RunEvent, TurnEnded
from codexctl.domain.stream_events import ItemFinished, StreamEvent, TextDelta
from codexctl.domain.turn import FinishedTurn, InterruptedTurn, TurnAssembler, TurnRequest
from codexctl.domain.values import dataclass


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
        self,
        request: TurnRequest,
        credential: Credential,
        policy: RetryPolicy,
        *,
        text_is_shown: bool,
    ) -> Generator[RunEvent, None, FinishedTurn]:
        """Yield the events of the response, and of the retries it takes.

        Args:
            request: What to ask.
            credential: Who asks.
            policy: The budget of the step.
            text_is_shown: Whether text is shown as it comes and so cannot be taken back: then
                nothing is tried again once there was some.

        Returns:
            The finished turn; the caller announces it.

        Raises:
            CodexctlError: The response did not become whole. What it brought has been announced
                with :class:`~codexctl.domain.run_events.TurnEnded`.
        """
        attempt = 1
        was_renewed = False
        while True:
            watch = _Attempt()
            yield from watch.follow(self.model.stream(request, credential))
            turn = watch.outcome()
            if isinstance(turn, FinishedTurn):
                return turn
            if isinstance(turn.error, SignInRejected) and not was_renewed:
                # Once a step: a credential that is refused when it is new is refused for good.
                was_renewed = True
                other = self.credentials.renewed(credential)
                if other is not None:
                    credential = other
                    continue
            delay = None
            if not (text_is_shown and watch.saw_text):
                spread = self.entropy.spread()
                delay = policy.delay_seconds(turn.error, attempt=attempt, spread=spread)
            if delay is None:
                yield TurnEnded(turn)
                raise turn.error
            yield Retrying(turn.error, attempt, policy.retries, delay)
            self.clock.sleep(delay)
            attempt += 1


class _Attempt:
    """One try of a step: passes the events on and remembers what they come to."""

    def __init__(self) -> None:
        self.saw_text = False
        self._assembler = TurnAssembler()
        self._error: CodexctlError | None = None

    def follow(self, events: Generator[StreamEvent, None, None]) -> Generator[RunEvent, None, None]:
        with closing(events):
            try:
                for event in events:
                    self._assembler.take(event)
                    self.saw_text = self.saw_text or _is_text(event)
                    yield event
            except CodexctlError as error:
                self._error = error

    def outcome(self) -> FinishedTurn | InterruptedTurn:
        turn = self._assembler.outcome()
        if isinstance(turn, InterruptedTurn) and self._error is not None:
            return replace(turn, error=self._error)
        return turn


def _is_text(event: StreamEvent) -> bool:
    """Tell whether an event puts text before the user; a message may come without deltas."""
    match event:
        case TextDelta(text):
            return bool(text)
        case ItemFinished(AssistantMessage(text=text)):
            return bool(text)
        case _:
            return False
