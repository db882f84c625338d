"""Answers a run from a tape, and says where it asks for something else than was recorded."""

from collections.abc import Mapping
from dataclasses import field
from urllib.parse import urlsplit

from codexctl.adapters.cassettes.complaints import (
    call_not_on_the_tape,
    differs,
    not_on_the_tape,
    outcome_differs,
)
from codexctl.adapters.cassettes.difference import difference
from codexctl.adapters.cassettes.matching import Matcher
from codexctl.adapters.cassettes.tape import Exchange, Tape, TapedFailure, TapedRequest
from codexctl.domain import errors
from codexctl.domain.errors import CodexctlError, ConnectionFailed, StreamInterrupted, UsageError
from codexctl.domain.tools import ToolOutcome
from codexctl.domain.values import dataclass


@dataclass(slots=True)
class Playing:
    """A tape that is being played, each exchange once.

    Attributes:
        tape: The tape.
        matcher: Compares what is asked with what was.
        again: The command that would record the tape anew, for those who are told of a difference.
    """

    tape: Tape
    matcher: Matcher
    again: str
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
        """
        request = TapedRequest(method=method, url=url, headers=tuple(headers.items()), body=body)
        number = len(self._played) + 1
        place = self._place_of(request)
        if place is None:
            what = f"{method} {urlsplit(url).path}"
            raise not_on_the_tape(number, what, again=self.again)
        recorded = self.tape.exchanges[place]
        found = self.matcher.compare(recorded.request, request)
        if found is not None:
            raise differs(number, found.path, found.recorded, found.actual, again=self.again)
        self._played.add(place)
        return recorded

    def outcome(self, call_id: str) -> ToolOutcome:
        """Return what came of a tool call. Of several by the same id, each once, in their order.

        Raises:
            TapeMismatch: The tape does not say.
        """
        for place, outcome in enumerate(self.tape.outcomes):
            if outcome.call_id == call_id and place not in self._told:
                self._told.add(place)
                return outcome
        raise call_not_on_the_tape(call_id, again=self.again)

    def check_outcome(self, actual: ToolOutcome) -> None:
        """Compare what came of a call that was run anew with what the tape says.

        Raises:
            TapeMismatch: It came out otherwise.
        """
        recorded = self.outcome(actual.call_id)
        for path, was, now in (
            ("status", recorded.status.value, actual.status.value),
            ("exit_code", recorded.exit_code, actual.exit_code),
            ("changes", _changes(recorded), _changes(actual)),
            ("images", len(recorded.images), len(actual.images)),
        ):
            if was != now:
                found = difference(path, was, now)
                raise outcome_differs(actual.call_id, path, found.recorded, found.actual)
        other = self.matcher.compare_texts("output", recorded.output, actual.output)
        if other is not None:
            raise outcome_differs(actual.call_id, other.path, other.recorded, other.actual)

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
    if isinstance(kind, type) and issubclass(kind, ConnectionFailed | UsageError):
        return kind(failure.message, remedy=failure.remedy)
    return StreamInterrupted(failure.message, remedy=failure.remedy)


def _changes(outcome: ToolOutcome) -> list[str]:
    return [f"{change.kind.value} {change.path}" for change in outcome.changes]
