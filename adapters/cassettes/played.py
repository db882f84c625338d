"""The ports of a run that is played from a tape: nothing is asked of the machine.

The network is no port; what stands in for it is in ``playing_transport``.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import field
from datetime import UTC, datetime, timedelta

from codexctl.adapters.cassettes.playing import Playing
from codexctl.adapters.cassettes.playing_transport import Pace
from codexctl.adapters.cassettes.tape import RunFacts
from codexctl.domain.approvals import Decision
from codexctl.domain.credentials import ApiKey, Credential, Secret, Subscription
from codexctl.domain.errors import CodexctlError, NotSignedIn, TapeMismatch
from codexctl.domain.models import Provider
from codexctl.domain.ports import Approver, ToolExecutor
from codexctl.domain.run_events import RunEvent, RunFinished, ToolFinished
from codexctl.domain.tools import OutcomeStatus, ToolCall, ToolOutcome, ToolSpec
from codexctl.domain.values import dataclass

_NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)
"""When a run began whose tape does not say."""
_ORIGIN = "the tape"
_NAMES = {Provider.CHATGPT: "ChatGPT", Provider.API: "the API"}


@dataclass(frozen=True, slots=True)
class TapedCredentials:
    """The :class:`~codexctl.domain.ports.CredentialSource` of a run from a tape: nobody's.

    Attributes:
        playing: The tape, which says whose services there was a credential for.
    """

    playing: Playing

    def credential_for(self, provider: Provider | None) -> Credential:
        """See :meth:`codexctl.domain.ports.CredentialSource.credential_for`."""
        providers = [one.provider for one in self.playing.tape.facts.services]
        wanted = provider or next(iter(providers), Provider.CHATGPT)
        if wanted not in providers:
            raise NotSignedIn(
                f"The tape was recorded without a credential for {_NAMES[wanted]}.",
                remedy=f"Name the model that was asked, or record it: {self.playing.again}",
            )
        return _nobody(wanted, "taped")

    def renewed(self, rejected: Credential) -> Credential | None:
        """See :meth:`codexctl.domain.ports.CredentialSource.renewed`."""
        if self.playing.unplayed:
            return _nobody(rejected.provider, "taped-anew")
        return None


def _nobody(provider: Provider, token: str) -> Credential:
    if provider is Provider.API:
        return ApiKey(Secret(token), _ORIGIN)
    return Subscription(
        access_token=Secret(token), account_id=None, expires_at=None, origin=_ORIGIN
    )


@dataclass(slots=True)
class TapedEntropy:
    """The :class:`~codexctl.domain.ports.Entropy` of a run from a tape.

    Attributes:
        facts: What the run made up when it was recorded.
    """

    facts: RunFacts
    _made: int = field(default=0, init=False)

    def identifier(self) -> str:
        """See :meth:`codexctl.domain.ports.Entropy.identifier`; counted where the tape has none."""
        known = self.facts.identifiers
        number, self._made = self._made, self._made + 1
        return known[number] if number < len(known) else f"00000000-0000-4000-8000-{number:012}"

    def spread(self) -> float:
        """Return 0, as when it was recorded."""
        return 0.0


@dataclass(frozen=True, slots=True)
class TapedClock:
    """The :class:`~codexctl.domain.ports.Clock` of a run from a tape.

    Attributes:
        playing: The tape.
        pace: How fast it is played.
    """

    playing: Playing
    pace: Pace

    def now(self) -> datetime:
        """Return when the last answer of the recorded run began, in UTC."""
        begun = (self.playing.tape.facts.started_at or _NO_TIME).astimezone(UTC)
        return begun + timedelta(milliseconds=self.playing.last_answer_milliseconds)

    def sleep(self, seconds: float) -> None:
        """See :meth:`codexctl.domain.ports.Clock.sleep`."""
        self.pace.wait(seconds)


@dataclass(frozen=True, slots=True)
class TapedApprover:
    """The :class:`~codexctl.domain.ports.Approver` of a run from a tape whose tools are run.

    A tape may be anybody's, so what runs here is asked about here. What was declined when it was
    recorded is not run, and not asked about again.

    Attributes:
        approver: Makes what asks the user.
        playing: The tape.
    """

    approver: Callable[[], Approver]
    playing: Playing

    def decide(self, call: ToolCall, /) -> Decision:
        """See :meth:`codexctl.domain.ports.Approver.decide`."""
        if self.playing.was_declined(call.call_id):
            return Decision.YES  # to the tape's own outcome, which says no
        return self.approver().decide(call)


class TapedTools:
    """The :class:`~codexctl.domain.ports.ToolExecutor` of a run from a tape: nothing is run.

    Args:
        tools: Knows the tools. Runs them too if the run is live.
        playing: The tape, which says what came of each call.
        is_live: Whether the tools are run and what comes of them is compared.
    """

    def __init__(self, tools: ToolExecutor, playing: Playing, *, is_live: bool) -> None:
        self._tools = tools
        self._playing = playing
        self._is_live = is_live
        self.missing: dict[str, TapeMismatch] = {}

    def specs(self) -> tuple[ToolSpec, ...]:
        """See :meth:`codexctl.domain.ports.ToolExecutor.specs`."""
        return self._tools.specs()

    def execute(self, call: ToolCall) -> ToolOutcome:
        """Return what came of the call, the same words also where it was run anew.

        Where the tape does not say, or says otherwise, the outcome is of no use and the call is in
        :attr:`missing`: no error is raised here, which may be a thread of its own.
        """
        try:
            recorded = self._playing.outcome(call.call_id)
            if self._is_live and recorded.status is not OutcomeStatus.DECLINED:
                self._playing.check_outcome(recorded, self._tools.execute(call))
            return recorded
        except TapeMismatch as error:
            self.missing[call.call_id] = error
            return ToolOutcome(
                call_id=call.call_id, output=error.message, status=OutcomeStatus.FAILED
            )

    def close(self) -> None:
        """See :meth:`codexctl.domain.ports.ToolExecutor.close`."""
        self._tools.close()


def checked(
    events: Generator[RunEvent, None, None], playing: Playing, missing: Mapping[str, TapeMismatch]
) -> Generator[RunEvent, None, None]:
    """Pass the events of a run on, as long as it is the one on the tape.

    Args:
        events: The run's.
        playing: The tape.
        missing: The calls of which the tape does not say what came, filled as they are run.

    Raises:
        TapeMismatch: It is another run.
        BaseException: The recorded run ended here; see :meth:`Playing.end`.
    """
    try:
        with closing(events):
            for event in events:
                match event:
                    case ToolFinished(call) if call.call_id in missing:
                        if playing.tape.facts.ended is not None:
                            playing.end()
                        raise missing[call.call_id]
                    case RunFinished():
                        playing.check_end()
                    case _:
                        pass
                yield event
    except NotSignedIn as error:
        raise TapeMismatch(error.message, remedy=error.remedy) from error
    except CodexctlError as error:
        # The use cases may have taken it for an error of the service, and gone on.
        if playing.mismatch is not None and error is not playing.mismatch:
            raise playing.mismatch from error
        raise
