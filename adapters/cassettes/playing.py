"""Answers a run from a tape, and says where it asks for something else than was recorded."""

from collections.abc import Mapping
from dataclasses import field
from typing import NoReturn
from urllib.parse import urlsplit

from codexctl.adapters.cassettes.complaints import (
    call_not_on_the_tape,
    differs,
    ended_early,
    not_on_the_tape,
    outcome_differs,
)
from codexctl.adapters.cassettes.difference import difference
from codexctl.adapters.cassettes.matching import Matcher, without_wall_time
from codexctl.adapters.cassettes.tape import (
    Exchange,
    Tape,
    TapedFailure,
    TapedRequest,
    TapedResponse,
)
from codexctl.domain import errors
from codexctl.domain.errors import CodexctlError, StreamInterrupted, TapeMismatch
from codexctl.domain.tools import OutcomeStatus, ToolOutcome
from codexctl.domain.values import dataclass


@dataclass(slots=True)
class Playing:
    """A tape that is being played, each exchange once.

    Attributes:
        tape: The tape.
        matcher: Compares what is asked with what was.
        again: The command that would record the tape anew, for those who are told of a difference.
        stops: The signals that may have ended a run, by what the tape calls them.
        mismatch: The first difference, once there is one. Everything asked after it fails likewise,
            whatever became of the error meanwhile.
    """

    tape: Tape
    matcher: Matcher
    again: str
    stops: Mapping[str, type[BaseException]] = field(default_factory=dict[str, type[BaseException]])
    mismatch: TapeMismatch | None = field(default=None, init=False)
    last_answer_milliseconds: int = field(default=0, init=False)
    """When the last answer began, counted from the beginning of the recorded run."""
    _played: set[int] = field(default_factory=set[int])
    _told: set[int] = field(default_factory=set[int])

    @property
    def unplayed(self) -> int:
        """How many exchanges have not been asked for."""
        return len(self.tape.exchanges) - len(self._played)

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Exchange:
        """Return the exchange of a request: the next of its method and path.

        Requests of different kinds may come in another order than they were recorded in, such as
        what is asked about the account beside the conversation.

        Args:
            method: The request's method.
            url: Its URL.
            headers: Its headers.
            body: Its body.

        Raises:
            TapeMismatch: There is none, or another one was recorded.
            BaseException: There is none, since the run that was recorded ended here; see
                :meth:`end`.
        """
        if self.mismatch is not None:
            raise self.mismatch
        request = TapedRequest(method=method, url=url, headers=tuple(headers.items()), body=body)
        number = len(self._played) + 1
        place = self._place_of(request)
        if place is None:
            if self.tape.facts.ended is not None:
                self.end()
            what = f"{method} {urlsplit(url).path}"
            raise self._noted(not_on_the_tape(number, what, again=self.again))
        recorded = self.tape.exchanges[place]
        found = self.matcher.compare(recorded.request, request)
        if found is not None:
            raise self._noted(
                differs(number, found.path, found.recorded, found.actual, again=self.again)
            )
        self._played.add(place)
        if isinstance(recorded.answer, TapedResponse):
            self.last_answer_milliseconds = max(
                self.last_answer_milliseconds, recorded.answer.began_at_milliseconds
            )
        return recorded

    def notices_before(self) -> tuple[str, ...]:
        """Return what the user was told before the run itself began."""
        return tuple(one.text for one in self.tape.notices if one.exchange is None)

    def notices_now(self) -> tuple[str, ...]:
        """Return what the user was told between the last exchange and the next one."""
        count = len(self._played)
        return tuple(one.text for one in self.tape.notices if one.exchange == count)

    def end(self) -> NoReturn:
        """End the run as the recorded one ended: with its error, or with its signal's exception.

        One that does not say how it ended was interrupted.
        """
        ended = self.tape.facts.ended
        if ended is None:
            raise KeyboardInterrupt
        raise self.stops[ended.kind] if ended.kind in self.stops else error_of(ended)

    def check_end(self) -> None:
        """Check that a run that is done was done there when it was recorded.

        Raises:
            TapeMismatch: There is more on the tape.
            BaseException: It had ended before; see :meth:`end`.
        """
        if self.tape.facts.ended is not None:
            self.end()
        if self.unplayed:
            raise self._noted(ended_early(self.unplayed, again=self.again))

    def outcome(self, call_id: str) -> ToolOutcome:
        """Return what came of a tool call. Of several by the same id, each once, in their order.

        Raises:
            TapeMismatch: The tape does not say.
        """
        for place, outcome in enumerate(self.tape.outcomes):
            if outcome.call_id == call_id and place not in self._told:
                self._told.add(place)
                return outcome
        missing = call_not_on_the_tape(call_id, again=self.again)
        if self.tape.facts.ended is not None:
            raise missing  # no other run: the recorded one may have ended while the call ran
        raise self._noted(missing)

    def was_declined(self, call_id: str) -> bool:
        """Tell whether a call was not run when it was recorded, since nobody approved of it."""
        return any(
            one.call_id == call_id and one.status is OutcomeStatus.DECLINED
            for one in self.tape.outcomes
        )

    def check_outcome(self, recorded: ToolOutcome, actual: ToolOutcome) -> None:
        """Compare what came of a call that was run anew with what the tape says.

        The time that a command took may differ, and the working folder in its output.

        Raises:
            TapeMismatch: It came out otherwise.
        """
        for path, was, now in (
            ("status", recorded.status.value, actual.status.value),
            ("exit_code", recorded.exit_code, actual.exit_code),
            ("changes", _changes(recorded), _changes(actual)),
            ("images", len(recorded.images), len(actual.images)),
        ):
            if was != now:
                found = difference(path, was, now)
                raise self._noted(
                    outcome_differs(actual.call_id, path, found.recorded, found.actual)
                )
        other = self.matcher.compare_texts(
            "output", without_wall_time(recorded.output), without_wall_time(actual.output)
        )
        if other is not None:
            raise self._noted(
                outcome_differs(actual.call_id, other.path, other.recorded, other.actual)
            )

    def _noted(self, mismatch: TapeMismatch) -> TapeMismatch:
        self.mismatch = self.mismatch or mismatch
        return mismatch

    def _place_of(self, request: TapedRequest) -> int | None:
        """Return where the next exchange of the same kind is; of any kind, if there is none."""
        left = [at for at in range(len(self.tape.exchanges)) if at not in self._played]
        kind = (request.method, urlsplit(request.url).path)
        for at in left:
            recorded = self.tape.exchanges[at].request
            if (recorded.method, urlsplit(recorded.url).path) == kind:
                return at
        return left[0] if left else None


def error_of(failure: TapedFailure) -> CodexctlError:
    """Return the error that a tape tells of, to be raised again.

    Of a class that is not there any more it is a :class:`StreamInterrupted`.
    """
    kind: object = getattr(errors, failure.kind, None)
    if kind is errors.RefreshRefused:
        # What the issuer called it is not shown to anybody, and so not on the tape.
        return errors.RefreshRefused(failure.message, remedy=failure.remedy, code="")
    if isinstance(kind, type) and issubclass(kind, CodexctlError):
        return kind(failure.message, remedy=failure.remedy)
    return StreamInterrupted(failure.message, remedy=failure.remedy)


def _changes(outcome: ToolOutcome) -> list[str]:
    return [f"{change.kind.value} {change.path}" for change in outcome.changes]
