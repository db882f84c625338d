"""Which source the key comes from, and why."""

from dataclasses import dataclass
from pathlib import Path

from codexctl.adapters.token_store.envelope import Header
from codexctl.adapters.token_store.key_file import FileKeys
from codexctl.adapters.token_store.keyring_keys import KeyringKeys
from codexctl.adapters.token_store.keys import KeySource, KeySourceName
from codexctl.adapters.token_store.passphrase import PassphraseKeys
from codexctl.domain.errors import StoreSealed

_WEAKNESS = {
    KeySourceName.KEYRING: None,
    KeySourceName.PASSPHRASE: "The credentials are as safe as the passphrase is hard to guess.",
    KeySourceName.FILE: (
        "The key lies in a file beside the credentials: that protects copies of the credential"
        " file, not against whoever can read the whole folder."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChoice:
    """Where the key comes from, to tell the user.

    Attributes:
        name: The source.
        reason: Why it is this one, as a sentence.
        is_stored: Whether a credential file uses it; False if the next login would.
    """

    name: KeySourceName
    reason: str
    is_stored: bool

    @property
    def weakness(self) -> str | None:
        """What is weaker about it than the keyring, as a sentence; None for the keyring."""
        return _WEAKNESS[self.name]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySources:
    """The three sources of a home.

    Attributes:
        keyring: The system's keyring.
        passphrase: What the user knows.
        file: A file beside the credentials.
        wanted: The one that the settings ask for; None for whichever is best.
    """

    keyring: KeySource
    passphrase: KeySource
    file: KeySource
    wanted: KeySourceName | None = None

    def named(self, name: KeySourceName) -> KeySource:
        """Return a source."""
        match name:
            case KeySourceName.KEYRING:
                return self.keyring
            case KeySourceName.PASSPHRASE:
                return self.passphrase
            case KeySourceName.FILE:
                return self.file

    def of_file(self, header: Header) -> KeySource:
        """Return the source that an existing credential file names.

        Raises:
            StoreSealed: The settings ask for another one.
        """
        if self.wanted in (None, header.key_source):
            return self.named(header.key_source)
        raise StoreSealed(
            f"The key of the credential file comes from the {header.key_source} source,"
            f" and CODEXCTL_KEY_SOURCE asks for {self.wanted}.",
            remedy=f"Unset CODEXCTL_KEY_SOURCE, or run: codexctl rekey --to {self.wanted}",
        )

    def for_new_file(self) -> KeyChoice:
        """Choose the source of a credential file that does not exist yet."""
        if self.wanted is not None:
            reason = "CODEXCTL_KEY_SOURCE asks for it."
            return KeyChoice(name=self.wanted, reason=reason, is_stored=False)
        obstacles: list[str] = []
        for source in (self.keyring, self.passphrase):
            obstacle = source.obstacle()
            if obstacle is None:
                return KeyChoice(name=source.name, reason=_reason(obstacles), is_stored=False)
            obstacles.append(f"not {source.name}: {obstacle}")
        return KeyChoice(name=self.file.name, reason=_reason(obstacles), is_stored=False)


def sources_of_home(
    home: Path,
    *,
    wanted: KeySourceName | None = None,
    passphrase: PassphraseKeys | None = None,
) -> KeySources:
    """Return the sources of a home.

    Args:
        home: The folder with the credential file.
        wanted: The one that the settings ask for; None for ``auto``.
        passphrase: Knows the passphrase or asks for it; None if neither can be.
    """
    return KeySources(
        keyring=KeyringKeys(home),
        passphrase=passphrase or PassphraseKeys(),
        file=FileKeys(home / "credentials.key"),
        wanted=wanted,
    )


def _reason(obstacles: list[str]) -> str:
    return f"It is the best one here ({'; '.join(obstacles)})." if obstacles else "It is the best."
