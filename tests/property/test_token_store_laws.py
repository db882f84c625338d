"""Laws of the credential file: what is saved comes back, and what was touched is refused."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.stores import (
    IN_MEMORY,
    PASSPHRASE,
    PAYING,
    SUBSCRIBED,
    files_that_show,
    quick_store,
)

from codexctl.adapters.token_store.encrypted_file import EncryptedFileStore
from codexctl.adapters.token_store.keys import KeySourceName
from codexctl.domain.credentials import ApiKey, Secret, StoredLogin, Subscription
from codexctl.domain.errors import StoreSealed, StoreUnreadable

_TEXT = st.text(st.characters(), max_size=20) | st.sampled_from(["\ud83d\ude00", "\ud800", "\0"])
"""Any text that Python can hold, halves of surrogate pairs included."""

_ZONES = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_TIMES = st.datetimes(timezones=st.just(UTC) | _ZONES)
_SECRETS = _TEXT.map(Secret)
_CREDENTIALS = st.builds(
    Subscription,
    access_token=_SECRETS,
    account_id=st.none() | _TEXT,
    expires_at=st.none() | _TIMES,
    origin=_TEXT,
    refresh_token=st.none() | _SECRETS,
    plan=st.none() | _TEXT,
    is_borrowed=st.booleans(),
) | st.builds(ApiKey, _SECRETS, _TEXT)
_LOGINS = st.builds(
    StoredLogin,
    credential=_CREDENTIALS,
    refusal=st.none() | _TEXT,
    refresh_sent_at=st.none() | _TIMES,
)
_SOURCES = st.sampled_from([KeySourceName.FILE, KeySourceName.PASSPHRASE])


@contextmanager
def _home() -> Generator[Path, None, None]:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        yield Path(folder) / "home"


@contextmanager
def _home_with_a_login(source: KeySourceName) -> Generator[Path, None, None]:
    with _home() as home:
        quick_store(home, source).save("canary", SUBSCRIBED)
        yield home


def _refuses_everything(store: EncryptedFileStore) -> None:
    with pytest.raises((StoreUnreadable, StoreSealed)):
        store.load("canary")
    with pytest.raises((StoreUnreadable, StoreSealed)):
        store.profiles()
    with pytest.raises((StoreUnreadable, StoreSealed)):
        store.save("canary", PAYING)
    with pytest.raises((StoreUnreadable, StoreSealed)):
        store.remove("canary")
    with pytest.raises((StoreUnreadable, StoreSealed)):
        store.rekey(KeySourceName.FILE)


def _refused_and_kept(home: Path, content: bytes) -> None:
    file = home / "credentials.enc"
    file.write_bytes(content)
    key = home / "credentials.key"
    before = key.read_bytes() if key.exists() else None
    _refuses_everything(quick_store(home, None))
    assert file.read_bytes() == content
    assert (key.read_bytes() if key.exists() else None) == before


@settings(deadline=None)
@given(logins=st.dictionaries(_TEXT, _LOGINS, max_size=4), source=_SOURCES)
def test_whatever_is_saved_comes_back(
    logins: dict[str, StoredLogin], source: KeySourceName
) -> None:
    with _home() as home:
        for profile, login in logins.items():
            quick_store(home, source).save(profile, login)
        store = quick_store(home, source)
        assert {profile: store.load(profile) for profile in store.profiles()} == logins


@settings(deadline=None)
@given(login=_LOGINS, source=_SOURCES, to=_SOURCES)
def test_a_new_key_changes_nothing_but_the_key(
    login: StoredLogin, source: KeySourceName, to: KeySourceName
) -> None:
    with _home_with_a_login(source) as home:
        quick_store(home, source).save("other", login)
        quick_store(home, source).rekey(to)
        store = quick_store(home, to)
        assert (store.load("canary"), store.load("other")) == (SUBSCRIBED, login)


@settings(deadline=None)
@given(source=_SOURCES, data=st.data(), change=st.integers(1, 255))
def test_a_file_with_any_byte_changed_is_refused_and_kept(
    source: KeySourceName, data: st.DataObject, change: int
) -> None:
    with _home_with_a_login(source) as home:
        content = bytearray((home / "credentials.enc").read_bytes())
        content[data.draw(st.integers(0, len(content) - 1))] ^= change
        _refused_and_kept(home, bytes(content))


@settings(deadline=None)
@given(source=_SOURCES, data=st.data())
def test_a_file_cut_short_anywhere_is_refused_and_kept(
    source: KeySourceName, data: st.DataObject
) -> None:
    with _home_with_a_login(source) as home:
        content = (home / "credentials.enc").read_bytes()
        _refused_and_kept(home, content[: data.draw(st.integers(0, len(content) - 1))])


@settings(deadline=None)
@given(source=_SOURCES, more=st.binary(min_size=1, max_size=8) | st.sampled_from([b"\n", b"="]))
def test_a_file_with_something_behind_it_is_refused_and_kept(
    source: KeySourceName, more: bytes
) -> None:
    with _home_with_a_login(source) as home:
        _refused_and_kept(home, (home / "credentials.enc").read_bytes() + more)


_HEADERS = st.sampled_from(
    [
        b"codexctl-credentials 1.0\n",
        b"codexctl-credentials 2.0\n",
        b'codexctl-credentials 1.0\n{"cipher":"AES-256-GCM","key_id":"' + b"0" * 32,
        b"codexctl-credentials 1.0\n" + b"[" * 100_000,
        b'codexctl-credentials 1.0\n{"a":' + b"9" * 5_000 + b"}\n\n",
    ]
)


@settings(deadline=None, max_examples=200)
@given(start=st.just(b"") | _HEADERS, rest=st.binary(max_size=200))
def test_a_file_of_any_bytes_is_refused_and_kept(start: bytes, rest: bytes) -> None:
    with _home() as home:
        home.mkdir()
        _refused_and_kept(home, start + rest)


@settings(deadline=None)
@given(content=st.binary(max_size=200))
def test_a_key_file_of_any_bytes_leaves_the_store_sealed(content: bytes) -> None:
    with _home_with_a_login(KeySourceName.FILE) as home:
        (home / "credentials.key").write_bytes(content)
        with pytest.raises(StoreSealed):
            quick_store(home).load("canary")
        assert (home / "credentials.key").read_bytes() == content


@settings(deadline=None)
@given(source=_SOURCES, saves=st.integers(1, 4))
def test_nothing_is_ever_in_the_clear(source: KeySourceName, saves: int) -> None:
    with _home_with_a_login(source) as home:
        for _ in range(saves):
            quick_store(home, source).save("canary", PAYING)
        assert files_that_show(home, [b"canary", PASSPHRASE.reveal().encode()]) == []
