"""The provider's faults, in every shape they come in."""

import json
from datetime import UTC, datetime

import pytest

from codexctl.adapters.responses.fault_codec import fault_from, fault_from_response
from codexctl.domain.faults import ProviderFault

_SHAPES: dict[str, tuple[object, ProviderFault]] = {
    "detail as text": ({"detail": "Bad"}, ProviderFault(message="Bad", status=400)),
    "detail as an object": (
        {"detail": {"code": "deactivated_workspace"}},
        ProviderFault(message="", code="deactivated_workspace", status=400),
    ),
    "error": (
        {"error": {"message": "Bad", "type": "invalid_request_error", "code": "Invalid_Prompt"}},
        ProviderFault(message="Bad", code="invalid_prompt", status=400),
    ),
    "error with its type alone": (
        {"error": {"message": "Bad", "type": "usage_limit_reached", "code": None}},
        ProviderFault(message="Bad", code="usage_limit_reached", status=400),
    ),
    "error and status": (
        {"error": {"message": "Bad", "code": "token_expired"}, "status": 401},
        ProviderFault(message="Bad", code="token_expired", status=400),
    ),
    "flat": (
        {"code": "server_error", "message": "Bad"},
        ProviderFault(message="Bad", code="server_error", status=400),
    ),
    "code and text": (
        {"code": "server_error", "error": "Bad"},
        ProviderFault(message="Bad", code="server_error", status=400),
    ),
    "as the sign-in tells it": (
        {"error": "invalid_grant", "error_description": "Bad"},
        ProviderFault(message="Bad", status=400),
    ),
    "a number for a code": (
        {"error": {"code": 404, "message": "Bad"}},
        ProviderFault(message="Bad", code="404", status=400),
    ),
    "a spent limit": (
        {
            "error": {
                "type": "usage_limit_reached",
                "message": "Spent",
                "plan_type": "plus",
                "resets_at": 1_780_315_200,
            }
        },
        ProviderFault(
            message="Spent",
            code="usage_limit_reached",
            status=400,
            plan="plus",
            resets_at=datetime(2026, 6, 1, 12, tzinfo=UTC),
        ),
    ),
    "a reset that is no moment": (
        {"error": {"message": "Spent", "resets_at": True}},
        ProviderFault(message="Spent", status=400),
    ),
    "a reset beyond all time": (
        {"error": {"message": "Spent", "resets_at": 10**300}},
        ProviderFault(message="Spent", status=400),
    ),
}


@pytest.mark.parametrize(("body", "expected"), _SHAPES.values(), ids=_SHAPES)
def test_a_json_body_is_read_as(body: object, expected: ProviderFault) -> None:
    assert fault_from_response(400, {}, json.dumps(body).encode()) == expected


@pytest.mark.parametrize("body", ["upstream\n connect error", '["no object"]', "{", "[" * 100_000])
def test_any_other_text_is_the_message_on_one_line(body: str) -> None:
    fault = fault_from_response(503, {}, body.encode())
    words = " ".join(body.split())
    message = words if len(words) <= 500 else words[:499] + "…"
    assert fault == ProviderFault(message=message, status=503)


def test_bytes_that_are_no_utf8_are_read_as_far_as_they_go() -> None:
    assert fault_from_response(500, {}, b"a\xff").message == "a\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, "<html><head><title>Just\na moment</title></head></html>"),
        ({"content-type": "text/html"}, "  <TITLE lang='en'>Just a moment</TITLE>"),
    ],
)
def test_of_a_web_page_the_title_is_the_message(headers: dict[str, str], body: str) -> None:
    assert fault_from_response(403, headers, body.encode()) == ProviderFault(
        message="Just a moment", status=403, is_html=True
    )


def test_a_web_page_without_a_title_says_nothing() -> None:
    assert fault_from_response(403, {}, b"<p>No</p>") == ProviderFault(
        message="", status=403, is_html=True
    )


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "999999999"}, 315_360_000.0),
        ({}, None),
    ],
)
def test_the_wait_of_the_headers_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert fault_from_response(429, headers, b"").retry_after_seconds == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Please try again in 1.574s.", 1.574),
        ("Please try again in 20s. Visit", 20.0),
        ("please Try Again in 300ms", 0.3),
        ("try again in 2 seconds", 2.0),
        ("try again in 1 second", 1.0),
        ("try again in 3m", None),
        ("try again later", None),
    ],
)
def test_the_wait_of_the_words_is_read(text: str, seconds: float | None) -> None:
    assert fault_from({"message": text}).retry_after_seconds == seconds


def test_the_wait_of_the_headers_goes_before_that_of_the_words() -> None:
    fault = fault_from_response(429, {"retry-after": "7"}, b"try again in 2s")
    assert fault.retry_after_seconds == 7.0


@pytest.mark.parametrize(
    ("headers", "request_id"),
    [
        ({"x-request-id": "a", "cf-ray": "c"}, "a"),
        ({"x-oai-request-id": "b", "cf-ray": "c"}, "b"),
        ({"cf-ray": "c"}, "c"),
        ({}, None),
    ],
)
def test_the_id_of_the_request_is_read(headers: dict[str, str], request_id: str | None) -> None:
    assert fault_from_response(500, headers, b"").request_id == request_id
