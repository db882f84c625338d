"""Which conversation a run goes on with, or begins."""

from dataclasses import replace
from enum import StrEnum

from codexctl.domain.conversation import Conversation
from codexctl.domain.errors import FileNotWritten, UsageError
from codexctl.domain.ports import Clock, Entropy, Notifier, SessionLog, SessionStore
from codexctl.domain.session import (
    ItemAdded,
    SessionHeader,
    SessionRecord,
    checked_name,
    resumed,
)
from codexctl.domain.values import dataclass


class SessionWish(StrEnum):
    """What the user wants of the past."""

    NEW = "new"
    NAMED = "named"
    LATEST = "latest"
    RESUME = "resume"
    FORK = "fork"
    EPHEMERAL = "ephemeral"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionChoice:
    """A conversation to begin or to go on with.

    Attributes:
        wish: Which of the ways.
        reference: The id, the beginning of an id, or the name; for NAMED, RESUME and FORK.
        working_folder: The folder of the run, absolute; LATEST means the latest one begun there.
    """

    wish: SessionWish = SessionWish.EPHEMERAL
    reference: str | None = None
    working_folder: str = "/"


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A conversation, and where what is added to it is kept.

    Attributes:
        conversation: As far as it has come; empty for a new one.
        log: Takes what is added.
    """

    conversation: Conversation
    log: SessionLog


class NoLog:
    """The :class:`~codexctl.domain.ports.SessionLog` of a conversation that nobody keeps."""

    def append(self, *records: SessionRecord, is_durable: bool = False) -> None:
        """Forget them."""

    def close(self) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """Opens the conversation that the user wants."""

    store: SessionStore
    clock: Clock
    entropy: Entropy
    notifier: Notifier

    def __call__(self, choice: SessionChoice) -> OpenedSession:
        """Open it; closing its log is left to the caller.

        Raises:
            UsageError: There is no such session, or nothing can have such a name.
            SessionBusy: Another process has it open.
            SessionUnreadable: It cannot be read.
            FileNotWritten: A fork could not be kept.
        """
        match choice.wish:
            case SessionWish.EPHEMERAL:
                return OpenedSession(Conversation(self.entropy.identifier()), NoLog())
            case SessionWish.NEW:
                begun = self._begun(self._header(choice))
                return replace(begun, log=KeptWhilePossible(begun.log, self.notifier))
            case SessionWish.NAMED:
                return self._named(choice)
            case SessionWish.LATEST:
                return self._taken_up(self._latest(choice.working_folder))
            case SessionWish.RESUME:
                return self._taken_up(choice.reference or "")
            case SessionWish.FORK:
                return self._forked(choice)

    def _begun(self, header: SessionHeader) -> OpenedSession:
        return OpenedSession(Conversation(header.session_id), self.store.create(header))

    def _named(self, choice: SessionChoice) -> OpenedSession:
        name = checked_name(choice.reference or "")
        if any(one.header is not None and one.header.name == name for one in self.store.listed()):
            return self._taken_up(name)
        return self._begun(replace(self._header(choice), name=name))

    def _latest(self, working_folder: str) -> str:
        here = (
            one.session_id
            for one in self.store.listed()
            if one.header is not None and one.header.working_folder == working_folder
        )
        latest = next(here, None)
        if latest is None:
            raise UsageError(
                "There is no session of this folder to continue.",
                remedy="See them all with: codexctl sessions list",
            )
        return latest

    def _taken_up(self, reference: str) -> OpenedSession:
        session, log = self.store.open(reference)
        try:
            conversation, lacking = resumed(session)
            if lacking:
                log.append(*map(ItemAdded, lacking), is_durable=True)
                many = len(lacking)
                self.notifier.tell(
                    f"{many} call{'' if many == 1 else 's'} of the session had been interrupted;"
                    " the model is told so, and nothing is run again."
                )
        except BaseException:
            log.close()
            raise
        return OpenedSession(conversation, log)

    def _forked(self, choice: SessionChoice) -> OpenedSession:
        origin = self.store.read(choice.reference or "")
        header = replace(self._header(choice), forked_from=origin.header.session_id)
        log = self.store.create(header)
        try:
            conversation, lacking = resumed(origin)
            log.append(*origin.records, *map(ItemAdded, lacking), is_durable=True)
        except BaseException:
            log.close()
            raise
        return OpenedSession(replace(conversation, conversation_id=header.session_id), log)

    def _header(self, choice: SessionChoice) -> SessionHeader:
        return SessionHeader(
            session_id=self.entropy.identifier(),
            created_at=self.clock.now(),
            working_folder=choice.working_folder,
        )


class KeptWhilePossible:
    """A log that a run can do without: if it cannot be kept, the user is told and the run goes on.

    Not for a session that the user named or took up: that one is to be kept, or the run ends.
    """

    def __init__(self, log: SessionLog, notifier: Notifier) -> None:
        self._log: SessionLog | None = log
        self._notifier = notifier

    def append(self, *records: SessionRecord, is_durable: bool = False) -> None:
        """See :meth:`codexctl.domain.ports.SessionLog.append`; raises nothing."""
        if self._log is None:
            return
        try:
            self._log.append(*records, is_durable=is_durable)
        except FileNotWritten as error:
            log, self._log = self._log, None
            log.close()
            self._notifier.tell(f"This run cannot be continued later: {error.message}")

    def close(self) -> None:
        """See :meth:`codexctl.domain.ports.SessionLog.close`."""
        if self._log is not None:
            self._log.close()
