"""The contract of ``codexctl.domain.ports.CredentialSource``, for the adapter and for the fake."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

import jwt
import pytest

from codexctl.adapters.cassettes.matching import Matcher
from codexctl.adapters.cassettes.played import TapedCredentials
from codexctl.adapters.cassettes.playing import Playing
from codexctl.adapters.cassettes.recorded import RecordingCredentials
from codexctl.adapters.cassettes.tape import (
    Exchange,
    RunFacts,
    Service,
    Tape,
    TapedRequest,
    TapedResponse,
)
from codexctl.adapters.openai_oauth.environment import EnvironmentCredentials
from codexctl.domain.credentials import ApiKey, Credential, Secret, Subscription
from codexctl.domain.errors import NotSignedIn, SignInRejected
from codexctl.domain.models import Provider
from codexctl.domain.ports import CredentialSource
from codexctl.testing.fakes.clock import FakeClock
from codexctl.testing.fakes.credential_source import FakeCredentialSource

_NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
_SIGNING_KEY = "a key that nobody checks, long enough"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the user has: values of the two variables."""

    token: str | None = None
    key: str | None = None


Building: TypeAlias = Callable[[Held], CredentialSource]


def _token(expires_at: datetime) -> str:
    claims = {
        "exp": int(expires_at.timestamp()),
        "https://api.openai.com/auth": {"chatgpt_account_id": "account-1"},
    }
    return jwt.encode(claims, _SIGNING_KEY, "HS256")


FRESH = _token(datetime(2026, 6, 1, 13, tzinfo=UTC))
EXPIRED = _token(datetime(2026, 6, 1, 12, tzinfo=UTC))

SUBSCRIPTION = Subscription(
    access_token=Secret(FRESH),
    account_id="account-1",
    expires_at=datetime(2026, 6, 1, 13, tzinfo=UTC),
    origin="CODEXCTL_ACCESS_TOKEN",
)
API_KEY = ApiKey(Secret("sk-1"), "OPENAI_API_KEY")


def _from_the_environment(held: Held) -> CredentialSource:
    return EnvironmentCredentials(
        access_token=None if held.token is None else Secret(held.token),
        api_key=None if held.key is None else Secret(held.key),
        clock=FakeClock(_NOW),
    )


def _recorded(held: Held) -> CredentialSource:
    return RecordingCredentials(_from_the_environment(held))


def _from_a_mapping(held: Held) -> CredentialSource:
    of_no_use = SignInRejected("of no use", remedy="get another")
    mapping: dict[Provider, Credential | SignInRejected] = {}
    if held.token is not None:
        mapping[Provider.CHATGPT] = SUBSCRIPTION if held.token == FRESH else of_no_use
    if held.key is not None:
        mapping[Provider.API] = API_KEY if held.key == "sk-1" else of_no_use
    return FakeCredentialSource(mapping)


@pytest.fixture(
    params=[_from_the_environment, _recorded, _from_a_mapping],
    ids=["environment", "recorded", "fake"],
)
def build(request: pytest.FixtureRequest) -> Building:
    return request.param


@pytest.mark.parametrize("provider", [None, *Provider])
def test_without_a_credential_it_says_so(build: Building, provider: Provider | None) -> None:
    with pytest.raises(NotSignedIn):
        build(Held()).credential_for(provider)


@pytest.mark.parametrize("provider", [None, Provider.CHATGPT])
def test_a_token_is_for_the_subscription(build: Building, provider: Provider | None) -> None:
    assert build(Held(token=FRESH)).credential_for(provider) == SUBSCRIPTION


@pytest.mark.parametrize("provider", [None, Provider.API])
def test_a_key_is_for_the_api(build: Building, provider: Provider | None) -> None:
    assert build(Held(key="sk-1")).credential_for(provider) == API_KEY


def test_a_token_does_not_serve_the_api(build: Building) -> None:
    with pytest.raises(NotSignedIn):
        build(Held(token=FRESH)).credential_for(Provider.API)


def test_a_key_does_not_serve_the_subscription(build: Building) -> None:
    with pytest.raises(NotSignedIn):
        build(Held(key="sk-1")).credential_for(Provider.CHATGPT)


def test_of_both_each_provider_gets_its_own(build: Building) -> None:
    source = build(Held(token=FRESH, key="sk-1"))
    given = [source.credential_for(provider) for provider in (Provider.API, Provider.CHATGPT)]
    assert given == [API_KEY, SUBSCRIPTION]


def test_of_both_the_token_goes_first_where_either_will_do(build: Building) -> None:
    assert build(Held(token=FRESH, key="sk-1")).credential_for(None) == SUBSCRIPTION


@pytest.mark.parametrize("provider", [None, Provider.CHATGPT])
def test_an_expired_token_is_rejected(build: Building, provider: Provider | None) -> None:
    with pytest.raises(SignInRejected):
        build(Held(token=EXPIRED)).credential_for(provider)


def test_a_malformed_key_is_rejected(build: Building) -> None:
    with pytest.raises(SignInRejected):
        build(Held(key="sk with spaces")).credential_for(Provider.API)


def test_a_credential_of_no_use_does_not_stand_in_the_way_of_the_other(build: Building) -> None:
    assert build(Held(token=EXPIRED, key="sk-1")).credential_for(Provider.API) == API_KEY


def test_what_nobody_can_renew_is_not_renewed(build: Building) -> None:
    assert build(Held(token=FRESH)).renewed(SUBSCRIPTION) is None


def test_it_answers_the_same_when_asked_again(build: Building) -> None:
    source = build(Held(token=FRESH))
    assert source.credential_for(None) == source.credential_for(None)


def test_a_recording_knows_whom_it_named_and_what_of_them_is_secret() -> None:
    source = RecordingCredentials(_from_the_environment(Held(token=FRESH, key="sk-1")))
    for provider in (Provider.CHATGPT, Provider.API, None):
        source.credential_for(provider)
    assert source.providers == (Provider.CHATGPT, Provider.API)
    assert source.secrets == (FRESH, "account-1", "sk-1")


def test_a_tape_gives_nobodys_credential_for_the_services_that_were_asked() -> None:
    asked = Service(Provider.API, "https://api.openai.com/v1")
    tape = Tape(facts=RunFacts(services=(asked,)))
    source = TapedCredentials(Playing(tape, Matcher.of_folders(None, None), "codexctl run"))
    assert source.credential_for(None) == source.credential_for(Provider.API)
    with pytest.raises(NotSignedIn):
        source.credential_for(Provider.CHATGPT)


@pytest.mark.parametrize(("exchanges", "is_renewed"), [(0, False), (1, True)])
def test_a_tape_renews_a_credential_as_long_as_there_is_more_to_ask(
    exchanges: int, *, is_renewed: bool
) -> None:
    answer = TapedResponse(status=200, reason="OK")
    exchange = Exchange(TapedRequest(method="POST", url="https://host/responses"), answer)
    tape = Tape(exchanges=(exchange,) * exchanges)
    source = TapedCredentials(Playing(tape, Matcher.of_folders(None, None), "codexctl run"))
    renewed = source.renewed(SUBSCRIPTION)
    assert (renewed is not None, renewed != SUBSCRIPTION) == (is_renewed, True)
