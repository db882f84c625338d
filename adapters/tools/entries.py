"""What stands at a place in the file system: files, folders, links and the rest."""

import os
import stat
from enum import StrEnum

from codexctl.domain.values import dataclass

_SPECIAL_KINDS = (
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a character device"),
    (stat.S_ISBLK, "a block device"),
)


class EntryKind(StrEnum):
    """What an entry is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the system says of an entry; links are not followed.

    Attributes:
        kind: What it is.
        mode: Its permission bits, such as 0o755.
        owner: Its user and group.
        size_bytes: Its size.
        identity: Tells it from every other file, and from itself before it was changed.
    """

    kind: EntryKind
    mode: int
    owner: tuple[int, int]
    size_bytes: int
    identity: tuple[int, ...]


def status_of(found: os.stat_result) -> Status:
    """Return what the system's answer says."""
    return Status(
        kind=_kind_of(found.st_mode),
        # Not the set-user-id bit, which writing to a file takes away too.
        mode=stat.S_IMODE(found.st_mode) & 0o777,
        owner=(found.st_uid, found.st_gid),
        size_bytes=found.st_size,
        identity=(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns),
    )


def special_kind(mode: int) -> str | None:
    """Return what a file is in words, or None for a regular file, a folder and a link."""
    return next((words for test, words in _SPECIAL_KINDS if test(mode)), None)


def _kind_of(mode: int) -> EntryKind:
    if stat.S_ISREG(mode):
        return EntryKind.FILE
    if stat.S_ISDIR(mode):
        return EntryKind.FOLDER
    return EntryKind.LINK if stat.S_ISLNK(mode) else EntryKind.OTHER
