"""The key in the operating system's keyring, by the ``keyring`` library (an extra)."""

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from codexctl.adapters.token_store.complaints import START_OVER
from codexctl.adapters.token_store.keys import KEY_BYTES, Key, KeySourceName, KeyWanted
from codexctl.domain.errors import StoreSealed

SERVICE = "codexctl"
_INSTALL = "Install it with: pip install 'codexctl-cli[keyring]'"
_LEAST_PRIORITY = 1
"""From here on a backend is recommended, says keyring; the plain-text ones are below."""


class KeyringBackend(Protocol):
    """The part of ``keyring.backend.KeyringBackend`` that is used."""

    def get_password(self, service: str, username: str, /) -> str | None:
        """Return an entry, or None."""
        ...

    def set_password(self, service: str, username: str, password: str, /) -> None:
        """Make or replace an entry."""
        ...

    def delete_password(self, service: str, username: str, /) -> None:
        """Remove an entry."""
        ...


@dataclass(frozen=True, slots=True)
class KeyringKeys:
    """The :class:`~codexctl.adapters.token_store.keys.KeySource` of the system's keyring.

    The entry holds the base64 of one key, but for the moment of a change two with a space between:
    keyrings are small (an entry of Windows takes 2,560 bytes), so the logins do not go there.

    Attributes:
        home: The folder whose key it is; two homes have two entries.
        backend: The keyring; None for the one that the library finds.
    """

    home: Path
    backend: KeyringBackend | None = None

    @property
    def name(self) -> KeySourceName:
        """See :attr:`codexctl.adapters.token_store.keys.KeySource.name`."""
        return KeySourceName.KEYRING

    @property
    def user(self) -> str:
        """The entry's user name, which stands for the home without showing its path."""
        path = os.path.realpath(self.home)
        return hashlib.sha256(os.fsencode(path)).hexdigest()[:32]

    def obstacle(self) -> str | None:
        """See :meth:`codexctl.adapters.token_store.keys.KeySource.obstacle`."""
        try:
            backend = self._backend()
            if getattr(backend, "priority", _LEAST_PRIORITY) < _LEAST_PRIORITY:
                return f"the only keyring here is {_name(backend)}, which is not a safe one"
            self._keys(backend)
        except StoreSealed as sealed:
            words = sealed.message.removesuffix(".")
            return words[0].lower() + words[1:]
        return None

    def prepare(self) -> None:
        """See :meth:`codexctl.adapters.token_store.keys.KeySource.prepare`."""
        self._keys(self._backend())  # has a locked keyring ask its owner

    def key_for(self, wanted: KeyWanted) -> Key:
        """See :meth:`codexctl.adapters.token_store.keys.KeySource.key_for`."""
        backend = self._backend()
        keys = self._keys(backend)
        for key in keys:
            if key.id == wanted.id:
                return key
        what = "another key than the credential file needs" if keys else "no key for this home"
        raise StoreSealed(
            f"The keyring ({_name(backend)}) holds {what}.",
            remedy="If the home folder was moved, move it back. Otherwise credentials.enc is lost:"
            f" {START_OVER}",
        )

    def provide(self) -> Key:
        """See :meth:`codexctl.adapters.token_store.keys.KeySource.provide`."""
        backend = self._backend()
        keys = self._keys(backend) or [Key.random()]
        self._write(backend, keys)
        return keys[-1]

    def provide_beside(self, key_id: str | None) -> Key:
        """See :meth:`codexctl.adapters.token_store.keys.KeySource.provide_beside`."""
        backend = self._backend()
        kept = [old for old in self._keys(backend) if old.id == key_id]
        key = Key.random()
        self._write(backend, [*kept, key])
        return key

    def keep_only(self, key_id: str | None) -> None:
        """See :meth:`codexctl.adapters.token_store.keys.KeySource.keep_only`."""
        backend = self._backend()
        keys = self._keys(backend)
        kept = [key for key in keys if key.id == key_id]
        if kept == keys:
            return
        if kept:
            self._write(backend, kept)
            return
        try:
            backend.delete_password(SERVICE, self.user)
        except Exception as exc:  # noqa: BLE001 (whatever a backend raises)
            raise _failed(backend, "did not remove the key", exc) from None

    def _backend(self) -> KeyringBackend:
        if self.backend is not None:
            return self.backend
        try:
            import keyring
        except ImportError as exc:
            raise StoreSealed("The keyring extra is not installed.", remedy=_INSTALL) from exc
        try:
            return keyring.get_keyring()
        except Exception as exc:
            raise StoreSealed(
                f"The keyring library cannot be set up: {type(exc).__name__}: {exc}.",
                remedy="Mend the keyring's settings; see: keyring diagnose",
            ) from exc

    def _keys(self, backend: KeyringBackend) -> list[Key]:
        try:
            entry = backend.get_password(SERVICE, self.user)
        except Exception as exc:  # noqa: BLE001 (whatever a backend raises)
            raise _failed(backend, "does not answer", exc) from None
        return [self._read(backend, word) for word in entry.split(" ")] if entry else []

    def _read(self, backend: KeyringBackend, word: str) -> Key:
        try:
            secret = base64.b64decode(word.encode(errors="replace"), validate=True)
        except binascii.Error:
            secret = b""
        if len(secret) != KEY_BYTES:
            raise StoreSealed(
                f"The entry of codexctl in the keyring ({_name(backend)}) is not a key.",
                remedy=f"Restore it. If it is lost, so is credentials.enc: {START_OVER}",
            )
        return Key(secret)

    def _write(self, backend: KeyringBackend, keys: list[Key]) -> None:
        entry = " ".join(base64.b64encode(key.secret).decode() for key in keys)
        try:
            backend.set_password(SERVICE, self.user, entry)
        except Exception as exc:  # noqa: BLE001 (whatever a backend raises)
            raise _failed(backend, "did not take the key", exc) from None
        # Some backends do nothing, and say nothing about it.
        if self._keys(backend) != keys:
            raise StoreSealed(
                f"The keyring ({_name(backend)}) did not keep the key.", remedy=_otherwise()
            )


def _failed(backend: KeyringBackend, what: str, error: Exception) -> StoreSealed:
    """Return the complaint; the error's words are left out, for they might hold the key."""
    return StoreSealed(
        f"The keyring ({_name(backend)}) {what}: {type(error).__name__}.", remedy=_otherwise()
    )


def _name(backend: KeyringBackend) -> str:
    kind = type(backend)
    return f"{kind.__module__}.{kind.__qualname__}"


def _otherwise() -> str:
    return "Unlock or start the keyring; or choose another source with CODEXCTL_KEY_SOURCE."
