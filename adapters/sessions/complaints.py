"""The errors about sessions, worded in one place. None of them quotes a conversation."""

import errno
from pathlib import Path

from codexctl.adapters.sessions.fields import Damaged
from codexctl.domain.errors import FileNotWritten, SessionBusy, SessionUnreadable, UsageError
from codexctl.domain.session import SHORTEST_BEGINNING

_SEE_ALL = "See them all with: codexctl sessions list"
_MOST_NAMED = 5


def not_written(path: Path, error: OSError) -> FileNotWritten:
    """Return the complaint that a file or folder could not be written."""
    remedy = "Look at the disk, or set CODEXCTL_HOME to another folder."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        remedy = "Free some space and try again."
    return FileNotWritten(f"{path} could not be written: {_reason(error)}.", remedy=remedy)


def not_removed(path: Path, error: OSError) -> FileNotWritten:
    """Return the complaint that a session is still there."""
    return FileNotWritten(
        f"{path} could not be removed: {_reason(error)}.",
        remedy="Give yourself the right to it, or remove it by hand.",
    )


def not_read(path: Path, error: OSError) -> SessionUnreadable:
    """Return the complaint that a file or folder could not be read."""
    return SessionUnreadable(
        f"{path} could not be read: {_reason(error)}.",
        remedy="Give yourself the right to it, or set CODEXCTL_HOME to another folder.",
    )


def unusable(session_id: str, line: int, damage: Damaged) -> SessionUnreadable:
    """Return the complaint that a log is damaged, foreign or newer.

    Args:
        session_id: Whose log.
        line: Number of the line that is wrong, from 1.
        damage: What is wrong.
    """
    if damage.is_newer:
        return SessionUnreadable(
            f"The session {session_id} was written by a newer codexctl: {damage.reason}.",
            remedy="Upgrade codexctl: pip install --upgrade codexctl-cli",
        )
    return SessionUnreadable(
        f"The session {session_id} is damaged at line {line} of its log: {damage.reason}.",
        remedy=f"Its lines are shown by: codexctl sessions show {session_id} --json",
    )


def no_log(name: str, damage: Damaged) -> SessionUnreadable:
    """Return the complaint that a file which may lie anywhere begins like no log.

    Args:
        name: What to call the file.
        damage: What is wrong with its first line.
    """
    if damage.is_newer:
        return SessionUnreadable(
            f"{name} was written by a newer codexctl: {damage.reason}.",
            remedy="Upgrade codexctl: pip install --upgrade codexctl-cli",
        )
    return SessionUnreadable(
        f"{name} is a session log that is damaged at line 1: {damage.reason}.",
        remedy="Look at it with a text editor; without that line nothing is known of the others.",
    )


def busy(session_id: str) -> SessionBusy:
    """Return the complaint that a session is open already."""
    return SessionBusy(
        f"The session {session_id} is open in another codexctl.",
        remedy=f"Wait for its end, or go on from a copy with: --fork {session_id}",
    )


def name_taken(name: str) -> SessionBusy:
    """Return the complaint that a session of the same name was begun at the same time."""
    return SessionBusy(
        f"Another codexctl has just begun a session of the name {name}.",
        remedy=f"Wait for its end, or go on from a copy with: --fork {name}",
    )


def names_busy(waited_seconds: float) -> SessionBusy:
    """Return the complaint that others kept beginning sessions with names."""
    return SessionBusy(
        f"Another codexctl was beginning a session for {waited_seconds:g} seconds.",
        remedy="Try again when it is done, or end it.",
    )


def none_such(reference: str) -> UsageError:
    """Return the complaint that nothing fits."""
    if len(reference) < SHORTEST_BEGINNING:
        return UsageError(
            f"There is no session of the name {reference}.",
            remedy=f"Give at least {SHORTEST_BEGINNING} characters of an id. {_SEE_ALL}",
        )
    return UsageError(f"There is no session {reference}.", remedy=_SEE_ALL)


def several_such(reference: str, session_ids: list[str]) -> UsageError:
    """Return the complaint that more than one fits."""
    named = ", ".join(session_ids[:_MOST_NAMED])
    more = ", …" if len(session_ids) > _MOST_NAMED else ""
    return UsageError(
        f"There are {len(session_ids)} sessions that {reference} could be.",
        remedy=f"Name one by its id: {named}{more}",
    )


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).rstrip(".")
