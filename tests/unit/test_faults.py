"""Which of our errors a provider's fault is."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from codexctl.domain.errors import (
    CodexctlError,
    ContextWindowExceeded,
    GatewayBlocked,
    ImageRefused,
    InvalidRequest,
    ModelUnavailable,
    PlanExcludesService,
    PolicyRefused,
    ProtocolError,
    QuotaExhausted,
    RateLimited,
    ServiceUnavailable,
    SignInRejected,
)
from codexctl.domain.faults import ProviderFault, error_for
from codexctl.domain.quota import QuotaWindow

RESETS = datetime(2026, 6, 1, 12, tzinfo=UTC)

_BY_CODE: dict[str, type[CodexctlError]] = {
    "context_length_exceeded": ContextWindowExceeded,
    "exceed_context_size_error": ContextWindowExceeded,
    "insufficient_quota": QuotaExhausted,
    "billing_hard_limit_reached": QuotaExhausted,
    "usage_limit_reached": QuotaExhausted,
    "workspace_owner_credits_depleted": QuotaExhausted,
    "workspace_member_usage_limit_reached": QuotaExhausted,
    "deactivated_workspace": PlanExcludesService,
    "usage_not_included": PlanExcludesService,
    "cyber_policy": PolicyRefused,
    "bio_policy": PolicyRefused,
    "misalignment_policy_violation": PolicyRefused,
    "content_policy_violation": PolicyRefused,
    "image_content_policy_violation": PolicyRefused,
    "content_filter": PolicyRefused,
    "invalid_prompt": InvalidRequest,
    "invalid_encrypted_content": InvalidRequest,
    "invalid_image": ImageRefused,
    "invalid_base64": ImageRefused,
    "image_parse_error": ImageRefused,
    "unsupported_image_media_type": ImageRefused,
    "server_is_overloaded": ServiceUnavailable,
    "slow_down": ServiceUnavailable,
    "server_error": ServiceUnavailable,
    "websocket_connection_limit_reached": ServiceUnavailable,
    "rate_limit_exceeded": RateLimited,
    "ratelimitreached": RateLimited,
    "tokens": RateLimited,
    "model_not_found": ModelUnavailable,
    "deploymentnotfound": ModelUnavailable,
    "invalid_api_key": SignInRejected,
    "token_expired": SignInRejected,
    "token_revoked": SignInRejected,
    "invalid_jwt": SignInRejected,
    "missing_scope": SignInRejected,
    "account_deactivated": SignInRejected,
    "unsupported_country_region_territory": GatewayBlocked,
}

_BY_TEXT: dict[str, type[CodexctlError]] = {
    "The 'x' model is not supported when using Codex with a ChatGPT account.": ModelUnavailable,
    "Model not found gpt-5.5": ModelUnavailable,
    "The model `x` does not exist or you do not have access to it.": ModelUnavailable,
    "Project `p` does not have access to model `x`": ModelUnavailable,
    "You are not allowed to sample from this model": ModelUnavailable,
    "Your organization must be verified to use the model `x`.": ModelUnavailable,
    "Your organization must be verified to generate reasoning summaries.": InvalidRequest,
    "Your input exceeds the context window of this model.": ContextWindowExceeded,
    "This model's maximum context length is 8192 tokens.": ContextWindowExceeded,
    "Input tokens exceed the configured limit of 272000 tokens.": ContextWindowExceeded,
    "request (9 tokens) exceeds the available context size (8)": ContextWindowExceeded,
    "This model's maximum prompt length is 8 but the request has 9": ContextWindowExceeded,
    "prompt token count of 9 exceeds the limit of 8": ContextWindowExceeded,
    "prompt is too long: 9 tokens > 8 maximum": ContextWindowExceeded,
    "Please reduce the length of the messages or completion.": ContextWindowExceeded,
    "The usage limit has been reached": QuotaExhausted,
    "You've hit your usage limit.": QuotaExhausted,
    "You exceeded your current quota, please check your plan": QuotaExhausted,
    "Request too large for x on tokens per min (TPM): Limit 1, Requested 30.": QuotaExhausted,
    "Your prompt was flagged as potentially violating our usage policy.": PolicyRefused,
    "This triggered Azure OpenAI's content management policy.": PolicyRefused,
    "The encrypted content gAAA could not be verified.": InvalidRequest,
    "The image data you provided does not represent a valid image.": ImageRefused,
    "You uploaded an unsupported image.": ImageRefused,
    "Invalid MIME type. Only image types are supported.": ImageRefused,
    "Incorrect API key provided: sk-***.": SignInRejected,
    "Provided authentication token is expired. Please try signing in again.": SignInRejected,
    "You have insufficient permissions. Missing scopes: x.": SignInRejected,
    "Country, region, or territory not supported": GatewayBlocked,
    "Our servers are currently overloaded.": ServiceUnavailable,
}

_NO_OVERFLOW = [
    # Real words of refusals that speak of lengths and sizes (known bug 135).
    "Invalid 'instructions': string too long. Expected a string with maximum length 10485760.",
    "Invalid 'prompt_cache_key': string too long. Expected a string with maximum length 64.",
    "max_output_tokens is too large: 999999. This model supports at most 128000 output tokens.",
    "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16.",
    "Unknown parameter: 'context_window'.",
    "Unsupported parameter: max_output_tokens",
    "Invalid 'tools': array too long. Expected an array with maximum length 128.",
]

_BY_STATUS: list[tuple[int | None, bool, type[CodexctlError]]] = [
    (None, False, ServiceUnavailable),
    (200, False, ProtocolError),
    (204, False, ProtocolError),
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
    (404, True, GatewayBlocked),
    (405, False, InvalidRequest),
    (407, False, GatewayBlocked),
    (407, True, GatewayBlocked),
    (408, False, ServiceUnavailable),
    (413, False, InvalidRequest),
    (422, False, InvalidRequest),
    (429, False, RateLimited),
    (429, True, GatewayBlocked),
    (500, False, ServiceUnavailable),
    (502, True, ServiceUnavailable),
    (503, False, ServiceUnavailable),
    (520, True, ServiceUnavailable),
    (529, False, ServiceUnavailable),
]


def _kind(fault: ProviderFault) -> type[CodexctlError]:
    return type(error_for(fault))


@pytest.mark.parametrize(("code", "kind"), _BY_CODE.items())
@pytest.mark.parametrize("status", [None, 400, 401, 404, 429, 503])
def test_the_code_decides_whatever_the_status(
    code: str, kind: type[CodexctlError], status: int | None
) -> None:
    assert _kind(ProviderFault(message="Words.", code=code, status=status)) is kind


@pytest.mark.parametrize(("text", "kind"), _BY_TEXT.items())
@pytest.mark.parametrize("status", [None, 400, 404, 429])
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


@pytest.mark.parametrize("text", _NO_OVERFLOW)
def test_a_plain_refusal_is_not_taken_for_a_conversation_that_is_too_long(text: str) -> None:
    assert _kind(ProviderFault(message=text, status=400)) is InvalidRequest


@pytest.mark.parametrize("text", ["Model not found", "Incorrect API key provided", "Usage limit"])
def test_a_broken_service_is_broken_whatever_it_says(text: str) -> None:
    assert _kind(ProviderFault(message=text, status=502)) is ServiceUnavailable


def test_a_conversation_that_is_too_long_may_break_a_small_server() -> None:
    fault = ProviderFault(message="the request exceeds the available context size", status=500)
    assert _kind(fault) is ContextWindowExceeded


def test_the_words_of_a_web_page_decide_nothing() -> None:
    fault = ProviderFault(message="Model not found", status=404, is_html=True)
    assert _kind(fault) is GatewayBlocked


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Invalid prompt: it was flagged as violating our usage policy.", PolicyRefused),
        ("Invalid prompt: no items.", InvalidRequest),
    ],
)
def test_an_invalid_prompt_is_refused_for_what_it_says_or_for_its_form(
    message: str, kind: type[CodexctlError]
) -> None:
    assert _kind(ProviderFault(message=message, code="invalid_prompt")) is kind


def test_a_request_that_is_larger_than_the_rate_limit_is_not_a_matter_of_waiting() -> None:
    # As recorded: it comes with the code of a rate limit.
    error = error_for(
        ProviderFault(
            message="Request too large for gpt-4o on tokens per min (TPM): Limit 1, Requested 30.",
            code="rate_limit_exceeded",
        )
    )
    assert (type(error), error.may_retry) == (QuotaExhausted, False)


def test_a_request_that_is_wrong_is_not_sent_again_though_the_stream_names_no_code() -> None:
    fault = ProviderFault(message="Something is odd.", code="invalid_request_error")
    assert _kind(fault) is InvalidRequest


@pytest.mark.parametrize("code", ["invalid_encrypted_content", None])
def test_unreadable_reasoning_is_known_by_its_code_even_if_only_the_text_says_so(
    code: str | None,
) -> None:
    text = "The encrypted content gAAA... could not be verified."
    error = error_for(ProviderFault(message=text, code=code, status=400))
    assert isinstance(error, InvalidRequest)
    assert error.code == "invalid_encrypted_content"


def test_the_code_of_a_refusal_is_kept() -> None:
    error = error_for(ProviderFault(message="Bad", code="unknown_parameter", status=400))
    assert isinstance(error, InvalidRequest)
    assert error.code == "unknown_parameter"


def test_a_picture_that_is_the_matter_is_known_by_the_field() -> None:
    fault = ProviderFault(
        message="Invalid value.", code="invalid_value", param="input[0].content[1].image_url"
    )
    assert _kind(fault) is ImageRefused


_SPENT = QuotaWindow(used_percent=100.0, length_minutes=300, resets_at=RESETS)


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"spent": _SPENT}, QuotaExhausted),
        ({"reached": "rate_limit_reached"}, QuotaExhausted),
        ({"spent": _SPENT, "has_credits": True}, RateLimited),
        ({}, RateLimited),
    ],
)
def test_a_limit_that_the_headers_alone_tell_of_is_not_asked_for_again(
    told: Mapping[str, Any], kind: type[CodexctlError]
) -> None:
    assert _kind(ProviderFault(message="", status=429, **told)) is kind


@pytest.mark.parametrize("code", [*_BY_CODE, None])
@pytest.mark.parametrize("status", [None, 204, 302, 400, 404, 500])
def test_a_fault_without_words_still_makes_a_sentence(code: str | None, status: int | None) -> None:
    error = error_for(ProviderFault(message="", code=code, status=status))
    assert not error.message.endswith((" ", ":"))
    assert error.remedy[0].isupper()
    assert error.remedy.endswith((".", "codexctl login"))


@pytest.mark.parametrize("code", [*_BY_CODE, None])
def test_the_id_of_the_request_is_kept(code: str | None) -> None:
    error = error_for(ProviderFault(message="", code=code, request_id="req_1"))
    assert error.request_id == "req_1"
