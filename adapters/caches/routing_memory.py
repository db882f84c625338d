"""The routing of workspaces, remembered in a small JSON file that may be lost at any time."""

import hashlib
import json
import os
import stat
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import cast

from codexctl.domain.credentials import fits_a_header
from codexctl.domain.routing import KnownRouting

_VERSION = 1
_MOST_ACCOUNTS = 32
_MOST_BYTES = 65_536
_KEY_DIGITS = 16

_NO_FOLLOW: int = getattr(os, "O_NOFOLLOW", 0)  # Windows has none of these
_NO_WAIT: int = getattr(os, "O_NONBLOCK", 0)  # not to hang on a FIFO
_BINARY: int = getattr(os, "O_BINARY", 0)
_READ = os.O_RDONLY | _NO_FOLLOW | _NO_WAIT | _BINARY
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | _BINARY
_PRIVATE_FILE = stat.S_IRUSR | stat.S_IWUSR
_PRIVATE_FOLDER = stat.S_IRWXU


class FileRoutingMemory:
    """The :class:`~codexctl.domain.ports.RoutingMemory` on disk: ``cache/routing.json``.

    No lock is taken. The file is replaced as a whole, so a reader sees one writer's content or
    another's; of two who write at the same time the last one wins, and what the other had learned
    is asked once more. Account ids are not written: a short digest stands for each.

    Args:
        home: The folder of everything that is kept; made when there is something to keep.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / "cache" / "routing.json"

    def recall(self, account_id: str) -> KnownRouting | None:
        """See :meth:`codexctl.domain.ports.RoutingMemory.recall`."""
        return self._read().get(_key(account_id))

    def keep(self, account_id: str, known: KnownRouting) -> None:
        """See :meth:`codexctl.domain.ports.RoutingMemory.keep`."""
        routings = {**self._read(), _key(account_id): known}
        newest = sorted(routings.items(), key=lambda entry: entry[1].asked_at, reverse=True)
        with suppress(OSError, ValueError):  # a full disk, somebody else's folder, an odd path
            _replace(self._path, _encoded(dict(newest[:_MOST_ACCOUNTS])))

    def _read(self) -> dict[str, KnownRouting]:
        try:
            return _decoded(_content(self._path))
        except (OSError, ValueError, RecursionError):
            return {}  # none there, not to be read, or damaged


def _key(account_id: str) -> str:
    return hashlib.sha256(account_id.encode(errors="surrogatepass")).hexdigest()[:_KEY_DIGITS]


def _encoded(routings: dict[str, KnownRouting]) -> bytes:
    entries = {
        key: {
            "override": known.override,
            "asked_at": known.asked_at.isoformat(),
            "failed": known.failed,
        }
        for key, known in routings.items()
    }
    return json.dumps({"version": _VERSION, "routings": entries}).encode()


def _decoded(content: bytes) -> dict[str, KnownRouting]:
    parsed = _object(json.loads(content))
    if parsed.get("version") != _VERSION:
        return {}
    return {
        key: known
        for key, entry in _object(parsed.get("routings")).items()
        if (known := _known(_object(entry))) is not None
    }


def _known(entry: dict[str, object]) -> KnownRouting | None:
    """Return an entry, or None if anybody else has written it: its override becomes a header."""
    override, asked_at = entry.get("override"), entry.get("asked_at")
    if override is not None and not (isinstance(override, str) and fits_a_header(override)):
        return None
    try:
        moment = datetime.fromisoformat(asked_at) if isinstance(asked_at, str) else None
    except ValueError:
        return None
    if moment is None or moment.utcoffset() is None:
        return None
    return KnownRouting(override=override, asked_at=moment, failed=entry.get("failed") is not False)


def _object(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _content(path: Path) -> bytes:
    """Return what the file holds.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no file, or larger than one of ours.
    """
    descriptor = os.open(path, _READ)
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode) or state.st_size > _MOST_BYTES:
            raise ValueError("it is none of ours")
        return os.read(descriptor, _MOST_BYTES)
    finally:
        os.close(descriptor)


def _replace(path: Path, content: bytes) -> None:
    """Put content in the place of the file. Not made durable: it is only ever a shortcut.

    Raises:
        OSError: Nothing has changed.
    """
    _make_folder(path.parent.parent)
    _make_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{os.urandom(8).hex()}.tmp")
    descriptor = os.open(temporary, _CREATE, _PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        temporary.chmod(_PRIVATE_FILE)  # an umask can take the owner's rights too
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    folder.mkdir(_PRIVATE_FOLDER, parents=True, exist_ok=True)
    folder.chmod(_PRIVATE_FOLDER)
