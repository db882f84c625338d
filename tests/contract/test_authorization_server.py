"""The contract of ``codexctl.domain.ports.AuthorizationServer``, for the adapter and the fake."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from codexctl.adapters.openai_oauth.authorization_server import OpenAiAuthorizationServer
from codexctl.adapters.openai_oauth.settings import IssuerSettings
from codexctl.domain.credentials import Secret, Subscription, TokenGrant
from codexctl.domain.errors import (
    AnswerLost,
    CodexctlError,
    GatewayBlocked,
    RateLimited,
    RefreshRefused,
    ServiceUnavailable,
    SignInFailed,
)
from codexctl.domain.ports import AuthorizationServer
from codexctl.domain.sign_in import AuthorizationRequest
from codexctl.entrypoints.emulator.server import Emulator
from codexctl.testing.fakes.authorization_server import FakeAuthorizationServer
from codexctl.testing.fakes.clock import FakeClock

REDIRECT_URI = "http://127.0.0.1:1455/auth/callback"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A refresh that goes wrong: as a scenario for the emulator, and as an error for the fake."""

    scenario: str
    error: CodexctlError


@dataclass(frozen=True, slots=True)
class Subject:
    """An issuer under test, and the user who approves in its browser."""

    server: AuthorizationServer
    approve: Callable[[AuthorizationRequest], Secret]


Opening: TypeAlias = Callable[[Fault | None], AbstractContextManager[Subject]]

FAULTS = {
    "answer lost": Fault(scenario="refresh-answer-lost", error=AnswerLost("l", remedy="r")),
    "garbage": Fault(scenario="refresh-garbage", error=AnswerLost("l", remedy="r")),
    "busy": Fault(scenario="refresh-429", error=RateLimited("l", remedy="r")),
    "broken": Fault(scenario="refresh-500", error=ServiceUnavailable("l", remedy="r")),
    "page": Fault(scenario="refresh-html", error=GatewayBlocked("l", remedy="r")),
}


def _in_the_browser(request: AuthorizationRequest) -> Secret:
    answer = requests.get(request.url, allow_redirects=False, timeout=30)
    return Secret(parse_qs(urlsplit(answer.headers["location"]).query)["code"][0])


@contextmanager
def _over_http(fault: Fault | None) -> Generator[Subject, None, None]:
    scenarios = [] if fault is None else [fault.scenario]
    clock = FakeClock(NOW)
    with Emulator(issuer_scenarios=scenarios, clock=lambda: clock.now().timestamp()) as emulator:
        settings = IssuerSettings(issuer=emulator.issuer, identity={"originator": "a-test"})
        yield Subject(OpenAiAuthorizationServer(settings=settings, clock=clock), _in_the_browser)


@contextmanager
def _in_memory(fault: Fault | None) -> Generator[Subject, None, None]:
    server = FakeAuthorizationServer(FakeClock(NOW))
    if fault is not None:
        server.next_refreshes(fault.error)
    yield Subject(server, server.approve)


@pytest.fixture(params=[_over_http, _in_memory], ids=["openai", "fake"])
def opened(request: pytest.FixtureRequest) -> Opening:
    return request.param


def _exchanged(subject: Subject) -> TokenGrant:
    request = subject.server.authorization_request(REDIRECT_URI)
    return subject.server.exchange(
        code=subject.approve(request), verifier=request.verifier, redirect_uri=REDIRECT_URI
    )


def _refresh_token(grant: TokenGrant) -> Secret:
    assert grant.refresh_token is not None
    return grant.refresh_token


def _subscription(grant: TokenGrant) -> Subscription:
    assert grant.access_token is not None
    return Subscription(
        access_token=grant.access_token,
        account_id=grant.account_id,
        expires_at=grant.expires_at,
        origin="a test",
        refresh_token=grant.refresh_token,
    )


def test_no_two_questions_have_a_secret_in_common(opened: Opening) -> None:
    with opened(None) as subject:
        asked = [subject.server.authorization_request(REDIRECT_URI) for _ in range(3)]
        secrets = [secret for one in asked for secret in (one.state, one.verifier)]
        assert len(set(secrets)) == 6


