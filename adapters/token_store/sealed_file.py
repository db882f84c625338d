"""The credential file: found, opened with a key, written anew."""

import os
from dataclasses import dataclass
from pathlib import Path

from codexctl.adapters.token_store.complaints import (
    UnusableContent,
    not_read,
    not_written,
    unusable,
)
from codexctl.adapters.token_store.envelope import (
    MOST_BYTES,
    NONCE_BYTES,
    Envelope,
    Header,
    read_envelope,
)
from codexctl.adapters.token_store.keys import Key
from codexctl.adapters.token_store.private_files import read_private, replace_private, sweep
from codexctl.adapters.token_store.vault import Vault
from codexctl.domain.errors import FileNotWritten


@dataclass(frozen=True, slots=True)
class SealedFile:
    """The file that holds all logins, encrypted.

    Attributes:
        path: Where it is.
    """

    path: Path

    def read(self) -> Envelope | None:
        """Return the file, still sealed; None if there is none.

        Raises:
            StoreUnreadable: It is damaged, foreign, newer, or cannot be read.
        """
        try:
            content = read_private(self.path, MOST_BYTES)
        except OSError as exc:
            raise not_read(self.path, exc) from exc
        if content is None:
            return None
        try:
            return read_envelope(content)
        except UnusableContent as exc:
            raise unusable(self.path, exc) from None

    def open(self, envelope: Envelope, key: Key) -> Vault:
        """Decrypt with the key that the file names.

        Raises:
            StoreUnreadable: It was changed since it was written.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            plaintext = AESGCM(key.secret).decrypt(
                envelope.nonce, envelope.sealed, envelope.associated
            )
            return Vault.parse(plaintext)
        except InvalidTag:
            damage = UnusableContent("it is damaged: its key is right and its seal is broken")
            raise unusable(self.path, damage) from None
        except UnusableContent as exc:
            raise unusable(self.path, exc) from None

    def write(self, header: Header, key: Key, vault: Vault) -> None:
        """Encrypt and replace the file; durable on return. The caller holds the store's lock.

        Raises:
            FileNotWritten: The file is as it was.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(NONCE_BYTES)
        associated = header.lines()
        sealed = AESGCM(key.secret).encrypt(nonce, vault.serialise(), associated)
        content = Envelope(
            header=header, associated=associated, nonce=nonce, sealed=sealed
        ).to_bytes()
        if len(content) > MOST_BYTES:
            raise FileNotWritten(
                f"{self.path} would become larger than a credential file can be.",
                remedy="Sign out of profiles that are no longer used.",
            )
        try:
            replace_private(self.path, content)
        except OSError as exc:
            raise not_written(self.path, exc) from exc

    def sweep(self) -> None:
        """Remove what killed processes left. The caller holds the store's lock."""
        sweep(self.path.parent)
