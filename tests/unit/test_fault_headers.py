"""What the headers of a refusal say of it."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest

from codexctl.adapters.responses.fault_codec import (
    fault_from,
    fault_from_response,
    with_headers,
)
from codexctl.domain.credentials import Secret
from codexctl.domain.faults import ProviderFault
from codexctl.domain.quota import QuotaWindow

RESETS = datetime(2026, 6, 1, 12, tzinfo=UTC)
NOW = RESETS - timedelta(hours=2)


def _refused(headers: dict[str, str], body: bytes = b"", status: int = 429) -> ProviderFault:
    return fault_from_response(status, headers, body)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "999999999"}, 315_360_000.0),
        ({}, None),
    ],
)
def test_the_wait_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert _refused(headers).retry_after_seconds == seconds


@pytest.mark.parametrize(
    ("date", "now", "seconds"),
    [
        # The server's own clock goes before ours.
        ("Mon, 01 Jun 2026 11:59:30 GMT", NOW, 30.0),
        ("", NOW, 7200.0),
        ("yesterday", NOW, 7200.0),
        ("Mon, 01 Jun 2026 11:59:30 -0000", None, 30.0),
        ("Mon, 01 Jun 2026 13:00:00 GMT", None, 0.0),
        ("", None, None),
    ],
)
def test_a_wait_until_a_moment_is_counted_from_the_answers_date(
    date: str, now: datetime | None, seconds: float | None
) -> None:
    headers = {"retry-after": "Mon, 01 Jun 2026 12:00:00 GMT", "date": date}
    assert fault_from_response(429, headers, b"", now=now).retry_after_seconds == seconds


def test_the_wait_of_the_headers_goes_before_that_of_the_words() -> None:
    assert _refused({"retry-after": "7"}, b"try again in 2s").retry_after_seconds == 7.0


@pytest.mark.parametrize(
    ("headers", "request_id"),
    [
        ({"x-request-id": "a", "cf-ray": "c"}, "a"),
        ({"x-oai-request-id": "b", "cf-ray": "c"}, "b"),
        ({"x-request-id": "", "cf-ray": "c"}, "c"),
        ({}, None),
    ],
)
def test_the_id_of_the_request_is_read(headers: dict[str, str], request_id: str | None) -> None:
    assert _refused(headers, status=500).request_id == request_id


def _limits(**fields: str) -> dict[str, str]:
    return {f"x-codex-{name.replace('_', '-')}": value for name, value in fields.items()}


FIVE_HOURS_SPENT = _limits(
    primary_used_percent="100",
    primary_window_minutes="300",
    primary_reset_at="1780315200",
    secondary_used_percent="80",
    secondary_window_minutes="10080",
    secondary_reset_at="1780401600",
)
FIVE_HOURS = QuotaWindow(used_percent=100.0, length_minutes=300, resets_at=RESETS)
WEEK = QuotaWindow(used_percent=100.0, length_minutes=10_080, resets_at=RESETS + timedelta(days=1))


def test_the_window_that_is_used_up_is_the_one_that_resets() -> None:
    fault = _refused(FIVE_HOURS_SPENT)
    assert (fault.spent, fault.resets_at) == (FIVE_HOURS, RESETS)


def test_of_two_windows_that_are_used_up_the_last_to_reset_counts() -> None:
    fault = _refused(FIVE_HOURS_SPENT | _limits(secondary_used_percent="100"))
    assert (fault.spent, fault.resets_at) == (WEEK, WEEK.resets_at)


def test_the_body_says_which_window_it_means_by_its_reset() -> None:
    headers = FIVE_HOURS_SPENT | _limits(secondary_used_percent="100")
    resets_at = RESETS - timedelta(seconds=3)
    body = json.dumps({"error": {"resets_at": resets_at.timestamp(), "message": "Spent"}})
    fault = _refused(headers, body.encode())
    assert (fault.spent, fault.resets_at) == (FIVE_HOURS, resets_at)


@pytest.mark.parametrize("used", ["99.9", "0", "some"])
def test_a_window_that_is_not_used_up_is_not_the_matter(used: str) -> None:
    fault = _refused(FIVE_HOURS_SPENT | _limits(primary_used_percent=used))
    assert (fault.spent, fault.resets_at) == (None, None)


def test_seconds_until_the_reset_of_a_window_count_from_the_answers_date() -> None:
    headers = _limits(primary_used_percent="100", primary_reset_after_seconds="7200")
    headers["date"] = "Mon, 01 Jun 2026 10:00:00 GMT"
    assert _refused(headers).resets_at == RESETS


def test_the_limit_in_force_has_its_own_headers_and_its_name() -> None:
    headers = FIVE_HOURS_SPENT | {
        "x-codex-active-limit": "codex_other",
        "x-codex-other-limit-name": "gpt-9-spark",
        "x-codex-other-secondary-used-percent": "100",
        "x-codex-other-secondary-window-minutes": "1440",
    }
    fault = _refused(headers)
    window = QuotaWindow(used_percent=100.0, length_minutes=1440, resets_at=None)
    assert (fault.spent, fault.limit_name) == (window, "gpt-9-spark")


def test_a_limit_in_force_without_headers_of_its_own_has_the_usual_ones() -> None:
    # As recorded: x-codex-active-limit is "premium" for every plan.
    fault = _refused(FIVE_HOURS_SPENT | {"x-codex-active-limit": "premium"})
    assert (fault.spent, fault.limit_name) == (FIVE_HOURS, None)


def test_what_else_the_headers_say_of_a_limit_is_kept() -> None:
    headers = _limits(
        plan_type="pro",
        promo_message="Twice as much until Sunday",
        rate_limit_reached_type="Workspace_Owner_Credits_Depleted",
    )
    assert _refused(headers) == ProviderFault(
        message="",
        status=429,
        plan="pro",
        promotion="Twice as much until Sunday",
        reached="workspace_owner_credits_depleted",
    )


def test_a_kind_of_limit_that_the_service_does_not_know_itself_is_none() -> None:
    assert _refused(_limits(rate_limit_reached_type="unknown")).reached is None


@pytest.mark.parametrize(
    ("headers", "has_credits"),
    [
        ({}, None),
        (_limits(credits_has_credits="False", credits_unlimited="False"), False),
        (_limits(credits_has_credits="True"), True),
        (_limits(credits_has_credits="0", credits_unlimited="1"), True),
    ],
)
def test_whether_there_are_credits_is_read(
    headers: dict[str, str],
    has_credits: bool | None,  # noqa: FBT001 (a parameter of the test)
) -> None:
    assert _refused(headers).has_credits is has_credits


def test_the_plan_of_the_body_goes_before_that_of_the_headers() -> None:
    body = b'{"error": {"plan_type": "plus", "message": "Spent"}}'
    assert _refused(_limits(plan_type="pro"), body).plan == "plus"


def test_an_error_frame_brings_its_own_headers_and_status() -> None:
    frame = {
        "type": "error",
        "error": {"type": "usage_limit_reached", "message": "Spent"},
        "status_code": 429,
        "headers": {name.title(): value for name, value in FIVE_HOURS_SPENT.items()}
        | {"Retry-After": 7, "X-Request-Id": "req_1"},
    }
    assert fault_from(frame) == ProviderFault(
        message="Spent",
        code="usage_limit_reached",
        status=429,
        spent=FIVE_HOURS,
        resets_at=RESETS,
        retry_after_seconds=7.0,
        request_id="req_1",
    )


def test_a_fault_inside_a_stream_takes_the_request_id_from_the_answers_headers() -> None:
    fault = fault_from({"code": "server_error", "message": "Bad"})
    assert with_headers(fault, {"x-request-id": "req_1"}) == ProviderFault(
        message="Bad", code="server_error", request_id="req_1"
    )


def _error_header(value: object) -> dict[str, str]:
    return {"x-error-json": b64encode(json.dumps(value).encode()).decode().rstrip("=")}


@pytest.mark.parametrize(
    ("headers", "fault"),
    [
        (
            _error_header({"error": {"code": "token_expired", "message": "Too old"}}),
            ProviderFault(message="Too old", code="token_expired", status=401),
        ),
        (
            {"x-openai-authorization-error": "missing_header"},
            ProviderFault(message="missing_header", status=401),
        ),
        (
            {"x-openai-authorization-error": "missing_header"}
            | _error_header({"error": {"code": "token_expired"}}),
            ProviderFault(message="missing_header", code="token_expired", status=401),
        ),
        ({"x-error-json": "%%%"}, ProviderFault(message="", status=401)),
        ({"x-error-json": "e30" * 10_000}, ProviderFault(message="", status=401)),
        ({"x-error-json": "bm8="}, ProviderFault(message="", status=401)),
        (_error_header([1]), ProviderFault(message="", status=401)),
    ],
)
def test_a_refusal_without_a_body_is_read_from_its_headers(
    headers: dict[str, str], fault: ProviderFault
) -> None:
    assert _refused(headers, status=401) == fault


def test_the_body_of_a_refusal_goes_before_its_headers() -> None:
    headers = _error_header({"error": {"code": "b", "message": "B"}})
    body = b'{"error": {"code": "a", "message": "A"}}'
    assert _refused(headers, body, 401) == ProviderFault(message="A", code="a", status=401)


SECRET = Secret("sk-Canary.0123456789")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, {"error": {"message": f"Bad key {SECRET.reveal()}", "code": SECRET.reveal()}}),
        ({}, {"error": {"message": "x" * 490 + SECRET.reveal(), "param": SECRET.reveal()}}),
        ({}, SECRET.reveal()),
        ({"x-openai-authorization-error": SECRET.reveal()}, None),
        ({"x-request-id": SECRET.reveal(), "x-codex-promo-message": SECRET.reveal()}, None),
        (_error_header({"message": "x" * 490 + SECRET.reveal()}), None),
        ({}, {"error": {"message": "x" * 490 + SECRET.reveal()}, "headers": {"a": "b"}}),
    ],
)
def test_the_secret_of_the_request_is_struck_out_before_anything_is_cut(
    headers: dict[str, str], body: object
) -> None:
    fault = fault_from_response(401, headers, json.dumps(body).encode(), sent=SECRET)
    assert "canary" not in repr(fault).lower()
    assert "***" in repr(fault)