def test_the_question_shows_its_state_and_never_its_verifier(opened: Opening) -> None:
    with opened(None) as subject:
        request = subject.server.authorization_request(REDIRECT_URI)
        assert request.state.reveal() in request.url
        assert request.verifier.reveal() not in request.url
        assert request.redirect_uri == REDIRECT_URI


def test_a_code_becomes_tokens_of_an_account_that_end_some_day(opened: Opening) -> None:
    with opened(None) as subject:
        grant = _exchanged(subject)
        assert None not in (grant.access_token, grant.refresh_token, grant.account_id)
        assert grant.plan == "plus"
        assert grant.expires_at is not None
        assert (grant.expires_at - NOW).days == 10


def test_a_code_is_good_once(opened: Opening) -> None:
    with opened(None) as subject:
        request = subject.server.authorization_request(REDIRECT_URI)
        code = subject.approve(request)
        subject.server.exchange(code=code, verifier=request.verifier, redirect_uri=REDIRECT_URI)
        with pytest.raises(SignInFailed):
            subject.server.exchange(code=code, verifier=request.verifier, redirect_uri=REDIRECT_URI)


def test_a_code_is_of_no_use_to_whoever_lacks_the_verifier(opened: Opening) -> None:
    with opened(None) as subject:
        code = subject.approve(subject.server.authorization_request(REDIRECT_URI))
        other = subject.server.authorization_request(REDIRECT_URI)
        with pytest.raises(SignInFailed):
            subject.server.exchange(code=code, verifier=other.verifier, redirect_uri=REDIRECT_URI)


def test_a_code_is_bound_to_the_place_it_was_sent_to(opened: Opening) -> None:
    with opened(None) as subject:
        request = subject.server.authorization_request(REDIRECT_URI)
        code = subject.approve(request)
        with pytest.raises(SignInFailed):
            subject.server.exchange(
                code=code,
                verifier=request.verifier,
                redirect_uri="http://127.0.0.1:1457/auth/callback",
            )


@pytest.mark.parametrize("after_rejection", [False, True])
def test_a_refresh_gives_new_tokens_of_the_same_account(
    opened: Opening,
    after_rejection: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    with opened(None) as subject:
        old = _exchanged(subject)
        new = subject.server.refresh(_refresh_token(old), after_rejection=after_rejection)
        tokens = [old.access_token, old.refresh_token, new.access_token, new.refresh_token]
        assert len(set(tokens)) == 4
        assert None not in tokens
        assert new.account_id == old.account_id


def test_a_spent_refresh_token_is_refused_for_good(opened: Opening) -> None:
    with opened(None) as subject:
        spent = _refresh_token(_exchanged(subject))
        subject.server.refresh(spent, after_rejection=False)
        with pytest.raises(RefreshRefused) as caught:
            subject.server.refresh(spent, after_rejection=False)
        assert caught.value.code == "refresh_token_reused"


def test_a_refresh_token_that_nobody_knows_is_refused_for_good(opened: Opening) -> None:
    with opened(None) as subject, pytest.raises(RefreshRefused):
        subject.server.refresh(Secret("of-somebody-else"), after_rejection=False)


def test_what_was_revoked_is_not_renewed(opened: Opening) -> None:
    with opened(None) as subject:
        grant = _exchanged(subject)
        subject.server.revoke(_subscription(grant))
        with pytest.raises(RefreshRefused):
            subject.server.refresh(_refresh_token(grant), after_rejection=False)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_passing_fault_says_what_it_is(opened: Opening, fault: Fault) -> None:
    with opened(fault) as subject:
        token = _refresh_token(_exchanged(subject))
        with pytest.raises(type(fault.error)):
            subject.server.refresh(token, after_rejection=False)


@pytest.mark.parametrize("name", ["busy", "broken", "page"])
def test_a_fault_before_the_issuer_has_looked_spends_nothing(opened: Opening, name: str) -> None:
    with opened(FAULTS[name]) as subject:
        token = _refresh_token(_exchanged(subject))
        with pytest.raises(CodexctlError):
            subject.server.refresh(token, after_rejection=False)
        assert subject.server.refresh(token, after_rejection=False).access_token is not None
