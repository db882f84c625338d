"""The refresh transaction, where the issuer or the disk fails."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.renewing import BUSY, FULL, LOST, PROFILE, START, THEIRS, TOKEN, Renewing, renewed

from codexctl.domain.credentials import Secret, StoredLogin
from codexctl.domain.errors import (
    AccountChanged,
    AnswerLost,
    CodexctlError,
    FileNotWritten,
    GatewayBlocked,
    NetworkFailed,
    ProtocolError,
    RateLimited,
    RefreshRefused,
    ServiceUnavailable,
    SignInRejected,
    StoreBusy,
    StoreUnreadable,
)
from codexctl.domain.refusals import SPENT, refresh_refused

STORED = StoredLogin(credential=TOKEN)
MARKED = StoredLogin(credential=TOKEN, refresh_sent_at=START)
END = START + timedelta(hours=1)
BUSY_NOTICE = "The sign-in could not be renewed yet: The issuer is busy."
LOST_NOTICE = "The sign-in could not be renewed yet: The answer was lost."
FULL_NOTICE = "The sign-in could not be renewed yet: The disk is full."
UNSAVED_NOTICE = (
    "The renewed sign-in could not be saved, so only this run can go on with it:"
    " The disk is full. Free some space."
)
PASSING = [
    BUSY,
    NetworkFailed("cut", remedy="again"),
    RateLimited("slow down", remedy="wait"),
    GatewayBlocked("blocked", remedy="ask"),
    ProtocolError("garbage", remedy="again"),
]


# Passing failures


@pytest.mark.parametrize("error", PASSING)
def test_a_token_that_has_time_is_used_when_the_issuer_fails_in_passing(
    error: CodexctlError,
) -> None:
    world = Renewing()
    world.server.next_refreshes(error)
    assert world.early() == TOKEN
    assert world.notifier.told == [f"The sign-in could not be renewed yet: {error.message}"]


@pytest.mark.parametrize("error", PASSING)
def test_a_passing_failure_is_not_remembered(error: CodexctlError) -> None:
    world = Renewing()
    world.server.next_refreshes(error)
    world.early()
    assert world.kept == STORED
    assert world.early() == renewed(1)


@pytest.mark.parametrize("error", [*PASSING, LOST])
def test_a_token_that_was_refused_is_not_used_again(error: CodexctlError) -> None:
    world = Renewing()
    world.server.next_refreshes(error)
    with pytest.raises(type(error)):
        world.rejected()
    assert world.notifier.told == []


@pytest.mark.parametrize("error", [*PASSING, LOST])
def test_a_token_that_has_ended_is_not_used_again(error: CodexctlError) -> None:
    world = Renewing()
    world.let_it_end()
    world.server.next_refreshes(error)
    with pytest.raises(type(error)):
        world.early()
    assert world.notifier.told == []


def test_a_token_of_another_process_that_has_time_is_used_in_place_of_a_refused_one() -> None:
    soon = replace(TOKEN, access_token=Secret("access-theirs"), expires_at=END)
    world = Renewing(soon)
    world.clock.sleep(3599)
    world.server.next_refreshes(BUSY)
    assert world.rejected() == soon
    assert world.notifier.told == [BUSY_NOTICE]


# Final refusals


@pytest.mark.parametrize("code", [SPENT, "refresh_token_expired", "token_expired", "unauthorized"])
def test_a_final_refusal_is_told_even_while_the_token_has_time(code: str) -> None:
    world = Renewing()
    world.server.next_refreshes(refresh_refused(code, request_id="req-1"))
    with pytest.raises(RefreshRefused) as caught:
        world.early()
    expected = refresh_refused(code, request_id="req-1")
    assert (caught.value.message, caught.value.remedy) == (expected.message, expected.remedy)
    assert (caught.value.code, caught.value.request_id) == (code, "req-1")
    assert world.kept == StoredLogin(credential=TOKEN, refusal=code)


@pytest.mark.parametrize("after_rejection", [False, True])
def test_a_final_refusal_is_remembered_by_every_process(
    after_rejection: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    world = Renewing()
    world.server.next_refreshes(refresh_refused("refresh_token_invalidated"))
    for process in (world.renew, world.renew, world.process()):
        with pytest.raises(RefreshRefused, match="was revoked") as caught:
            process(TOKEN, after_rejection=after_rejection)
        assert caught.value.code == "refresh_token_invalidated"
    assert (world.presented, world.notifier.told) == (["refresh-0"], [])


def test_a_new_login_clears_a_refusal() -> None:
    world = Renewing()
    world.server.next_refreshes(refresh_refused("refresh_token_expired"))
    with pytest.raises(RefreshRefused):
        world.rejected()
    world.store.save(PROFILE, StoredLogin(credential=THEIRS))
    assert world.rejected() == THEIRS
    world.server.accept(Secret("refresh-theirs"))
    assert world.renew(THEIRS, after_rejection=True).access_token == Secret("access-1")


def test_a_refusal_that_cannot_be_written_down_is_told_all_the_same() -> None:
    world = Renewing()
    world.store.fail_save(2, FULL)
    world.server.next_refreshes(refresh_refused("token_expired"))
    with pytest.raises(RefreshRefused, match="has expired"):
        world.rejected()


# Somebody without the lock: a copy of the folder, a network share


def _renewed_elsewhere(world: Renewing, login: StoredLogin | None) -> None:
    """Let somebody without the lock spend the token while the issuer is asked."""

    def spend() -> None:
        if login is None:
            world.store.remove(PROFILE)
        else:
            world.store.save(PROFILE, login)
        world.server.next_refreshes(refresh_refused(SPENT))

    world.server.during_refresh = spend


def test_a_spent_token_is_no_matter_when_somebody_has_saved_its_successor() -> None:
    world = Renewing()
    _renewed_elsewhere(world, StoredLogin(credential=THEIRS))
    assert world.rejected() == THEIRS
    assert (world.presented, world.kept) == (["refresh-0"], StoredLogin(credential=THEIRS))


def test_a_spent_token_whose_successor_is_of_another_account_stops_the_run() -> None:
    world = Renewing()
    other = StoredLogin(credential=replace(THEIRS, account_id="account-2"))
    _renewed_elsewhere(world, other)
    with pytest.raises(AccountChanged):
        world.rejected()
    assert world.kept == other


def test_a_refusal_does_not_bring_back_a_login_that_was_removed() -> None:
    world = Renewing()
    _renewed_elsewhere(world, None)
    with pytest.raises(AccountChanged, match="signed out"):
        world.rejected()
    assert world.kept is None


# Lost answers


def test_a_lost_answer_leaves_the_mark() -> None:
    world = Renewing()
    world.server.next_refreshes(LOST)
    assert world.early() == TOKEN
    assert (world.kept, world.notifier.told) == (MARKED, [LOST_NOTICE])


def test_a_lost_answer_is_not_asked_for_again_while_the_token_has_time() -> None:
    world = Renewing()
    world.server.next_refreshes(LOST)
    for process in (world.renew, world.renew, world.process()):
        assert process(TOKEN, after_rejection=False) == TOKEN
    assert (world.presented, world.notifier.told) == (["refresh-0"], [LOST_NOTICE])


def test_a_lost_answer_is_asked_for_again_when_the_token_has_ended() -> None:
    world = Renewing()
    world.server.next_refreshes(LOST)
    world.early()
    world.let_it_end()
    assert world.early() == renewed(1, 3600)
    assert world.kept == StoredLogin(credential=renewed(1, 3600))
    assert world.presented == ["refresh-0", "refresh-0"]


def test_a_lost_answer_is_asked_for_again_when_the_token_is_refused() -> None:
    world = Renewing()
    world.server.next_refreshes(LOST)
    world.early()
    assert world.rejected() == renewed(1)


def test_a_token_spent_by_a_lost_answer_is_said_to_be_that() -> None:
    world = Renewing()
    world.server.next_refreshes(LOST, refresh_refused(SPENT))
    world.early()
    world.let_it_end()
    with pytest.raises(RefreshRefused, match="its answer was lost") as caught:
        world.early()
    assert caught.value.code == SPENT
    with pytest.raises(RefreshRefused, match="its answer was lost"):
        world.process()(TOKEN, after_rejection=True)
    assert world.presented == ["refresh-0", "refresh-0"]


def test_a_passing_failure_does_not_make_a_lost_answer_forgotten() -> None:
    world = Renewing()
    world.server.next_refreshes(LOST, BUSY, refresh_refused(SPENT))
    world.early()
    with pytest.raises(ServiceUnavailable):
        world.rejected()
    assert world.kept == MARKED
    with pytest.raises(RefreshRefused, match="its answer was lost"):
        world.rejected()


# The disk


def test_a_full_disk_is_found_out_before_a_token_is_spent() -> None:
    world = Renewing()
    world.store.fail_save(1, FULL)
    assert world.early() == TOKEN
    assert (world.presented, world.kept) == ([], STORED)
    assert world.notifier.told == [FULL_NOTICE]


@pytest.mark.parametrize("is_rejected", [False, True])
def test_a_full_disk_is_an_error_when_the_token_will_not_do(
    is_rejected: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    world = Renewing()
    if not is_rejected:
        world.let_it_end()
    world.store.fail_save(1, FULL)
    with pytest.raises(FileNotWritten):
        world.renew(TOKEN, after_rejection=is_rejected)
    assert (world.presented, world.kept) == ([], STORED)


def test_a_damaged_store_is_an_error_and_nobody_is_asked() -> None:
    world = Renewing()
    world.store.fail_always(StoreUnreadable("damaged", remedy="delete it"))
    with pytest.raises(StoreUnreadable):
        world.early()
    assert world.presented == []


def _with_unsaved_token() -> Renewing:
    """Return a world in which a new token could not be saved."""
    world = Renewing()
    world.store.fail_save(2, FULL)
    assert world.early() == renewed(1)
    return world


def test_the_run_goes_on_with_a_new_token_that_cannot_be_saved() -> None:
    world = _with_unsaved_token()
    assert world.early() == renewed(1)
    assert world.rejected() == renewed(1)
    assert world.renew.stored() == StoredLogin(credential=renewed(1))
    assert (world.presented, world.notifier.told) == (["refresh-0"], [UNSAVED_NOTICE])
    assert world.kept == MARKED


def test_the_run_goes_on_with_it_though_the_disk_cannot_even_be_read() -> None:
    world = _with_unsaved_token()
    world.store.fail_always(StoreUnreadable("gone", remedy="look for it"))
    assert world.rejected() == renewed(1)


def test_the_next_renewal_brings_the_disk_up_to_date() -> None:
    world = _with_unsaved_token()
    assert world.renew(renewed(1), after_rejection=True) == renewed(2)
    assert world.kept == StoredLogin(credential=renewed(2))
    assert world.process().stored() == world.renew.stored() == world.kept
    world.store.fail_always(StoreUnreadable("gone", remedy="look for it"))
    with pytest.raises(StoreUnreadable):
        world.renew.stored()


def test_a_token_that_could_not_be_saved_gives_way_to_a_new_login() -> None:
    world = _with_unsaved_token()
    world.store.save(PROFILE, StoredLogin(credential=THEIRS))
    assert world.renew.stored() == StoredLogin(credential=THEIRS)
    assert world.renew(renewed(1), after_rejection=True) == THEIRS
    assert world.presented == ["refresh-0"]


def test_a_token_that_could_not_be_saved_stops_for_another_account() -> None:
    world = _with_unsaved_token()
    other = StoredLogin(credential=replace(THEIRS, account_id="account-2"))
    world.store.save(PROFILE, other)
    with pytest.raises(AccountChanged):
        world.renew(renewed(1), after_rejection=True)
    assert (world.presented, world.kept) == (["refresh-0"], other)


def test_a_token_that_could_not_be_saved_does_not_undo_a_sign_out() -> None:
    world = _with_unsaved_token()
    world.store.remove(PROFILE)
    with pytest.raises(AccountChanged):
        world.renew(renewed(1), after_rejection=True)
    assert (world.renew.stored(), world.kept) == (None, None)


def test_a_lost_answer_for_a_token_that_could_not_be_saved_is_marked_like_any_other() -> None:
    world = _with_unsaved_token()
    world.server.next_refreshes(LOST)
    with pytest.raises(AnswerLost):
        world.renew(renewed(1), after_rejection=True)
    assert world.renew.stored() == StoredLogin(credential=renewed(1), refresh_sent_at=START)
    assert world.renew(renewed(1), after_rejection=False) == renewed(1)
    assert world.presented == ["refresh-0", "refresh-1"]


def test_a_refusal_of_a_token_that_could_not_be_saved_is_remembered_like_any_other() -> None:
    world = _with_unsaved_token()
    world.server.next_refreshes(refresh_refused("token_expired"))
    for _ in range(2):
        with pytest.raises(RefreshRefused):
            world.renew(renewed(1), after_rejection=True)
    assert world.presented == ["refresh-0", "refresh-1"]


# Tokens that nobody can renew


def test_a_ready_token_is_good_to_its_last_second() -> None:
    ready = replace(TOKEN, refresh_token=None)
    world = Renewing(ready)
    world.clock.sleep(3599)
    assert world.renew(ready, after_rejection=False) == ready
    assert (world.presented, world.notifier.told, world.store.saved) == ([], [], [])


def test_a_ready_token_that_has_ended_needs_a_new_one() -> None:
    ready = replace(TOKEN, refresh_token=None)
    world = Renewing(ready)
    world.let_it_end()
    with pytest.raises(SignInRejected, match="The stored token has ended"):
        world.renew(ready, after_rejection=False)
    assert (world.presented, world.store.saved) == ([], [])


# A lock that cannot be had


def test_a_token_that_has_time_is_used_when_the_lock_cannot_be_had() -> None:
    world = Renewing()
    world.lock.someone_else_holds(PROFILE)
    assert world.early() == TOKEN
    assert len(world.notifier.told) == 1
    assert world.server.refreshed == []


def test_a_token_that_has_ended_is_not_used_when_the_lock_cannot_be_had() -> None:
    world = Renewing()
    world.let_it_end()
    world.lock.someone_else_holds(PROFILE)
    with pytest.raises(StoreBusy):
        world.early()
