"""Keeping a new login: the old one goes when the new one is safe, and not before."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from tests.renewing import BUSY, FULL, PROFILE, START, THEIRS, TOKEN

from codexctl.application.keep_login import KeepLogin
from codexctl.domain.credentials import ApiKey, Credential, Secret, StoredLogin, Subscription
from codexctl.domain.errors import FileNotWritten, StoreBusy, StoreUnreadable
from codexctl.testing.fakes.authorization_server import FakeAuthorizationServer
from codexctl.testing.fakes.credential_store import FakeCredentialStore
from codexctl.testing.fakes.notifier import FakeNotifier
from codexctl.testing.fakes.profile_lock import FakeProfileLock

KEY = ApiKey(Secret("sk-1"), "a test")
READY = replace(TOKEN, refresh_token=None)
BORROWED = replace(TOKEN, is_borrowed=True)
DAMAGED = StoreUnreadable("damaged", remedy="delete it")


class WatchedServer(FakeAuthorizationServer):
    """An issuer that looks at the store when it is asked to revoke."""

    def __init__(self, look: Callable[[], StoredLogin | None]) -> None:
        super().__init__()
        self.found: list[StoredLogin | None] = []
        self._look = look

    def revoke(self, subscription: Subscription) -> None:
        self.found.append(self._look())
        super().revoke(subscription)


@dataclass(slots=True)
class Desk:
    """A profile with an old login, and what keeps a new one."""

    store: FakeCredentialStore
    server: WatchedServer
    lock: FakeProfileLock = field(default_factory=FakeProfileLock)
    notifier: FakeNotifier = field(default_factory=FakeNotifier)

    @property
    def keep(self) -> KeepLogin:
        return KeepLogin(
            profile=PROFILE,
            store=self.store,
            lock=self.lock,
            server=self.server,
            notifier=self.notifier,
        )

    @property
    def kept(self) -> StoredLogin | None:
        return self.store.load(PROFILE)


def _desk(old: Credential | None = TOKEN) -> Desk:
    logins = {} if old is None else {PROFILE: StoredLogin(credential=old)}
    store = FakeCredentialStore(logins)
    return Desk(store, WatchedServer(lambda: store.load(PROFILE)))


@pytest.mark.parametrize("new", [THEIRS, KEY, READY])
def test_a_first_login_is_kept_and_nothing_revoked(new: Credential) -> None:
    desk = _desk(None)
    desk.keep(new)
    assert (desk.kept, desk.server.revoked) == (StoredLogin(credential=new), [])


@pytest.mark.parametrize("new", [THEIRS, KEY])
def test_the_old_login_is_revoked_when_the_new_one_is_on_disk(new: Credential) -> None:
    desk = _desk()
    desk.keep(new)
    assert desk.server.revoked == [TOKEN]
    assert desk.server.found == [StoredLogin(credential=new)]


def test_the_lock_is_free_again_before_the_issuer_is_asked() -> None:
    desk = _desk()
    desk.keep(THEIRS)
    assert desk.lock.holds == [PROFILE]
    with desk.lock.held(PROFILE):
        pass


def test_a_login_that_cannot_be_saved_leaves_the_old_one_as_it_was() -> None:
    desk = _desk()
    desk.store.fail_save(1, FULL)
    with pytest.raises(FileNotWritten):
        desk.keep(THEIRS)
    assert (desk.kept, desk.server.revoked) == (StoredLogin(credential=TOKEN), [])


@pytest.mark.parametrize("old", [BORROWED, READY, KEY], ids=["borrowed", "ready", "key"])
def test_what_belongs_to_others_is_never_revoked(old: Credential) -> None:
    desk = _desk(old)
    desk.keep(THEIRS)
    assert (desk.kept, desk.server.revoked) == (StoredLogin(credential=THEIRS), [])


def test_a_login_that_is_kept_again_is_not_revoked() -> None:
    desk = _desk()
    desk.keep(TOKEN)
    assert desk.server.revoked == []


def test_what_was_known_against_the_old_login_is_forgotten() -> None:
    desk = _desk()
    known = StoredLogin(credential=TOKEN, refusal="token_expired", refresh_sent_at=START)
    desk.store.save(PROFILE, known)
    desk.keep(THEIRS)
    assert desk.kept == StoredLogin(credential=THEIRS)


def test_an_old_login_that_cannot_be_revoked_is_told_and_the_new_one_stays() -> None:
    desk = _desk()
    desk.server.next_revocations(BUSY)
    desk.keep(THEIRS)
    assert desk.notifier.told == [
        "The sign-in before this one was not revoked: The issuer is busy."
    ]
    assert desk.kept == StoredLogin(credential=THEIRS)


def test_other_profiles_are_left_alone() -> None:
    desk = _desk()
    work = StoredLogin(credential=replace(TOKEN, refresh_token=Secret("refresh-work")))
    desk.store.save("work", work)
    desk.keep(THEIRS)
    assert (desk.store.load("work"), desk.server.revoked) == (work, [TOKEN])
    assert desk.lock.holds == [PROFILE]


def test_an_unreadable_store_is_not_written_over() -> None:
    desk = _desk()
    desk.store.fail_load(1, DAMAGED)
    with pytest.raises(StoreUnreadable):
        desk.keep(THEIRS)
    assert (desk.store.saved, desk.server.revoked) == ([], [])


def test_a_lock_that_somebody_else_keeps_leaves_all_as_it_was() -> None:
    desk = _desk()
    desk.lock.someone_else_holds(PROFILE)
    with pytest.raises(StoreBusy):
        desk.keep(THEIRS)
    assert (desk.store.saved, desk.server.revoked) == ([], [])


def test_a_check_finds_an_unusable_store_and_changes_nothing() -> None:
    desk = _desk()
    desk.keep.check()
    desk.store.fail_always(DAMAGED)
    with pytest.raises(StoreUnreadable):
        desk.keep.check()
    assert (desk.store.saved, desk.server.revoked) == ([], [])


def test_a_check_finds_a_lock_that_somebody_else_keeps() -> None:
    desk = _desk()
    desk.lock.someone_else_holds(PROFILE)
    with pytest.raises(StoreBusy):
        desk.keep.check()
