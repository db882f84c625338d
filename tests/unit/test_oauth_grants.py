"""Tokens out of the issuer's JSON, and how long they last on this machine's clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from codexctl.adapters.openai_oauth.claims import Claims, read_claims
from codexctl.adapters.openai_oauth.grants import grant_from
from codexctl.domain.credentials import Secret, TokenGrant

AUTH = "https://api.openai.com/auth"
HERE = datetime(2026, 6, 1, 12, tzinfo=UTC)
AT_THE_ISSUER = datetime(2026, 6, 1, 15, tzinfo=UTC)
"""Three hours later: this machine's clock is slow."""
_SIGNING_KEY = "a key that nobody checks, long enough"


def _token(**claims: object) -> str:
    named = {
        name: int(value.timestamp()) if isinstance(value, datetime) else value
        for name, value in claims.items()
    }
    return jwt.encode(named, _SIGNING_KEY, "HS256")


def _named(account_id: str, **more: object) -> dict[str, Any]:
    return {AUTH: {"chatgpt_account_id": account_id, **more}}


def _grant(**fields: object) -> TokenGrant:
    return grant_from(fields, HERE)


def test_what_is_left_out_is_none() -> None:
    assert _grant() == TokenGrant(
        access_token=None, refresh_token=None, account_id=None, plan=None, expires_at=None
    )


def test_tokens_that_say_nothing_are_taken_as_they_are() -> None:
    assert _grant(access_token="a", refresh_token="r", token_type="Bearer") == TokenGrant(
        access_token=Secret("a"),
        refresh_token=Secret("r"),
        account_id=None,
        plan=None,
        expires_at=None,
    )


@pytest.mark.parametrize("token", ["", "a b", "a\n", "naïve", 7, None, ["a"]])
def test_a_token_that_cannot_be_sent_counts_as_left_out(token: object) -> None:
    assert _grant(access_token=token, expires_in=60).access_token is None


def test_the_access_token_names_the_account_before_the_id_token() -> None:
    access, identity = _token(**_named("of-access")), _token(**_named("of-id"))
    assert _grant(access_token=access, id_token=identity).account_id == "of-access"


def test_an_auth_claim_of_the_id_token_goes_before_the_root_of_the_access_token() -> None:
    access = _token(chatgpt_account_id="of-root")
    identity = _token(**_named("of-id"))
    assert _grant(access_token=access, id_token=identity).account_id == "of-id"


def test_the_root_serves_where_no_auth_claim_names_an_account() -> None:
    access, identity = _token(sub="x"), _token(chatgpt_account_id="of-root")
    assert _grant(access_token=access, id_token=identity).account_id == "of-root"


def test_an_opaque_access_token_leaves_the_names_to_the_id_token() -> None:
    identity = _token(**_named("of-id", chatgpt_plan_type="pro"), exp=1)
    grant = _grant(access_token="opaque", id_token=identity)
    assert (grant.account_id, grant.plan, grant.expires_at) == ("of-id", "pro", None)


def test_an_organisation_is_never_the_account() -> None:
    organizations = {"organizations": [{"id": "org-1"}], "organization_id": "org-1"}
    token = _token(**organizations, **{AUTH: organizations})
    assert _grant(access_token=token, id_token=token).account_id is None


def test_a_plan_that_we_do_not_know_is_kept() -> None:
    token = _token(**{AUTH: {"chatgpt_plan_type": "novel_plan"}})
    assert _grant(access_token=token).plan == "novel_plan"


@pytest.mark.parametrize("plan", ["", 7, "two\nlines", "\x1b[31m", "p" * 1_000])
def test_a_plan_that_cannot_be_shown_counts_as_unnamed(plan: object) -> None:
    assert _grant(access_token=_token(**{AUTH: {"chatgpt_plan_type": plan}})).plan is None


def test_a_token_lasts_as_long_as_it_says_whatever_this_machines_clock_shows() -> None:
    token = _token(iat=AT_THE_ISSUER, exp=AT_THE_ISSUER + timedelta(hours=1))
    assert _grant(access_token=token).expires_at == HERE + timedelta(hours=1)


def test_without_its_beginning_a_token_ends_when_it_says() -> None:
    assert _grant(access_token=_token(exp=AT_THE_ISSUER)).expires_at == AT_THE_ISSUER


def test_without_times_the_answer_says_how_long_it_lasts() -> None:
    assert _grant(access_token="a", expires_in=60).expires_at == HERE + timedelta(seconds=60)


def test_the_tokens_own_end_goes_before_that_of_the_answer() -> None:
    grant = _grant(access_token=_token(exp=AT_THE_ISSUER), expires_in=60)
    assert grant.expires_at == AT_THE_ISSUER


@pytest.mark.parametrize("expires_in", ["60", True, None, 1e300, float("nan"), 10**400, [60]])
def test_a_length_that_is_none_counts_as_unsaid(expires_in: object) -> None:
    assert _grant(access_token="a", expires_in=expires_in).expires_at is None


def test_a_length_beyond_all_calendars_leaves_the_end_as_it_is_said() -> None:
    far = datetime(9999, 1, 1, tzinfo=UTC)
    token = _token(iat=-60_000_000_000, exp=far)
    assert _grant(access_token=token).expires_at == far


def test_the_claims_hold_when_a_token_was_made_and_for_which_plan() -> None:
    token = _token(iat=HERE, exp=AT_THE_ISSUER, **_named("account", chatgpt_plan_type="plus"))
    assert read_claims(token) == Claims("account", AT_THE_ISSUER, HERE, "plus")
