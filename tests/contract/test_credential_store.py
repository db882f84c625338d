"""The contract of ``codexctl.domain.ports.CredentialStore``, for the file and for memory.

The file is tried with each source of its key, which holds the sources to their contract too.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread
from typing import TypeAlias

import pytest
from tests.fakes.keyring_backend import FakeKeyring
from tests.fakes.stores import PAYING, SUBSCRIBED, quick_store

from codexctl.adapters.token_store.keys import KeySourceName
from codexctl.adapters.token_store.memory import InMemoryStore
from codexctl.domain.credentials import StoredLogin
from codexctl.domain.ports import CredentialStore
from codexctl.testing.fakes.credential_store import FakeCredentialStore

Reopen: TypeAlias = Callable[[], CredentialStore]
"""Returns the store as another process would see it; memory has only the one."""


def _in_file(source: KeySourceName, folder: Path) -> Reopen:
    keyring = FakeKeyring()
    return lambda: quick_store(folder / "home", source, keyring=keyring)


def _in_memory(store: CredentialStore) -> Reopen:
    return lambda: store


@pytest.fixture(params=[*KeySourceName, "memory", "fake"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Reopen:
    match request.param:
        case KeySourceName() as source:
            return _in_file(source, tmp_path)
        case "memory":
            return _in_memory(InMemoryStore())
        case _:
            return _in_memory(FakeCredentialStore())


@pytest.fixture
def store(reopen: Reopen) -> CredentialStore:
    return reopen()


def test_nothing_is_kept_at_first(store: CredentialStore) -> None:
    assert (store.load("default"), store.profiles()) == (None, ())


@pytest.mark.parametrize("login", [SUBSCRIBED, PAYING], ids=["subscription", "api key"])
def test_a_login_comes_back_as_it_was_saved(reopen: Reopen, login: StoredLogin) -> None:
    reopen().save("default", login)
    assert reopen().load("default") == login


def test_the_last_login_saved_is_the_one_kept(reopen: Reopen) -> None:
    renewed = replace(SUBSCRIBED, refusal=None, refresh_sent_at=None)
    reopen().save("default", SUBSCRIBED)
    reopen().save("default", renewed)
    assert reopen().load("default") == renewed


def test_profiles_do_not_touch_each_other(reopen: Reopen) -> None:
    reopen().save("work", SUBSCRIBED)
    reopen().save("", PAYING)
    reopen().remove("work")
    store = reopen()
    assert (store.load("work"), store.load(""), store.profiles()) == (None, PAYING, ("",))


def test_profiles_are_sorted(store: CredentialStore) -> None:
    for profile in ("b", "a", "c", "B"):
        store.save(profile, PAYING)
    assert store.profiles() == ("B", "a", "b", "c")


def test_removing_what_is_not_there_is_no_error(reopen: Reopen) -> None:
    reopen().remove("default")
    reopen().save("work", PAYING)
    reopen().remove("default")
    assert reopen().profiles() == ("work",)


def test_a_profile_can_be_saved_again_after_the_last_one_was_removed(reopen: Reopen) -> None:
    reopen().save("default", SUBSCRIBED)
    reopen().remove("default")
    reopen().save("default", PAYING)
    assert reopen().load("default") == PAYING


def test_an_open_store_sees_what_another_one_saves(reopen: Reopen) -> None:
    mine, theirs = reopen(), reopen()
    mine.save("default", SUBSCRIBED)
    theirs.save("default", PAYING)
    assert mine.load("default") == PAYING


def test_threads_that_save_at_once_lose_nothing(reopen: Reopen) -> None:
    names = [f"profile {number}" for number in range(8)]
    at_once = Barrier(len(names))

    def save(store: CredentialStore, name: str) -> None:
        at_once.wait()
        store.save(name, PAYING)

    shared = reopen()
    stores = [shared if number % 2 else reopen() for number in range(len(names))]
    threads = [Thread(target=save, args=pair) for pair in zip(stores, names, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reopen().profiles() == tuple(names)
