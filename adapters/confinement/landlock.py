"""Landlock: reading everywhere but in hidden places, writing nowhere but in one folder.

Landlock can only allow, and what it allows for a folder holds for all below it. So a hidden place
is left out by allowing everything beside the way that leads to it: the other entries of ``/``, the
other entries of ``/home``, and so on down. The folders on that way can be passed through and not
listed, since the right to list them would hold for the hidden one as well.

Loaded in the supervising process, which has to start quickly.
"""

import os
import stat
from collections.abc import Callable, Iterator, Sequence

from codexctl.adapters.confinement import kernel

NEEDED_VERSION = 6
"""Linux 6.12. Before it a command could send signals to processes outside, the one that
supervises it among them; before 3, truncate files; before 2, move and link them around."""

# linux/landlock.h, LANDLOCK_ACCESS_FS_*
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHARACTER_DEVICE, _MAKE_BLOCK_DEVICE = 1 << 6, 1 << 11
_TRUNCATE = 1 << 14
_ALL_FILE_RIGHTS = (1 << 16) - 1
_ALL_NETWORK_RIGHTS = 0b11  # TCP: bind, connect
_ALL_SCOPES = 0b11  # abstract Unix sockets, signals

_READ = _EXECUTE | _READ_FILE | _READ_FOLDER
_WRITE = _ALL_FILE_RIGHTS & ~(_MAKE_CHARACTER_DEVICE | _MAKE_BLOCK_DEVICE)
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE

_DEVICES_TO_WRITE = ("/dev/full", "/dev/null", "/dev/zero")
_DEVICES_TO_READ = (*_DEVICES_TO_WRITE, "/dev/random", "/dev/urandom")

Entries = Callable[[str], Sequence[str]]


def confine(hidden: Sequence[str], writable: str) -> None:
    """Confine this process and its descendants, for good.

    New privileges have to be forbidden already.

    Args:
        hidden: What cannot be read; real paths, which need not exist.
        writable: The one folder that can be written.

    Raises:
        OSError: Nothing is confined.
    """
    ruleset = kernel.create_ruleset(_ALL_FILE_RIGHTS, _ALL_NETWORK_RIGHTS, _ALL_SCOPES)
    # Devices are named one by one: root could read a disk through its device.
    for path in visible(("/dev", *hidden), _entries):
        _allow(ruleset, path, _READ)
    for path in _DEVICES_TO_READ:
        _allow(ruleset, path, _READ_FILE)
    for path in _DEVICES_TO_WRITE:
        _allow(ruleset, path, _READ_FILE | _WRITE_FILE)
    _allow(ruleset, writable, _WRITE)
    kernel.restrict_self(ruleset)
    os.close(ruleset)


def visible(hidden: Sequence[str], entries: Entries) -> Iterator[str]:
    """Yield what is to be allowed so that everything can be seen but the hidden places.

    Args:
        hidden: Real paths, none of them ``/``.
        entries: Lists the names in a folder; none for a folder that is not there.
    """
    on_the_way = {"/"}
    for path in hidden:
        while path != "/":
            on_the_way.add(path)
            path = os.path.dirname(path)  # noqa: PLW2901 - up to the root
    for folder in sorted(on_the_way.difference(hidden)):
        for name in sorted(entries(folder)):
            path = f"{folder.rstrip('/')}/{name}"
            if path not in on_the_way:
                yield path


def _entries(folder: str) -> Sequence[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return ()  # not there, or closed to this user anyway


def _allow(ruleset: int, path: str, rights: int) -> None:
    """Allow something. Links are left out: they lead to what is allowed for itself, or hidden."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return  # gone since, or closed to this user anyway
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISLNK(mode):
            return
        kernel.allow_beneath(
            ruleset, rights if stat.S_ISDIR(mode) else rights & _OF_FILES, descriptor
        )
    finally:
        os.close(descriptor)
