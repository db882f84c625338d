"""The key in a file beside what it locks: for machines with neither a keyring nor a person."""

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path

from codexctl.adapters.token_store.complaints import START_OVER, key_not_read, not_written
from codexctl.adapters.token_store.keys import KEY_BYTES, Key, KeySourceName, KeyWanted
from codexctl.adapters.token_store.private_files import (
    create_private,
    read_private,
    remove_private,
    replace_private,
)
from codexctl.domain.errors import StoreSealed

_MARK = b"codexctl-key-1 "
_MOST_BYTES = 4096


@dataclass(frozen=True, slots=True)
class FileKeys:
    """The :class:`~codexctl.adapters.token_store.keys.KeySource` of a key file.

    It holds a key a line: one, but for the moment of a change from one to the next.

    Attributes:
        path: The key file.
    """

    path: Path

    @property
    def name(self) -> KeySourceName:
        """See :attr:`codexctl.adapters.token_store.keys.KeySource.name`."""
        return KeySourceName.FILE

    def obstacle(self) -> str | None:
        """See :meth:`codexctl.adapters.token_store.keys.KeySource.obstacle`."""
        return None

    def prepare(self) -> None:
        """See :meth:`codexctl.adapters.token_store.keys.KeySource.prepare`."""

    def key_for(self, wanted: KeyWanted) -> Key:
        """See :meth:`codexctl.adapters.token_store.keys.KeySource.key_for`."""
        keys = self._keys()
        for key in keys:
            if key.id == wanted.id:
                return key
        message = f"The key file {self.path} is missing."
        if keys:
            message = f"The key file {self.path} holds another key than the credential file needs."
        raise _sealed(message)

    def provide(self) -> Key:
        """See :meth:`codexctl.adapters.token_store.keys.KeySource.provide`."""
        keys = self._keys()
        if keys:
            return keys[-1]
        key = Key.random()
        try:
            if create_private(self.path, _content([key])):
                return key
        except OSError as exc:
            raise not_written(self.path, exc) from exc
        return self.provide()  # somebody else was first, lock or no lock; theirs it is

    def provide_beside(self, key_id: str | None) -> Key:
        """See :meth:`codexctl.adapters.token_store.keys.KeySource.provide_beside`."""
        key = Key.random()
        kept = [old for old in self._keys() if old.id == key_id]
        try:
            replace_private(self.path, _content([*kept, key]))
        except OSError as exc:
            raise not_written(self.path, exc) from exc
        return key

    def keep_only(self, key_id: str | None) -> None:
        """See :meth:`codexctl.adapters.token_store.keys.KeySource.keep_only`."""
        try:
            if key_id is None:
                remove_private(self.path)
                return
            keys = self._keys()
            kept = [key for key in keys if key.id == key_id]
            if kept != keys:
                replace_private(self.path, _content(kept))
        except OSError as exc:
            raise not_written(self.path, exc) from exc

    def _keys(self) -> list[Key]:
        try:
            # Its folder keeps others out, so a lax mode mostly came with a copy: no reason to stop.
            content = read_private(self.path, _MOST_BYTES, tighten=True)
        except OSError as exc:
            raise key_not_read(self.path, exc) from exc
        if content is None:
            return []
        *lines, end = content.split(b"\n")
        if end or not lines or len(content) > _MOST_BYTES:
            raise _sealed(f"The key file {self.path} is damaged.")
        return [self._read_line(line) for line in lines]

    def _read_line(self, line: bytes) -> Key:
        try:
            secret = base64.b64decode(line.removeprefix(_MARK), validate=True)
        except binascii.Error:
            secret = b""
        if not line.startswith(_MARK) or len(secret) != KEY_BYTES:
            raise _sealed(f"The key file {self.path} is damaged.")
        return Key(secret)


def _content(keys: list[Key]) -> bytes:
    return b"".join(_MARK + base64.b64encode(key.secret) + b"\n" for key in keys)


def _sealed(message: str) -> StoreSealed:
    remedy = (
        f"Restore the key file from a backup. If it is lost, so is credentials.enc: {START_OVER}"
    )
    return StoreSealed(message, remedy=remedy)
