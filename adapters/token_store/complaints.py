"""The store's errors, worded in one place. None of them ever quotes what a file holds."""

import errno
import os
from pathlib import Path

from codexctl.domain.errors import FileNotWritten, StoreBusy, StoreSealed, StoreUnreadable

START_OVER = "move it away, then sign in again with: codexctl login"

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your share of the disk is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ENOTDIR: "a part of its path is not a folder",
    errno.EISDIR: "a folder stands in its place",
    errno.ELOOP: "it is a symbolic link, or its path has a loop of them",
    errno.ENAMETOOLONG: "its path is too long",
    errno.ENOSYS: "its file system has no locks",
    errno.ENOLCK: "its file system has no locks",
}
_REMEDIES = {
    errno.ENOSPC: "Free some space and try again.",
    errno.EDQUOT: "Free some space and try again.",
    errno.EROFS: "Set CODEXCTL_HOME to a folder that can be written to.",
    errno.EACCES: "Give yourself the right to it, or set CODEXCTL_HOME to another folder.",
    errno.EPERM: "Give yourself the right to it, or set CODEXCTL_HOME to another folder.",
    errno.EISDIR: "Move that folder away.",
    errno.ELOOP: "Put the file itself in the place of the link.",
}
_OTHERWISE = "Look at the disk, or set CODEXCTL_HOME to another folder."


class UnusableContent(Exception):
    """What was read is not what this program can use. Never leaves this package.

    Args:
        reason: What is wrong, as the end of a sentence; quotes nothing.
        is_newer: A newer version of the program can probably use it.
    """

    def __init__(self, reason: str, *, is_newer: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_newer = is_newer


def not_written(path: Path, error: OSError) -> FileNotWritten:
    """Return the complaint that a file could not be written."""
    return FileNotWritten(f"{path} could not be written: {_reason(error)}.", remedy=_remedy(error))


def not_read(path: Path, error: OSError) -> StoreUnreadable:
    """Return the complaint that the credential file could not be read."""
    return StoreUnreadable(
        f"The credential file {path} could not be read: {_reason(error)}.", remedy=_remedy(error)
    )


def unusable(path: Path, content: UnusableContent) -> StoreUnreadable:
    """Return the complaint that the credential file is damaged, foreign or newer."""
    remedy = f"Restore it from a backup, or {START_OVER}"
    if content.is_newer:
        remedy = "Upgrade codexctl: pip install --upgrade codexctl-cli"
    return StoreUnreadable(
        f"The credential file {path} cannot be used: {content.reason}.", remedy=remedy
    )


def key_not_read(path: Path, error: OSError) -> StoreSealed:
    """Return the complaint that the key file could not be read."""
    return StoreSealed(
        f"The key file {path} could not be read: {_reason(error)}.", remedy=_remedy(error)
    )


def changed_too_often(path: Path) -> StoreBusy:
    """Return the complaint that the file was re-encrypted again and again under our hands."""
    return StoreBusy(
        f"The credential file {path} was being re-encrypted again and again.",
        remedy="Try again when the other codexctl is done.",
    )


def _reason(error: OSError) -> str:
    number = error.errno or 0
    return _REASONS.get(number) or (os.strerror(number) if number else str(error))


def _remedy(error: OSError) -> str:
    return _REMEDIES.get(error.errno or 0, _OTHERWISE)
