"""The key that a credential file is encrypted with, and what a source of keys can do."""

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

KEY_BYTES = 32
_ID_BYTES = 16
_ID_LABEL = b"codexctl credential key id 1"


class KeySourceName(StrEnum):
    """Where a key comes from, as the header, the settings and ``status`` name it."""

    KEYRING = "keyring"
    PASSPHRASE = "passphrase"  # noqa: S105 (a name, not one)
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrypt:
    """How a passphrase becomes a key (RFC 7914).

    Attributes:
        n: Cost; a power of two. Memory is 128 * n * r bytes.
        r: Block size.
        p: How many times over, one after the other.
        salt: 16 to 64 bytes.
    """

    n: int
    r: int
    p: int
    salt: bytes


@dataclass(frozen=True, slots=True)
class Key:
    """A key of 32 bytes, hidden in ``repr``.

    Attributes:
        secret: The bytes.
        scrypt: How it was made of a passphrase; None if it is random.
    """

    secret: bytes = field(repr=False)
    scrypt: Scrypt | None = None

    @property
    def id(self) -> str:
        """What tells keys apart and gives nothing away: a truncated HMAC-SHA-256, 32 hex digits."""
        return hmac.digest(self.secret, _ID_LABEL, hashlib.sha256)[:_ID_BYTES].hex()

    @classmethod
    def random(cls) -> "Key":
        """Return a new key from the system's chance."""
        return cls(os.urandom(KEY_BYTES))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyWanted:
    """Which key a credential file names.

    Attributes:
        id: The :attr:`Key.id`.
        scrypt: How it was made of a passphrase; None for other sources.
    """

    id: str
    scrypt: Scrypt | None = None


class KeySource(Protocol):
    """Keeps the key of one home's credential file, or makes it of something the user knows.

    Contract: ``tests/contract/test_credential_store.py`` runs the store over each of them.
    """

    @property
    def name(self) -> KeySourceName:
        """Which source it is."""
        ...

    def obstacle(self) -> str | None:
        """Return why it cannot be chosen unasked, as the end of a sentence; None if it can be."""
        ...

    def key_for(self, wanted: KeyWanted) -> Key:
        """Return the key that a credential file names. May wait for a person.

        Raises:
            StoreSealed: It is missing, or another one is there.
        """
        ...

    def prepare(self) -> None:
        """Have a person asked now, where one has to be, so that :meth:`provide` need not wait.

        Raises:
            StoreSealed: This source cannot be used.
        """
        ...

    def provide(self) -> Key:
        """Return a key for the first credential file: one that is there, or a new one.

        It is durable on return. The caller holds the store's lock.

        Raises:
            StoreSealed, FileNotWritten: There is none; nothing has changed.
        """
        ...

    def provide_beside(self, key_id: str | None) -> Key:
        """Return a new key, kept beside the one that is in use, if that is of this source too.

        It is durable on return. Every other key goes, so that changes which were cut off do not
        pile up. The caller holds the store's lock.

        Raises:
            StoreSealed, FileNotWritten: There is none; nothing has changed.
        """
        ...

    def keep_only(self, key_id: str | None) -> None:
        """Forget every key but this one; every one if None. The caller holds the store's lock.

        Raises:
            StoreSealed, FileNotWritten: Old keys are still there.
        """
        ...
