"""In which words a provider's fault is told, and what the user is told to do."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from codexctl.domain.errors import QuotaExhausted
from codexctl.domain.faults import ProviderFault, error_for
from codexctl.domain.quota import QuotaWindow

RESETS = datetime(2026, 6, 1, 12, tzinfo=UTC)
_SPENT = QuotaWindow(used_percent=100.0, length_minutes=300, resets_at=RESETS)


def _told(**fields: Any) -> tuple[str, str]:  # noqa: ANN401 (fields of the fault)
    fields.setdefault("message", "")
    error = error_for(ProviderFault(**fields))
    return error.message, error.remedy


def test_the_provider_is_quoted() -> None:
    message, _ = _told(message="Unknown parameter: 'x'.", status=400, param="x")
    assert message == "The provider refused the request (HTTP 400): Unknown parameter: 'x'."


def test_the_field_is_named_where_the_provider_does_not() -> None:
    message, _ = _told(message="Bad value.", status=400, param="tools[0]")
    assert message == "The provider refused the request (HTTP 400): Bad value. (tools[0])"


def test_the_code_is_told_where_there_are_no_words() -> None:
    message, _ = _told(code="odd_code", status=400)
    assert message == "The provider refused the request (HTTP 400): code odd_code"


@pytest.mark.parametrize("code", ["rate_limit_exceeded", "slow_down"])
def test_the_wait_that_was_asked_for_is_kept(code: str) -> None:
    error = error_for(ProviderFault(message="", code=code, retry_after_seconds=1.5))
    assert error.retry_after_seconds == 1.5


@pytest.mark.parametrize(
    ("seconds", "wait"),
    [
        (None, "a moment"),
        (0.0, "a moment"),
        (1.5, "2 seconds"),
        (90.0, "90 seconds"),
        (91.0, "2 minutes"),
        (86_400.0, "24 hours"),
    ],
)
def test_a_rate_limit_says_how_long_to_wait(seconds: float | None, wait: str) -> None:
    assert _told(code="rate_limit_exceeded", retry_after_seconds=seconds) == (
        "Too many requests just now: code rate_limit_exceeded",
        f"Wait {wait} and run the command again.",
    )


def _limit(**fields: Any) -> tuple[str, str]:  # noqa: ANN401 (fields of the fault)
    return _told(code="usage_limit_reached", **fields)


def test_a_spent_limit_names_the_window_and_the_plan_and_leaves_the_time_to_others() -> None:
    error = error_for(
        ProviderFault(
            message="The usage limit has been reached",
            code="usage_limit_reached",
            plan="plus",
            spent=_SPENT,
            resets_at=RESETS,
            request_id="req_1",
        )
    )
    assert isinstance(error, QuotaExhausted)
    assert (error.message, error.resets_at, error.request_id) == (
        "The 5-hour limit of the plus plan is used up.",
        RESETS,
        "req_1",
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "The usage limit is used up."),
        ({"plan": "unknown"}, "The usage limit is used up."),
        ({"plan": "edu_plus"}, "The usage limit of the edu plus plan is used up."),
        (
            {"spent": _SPENT, "limit_name": "gpt-9-spark"},
            "The 5-hour limit for gpt-9-spark is used up.",
        ),
        ({"message": "You\N{RIGHT SINGLE QUOTATION MARK}ve hit your usage limit."},
         "The usage limit is used up."),
        ({"message": "Enough for one day"}, "The usage limit is used up: Enough for one day"),
    ],
)  # fmt: skip
def test_a_spent_limit_is_told_as_far_as_it_is_known(
    fields: Mapping[str, Any], message: str
) -> None:
    assert _limit(**fields)[0] == message


_BUY = "buy credits (https://chatgpt.com/settings/usage)"
_PLUS = "upgrade to Plus (https://chatgpt.com/explore/plus)"


@pytest.mark.parametrize(
    ("plan", "ways"),
    [
        ("plus", f"Upgrade to Pro, {_BUY}, wait"),
        ("pro", f"B{_BUY[1:]}, wait"),
        ("prolite", f"B{_BUY[1:]}, wait"),
        ("free", f"U{_PLUS[1:]}, wait"),
        ("go", f"U{_PLUS[1:]}, wait"),
        ("team", "Ask the workspace's admin for more, wait"),
        ("business", "Ask the workspace's admin for more, wait"),
        ("self_serve_business_usage_based", "Ask the workspace's admin for more, wait"),
        ("enterprise", "Wait"),
        ("edu", "Wait"),
        ("something_new", "Wait"),
        (None, "Wait"),
    ],
)
def test_what_to_do_about_a_spent_limit_depends_on_the_plan(plan: str | None, ways: str) -> None:
    assert _limit(plan=plan, resets_at=RESETS)[1] == (
        f"{ways} until it resets, or choose another model with -m."
    )


def test_without_a_reset_one_can_but_try() -> None:
    assert _limit()[1] == "Try again later, or choose another model with -m."


def test_whoever_has_credits_is_not_told_to_buy_some() -> None:
    assert _limit(plan="pro", has_credits=True)[1] == _limit()[1]


@pytest.mark.parametrize("offer", ["Twice as much until Sunday", "Twice as much until Sunday."])
def test_an_offer_of_the_provider_takes_the_place_of_the_advice(offer: str) -> None:
    assert _limit(plan="plus", promotion=offer)[1] == (
        "Twice as much until Sunday. Or try again later, or choose another model with -m."
    )


@pytest.mark.parametrize(
    ("reached", "message", "remedy"),
    [
        ("workspace_owner_credits_depleted", "has no credits left.", "Buy credits for it"),
        ("workspace_member_credits_depleted", "has no credits left.", "Ask the workspace's owner"),
        ("workspace_owner_usage_limit_reached", "spending limit", "Raise the limit"),
        ("workspace_member_usage_limit_reached", "spending limit", "Ask the workspace's owner"),
    ],
)
def test_a_workspace_has_limits_of_its_own(reached: str, message: str, remedy: str) -> None:
    told, to_do = _limit(reached=reached, plan="business")
    assert message in told
    assert to_do.startswith(remedy)


@pytest.mark.parametrize(
    ("reached", "resets_at"),
    [
        ("workspace_owner_credits_depleted", None),
        ("workspace_member_usage_limit_reached", RESETS),
    ],
)
def test_no_window_brings_credits_back(reached: str, resets_at: datetime | None) -> None:
    fault = ProviderFault(message="", status=429, reached=reached, resets_at=RESETS)
    error = error_for(fault)
    assert isinstance(error, QuotaExhausted)
    assert error.resets_at == resets_at


def test_an_api_key_without_quota_is_sent_to_the_billing_page() -> None:
    assert "/billing" in _told(code="insufficient_quota")[1]


_LOGIN = "codexctl login"


@pytest.mark.parametrize(
    ("fields", "remedy"),
    [
        ({"code": "token_revoked"}, "Sign in again with: codexctl login"),
        ({"message": "No. Please try signing in again."}, "Sign in again with: codexctl login"),
        ({"code": "invalid_api_key"}, "Check that the key is complete"),
        ({"message": "Your API key is odd"}, "Check that the key is complete"),
        ({"message": "Unauthorized"}, "Sign in again with codexctl login; or, if you gave"),
        ({}, "Sign in again with codexctl login; or, if you gave"),
        ({"code": "missing_scope"}, "A ChatGPT sign-in serves openai-codex/ models alone"),
        ({"code": "account_deactivated"}, "Look for a mail from OpenAI"),
    ],
)
def test_what_to_do_about_a_refused_credential_depends_on_why(
    fields: Mapping[str, Any], remedy: str
) -> None:
    assert _told(status=401, **fields)[1].startswith(remedy)


def test_cloudflare_is_named_and_the_sign_in_is_not_blamed() -> None:
    message, remedy = _told(
        message="Just a moment...", status=403, is_html=True, is_cloudflare=True
    )
    assert message == (
        "Cloudflare stopped the request before it reached the service (HTTP 403): Just a moment..."
    )
    assert _LOGIN not in remedy


@pytest.mark.parametrize("status", [404, 405])
def test_a_service_that_is_not_there_is_a_matter_of_the_address(status: int) -> None:
    remedy = _told(message="Not Found", status=status)[1]
    assert "*_BASE_URL" in remedy
    assert "sign-in is fine" in remedy


@pytest.mark.parametrize(
    "fields", [{"message": "Item with id 'x' not found."}, {"message": "Bad", "param": "x"}]
)
def test_a_thing_that_is_not_there_is_no_matter_of_the_address(fields: Mapping[str, Any]) -> None:
    assert "*_BASE_URL" not in _told(status=404, **fields)[1]


def test_a_model_that_chatgpt_accounts_do_not_get_is_told_in_one_sentence() -> None:
    text = "The 'x' model is not supported when using Codex with a ChatGPT account."
    assert _told(message=text, status=400) == (text, "Choose another model with -m.")


def test_a_model_that_is_not_found_may_be_one_for_certain_programs() -> None:
    assert "CODEXCTL_ORIGINATOR" in _told(message="Model not found x", status=404)[1]


def test_a_proxy_that_wants_a_password_is_named() -> None:
    message, remedy = _told(status=407, is_html=True)
    assert message == "The proxy wants a user name and a password (HTTP 407)."
    assert "*_PROXY" in remedy


def test_a_model_at_capacity_is_to_be_changed() -> None:
    assert _told(code="server_is_overloaded", message="Busy") == (
        "The model is at capacity just now: Busy",
        "Choose another model with -m, or try again later.",
    )


def test_a_plain_500_may_be_high_demand() -> None:
    assert "high demand" in _told(status=500)[0]
