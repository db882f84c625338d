"""Who asks: the first credential of three places, and always a good one."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from tests.fakes.values import API_KEY, SUBSCRIPTION
from tests.renewing import BUSY, FULL, LOST, PROFILE, THEIRS, TOKEN, Renewing, renewed

from codexctl.application.fresh_credentials import FreshCredentials
from codexctl.application.renew_login import RenewLogin
from codexctl.domain.credentials import ApiKey, Credential, Secret, StoredLogin
from codexctl.domain.errors import (
    AccountChanged,
    NotSignedIn,
    RefreshRefused,
    ServiceUnavailable,
    SignInRejected,
    StoreUnreadable,
)
from codexctl.domain.models import Provider
from codexctl.domain.refusals import refresh_refused
from codexctl.testing.fakes.clock import FakeClock
from codexctl.testing.fakes.credential_source import FakeCredentialSource
from codexctl.testing.fakes.credential_store import FakeCredentialStore

STORED_KEY = ApiKey(Secret("sk-stored"), "a test")
READY = {Provider.CHATGPT: SUBSCRIPTION}
KEY = {Provider.API: API_KEY}


def _credentials(
    world: Renewing, environment: Mapping[Provider, Credential | SignInRejected] | None = None
) -> FreshCredentials:
    return FreshCredentials(
        profile=world.renew.profile,
        environment=FakeCredentialSource(environment or {}),
        store=world.store,
        renew_login=lambda: world.renew,
        clock=world.clock,
    )


def _not_needed() -> RenewLogin:
    pytest.fail("the issuer was built")


def _store_that_nobody_opens() -> FakeCredentialStore:
    store = FakeCredentialStore()
    store.fail_always(StoreUnreadable("it was opened", remedy="do not"))
    return store


def _without_a_store(
    environment: Mapping[Provider, Credential | SignInRejected],
) -> FreshCredentials:
    return FreshCredentials(
        profile="default",
        environment=FakeCredentialSource(environment),
        store=_store_that_nobody_opens(),
        renew_login=_not_needed,
        clock=FakeClock(),
    )


def test_a_key_without_a_login_needs_no_issuer() -> None:
    credentials = FreshCredentials(
        profile="default",
        environment=FakeCredentialSource(KEY),
        store=FakeCredentialStore(),
        renew_login=_not_needed,
        clock=FakeClock(),
    )
    assert credentials.credential_for(None) == API_KEY


# Which one


@pytest.mark.parametrize("provider", [None, Provider.CHATGPT])
def test_a_ready_token_needs_no_store_and_no_issuer(provider: Provider | None) -> None:
    assert _without_a_store(READY | KEY).credential_for(provider) == SUBSCRIPTION


def test_a_ready_token_of_no_use_is_an_error_and_nothing_else_is_looked_for() -> None:
    expired = SignInRejected("expired", remedy="get another")
    with pytest.raises(SignInRejected) as caught:
        _without_a_store({Provider.CHATGPT: expired, Provider.API: API_KEY}).credential_for(None)
    assert caught.value is expired


@pytest.mark.parametrize("provider", [None, Provider.CHATGPT])
def test_a_stored_login_goes_before_a_key_of_the_environment(provider: Provider | None) -> None:
    assert _credentials(Renewing(), KEY).credential_for(provider) == TOKEN


@pytest.mark.parametrize("provider", [None, Provider.API])
def test_a_stored_key_goes_before_a_key_of_the_environment(provider: Provider | None) -> None:
    assert _credentials(Renewing(STORED_KEY), KEY).credential_for(provider) == STORED_KEY


@pytest.mark.parametrize("provider", [None, Provider.API])
def test_a_key_of_the_environment_comes_last(provider: Provider | None) -> None:
    assert _credentials(Renewing(None), KEY).credential_for(provider) == API_KEY


@pytest.mark.parametrize("stored", [None, TOKEN])
def test_the_api_wants_a_key_whatever_else_there_is(stored: Credential | None) -> None:
    assert _credentials(Renewing(stored), READY | KEY).credential_for(Provider.API) == API_KEY


@pytest.mark.parametrize("provider", [None, *Provider])
def test_without_any_nobody_is_signed_in(provider: Provider | None) -> None:
    with pytest.raises(NotSignedIn):
        _credentials(Renewing(None)).credential_for(provider)


@pytest.mark.parametrize(
    ("stored", "provider"), [(TOKEN, Provider.API), (STORED_KEY, Provider.CHATGPT)]
)
def test_a_login_for_the_other_provider_does_not_serve(
    stored: Credential, provider: Provider
) -> None:
    with pytest.raises(NotSignedIn):
        _credentials(Renewing(stored)).credential_for(provider)


@pytest.mark.parametrize("provider", [None, *Provider])
def test_a_broken_store_is_an_error_and_never_a_fall_to_the_key(provider: Provider | None) -> None:
    world = Renewing()
    world.store.fail_always(StoreUnreadable("damaged", remedy="delete it"))
    with pytest.raises(StoreUnreadable):
        _credentials(world, KEY).credential_for(provider)


def test_a_login_that_cannot_be_renewed_is_an_error_and_never_a_fall_to_the_key() -> None:
    world = Renewing()
    world.let_it_end()
    world.server.next_refreshes(refresh_refused("token_expired"))
    with pytest.raises(RefreshRefused):
        _credentials(world, KEY).credential_for(None)


# Always a good one


def test_nothing_is_asked_and_no_lock_taken_while_the_token_is_fresh() -> None:
    world = Renewing()
    world.clock.sleep(3600 - 301)
    assert _credentials(world).credential_for(None) == TOKEN
    assert (world.presented, world.lock.holds, world.store.saved) == ([], [], [])


def test_a_token_is_renewed_within_five_minutes_of_its_end() -> None:
    world = Renewing()
    world.clock.sleep(3300)
    assert _credentials(world).credential_for(None) == renewed(1, 3300)
    assert _credentials(world).credential_for(None) == renewed(1, 3300)
    assert [seen.after_rejection for seen in world.server.refreshed] == [False]


def test_a_token_without_an_end_is_never_renewed_early() -> None:
    endless = replace(TOKEN, expires_at=None)
    world = Renewing(endless)
    world.let_it_end()
    assert _credentials(world).credential_for(None) == endless


def test_a_token_that_is_good_for_a_moment_is_used_when_it_cannot_be_renewed() -> None:
    world = Renewing()
    world.clock.sleep(3599)
    world.server.next_refreshes(BUSY)
    assert _credentials(world).credential_for(None) == TOKEN


def test_a_login_that_was_renewed_or_made_elsewhere_is_seen_at_the_next_step() -> None:
    world = Renewing()
    credentials = _credentials(world)
    assert credentials.credential_for(None) == TOKEN
    world.store.save(PROFILE, StoredLogin(credential=THEIRS))
    assert credentials.credential_for(None) == THEIRS


def test_a_token_that_could_not_be_saved_is_used_at_the_next_step() -> None:
    world = Renewing()
    world.clock.sleep(3400)
    world.store.fail_save(2, FULL)
    credentials = _credentials(world)
    assert [credentials.credential_for(None) for _ in range(3)] == [renewed(1, 3400)] * 3
    assert len(world.notifier.told) == 1


def test_a_lost_answer_is_told_once_and_the_token_used_to_its_end() -> None:
    world = Renewing()
    world.clock.sleep(3400)
    world.server.next_refreshes(LOST)
    credentials = _credentials(world)
    assert [credentials.credential_for(None) for _ in range(3)] == [TOKEN] * 3
    assert len(world.notifier.told) == 1
    world.clock.sleep(200)
    assert credentials.credential_for(None) == renewed(1, 3600)


# In place of one that was refused


def test_a_refused_login_is_renewed() -> None:
    world = Renewing()
    assert _credentials(world).renewed(TOKEN) == renewed(1)
    assert [seen.after_rejection for seen in world.server.refreshed] == [True]


@pytest.mark.parametrize("rejected", [API_KEY, SUBSCRIPTION], ids=["a key", "a ready token"])
def test_what_nobody_can_renew_is_not_renewed_and_needs_no_store(rejected: Credential) -> None:
    assert _without_a_store({}).renewed(rejected) is None


def test_a_refused_login_is_not_renewed_for_an_issuer_that_is_busy() -> None:
    world = Renewing()
    world.server.next_refreshes(BUSY)
    with pytest.raises(ServiceUnavailable):
        _credentials(world).renewed(TOKEN)


def test_a_refused_login_is_not_renewed_when_another_account_is_signed_in() -> None:
    world = Renewing(replace(THEIRS, account_id="account-2"))
    with pytest.raises(AccountChanged):
        _credentials(world).renewed(TOKEN)
