"""The store: a folder of logs."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from codexctl.adapters.sessions.complaints import (
    busy,
    name_taken,
    names_busy,
    none_such,
    not_read,
    not_removed,
    not_written,
    several_such,
    unusable,
)
from codexctl.adapters.sessions.fields import Damaged
from codexctl.adapters.sessions.folder import LogEntry, entries, log_path, prepare, sync_folder
from codexctl.adapters.sessions.line_codec import decode_record, encode_header
from codexctl.adapters.sessions.log import FileSessionLog
from codexctl.adapters.sessions.log_file import FileIsLocked, LockedFile, read_file
from codexctl.adapters.sessions.summary import changed_at, checked_header, header_of, summary_of
from codexctl.domain.ports import Clock
from codexctl.domain.session import (
    Session,
    SessionHeader,
    SessionRecord,
    SessionSummary,
    could_begin_an_id,
)

NAMES_LOCK_FILE = "names.lock"
NAMES_WAIT_SECONDS = 10.0
"""It is held for milliseconds; this is for a machine that swaps, or a slow network disk."""


class FileSessionStore:
    """The :class:`~codexctl.domain.ports.SessionStore` of the folder ``sessions`` in the home.

    Reading takes no lock: lines are only ever added, and one that is not whole yet is passed over.
    Nothing is made before the first record of a session.

    Args:
        home: The folder of everything that is kept; made when there is something to keep.
        clock: Tells when something happened.
        wait_seconds: How long to wait at most for others who begin a session with a name.
    """

    def __init__(
        self, home: Path, clock: Clock, *, wait_seconds: float = NAMES_WAIT_SECONDS
    ) -> None:
        self._folder = home / "sessions"
        self._clock = clock
        self._wait_seconds = wait_seconds

    def create(self, header: SessionHeader) -> FileSessionLog:
        """See :meth:`codexctl.domain.ports.SessionStore.create`."""
        path = log_path(self._folder, header)
        return FileSessionLog(path, self._clock, begin=partial(self._begin, path, header))

    def open(self, reference: str) -> tuple[Session, FileSessionLog]:
        """See :meth:`codexctl.domain.ports.SessionStore.open`."""
        entry = self._found(reference)
        file = self._locked(entry, reference)
        try:
            content = file.content()
            session = _session(entry, content)
            file.cut(content.rfind(b"\n") + 1)
        except OSError as exc:
            file.close()
            raise not_written(entry.path, exc) from exc
        except BaseException:
            file.close()
            raise
        return session, FileSessionLog(entry.path, self._clock, file=file)

    def read(self, reference: str) -> Session:
        """See :meth:`codexctl.domain.ports.SessionStore.read`."""
        entry = self._found(reference)
        return _session(entry, _content(entry, reference))

    def lines(self, reference: str) -> tuple[str, ...]:
        """Return the whole lines of a log as they stand there, damaged ones too.

        Raises:
            UsageError: There is none, or the reference fits several.
            SessionUnreadable: It cannot be read.
        """
        content = _content(self._found(reference), reference)
        return tuple(line.decode(errors="replace") for line in _whole_lines(content))

    def listed(self) -> Iterator[SessionSummary]:
        """See :meth:`codexctl.domain.ports.SessionStore.listed`."""
        for entry in entries(self._folder):
            summary = summary_of(entry)
            if summary is not None:
                yield summary

    def remove(self, reference: str) -> str:
        """See :meth:`codexctl.domain.ports.SessionStore.remove`."""
        entry = self._found(reference)
        file = self._locked(entry, reference)
        try:
            entry.path.unlink()
        except OSError as exc:
            raise not_removed(entry.path, exc) from exc
        finally:
            file.close()
        sync_folder(self._folder)
        return entry.session_id

    def _begin(self, path: Path, header: SessionHeader, line: bytes) -> LockedFile:
        """Make the file of a new session, with the line of its first record."""
        prepare(self._folder)
        if header.name is None:
            return _made(path, header, line)
        with self._names_held():
            if self._of_name(header.name):
                raise name_taken(header.name)
            return _made(path, header, line)

    def _locked(self, entry: LogEntry, reference: str) -> LockedFile:
        try:
            return LockedFile.existing(entry.path)
        except FileIsLocked:
            raise busy(entry.session_id) from None
        except FileNotFoundError:
            raise none_such(reference) from None
        except OSError as exc:
            raise not_written(entry.path, exc) from exc

    def _found(self, reference: str) -> LogEntry:
        known = entries(self._folder)
        found = (
            [entry for entry in known if entry.session_id == reference.lower()]
            or self._of_name(reference, known)
            or [
                entry
                for entry in known
                if could_begin_an_id(reference) and entry.session_id.startswith(reference.lower())
            ]
        )
        if not found:
            raise none_such(reference)
        if len(found) > 1:
            raise several_such(reference, [entry.session_id for entry in found])
        return found[0]

    def _of_name(self, name: str, known: list[LogEntry] | None = None) -> list[LogEntry]:
        return [
            entry
            for entry in (entries(self._folder) if known is None else known)
            if (header := header_of(entry)) is not None and header.name == name
        ]

    @contextmanager
    def _names_held(self) -> Generator[None, None, None]:
        """Let nobody else begin a session with a name meanwhile."""
        from filelock import FileLock, Timeout  # slow to import

        path = self._folder / NAMES_LOCK_FILE
        lock = FileLock(path, timeout=self._wait_seconds, mode=0o600, fallback_to_soft=False)
        try:
            lock.acquire()
        except Timeout:
            raise names_busy(self._wait_seconds) from None
        try:
            yield
        finally:
            lock.release()


def _made(path: Path, header: SessionHeader, line: bytes) -> LockedFile:
    try:
        file = LockedFile.new(path)
    except FileIsLocked:
        raise busy(header.session_id) from None
    try:
        file.add(encode_header(header) + line)
    except BaseException:
        file.discard()
        raise
    return file


def _session(entry: LogEntry, content: bytes) -> Session:
    """Read a log.

    Raises:
        SessionUnreadable: A whole line of it is damaged, or it is of a newer version.
    """
    first, *others = _whole_lines(content) or [b""]
    try:
        header = checked_header(first, entry)
    except Damaged as damage:
        raise unusable(entry.session_id, 1, damage) from None
    return Session(
        header=header,
        records=tuple(_records(entry, others)),
        changed_at=changed_at(entry.changed_ns),
    )


def _records(entry: LogEntry, lines: list[bytes]) -> Iterator[SessionRecord]:
    for number, line in enumerate(lines, 2):
        try:
            record = decode_record(line)
        except Damaged as damage:
            raise unusable(entry.session_id, number, damage) from None
        if record is not None:
            yield record


def _whole_lines(content: bytes) -> list[bytes]:
    """Return the lines whose end is there; a line being written is whole when it has one."""
    return content.split(b"\n")[:-1]


def _content(entry: LogEntry, reference: str) -> bytes:
    try:
        return read_file(entry.path)
    except FileNotFoundError:
        raise none_such(reference) from None
    except OSError as exc:
        raise not_read(entry.path, exc) from exc
