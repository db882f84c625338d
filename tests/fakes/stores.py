"""Encrypted stores that open fast, and logins to put into them."""

import base64
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from tests.fakes.keyring_backend import FakeKeyring

from codexctl.adapters.token_store.encrypted_file import EncryptedFileStore
from codexctl.adapters.token_store.key_choice import KeySources
from codexctl.adapters.token_store.key_file import FileKeys
from codexctl.adapters.token_store.keyring_keys import KeyringBackend, KeyringKeys
from codexctl.adapters.token_store.keys import KeySourceName
from codexctl.adapters.token_store.passphrase import PassphraseKeys, ScryptCost
from codexctl.domain.credentials import ApiKey, Secret, StoredLogin, Subscription

QUICK = ScryptCost(n=2)
PASSPHRASE = Secret("canary horse battery staple")

SUBSCRIBED = StoredLogin(
    credential=Subscription(
        access_token=Secret("canary-access-token"),
        refresh_token=Secret("canary-refresh-token"),
        account_id="canary-account",
        plan="canary-plan",
        expires_at=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        origin="canary-origin",
        is_borrowed=True,
    ),
    refusal="refresh_token_reused",
    refresh_sent_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
)
PAYING = StoredLogin(credential=ApiKey(Secret("canary-api-key"), "canary-origin"))

IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where folders of tests that save very often go: on a disk each save waits for it."""


def quick_sources(
    home: Path,
    wanted: KeySourceName | None = None,
    *,
    keyring: KeyringBackend | None = None,
    passphrase: Secret | None = PASSPHRASE,
) -> KeySources:
    """Return the three sources with cheap scrypt and a keyring of the test's own."""
    return KeySources(
        keyring=KeyringKeys(home, keyring or FakeKeyring()),
        passphrase=PassphraseKeys(given=passphrase, cost=QUICK),
        file=FileKeys(home / "credentials.key"),
        wanted=wanted,
    )


def quick_store(
    home: Path,
    wanted: KeySourceName | None = KeySourceName.FILE,
    *,
    keyring: KeyringBackend | None = None,
    passphrase: Secret | None = PASSPHRASE,
) -> EncryptedFileStore:
    """Return a store over such sources."""
    sources = quick_sources(home, wanted, keyring=keyring, passphrase=passphrase)
    return EncryptedFileStore(home, sources)


def files_that_show(folder: Path, words: Iterable[bytes] = (b"canary",)) -> list[str]:
    """Return the files below a folder, by name or content, that show a word or its base64."""
    shapes = [shape for word in words for shape in (word, *_in_base64(word))]
    return [
        str(path)
        for path in folder.rglob("*")
        if any(shape in str(path.relative_to(folder)).encode() for shape in shapes)
        or (path.is_file() and any(shape in path.read_bytes() for shape in shapes))
    ]


def _in_base64(word: bytes) -> list[bytes]:
    """Return the letters that a word becomes in base64, wherever in the text it starts."""
    shapes: list[bytes] = []
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + word)
        first, end = -(-before * 8 // 6), (before + len(word)) * 8 // 6
        shapes.append(encoded[first:end])  # the letters that are made of the word alone
    return shapes
