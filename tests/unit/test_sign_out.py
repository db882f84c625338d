"""Signing out: revoked where that is possible, forgotten in any case."""

from dataclasses import dataclass, field, replace

import pytest
from tests.renewing import BUSY, PROFILE, THEIRS, TOKEN

from codexctl.application.sign_out import SignOut
from codexctl.domain.credentials import ApiKey, Credential, Secret, StoredLogin
from codexctl.domain.errors import StoreBusy, StoreUnreadable
from codexctl.testing.fakes.authorization_server import FakeAuthorizationServer
from codexctl.testing.fakes.credential_store import FakeCredentialStore
from codexctl.testing.fakes.notifier import FakeNotifier
from codexctl.testing.fakes.profile_lock import FakeProfileLock

WORK = StoredLogin(credential=THEIRS)


@dataclass(slots=True)
class Desk:
    """Two profiles with a login, and what signs them out."""

    store: FakeCredentialStore
    lock: FakeProfileLock = field(default_factory=FakeProfileLock)
    server: FakeAuthorizationServer = field(default_factory=FakeAuthorizationServer)
    notifier: FakeNotifier = field(default_factory=FakeNotifier)

    @property
    def sign_out(self) -> SignOut:
        return SignOut(store=self.store, lock=self.lock, server=self.server, notifier=self.notifier)


def _desk(credential: Credential = TOKEN) -> Desk:
    store = FakeCredentialStore({PROFILE: StoredLogin(credential=credential), "work": WORK})
    return Desk(store)


def test_a_login_is_forgotten_and_revoked() -> None:
    desk = _desk()
    assert desk.sign_out(PROFILE, revoke=True)
    assert (desk.store.profiles(), desk.server.revoked) == (("work",), [TOKEN])
    assert desk.notifier.told == []


def test_nothing_is_revoked_when_that_is_not_wanted() -> None:
    desk = _desk()
    assert desk.sign_out(PROFILE, revoke=False)
    assert (desk.store.profiles(), desk.server.revoked) == (("work",), [])


@pytest.mark.parametrize(
    "credential",
    [
        replace(TOKEN, is_borrowed=True),
        replace(TOKEN, refresh_token=None),
        ApiKey(Secret("sk-1"), "a test"),
    ],
)
def test_what_others_use_as_well_is_forgotten_and_not_revoked(credential: Credential) -> None:
    desk = _desk(credential)
    assert desk.sign_out(PROFILE, revoke=True)
    assert (desk.store.profiles(), desk.server.revoked) == (("work",), [])


def test_a_failed_revocation_is_told_and_the_login_is_gone_all_the_same() -> None:
    desk = _desk()
    desk.server.next_revocations(BUSY)
    assert desk.sign_out(PROFILE, revoke=True)
    assert desk.store.profiles() == ("work",)
    assert desk.notifier.told == ["The tokens were not revoked at the issuer: The issuer is busy."]


def test_nobody_to_sign_out_is_no_error() -> None:
    desk = _desk()
    assert not desk.sign_out("nobody", revoke=True)
    assert (desk.store.profiles(), desk.server.revoked) == ((PROFILE, "work"), [])


def test_signing_out_waits_for_a_renewal_that_is_under_way() -> None:
    desk = _desk()
    renewed = replace(TOKEN, refresh_token=Secret("refresh-1"))
    desk.lock.before_next(lambda: desk.store.save(PROFILE, StoredLogin(credential=renewed)))
    assert desk.sign_out(PROFILE, revoke=True)
    assert (desk.server.revoked, desk.lock.holds) == ([renewed], [PROFILE])


def test_a_lock_that_somebody_else_keeps_leaves_all_as_it_was() -> None:
    desk = _desk()
    desk.lock.someone_else_holds(PROFILE)
    with pytest.raises(StoreBusy):
        desk.sign_out(PROFILE, revoke=True)
    assert (desk.store.profiles(), desk.server.revoked) == ((PROFILE, "work"), [])


def test_a_store_that_cannot_be_used_leaves_all_as_it_was() -> None:
    desk = _desk()
    desk.store.fail_always(StoreUnreadable("damaged", remedy="delete it"))
    with pytest.raises(StoreUnreadable):
        desk.sign_out(PROFILE, revoke=True)
    desk.store.fail_always(None)
    assert (desk.store.profiles(), desk.server.revoked) == ((PROFILE, "work"), [])
