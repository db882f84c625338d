"""The part of the composition root that records runs on tapes, and plays them.

A deck stands between the composition of a run and its ports: it changes those that a tape is about
and leaves the others. Loaded for ``--record`` and ``--replay`` alone.
"""

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeAlias, TypeVar

from dependency_injector import providers
from requests.adapters import BaseAdapter

from codexctl import __version__
from codexctl.adapters.cassettes.matching import Matcher
from codexctl.adapters.cassettes.played import (
    TapedApprover,
    TapedClock,
    TapedCredentials,
    TapedEntropy,
    TapedTools,
    checked,
)
from codexctl.adapters.cassettes.playing import Playing
from codexctl.adapters.cassettes.playing_transport import Pace, PlayingTransport
from codexctl.adapters.cassettes.recorded import (
    RecordingCredentials,
    RecordingEntropy,
    RecordingNotifier,
    taken_down,
)
from codexctl.adapters.cassettes.recording import Recording, failure_of
from codexctl.adapters.cassettes.recording_transport import RecordingTransport
from codexctl.adapters.cassettes.scrubber import Scrubber
from codexctl.adapters.cassettes.tape import RunFacts, Service, TapedFailure
from codexctl.adapters.cassettes.tape_file import check_place, read_tape, write_tape
from codexctl.adapters.responses.http import HttpSettings
from codexctl.adapters.responses.patience import PatientAdapter
from codexctl.adapters.responses.transport_errors import TRANSPORT_ERRORS, error_from
from codexctl.adapters.system import SystemEntropy
from codexctl.application.container import Container
from codexctl.application.open_session import NoLog, OpenedSession
from codexctl.domain.conversation import Conversation
from codexctl.domain.errors import CodexctlError, UsageError
from codexctl.domain.ports import Approver, Notifier
from codexctl.domain.run_events import RunEvent, RunFinished, RunStarted
from codexctl.entrypoints.settings import Settings

COMMAND = "run"

_T = TypeVar("_T")


