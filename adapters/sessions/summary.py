"""What a list of sessions shows of each: read from both ends of its log, however long that is."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from codexctl.adapters.sessions.fields import Damaged
from codexctl.adapters.sessions.folder import LogEntry
from codexctl.adapters.sessions.line_codec import STEP_MARK, decode_header, decode_record
from codexctl.adapters.sessions.log_file import open_to_read
from codexctl.domain.session import (
    SessionHeader,
    SessionRecord,
    SessionSummary,
    StepEnded,
    first_words_of,
)

_BEGINNING_OF_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_MICROSECONDS = 7_000 * 365 * 86_400 * 1_000_000
_LONGEST_HEADER = 65_536
_MOST_OF_A_BEGINNING = 32 << 20
"""A first question may bring pictures, in one line with its words."""

_ENDS = (64 << 10, 4 << 20)
"""How much of the end is searched for the last model: a little, and then more."""


def summary_of(entry: LogEntry) -> SessionSummary | None:
    """Return what a list shows of a session; None if it is gone, or was never begun in earnest."""
    try:
        with os.fdopen(open_to_read(entry.path), "rb") as file:
            first = file.readline(_LONGEST_HEADER)
            if len(first) < _LONGEST_HEADER and not first.endswith(b"\n"):
                return None  # killed before its first line was whole
            return SessionSummary(
                session_id=entry.session_id,
                changed_at=changed_at(entry.changed_ns),
                header=checked_header(first, entry),
                first_words=first_words_of(_first_records(file)),
                model=_last_model(file),
            )
    except FileNotFoundError:
        return None
    except (OSError, Damaged):
        return SessionSummary(
            session_id=entry.session_id, changed_at=changed_at(entry.changed_ns), header=None
        )


def header_of(entry: LogEntry) -> SessionHeader | None:
    """Return the first line of a log, or None if it cannot be read."""
    try:
        with os.fdopen(open_to_read(entry.path), "rb", buffering=0) as file:
            return checked_header(file.read(_LONGEST_HEADER).partition(b"\n")[0], entry)
    except (OSError, Damaged):
        return None


def checked_header(line: bytes, entry: LogEntry) -> SessionHeader:
    """Read the first line of a log.

    Raises:
        Damaged: It cannot be read, or is another session's.
    """
    header = decode_header(line)
    if header.session_id != entry.session_id:
        raise Damaged("the id in it is not that of its file")
    return header


def changed_at(nanoseconds: int) -> datetime:
    """Return the moment of a file's time; one beyond all calendars becomes the first of ours."""
    microseconds = nanoseconds // 1_000
    if not 0 <= microseconds <= _MOST_MICROSECONDS:
        return _BEGINNING_OF_TIME
    return _BEGINNING_OF_TIME + timedelta(microseconds=microseconds)


def _first_records(file: BinaryIO) -> Iterator[SessionRecord]:
    """Yield records from where the file is read, as far as they are whole."""
    left = _MOST_OF_A_BEGINNING
    while (line := file.readline(left)).endswith(b"\n"):
        left -= len(line)
        try:
            record = decode_record(line)
        except Damaged:
            return
        if record is not None:
            yield record


def _last_model(file: BinaryIO) -> str | None:
    size = file.seek(0, os.SEEK_END)
    for length in _ENDS:
        start = max(0, size - length)
        file.seek(start)
        end = file.read(length)
        end = end[: end.rfind(b"\n") + 1]
        begin_of_line = end.rfind(b"\n", 0, max(0, end.rfind(STEP_MARK))) + 1
        if begin_of_line > 0:
            return _model_in(end[begin_of_line:].partition(b"\n")[0])
        if start == 0:
            break
    return None


def _model_in(line: bytes) -> str | None:
    try:
        record = decode_record(line)
    except Damaged:
        return None
    return record.model if isinstance(record, StepEnded) else None
