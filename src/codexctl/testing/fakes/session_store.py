"""A ``SessionStore`` that forgets at its end."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from codexctl.domain.errors import FileNotWritten, SessionBusy, SessionUnreadable, UsageError
from codexctl.domain.ports import Clock
from codexctl.domain.session import (
    Session,
    SessionHeader,
    SessionRecord,
    SessionSummary,
    could_begin_an_id,
)
from codexctl.testing.fakes.clock import FakeClock


class FakeSessionStore:
    """Keeps sessions for as long as it lives; its clock says when they changed.

    ```python
    store = FakeSessionStore()
    log = store.create(header)
    log.append(ItemAdded(UserMessage("Hi")))
    assert store.records(header.session_id) == [ItemAdded(UserMessage("Hi"))]
    store.someone_else_opens(header.session_id)  # as another process might
    store.damage(header.session_id)  # so that it cannot be read any more
    store.is_full = True  # so that nothing can be kept any more
    ```

    ``durable`` counts, for each session, the records that would outlive a loss of power.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.is_full = False
        self.durable: dict[str, int] = {}
        self._clock = clock or FakeClock()
        self._kept: dict[str, _Kept] = {}
        self._changes = 0

    def records(self, session_id: str) -> list[SessionRecord]:
        """Return what is kept of a session."""
        return self._kept[session_id].records

    def someone_else_opens(self, session_id: str) -> None:
        """Let another process have a session open from now on."""
        self._kept[session_id].is_open = True

    def damage(self, session_id: str) -> None:
        """Let a session be unreadable from now on."""
        self._kept[session_id].is_damaged = True

    def create(self, header: SessionHeader) -> "FakeSessionLog":
        """See :meth:`codexctl.domain.ports.SessionStore.create`."""
        return FakeSessionLog(self, header)

    def open(self, reference: str) -> "tuple[Session, FakeSessionLog]":
        """See :meth:`codexctl.domain.ports.SessionStore.open`."""
        kept = self._closed(reference)
        session = kept.session()
        kept.is_open = True
        return session, FakeSessionLog(self, kept.header, kept)

    def read(self, reference: str) -> Session:
        """See :meth:`codexctl.domain.ports.SessionStore.read`."""
        return self._found(reference).session()

    def listed(self) -> Iterator[SessionSummary]:
        """See :meth:`codexctl.domain.ports.SessionStore.listed`."""
        for kept in sorted(self._kept.values(), key=lambda kept: kept.change, reverse=True):
            yield kept.summary()

    def remove(self, reference: str) -> str:
        """See :meth:`codexctl.domain.ports.SessionStore.remove`."""
        kept = self._closed(reference)
        del self._kept[kept.header.session_id]
        return kept.header.session_id

    def add(self, kept: "_Kept", records: tuple[SessionRecord, ...], *, is_durable: bool) -> None:
        """Add to a session, which may be a new one."""
        session_id = kept.header.session_id
        if not records and session_id not in self._kept:
            return
        if self.is_full:
            raise FileNotWritten("The fake disk is full.", remedy="Free some space.")
        if session_id not in self._kept and self._of_name(kept.header.name):
            raise SessionBusy("Another one has that name.", remedy="Wait for its end.")
        self._kept[session_id] = kept
        self._changes += 1
        kept.change, kept.changed_at = self._changes, self._clock.now()
        kept.records += records
        if is_durable:
            self.durable[session_id] = len(kept.records)

    def new(self, header: SessionHeader) -> "_Kept":
        """Return a session that is not kept yet, open."""
        return _Kept(header, self._clock)

    def _closed(self, reference: str) -> "_Kept":
        kept = self._found(reference)
        if kept.is_open:
            raise SessionBusy("Somebody else has it open.", remedy="Wait for its end.")
        return kept

    def _of_name(self, name: str | None) -> "list[_Kept]":
        return [
            kept
            for kept in self._kept.values()
            if name is not None and kept.header.name == name and not kept.is_damaged
        ]

    def _found(self, reference: str) -> "_Kept":
        if (kept := self._kept.get(reference.lower())) is not None:
            return kept
        found = self._of_name(reference) or [
            kept
            for session_id, kept in self._kept.items()
            if could_begin_an_id(reference) and session_id.startswith(reference.lower())
        ]
        if len(found) != 1:
            raise UsageError(f"There are {len(found)} of them.", remedy="Name another one.")
        return found[0]


@dataclass
class _Kept:
    header: SessionHeader
    clock: Clock
    records: list[SessionRecord] = field(default_factory=list[SessionRecord])
    is_open: bool = True
    is_damaged: bool = False
    change: int = 0

    def __post_init__(self) -> None:
        self.changed_at = self.clock.now()

    def session(self) -> Session:
        if self.is_damaged:
            raise SessionUnreadable("It is damaged.", remedy="Restore it from a backup.")
        return Session(header=self.header, records=tuple(self.records), changed_at=self.changed_at)

    def summary(self) -> SessionSummary:
        session_id = self.header.session_id
        if self.is_damaged:
            return SessionSummary(session_id=session_id, changed_at=self.changed_at, header=None)
        session = self.session()
        return SessionSummary(
            session_id=session_id,
            changed_at=self.changed_at,
            header=self.header,
            model=session.model,
            first_words=session.first_words,
        )


class FakeSessionLog:
    """A session of a :class:`FakeSessionStore`, open for adding."""

    def __init__(
        self, store: FakeSessionStore, header: SessionHeader, kept: _Kept | None = None
    ) -> None:
        self._store = store
        self._kept: _Kept | None = kept or store.new(header)

    def append(self, *records: SessionRecord, is_durable: bool = False) -> None:
        """See :meth:`codexctl.domain.ports.SessionLog.append`."""
        if self._kept is None:
            raise FileNotWritten("It is closed.", remedy="Open it again.")
        self._store.add(self._kept, records, is_durable=is_durable)

    def close(self) -> None:
        """See :meth:`codexctl.domain.ports.SessionLog.close`."""
        if self._kept is not None:
            self._kept.is_open = False
            self._kept = None
