"""Folders made for a run and removed after it."""

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
import threading
from pathlib import Path


class PrivateFolders:
    """A temporary folder for the commands of a run, and folders that hold a place.

    Each is made when it is first asked for. Several threads may ask.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._room: str | None = None
        self._made: list[str] = []
        self._held: dict[str, int] = {}

    @property
    def temporary(self) -> str:
        """A folder for commands to write in, kept from one to the next."""
        return os.path.join(self._prepared(), "tmp")

    @property
    def shared_memory(self) -> str:
        """The same for ``/dev/shm``."""
        return os.path.join(self._prepared(), "shm")

    def _prepared(self) -> str:
        with self._lock:
            if self._room is None:
                self._room = os.path.realpath(tempfile.mkdtemp(prefix="codexctl-"))
                for name in ("tmp", "shm"):
                    os.mkdir(os.path.join(self._room, name), stat.S_IRWXU)
            return self._room

    def hold(self, path: str) -> None:
        """Make a folder where there is nothing, so that it can be hidden or closed.

        Where this user cannot make it, neither can their commands, and nothing is done. While it
        is held, others who made it do not remove it: that would open it to a command under way.
        """
        self._make(path)
        if path not in self._held:
            with contextlib.suppress(OSError):
                if os.listdir(path):
                    return  # nobody removes it
                descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
                self._held[path] = descriptor
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)

    def _make(self, path: str) -> None:
        missing = [Path(path)]
        missing += [parent for parent in missing[0].parents if not os.path.lexists(parent)]
        for folder in reversed(missing):
            try:
                folder.mkdir(stat.S_IRWXU)
            except FileExistsError:
                continue
            except OSError:
                return
            self._made.append(str(folder))

    def remove(self) -> None:
        """Remove them, but for what somebody else has put something in. No command may run."""
        for folder in reversed(self._made):
            with contextlib.suppress(OSError):
                if folder in self._held:
                    fcntl.flock(self._held[folder], fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.rmdir(folder)
        self._made.clear()
        while self._held:
            os.close(self._held.popitem()[1])
        if self._room is None:
            return
        # A command may have closed folders to itself, and so to us.
        for folder, names, _ in os.walk(self._room):
            for path in (Path(folder, name) for name in names):
                with contextlib.suppress(OSError):
                    if not path.is_symlink():
                        path.chmod(stat.S_IRWXU)
        shutil.rmtree(self._room, ignore_errors=True)
        self._room = None
