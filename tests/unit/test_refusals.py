"""Why a sign-in is not renewed, and whether it ever will be."""

import pytest

from codexctl.domain.refusals import SIGN_IN_AGAIN, SPENT, is_final, refresh_refused

_WORDS = {
    "refresh_token_expired": "the refresh token has expired",
    "token_expired": "the refresh token has expired",
    "account_session_expired": "the refresh token has expired",
    "refresh_token_reused": "the refresh token was already used by another program",
    "refresh_token_invalidated": "the sign-in was revoked",
    "token_invalidated": "the sign-in was revoked",
    "account_auth_invalidated": "the sign-in was revoked",
    "app_session_terminated": "the session was ended",
    "invalid_grant": "the issuer does not know this sign-in any more",
}


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("code", _WORDS)
def test_a_code_that_we_know_is_final_whatever_the_status(code: str, status: int) -> None:
    assert is_final(code, status)


@pytest.mark.parametrize("code", [None, "unauthorized", "could_not_validate_your_token"])
def test_a_401_is_final_whatever_the_code(code: str | None) -> None:
    assert is_final(code, 401)


@pytest.mark.parametrize("status", [400, 403, 408, 429, 500, 502, 503, 504, 524])
@pytest.mark.parametrize("code", [None, "rate_limit_exceeded", "unsupported_country"])
def test_everything_else_passes(code: str | None, status: int) -> None:
    assert not is_final(code, status)


@pytest.mark.parametrize(("code", "reason"), _WORDS.items())
def test_a_refusal_says_why_and_what_to_do(code: str, reason: str) -> None:
    error = refresh_refused(code, request_id="req-1")
    assert error.message == f"The sign-in could not be renewed: {reason}."
    assert (error.remedy, error.code, error.request_id) == (SIGN_IN_AGAIN, code, "req-1")


def test_a_code_that_we_do_not_know_has_a_reason_too() -> None:
    error = refresh_refused("odd")
    assert error.message == "The sign-in could not be renewed: the issuer refused it."
    assert (error.code, error.request_id) == ("odd", None)


def test_a_token_spent_by_a_lost_answer_is_told_apart_from_one_that_others_spent() -> None:
    assert refresh_refused(SPENT, answer_was_lost=True).message == (
        "The sign-in could not be renewed:"
        " an earlier renewal reached the issuer and its answer was lost."
    )


def test_a_lost_answer_explains_no_other_refusal() -> None:
    lost = refresh_refused("token_invalidated", answer_was_lost=True)
    assert lost.message == refresh_refused("token_invalidated").message
