"""The folder of the sessions, and which file in it is whose log."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC
from pathlib import Path

from codexctl.adapters.sessions.complaints import not_read, not_written
from codexctl.domain.errors import FileNotWritten
from codexctl.domain.session import SessionHeader, is_session_id
from codexctl.domain.values import dataclass

_PRIVATE = stat.S_IRWXU
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_ENDING = ".jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """A file that has the name of a log.

    Attributes:
        session_id: Whose log it is, by its name.
        path: Where it is.
        changed_ns: When it was last added to, in nanoseconds since 1970.
    """

    session_id: str
    path: Path
    changed_ns: int


def log_path(folder: Path, header: SessionHeader) -> Path:
    """Return where a session's log is: its name sorts by time and ends in the id."""
    begun = header.created_at.astimezone(UTC)
    return folder / f"{begun:%Y-%m-%dT%H-%M-%S}_{header.session_id}{_ENDING}"


def entries(folder: Path) -> list[LogEntry]:
    """Return the logs, the one changed last first. Links, folders and other files are passed over.

    Raises:
        SessionUnreadable: The folder cannot be read. One that is not there has no logs.
    """
    try:
        found = sorted(_entries(folder), key=lambda entry: (entry.changed_ns, entry.path.name))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as exc:
        raise not_read(folder, exc) from exc
    return found[::-1]


def _entries(folder: Path) -> Iterator[LogEntry]:
    with os.scandir(folder) as scanned:
        for file in scanned:
            begun, _, session_id = file.name.removesuffix(_ENDING).partition("_")
            if not (file.name.endswith(_ENDING) and begun and is_session_id(session_id)):
                continue
            with suppress(FileNotFoundError):  # removed meanwhile
                state = file.stat(follow_symlinks=False)
                if stat.S_ISREG(state.st_mode):
                    yield LogEntry(
                        session_id=session_id,
                        path=folder / file.name,
                        changed_ns=state.st_mtime_ns,
                    )


def prepare(folder: Path) -> None:
    """Make the folder, and the home that it lies in, for their owner alone.

    Raises:
        FileNotWritten: It cannot be made, or belongs to another user.
    """
    try:
        for one in (folder.parent, folder):
            if not one.is_dir():
                one.mkdir(_PRIVATE, parents=True, exist_ok=True)
                one.chmod(_PRIVATE)  # an umask can take the owner's rights too
                sync_folder(one.parent)
        state = folder.stat()
        if hasattr(os, "geteuid") and state.st_uid != os.geteuid():
            raise FileNotWritten(
                f"The folder {folder} belongs to another user (number {state.st_uid}).",
                remedy="Run codexctl as that user, or set CODEXCTL_HOME to a folder of your own.",
            )
        if state.st_mode & _OTHERS:
            folder.chmod(_PRIVATE)
    except OSError as exc:
        raise not_written(folder, exc) from exc


def sync_folder(folder: Path) -> None:
    """Make a change of names durable, where the system can."""
    # What fails here does not undo the change, so it must not be reported as if it did.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