class RecordingDeck:
    """Records a run; everything else is as without it.

    Args:
        path: Where the tape is to be.
        settings: The settings of this process, whose secrets must not stand on it.
        working_folder: Where the tools work, absolute.
        scrub_reasoning: Whether the sealed form of reasoning is no part of the tape.

    Raises:
        UsageError: There can be no tape.
    """

    def __init__(
        self,
        path: Path,
        settings: Settings,
        working_folder: Path,
        *,
        scrub_reasoning: bool = False,
    ) -> None:
        check_place(path)
        self._path = path
        self._scrub_reasoning = scrub_reasoning
        self._settings = settings
        self._recording = Recording(time.monotonic)
        self._entropy = RecordingEntropy(SystemEntropy())
        self._credentials: RecordingCredentials | None = None
        self._notifier: Notifier | None = None
        self._facts = RunFacts(
            started_at=datetime.now().astimezone(), working_folder=str(working_folder)
        )
        self._is_saved = False

    @property
    def started_at(self) -> datetime | None:
        """The present moment for whoever tells one; None for the machine's."""
        return None

    def connected(self, http: HttpSettings) -> HttpSettings:
        """Return how to reach the services.

        The present moment is when the last answer began: that is on the tape.
        """
        return replace(http, transport=self._transport, present=self._present)

    def notifier(self, notifier: Notifier) -> Notifier:
        """Return who tells what happens beside the conversation."""
        self._notifier = notifier
        return RecordingNotifier(notifier, self._recording)

    def approver(self, approver: Callable[[], Approver]) -> Callable[[], Approver]:
        """Return what makes the one who is asked before a tool runs."""
        return approver

    def put_into(self, container: Container) -> None:
        """Change the ports of a run that a recording is about."""
        self._credentials = RecordingCredentials(container.credentials())
        _put(container.credentials, self._credentials)
        _put(container.entropy, self._entropy)

    def session(self) -> OpenedSession | None:
        """Return the conversation; None to open it as ever."""
        return None

    def check_session(self, opened: OpenedSession) -> None:
        """Check that the conversation is a new one.

        Raises:
            UsageError: It is not: its beginning could not be played.
        """
        if opened.conversation.items:
            raise UsageError(
                "A session with earlier turns cannot be recorded: a tape holds a whole"
                " conversation.",
                remedy="Record a new one: name another --session, or none.",
            )

    def followed(self, events: Generator[RunEvent, None, None]) -> Generator[RunEvent, None, None]:
        """Pass the events of a run on, and write its tape before the last one.

        Raises:
            TapeRefused: The tape would show a secret.
            FileNotWritten: It could not be written.
        """
        for event in taken_down(events, self._recording):
            match event:
                case RunStarted(conversation_id):
                    self._facts = replace(self._facts, conversation_id=conversation_id)
                case RunFinished():
                    self._save()
                case _:
                    pass
            yield event

    def ended(self, failure: TapedFailure) -> None:
        """Write the tape of a run that did not come to its end, as far as it came.

        Whoever calls has a worse matter to tell: that there is no tape is told as a notice.
        """
        if self._is_saved:
            return
        self._facts = replace(self._facts, ended=failure)
        try:
            self._save()
        except CodexctlError as error:
            if self._notifier is not None:
                self._notifier.tell(error.message)

    def _present(self) -> datetime:
        begun = self._facts.started_at or datetime.now().astimezone()
        return begun + timedelta(milliseconds=self._recording.last_answer_milliseconds)

    def _transport(self) -> BaseAdapter:
        return RecordingTransport(PatientAdapter(), self._recording, _explained)

    def _save(self) -> None:
        try:
            self._write()
        except Exception:
            self._is_saved = True  # as far as that goes; a signal in the middle comes back here
            raise
        self._is_saved = True

    def _write(self) -> None:
        if self._recording.is_empty:
            # A good tape is not replaced by one of nothing.
            if self._notifier is not None:
                self._notifier.tell(f"Nothing was sent, so {self._path} was not recorded.")
            return
        given = self._credentials
        conversation_id = self._facts.conversation_id
        made_up = tuple(one for one in self._entropy.identifiers if one != conversation_id)
        facts = replace(
            self._facts,
            identifiers=made_up,
            services=tuple(
                Service(provider, self._settings.base_urls[provider])
                for provider in (() if given is None else given.providers)
            ),
        )
        tape = self._recording.tape(
            recorded_by=f"codexctl {__version__}", command=COMMAND, facts=facts
        )
        known = (*(() if given is None else given.secrets), *_secrets_of(self._settings))
        kept = (*(() if conversation_id is None else (conversation_id,)), *made_up)
        scrubbed = Scrubber(known=known, kept=kept, reasoning=self._scrub_reasoning)
        write_tape(self._path, scrubbed(tape), known)


