"""The key made of a passphrase, by scrypt."""

import os
import unicodedata
from dataclasses import dataclass, field
from typing import Protocol

from codexctl.adapters.token_store.keys import (
    KEY_BYTES,
    Key,
    KeySourceName,
    KeyWanted,
    Scrypt,
)
from codexctl.domain.credentials import Secret
from codexctl.domain.errors import StoreSealed

_SALT_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ScryptCost:
    """What making a new key costs: OWASP's recommendation of 2025, 128 MiB and about 0.3 s.

    Attributes:
        n: A power of two. Memory is 128 * n * r bytes.
        r: Block size.
        p: How many times over.
    """

    n: int = 2**17
    r: int = 8
    p: int = 1


class AskPassphrase(Protocol):
    """Asks a person."""

    def __call__(self, *, is_new: bool) -> Secret:
        """Return what the person typed; a new passphrase is worth asking for twice.

        Raises:
            CodexctlError: There is nobody to ask, or they would not say.
        """
        ...


@dataclass(slots=True, kw_only=True)
class PassphraseKeys:
    """The :class:`~codexctl.adapters.token_store.keys.KeySource` of a passphrase.

    Nothing of it is kept anywhere. The store remembers the key it opened the file with, so scrypt
    is paid once a process.

    Attributes:
        given: The passphrase of the settings; None if there is none.
        ask: Asks for it where none is given; None where nobody can be asked.
        cost: What a new key costs; an existing one costs what the file says.
    """

    given: Secret | None = None
    ask: AskPassphrase | None = None
    cost: ScryptCost = field(default_factory=ScryptCost)
    _prepared: Key | None = field(default=None, init=False, repr=False)

    @property
    def name(self) -> KeySourceName:
        """See :attr:`codexctl.adapters.token_store.keys.KeySource.name`."""
        return KeySourceName.PASSPHRASE

    def obstacle(self) -> str | None:
        """See :meth:`codexctl.adapters.token_store.keys.KeySource.obstacle`."""
        return None if self.given is not None else "CODEXCTL_PASSPHRASE is not set"

    def key_for(self, wanted: KeyWanted) -> Key:
        """See :meth:`codexctl.adapters.token_store.keys.KeySource.key_for`."""
        if wanted.scrypt is None:
            raise TypeError("a file that names a passphrase says how to use it")
        key = _derive(self._passphrase(is_new=False), wanted.scrypt)
        if key.id == wanted.id:
            return key
        raise StoreSealed(
            "The passphrase is not the one that the credential file was encrypted with.",
            remedy="Correct CODEXCTL_PASSPHRASE."
            if self.given is not None
            else "Run the command again and type the passphrase that was chosen at login.",
        )

    def prepare(self) -> None:
        """See :meth:`codexctl.adapters.token_store.keys.KeySource.prepare`."""
        cost = self.cost
        scrypt = Scrypt(n=cost.n, r=cost.r, p=cost.p, salt=os.urandom(_SALT_BYTES))
        self._prepared = _derive(self._passphrase(is_new=True), scrypt)

    def provide(self) -> Key:
        """See :meth:`codexctl.adapters.token_store.keys.KeySource.provide`."""
        if self._prepared is None:
            self.prepare()
            return self.provide()
        return self._prepared

    def provide_beside(self, key_id: str | None) -> Key:  # noqa: ARG002 (its salt makes it new)
        """See :meth:`codexctl.adapters.token_store.keys.KeySource.provide_beside`."""
        return self.provide()

    def keep_only(self, key_id: str | None) -> None:
        """See :meth:`codexctl.adapters.token_store.keys.KeySource.keep_only`."""

    def _passphrase(self, *, is_new: bool) -> Secret:
        passphrase = self.given
        if passphrase is None and self.ask is not None:
            passphrase = self.ask(is_new=is_new)
        if passphrase is None:
            raise StoreSealed(
                "The credential file needs a passphrase, and there is nobody to ask.",
                remedy="Set CODEXCTL_PASSPHRASE.",
            )
        if not passphrase.reveal():
            raise StoreSealed("The passphrase is empty.", remedy="Choose one of several words.")
        return passphrase


def _derive(passphrase: Secret, scrypt: Scrypt) -> Key:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt as Function

    # Keyboards differ in how they compose an accented letter; NFC makes them one.
    typed = unicodedata.normalize("NFC", passphrase.reveal()).encode("utf-8", "surrogatepass")
    function = Function(salt=scrypt.salt, length=KEY_BYTES, n=scrypt.n, r=scrypt.r, p=scrypt.p)
    try:
        return Key(function.derive(typed), scrypt)
    except MemoryError as exc:
        raise StoreSealed(
            f"There is not enough memory to use the passphrase: {scrypt.n * scrypt.r >> 13} MiB.",
            remedy="Close other programs, or use another machine.",
        ) from exc
