"""Which of our errors a provider's fault is."""

from datetime import UTC, datetime

import pytest

from codexctl.domain.errors import (
    CodexctlError,
    ContextWindowExceeded,
    GatewayBlocked,
    InvalidRequest,
    ModelUnavailable,
    PlanExcludesService,
    PolicyRefused,
    QuotaExhausted,
    RateLimited,
    ServiceUnavailable,
    SignInRejected,
)
from codexctl.domain.faults import ProviderFault, error_for

_BY_CODE: dict[str, type[CodexctlError]] = {
    "context_length_exceeded": ContextWindowExceeded,
    "insufficient_quota": QuotaExhausted,
    "usage_limit_reached": QuotaExhausted,
    "deactivated_workspace": PlanExcludesService,
    "usage_not_included": PlanExcludesService,
    "cyber_policy": PolicyRefused,
    "bio_policy": PolicyRefused,
    "misalignment_policy_violation": PolicyRefused,
    "content_policy_violation": PolicyRefused,
    "invalid_prompt": InvalidRequest,
    "server_is_overloaded": ServiceUnavailable,
    "slow_down": ServiceUnavailable,
    "server_error": ServiceUnavailable,
    "rate_limit_exceeded": RateLimited,
    "model_not_found": ModelUnavailable,
    "invalid_api_key": SignInRejected,
    "token_expired": SignInRejected,
    "token_revoked": SignInRejected,
    "invalid_jwt": SignInRejected,
    "account_deactivated": SignInRejected,
}

_BY_TEXT: dict[str, type[CodexctlError]] = {
    "The 'x' model is not supported when using Codex with a ChatGPT account.": ModelUnavailable,
    "Your input exceeds the context window of this model.": ContextWindowExceeded,
    "This model's maximum context length is 8192 tokens.": ContextWindowExceeded,
    "The usage limit has been reached": QuotaExhausted,
}

_BY_STATUS: list[tuple[int | None, bool, type[CodexctlError]]] = [
    (None, False, ServiceUnavailable),
    (302, False, GatewayBlocked),
    (308, True, GatewayBlocked),
    (200, True, GatewayBlocked),
    (400, False, InvalidRequest),
    (401, False, SignInRejected),
    (401, True, GatewayBlocked),
    (402, False, QuotaExhausted),
    (403, False, InvalidRequest),
    (403, True, GatewayBlocked),
    (404, False, InvalidRequest),
    (408, False, ServiceUnavailable),
    (422, False, InvalidRequest),
    (429, False, RateLimited),
    (429, True, GatewayBlocked),
    (500, False, ServiceUnavailable),
    (502, True, ServiceUnavailable),
    (529, False, ServiceUnavailable),
]


def _kind(fault: ProviderFault) -> type[CodexctlError]:
    return type(error_for(fault))


@pytest.mark.parametrize(("code", "kind"), _BY_CODE.items())
@pytest.mark.parametrize("status", [None, 400, 401, 429, 503])
def test_the_code_decides_whatever_the_status(
    code: str, kind: type[CodexctlError], status: int | None
) -> None:
    assert _kind(ProviderFault(message="Words.", code=code, status=status)) is kind


@pytest.mark.parametrize(("text", "kind"), _BY_TEXT.items())
@pytest.mark.parametrize("status", [None, 400, 429])
def test_without_a_known_code_the_text_decides(
    text: str, kind: type[CodexctlError], status: int | None
) -> None:
    assert _kind(ProviderFault(message=text, code="some_new_code", status=status)) is kind


@pytest.mark.parametrize(("status", "is_html", "kind"), _BY_STATUS)
def test_without_either_the_status_decides(
    status: int | None,
    is_html: bool,  # noqa: FBT001 (a parameter of the test)
    kind: type[CodexctlError],
) -> None:
    assert _kind(ProviderFault(message="Words.", status=status, is_html=is_html)) is kind


def test_the_provider_is_quoted() -> None:
    error = error_for(ProviderFault(message="Unknown parameter: 'x'.", status=400))
    assert error.message == "The provider refused the request (HTTP 400): Unknown parameter: 'x'."


@pytest.mark.parametrize("code", [*_BY_CODE, None])
def test_a_fault_without_words_still_makes_a_sentence(code: str | None) -> None:
    error = error_for(ProviderFault(message="", code=code, status=400))
    assert not error.message.endswith((" ", ":"))
    assert error.remedy.endswith(".")


def test_a_spent_limit_names_the_plan_and_when_it_resets() -> None:
    fault = ProviderFault(
        message="The usage limit has been reached",
        code="usage_limit_reached",
        plan="plus",
        resets_at=datetime(2026, 6, 1, 12, tzinfo=UTC),
    )
    assert error_for(fault).message == (
        "The usage limit of the plus plan is reached: The usage limit has been reached"
        " It resets at 2026-06-01T12:00:00+00:00."
    )


@pytest.mark.parametrize("code", [*_BY_CODE, None])
def test_the_id_of_the_request_is_kept(code: str | None) -> None:
    error = error_for(ProviderFault(message="", code=code, request_id="req_1"))
    assert error.request_id == "req_1"


@pytest.mark.parametrize("code", ["rate_limit_exceeded", "slow_down"])
def test_the_wait_that_was_asked_for_is_kept(code: str) -> None:
    error = error_for(ProviderFault(message="", code=code, retry_after_seconds=1.5))
    assert error.retry_after_seconds == 1.5