class PlayingDeck:
    """Plays a run from its tape: no network, no credential, nothing of the machine is touched.

    Args:
        path: Where the tape is.
        working_folder: Where the tools would work, absolute.
        again: The command that would record the tape anew.
        stops: The signals that may have ended the run, by the names of :class:`TapedFailure`.
        speed: 1 for the pace of the recording; 0 for no waiting.
        is_live: Whether the tools are run, and what comes of them is compared.

    Raises:
        UsageError: There is no such file, or what reads it is not installed.
        TapeUnreadable, TapeMismatch: It is no tape of a run.
    """

    def __init__(
        self,
        path: Path,
        working_folder: Path,
        again: str,
        *,
        stops: Mapping[str, type[BaseException]],
        speed: float = 0.0,
        is_live: bool = False,
    ) -> None:
        tape = read_tape(path, command=COMMAND)
        matcher = Matcher.of_folders(tape.facts.working_folder, str(working_folder))
        self._playing = Playing(tape, matcher, again, stops)
        self._pace = Pace(speed, time.sleep)
        self._clock = TapedClock(self._playing, self._pace)
        self._is_live = is_live
        self._tools: TapedTools | None = None
        self._notifier: Notifier = _Nobody()

    @property
    def started_at(self) -> datetime | None:
        """The present moment for whoever tells one, in the time zone of who recorded it."""
        return self._playing.tape.facts.started_at or self._clock.now()

    def connected(self, http: HttpSettings) -> HttpSettings:
        """Return how to reach the services: they are where they were, and so is the moment."""
        recorded = {one.provider: one.base_url for one in self._playing.tape.facts.services}
        return replace(
            http,
            base_urls={**http.base_urls, **recorded},
            transport=self._transport,
            present=self._clock.now,
        )

    def notifier(self, notifier: Notifier) -> Notifier:
        """Return who tells what happens beside the conversation."""
        self._notifier = notifier
        return notifier

    def approver(self, approver: Callable[[], Approver]) -> Callable[[], Approver]:
        """Return what makes the one who is asked before a tool runs, if tools are run."""
        return lambda: TapedApprover(approver, self._playing)

    def put_into(self, container: Container) -> None:
        """Put the tape in the place of all that asks the network or the machine."""
        self._tools = TapedTools(container.tools(), self._playing, is_live=self._is_live)
        _put(container.tools, self._tools)
        _put(container.credentials, TapedCredentials(self._playing))
        _put(container.entropy, TapedEntropy(self._playing.tape.facts))
        _put(container.clock, self._clock)
        _put(container.routing_for, _not_routed)

    def session(self) -> OpenedSession | None:
        """Return the conversation of the tape, which is kept nowhere."""
        facts = self._playing.tape.facts
        known = facts.conversation_id or TapedEntropy(RunFacts()).identifier()
        return OpenedSession(Conversation(known), NoLog())

    def check_session(self, opened: OpenedSession) -> None:
        """Do nothing: it is the tape's own."""

    def followed(self, events: Generator[RunEvent, None, None]) -> Generator[RunEvent, None, None]:
        """Pass the events of a run on, as long as it is the one on the tape.

        Raises:
            TapeMismatch: It is another run.
            BaseException: The recorded run was stopped here by a signal.
        """
        for text in self._playing.notices_before():
            self._notifier.tell(text)
        missing = {} if self._tools is None else self._tools.missing
        yield from checked(events, self._playing, missing)

    def ended(self, failure: TapedFailure) -> None:
        """Do nothing: the tape stays what it is."""

    def _transport(self) -> BaseAdapter:
        return PlayingTransport(self._playing, self._pace, self._notifier)


TapeDeck: TypeAlias = RecordingDeck | PlayingDeck


def told_as(error: CodexctlError) -> TapedFailure:
    """Return what ended a run as its tape tells it."""
    return failure_of(error)


def stopped_by(error: BaseException) -> TapedFailure:
    """Return a signal that ended a run as its tape tells it: by the name of its exception."""
    return TapedFailure(
        kind=type(error).__name__,
        message="The recorded run was stopped.",
        remedy="Record it again.",
    )


def _put(place: "providers.Provider[_T]", adapter: _T) -> None:
    """Have a container give an adapter wherever the port is asked for."""
    # dependency-injector leaves the type of override open.
    place.override(providers.Object(adapter))  # pyright: ignore[reportUnknownMemberType]


class _Nobody:
    def tell(self, text: str) -> None:
        """Tell nobody."""


def _not_routed(_credential: object) -> None:
    """Return no routing: how it was routed is between the recorded run and the service."""


def _explained(error: BaseException, url: str) -> CodexctlError | None:
    return error_from(error, url) if isinstance(error, TRANSPORT_ERRORS) else None


def _secrets_of(settings: Settings) -> tuple[str, ...]:
    hidden = (settings.access_token, settings.api_key, settings.passphrase)
    return tuple(secret.reveal() for secret in hidden if secret is not None)
