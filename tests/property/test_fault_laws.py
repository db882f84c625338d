"""Laws of faults: whatever comes, it is an error in words that can be shown."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from tests.property.strategies import JSON, TEXT

from codexctl.adapters.responses.fault_codec import fault_from, fault_from_response
from codexctl.adapters.responses.quota_codec import quota_from_event, quota_from_headers
from codexctl.domain.errors import CodexctlError, QuotaExhausted
from codexctl.domain.faults import ProviderFault, error_for
from codexctl.entrypoints.cli.failures import failure_from

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
KEPT_IN_LINE = 500

_ODD_NUMBERS = st.sampled_from([0, -1, 10**400, 1e308, 1.5, True, 253_402_300_800])
_VALUES = JSON | _ODD_NUMBERS | st.text()
_FIELDS = st.sampled_from(
    [
        *("error", "detail", "details", "errors", "response", "headers", "message", "msg", "loc"),
        *("code", "type", "param", "status", "status_code", "plan_type", "request_id"),
        *("resets_at", "resets_in_seconds", "error_description"),
        *("rate_limits", "primary", "secondary", "used_percent", "window_minutes", "reset_at"),
    ]
)
_BODIES = st.recursive(
    st.dictionaries(_FIELDS, _VALUES, max_size=4),
    lambda inner: st.dictionaries(_FIELDS, inner | st.lists(inner, max_size=2), max_size=3),
    max_leaves=6,
)
_NAMES = st.sampled_from(
    [
        *("retry-after", "retry-after-ms", "date", "content-type", "x-request-id", "cf-ray"),
        *("x-error-json", "x-openai-authorization-error"),
        *(
            f"x-codex-{name}"
            for name in (
                *("active-limit", "promo-message", "rate-limit-reached-type", "plan-type"),
                *("credits-has-credits", "primary-used-percent", "primary-window-minutes"),
                *("primary-reset-at", "primary-reset-after-seconds", "secondary-used-percent"),
            )
        ),
    ]
)
_HEADER_VALUES = TEXT | st.sampled_from(
    [
        *("100", "0", "-1", "1e308", "nan", "inf", "9" * 400, "300", "253402300800"),
        *("Mon, 01 Jun 2026 12:00:00 GMT", "Mon, 01 Jun 9999 23:59:59 -2359", "0 Jan 0 0:0:0"),
        *("text/html", "true", "codex_other", "e30=", "bnVsbA"),
    ]
)
_HEADERS = st.dictionaries(_NAMES, _HEADER_VALUES)


def _assert_it_can_be_told(fault: ProviderFault) -> None:
    texts = [fault.message, fault.code, fault.param, fault.plan, fault.limit_name, fault.reached]
    for text in (*texts, fault.promotion, fault.request_id):
        assert len(text or "") <= KEPT_IN_LINE
        assert (text or "").isprintable()
    error = error_for(fault)
    assert isinstance(error, CodexctlError)
    for line in (error.message, error.remedy):
        assert line.isprintable()
        assert line.strip() == line != ""
    assert error.retry_after_seconds is None or error.retry_after_seconds >= 0
    failure = failure_from(error, verbose=False, now=NOW)
    assert failure.message.startswith(error.message)
    failure.message.encode()
    if isinstance(error, QuotaExhausted) and error.resets_at is not None:
        assert error.resets_at.tzinfo is not None


@given(_BODIES)
@example({"error": {"resets_at": 10**400, "resets_in_seconds": 10**400, "status": 10**400}})
@example({"headers": {"Date": None, "Retry-After": {}}, "error": [[]]})
def test_any_object_is_a_fault_that_can_be_told(body: dict[str, Any]) -> None:
    _assert_it_can_be_told(fault_from(body, now=NOW))


@given(
    st.integers(100, 599),
    _HEADERS,
    st.binary() | (_BODIES | JSON).map(lambda value: json.dumps(value).encode()),
    st.none() | st.just(NOW),
)
@example(401, {"x-error-json": "W1tb" * 1000}, b"", None)
@example(403, {}, b"<title>\xff&#xD800;&#0;", None)
@example(200, {"retry-after": "Mon, 01 Jun 2026 12:00:00 GMT", "date": "x"}, b"[" * 2000, NOW)
def test_any_answer_is_a_fault_that_can_be_told(
    status: int, headers: dict[str, str], body: bytes, now: datetime | None
) -> None:
    _assert_it_can_be_told(fault_from_response(status, headers, body, now=now))


@given(_HEADERS, st.none() | st.just(NOW))
def test_any_headers_are_an_allowance_or_none(
    headers: dict[str, str], now: datetime | None
) -> None:
    quota = quota_from_headers(headers, now=now)
    for window in quota.windows if quota else ():
        assert window.limit_name.endswith("limit")


@given(_BODIES)
def test_any_event_is_an_allowance_or_none(body: dict[str, Any]) -> None:
    quota = quota_from_event(body, now=NOW)
    assert quota is None or len(quota.windows) in (1, 2)


@given(st.text(max_size=30), st.sampled_from([None, 400, 401, 404, 429, 503]))
def test_the_providers_words_are_passed_on(words: str, status: int | None) -> None:
    fault = fault_from({"message": words})
    error = error_for(ProviderFault(message=fault.message, status=status))
    assert fault.message in error.message
