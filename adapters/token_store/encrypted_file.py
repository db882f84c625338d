"""The store: logins of all profiles in one encrypted file."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from codexctl.adapters.token_store.complaints import (
    UnusableContent,
    changed_too_often,
    unusable,
)
from codexctl.adapters.token_store.envelope import Envelope, Header
from codexctl.adapters.token_store.key_choice import KeyChoice, KeySources
from codexctl.adapters.token_store.keys import Key, KeySource, KeySourceName, KeyWanted
from codexctl.adapters.token_store.locking import locked
from codexctl.adapters.token_store.private_folder import prepare_folder
from codexctl.adapters.token_store.sealed_file import SealedFile
from codexctl.adapters.token_store.vault import Vault
from codexctl.domain.credentials import StoredLogin
from codexctl.domain.errors import CodexctlError, NotSignedIn, StoreSealed

CREDENTIAL_FILE = "credentials.enc"
LOCK_FILE = "credentials.lock"
WRITE_WAIT_SECONDS = 30.0
"""The lock is held for milliseconds; this is for a machine that swaps, or a slow network disk."""

_TRIES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Rekeyed:
    """How a re-encryption went.

    Attributes:
        choice: The source that the key comes from now.
        leftover: What is left to be removed by hand, as a sentence; None if nothing is.
    """

    choice: KeyChoice
    leftover: str | None = None


@dataclass(frozen=True, slots=True)
class _Opened:
    envelope: Envelope
    key: Key
    vault: Vault = field(repr=False)


@dataclass(frozen=True, slots=True)
class EncryptedFileStore:
    """The :class:`~codexctl.domain.ports.CredentialStore` of an encrypted file in the home.

    Reading takes no lock: the file is only ever replaced as a whole. A person is never waited for
    with the lock held. Nothing is made before the first :meth:`save`.

    Attributes:
        home: The folder.
        sources: Where its key comes from.
        wait_seconds: How long to wait for other writers at most.
    """

    home: Path
    sources: KeySources
    wait_seconds: float = WRITE_WAIT_SECONDS
    _keys: dict[str, Key] = field(default_factory=dict[str, Key], init=False, repr=False)
    _keys_lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def load(self, profile: str) -> StoredLogin | None:
        """See :meth:`codexctl.domain.ports.CredentialStore.load`."""
        opened = self._open()
        try:
            return opened.vault.login(profile) if opened else None
        except UnusableContent as exc:
            raise unusable(self._file.path, exc) from None

    def profiles(self) -> tuple[str, ...]:
        """See :meth:`codexctl.domain.ports.CredentialStore.profiles`."""
        opened = self._open()
        return opened.vault.profiles() if opened else ()

    def save(self, profile: str, login: StoredLogin) -> None:
        """See :meth:`codexctl.domain.ports.CredentialStore.save`."""
        self._change(lambda vault: vault.with_login(profile, login))

    def remove(self, profile: str) -> None:
        """See :meth:`codexctl.domain.ports.CredentialStore.remove`."""
        if self._file.read() is not None:
            self._change(lambda vault: vault.without(profile))

    def key_choice(self) -> KeyChoice:
        """Return where the key comes from, or would at the first login.

        Raises:
            StoreUnreadable: The credential file does not say.
        """
        envelope = self._file.read()
        if envelope is None:
            return self.sources.for_new_file()
        name = envelope.header.key_source
        return KeyChoice(name=name, reason="The credential file names it.", is_stored=True)

    def rekey(self, to: KeySourceName) -> Rekeyed:
        """Re-encrypt under another source, or under a new key of the same one.

        The new key is durable before the file is replaced, and the old one is removed after it:
        wherever this is cut off, the file and its key match.

        Raises:
            NotSignedIn: There is no credential file.
            FileNotWritten, StoreUnreadable, StoreSealed, StoreBusy: The file is as it was.
        """
        target = self.sources.named(to)
        is_prepared = False
        for _ in range(_TRIES):
            opened = self._open(heeds_settings=False)
            if opened is None:
                raise NotSignedIn(
                    "There are no stored credentials to re-encrypt.", remedy="Run: codexctl login"
                )
            if not is_prepared:
                target.prepare()
                is_prepared = True
            with self._locked():
                now = self._file.read()
                if now is not None and now.header == opened.envelope.header:
                    return self._rekey(now, opened.key, target)
        raise changed_too_often(self._file.path)

    @property
    def _file(self) -> SealedFile:
        return SealedFile(self.home / CREDENTIAL_FILE)

    def _locked(self) -> AbstractContextManager[None]:
        path = self.home / LOCK_FILE
        return locked(path, wait_seconds=self.wait_seconds, what="The credential file")

    def _open(self, *, heeds_settings: bool = True) -> _Opened | None:
        for _ in range(_TRIES):
            envelope = self._file.read()
            if envelope is None:
                return None
            header = envelope.header
            source = self.sources.named(header.key_source)
            if heeds_settings:
                source = self.sources.of_file(header)
            try:
                key = self._key(source, header.key_wanted)
            except StoreSealed:
                # Somebody may have re-encrypted it and removed the old key between our two looks.
                again = self._file.read()
                if again is not None and again.header == header:
                    raise
                continue
            return _Opened(envelope, key, self._file.open(envelope, key))
        raise changed_too_often(self._file.path)

    def _key(self, source: KeySource, wanted: KeyWanted) -> Key:
        with self._keys_lock:  # so that two threads do not ask a person twice
            key = self._keys.get(wanted.id)
            if key is None or key.scrypt != wanted.scrypt:
                key = source.key_for(wanted)
                self._keys[wanted.id] = key
            return key

    def _change(self, change: Callable[[Vault], Vault]) -> None:
        prepare_folder(self.home)
        for _ in range(_TRIES):
            opened = self._open()
            if opened is None:
                if self._begin(change):
                    return
                continue
            with self._locked():
                self._file.sweep()
                now = self._file.read()
                if now is None or now.header != opened.envelope.header:
                    continue
                vault = self._file.open(now, opened.key)
                changed = change(vault)
                if changed is not vault:
                    self._file.write(now.header, opened.key, changed)
                return
        raise changed_too_often(self._file.path)

    def _begin(self, change: Callable[[Vault], Vault]) -> bool:
        """Write the first file; False if somebody else has."""
        source = self.sources.named(self.sources.for_new_file().name)
        source.prepare()
        with self._locked():
            self._file.sweep()
            if self._file.read() is not None:
                return False
            key = source.provide()
            wanted = KeyWanted(id=key.id, scrypt=key.scrypt)
            header = Header(key_source=source.name, key_wanted=wanted)
            self._file.write(header, key, change(Vault()))
        with self._keys_lock:
            self._keys[key.id] = key
        return True

    def _rekey(self, envelope: Envelope, old: Key, target: KeySource) -> Rekeyed:
        source = self.sources.named(envelope.header.key_source)
        vault = self._file.open(envelope, old)
        self._file.sweep()
        new = target.provide_beside(old.id if source is target else None)
        try:
            self._file.write(envelope.header.under(target.name, new), new, vault)
        except CodexctlError:
            with suppress(CodexctlError):
                # Looked at again: some network disks report a failure of what they have done.
                now = self._file.read()
                if now is not None and now.header == envelope.header:
                    target.keep_only(old.id if source is target else None)
            raise
        with self._keys_lock:
            self._keys.clear()
            self._keys[new.id] = new
        choice = KeyChoice(name=target.name, reason="It was asked for.", is_stored=True)
        try:
            target.keep_only(new.id)
            # A key file may also be left of an earlier change that was cut off.
            for other in (source, self.sources.file):
                if other is not target:
                    other.keep_only(None)
        except CodexctlError as exc:
            leftover = f"The old key could not be removed: {exc.message}"
            return Rekeyed(choice=choice, leftover=leftover)
        return Rekeyed(choice=choice)
