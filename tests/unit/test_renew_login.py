"""The refresh transaction, where the issuer gives an answer."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.renewing import BUSY, PROFILE, START, THEIRS, TOKEN, Renewing, renewed

from codexctl.adapters.token_store.locking import FileProfileLock
from codexctl.domain.credentials import ApiKey, Credential, Secret, StoredLogin, TokenGrant
from codexctl.domain.errors import (
    AccountChanged,
    CodexctlError,
    RefreshRefused,
    ServiceUnavailable,
    StoreBusy,
)
from codexctl.domain.ports import ProfileLock
from codexctl.testing.fakes.authorization_server import SeenRefresh
from codexctl.testing.fakes.profile_lock import FakeProfileLock

MARKED = StoredLogin(credential=TOKEN, refresh_sent_at=START)
FULL_GRANT = TokenGrant(
    access_token=Secret("access-1"),
    refresh_token=Secret("refresh-1"),
    account_id="account-1",
    plan="plus",
    expires_at=renewed(1).expires_at,
)


def test_a_token_is_renewed_and_saved_before_it_is_returned() -> None:
    world = Renewing()
    assert world.early() == renewed(1)
    assert world.store.saved == [
        (PROFILE, MARKED),
        (PROFILE, StoredLogin(credential=renewed(1))),
    ]


def test_the_renewal_is_marked_on_disk_when_the_issuer_is_asked() -> None:
    world = Renewing()
    found: list[StoredLogin | None] = []
    world.server.during_refresh = lambda: found.append(world.kept)
    world.early()
    assert found == [MARKED]


@pytest.mark.parametrize("after_rejection", [False, True])
def test_the_issuer_is_asked_once_and_told_why(
    after_rejection: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    world = Renewing()
    world.renew(TOKEN, after_rejection=after_rejection)
    assert world.server.refreshed == [SeenRefresh(Secret("refresh-0"), after_rejection)]


def test_the_lock_of_the_profile_is_held_while_the_issuer_is_asked() -> None:
    world = Renewing()
    outcomes: list[str] = []

    def somebody_else_wants_it() -> None:
        with pytest.raises(StoreBusy), world.lock.held(PROFILE):
            pytest.fail("held twice")
        outcomes.append("busy")

    world.server.during_refresh = somebody_else_wants_it
    world.early()
    assert (outcomes, world.lock.holds) == (["busy"], [PROFILE])


def test_nothing_is_told_when_all_goes_well() -> None:
    world = Renewing()
    world.early()
    assert world.notifier.told == []


def test_what_the_issuer_does_not_say_stays_as_it_was() -> None:
    borrowed = replace(TOKEN, is_borrowed=True, plan="a plan nobody knows")
    world = Renewing(borrowed)
    world.server.next_refreshes(replace(FULL_GRANT, plan=None, account_id=None))
    expected = replace(renewed(1), is_borrowed=True, plan="a plan nobody knows")
    assert world.renew(borrowed, after_rejection=False) == expected
    assert world.kept == StoredLogin(credential=expected)


def test_an_answer_without_a_refresh_token_keeps_the_old_one() -> None:
    world = Renewing()
    world.server.next_refreshes(replace(FULL_GRANT, refresh_token=None))
    expected = replace(renewed(1), refresh_token=Secret("refresh-0"))
    assert world.early() == expected
    assert world.kept == StoredLogin(credential=expected)


def test_an_answer_without_an_access_token_keeps_the_old_one_and_its_end() -> None:
    world = Renewing()
    world.server.next_refreshes(replace(FULL_GRANT, access_token=None, expires_at=None))
    expected = replace(TOKEN, refresh_token=Secret("refresh-1"), plan="plus")
    assert world.early() == expected
    assert world.kept == StoredLogin(credential=expected)


def test_an_account_that_was_not_known_is_learnt_from_the_answer() -> None:
    nameless = replace(TOKEN, account_id=None)
    world = Renewing(nameless)
    assert world.renew(nameless, after_rejection=False) == renewed(1)


def test_an_answer_for_another_account_stops_and_is_never_asked_for_again() -> None:
    world = Renewing()
    world.server.account_id = "account-2"
    with pytest.raises(AccountChanged):
        world.early()
    assert world.kept == StoredLogin(credential=TOKEN, refusal="account_changed")
    with pytest.raises(RefreshRefused):
        world.process()(TOKEN, after_rejection=True)
    assert world.presented == ["refresh-0"]


def _kept_meanwhile(world: Renewing, credential: Credential) -> None:
    """Let somebody else save a credential while the lock is waited for."""
    world.lock.before_next(lambda: world.store.save(PROFILE, StoredLogin(credential=credential)))


@pytest.mark.parametrize("after_rejection", [False, True])
def test_what_another_process_renewed_meanwhile_is_used_and_nobody_asked(
    after_rejection: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    world = Renewing()
    _kept_meanwhile(world, THEIRS)
    assert world.renew(TOKEN, after_rejection=after_rejection) == THEIRS
    assert (world.presented, world.kept) == ([], StoredLogin(credential=THEIRS))


def test_what_another_process_renewed_is_renewed_in_turn_when_it_is_about_to_end() -> None:
    world = Renewing()
    _kept_meanwhile(world, replace(TOKEN, access_token=Secret("access-theirs")))
    world.clock.sleep(3600)
    assert world.rejected() == renewed(1, 3600)
    # The token that was refused is not the one that is renewed.
    assert world.server.refreshed == [SeenRefresh(Secret("refresh-0"), after_rejection=False)]


@pytest.mark.parametrize("after_rejection", [False, True])
@pytest.mark.parametrize(
    "other",
    [replace(THEIRS, account_id="account-2"), ApiKey(Secret("sk-1"), "a test")],
    ids=["another account", "an API key"],
)
def test_a_run_stops_when_somebody_else_is_signed_in(
    other: Credential,
    after_rejection: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    world = Renewing()
    _kept_meanwhile(world, other)
    with pytest.raises(AccountChanged, match="Another account was signed in"):
        world.renew(TOKEN, after_rejection=after_rejection)
    assert (world.presented, world.kept) == ([], StoredLogin(credential=other))


@pytest.mark.parametrize("after_rejection", [False, True])
def test_a_run_stops_when_its_profile_was_signed_out(
    after_rejection: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    world = Renewing()
    world.lock.before_next(lambda: world.store.remove(PROFILE))
    with pytest.raises(AccountChanged, match="signed out"):
        world.renew(TOKEN, after_rejection=after_rejection)
    assert (world.presented, world.kept) == ([], None)


def test_other_profiles_are_left_alone() -> None:
    world = Renewing()
    world.store.save("work", StoredLogin(credential=THEIRS))
    world.early()
    assert world.store.load("work") == StoredLogin(credential=THEIRS)
    assert world.lock.holds == [PROFILE]


def _waiting_fake(_folder: Path) -> ProfileLock:
    return FakeProfileLock(waits=True)


@pytest.mark.parametrize("make_lock", [_waiting_fake, FileProfileLock], ids=["fake", "files"])
@pytest.mark.parametrize("shares_an_object", [True, False], ids=["threads", "processes"])
@pytest.mark.parametrize("after_rejection", [False, True])
def test_of_many_at_once_one_asks_and_all_get_its_answer(
    make_lock: Callable[[Path], ProfileLock],
    shares_an_object: bool,  # noqa: FBT001 (a parameter of the test)
    after_rejection: bool,  # noqa: FBT001 (a parameter of the test)
    tmp_path: Path,
) -> None:
    world = Renewing(lock=make_lock(tmp_path))
    everybody, returned = threading.Barrier(8), [TOKEN] * 8

    def renew(place: int) -> None:
        process = world.renew if shares_an_object else world.process()
        everybody.wait()
        returned[place] = process(TOKEN, after_rejection=after_rejection)

    threads = [threading.Thread(target=renew, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert returned == [renewed(1)] * 8
    assert world.presented == ["refresh-0"]


def test_a_lock_that_somebody_else_keeps_is_told_and_nobody_asked() -> None:
    world = Renewing()
    world.let_it_end()
    world.lock.someone_else_holds(PROFILE)
    with pytest.raises(StoreBusy):
        world.early()
    assert (world.presented, world.store.saved) == ([], [])


def _interrupt() -> None:
    raise KeyboardInterrupt


def test_an_interrupt_lets_go_of_the_lock_and_leaves_the_mark() -> None:
    world = Renewing()
    world.server.during_refresh = _interrupt
    with pytest.raises(KeyboardInterrupt):
        world.early()
    assert world.kept == MARKED
    with world.lock.held(PROFILE):
        pass


@pytest.mark.parametrize(
    "error", [BUSY, RefreshRefused("no", remedy="again", code="token_expired")]
)
def test_an_error_lets_go_of_the_lock(error: CodexctlError) -> None:
    world = Renewing()
    world.server.next_refreshes(error)
    with pytest.raises((ServiceUnavailable, RefreshRefused)):
        world.rejected()
    with world.lock.held(PROFILE):
        pass
