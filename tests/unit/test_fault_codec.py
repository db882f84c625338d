"""The provider's faults, in every shape they come in."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from codexctl.adapters.responses.fault_codec import fault_from, fault_from_response
from codexctl.domain.faults import ProviderFault

RESETS = datetime(2026, 6, 1, 12, tzinfo=UTC)
NOW = RESETS - timedelta(hours=2)


def _invalid(**fields: object) -> dict[str, object]:
    return {"message": "Bad", "type": "invalid_request_error", **fields}


_SHAPES: dict[str, tuple[object, ProviderFault]] = {
    "detail as text": ({"detail": "Bad"}, ProviderFault(message="Bad", status=400)),
    "detail as an object": (
        {"detail": {"code": "deactivated_workspace"}},
        ProviderFault(message="", code="deactivated_workspace", status=400),
    ),
    "detail as FastAPI tells it": (
        {"detail": [{"loc": ["body", "tools", 0], "msg": "Bad"}, {"msg": "Worse"}, 7]},
        ProviderFault(message="body.tools.0: Bad; Worse", status=400),
    ),
    "details beside a message": (
        {"error": {"message": "Bad", "details": [{"loc": ["body"], "msg": "No text"}]}},
        ProviderFault(message="Bad (body: No text)", status=400),
    ),
    "details that say the message again": (
        {"error": {"message": "Bad", "details": "Bad"}},
        ProviderFault(message="Bad", status=400),
    ),
    "error": (
        {"error": _invalid(code="Invalid_Prompt", param="input[0]")},
        ProviderFault(message="Bad", code="invalid_prompt", param="input[0]", status=400),
    ),
    "error with its type alone": (
        {"error": {"message": "Bad", "type": "usage_limit_reached", "code": None}},
        ProviderFault(message="Bad", code="usage_limit_reached", status=400),
    ),
    "error with a type that blames the request, and no more": (
        {"error": _invalid(code=None)},
        ProviderFault(message="Bad", code="invalid_request_error", status=400),
    ),
    "error whose type says more than its code": (
        {"error": {"message": "Bad", "type": "auth", "code": "invalid_request_error"}},
        ProviderFault(message="Bad", code="auth", status=400),
    ),
    "error and status": (
        {"error": {"message": "Bad", "code": "token_expired"}, "status": 401},
        ProviderFault(message="Bad", code="token_expired", status=400),
    ),
    "error as text": ({"error": "Bad"}, ProviderFault(message="Bad", status=400)),
    "errors in a list": (
        {"errors": [{"message": "Bad", "code": "odd"}, {"message": "Worse"}]},
        ProviderFault(message="Bad", code="odd", status=400),
    ),
    "a list of errors": (
        [{"error": {"message": "Bad", "code": "odd"}}],
        ProviderFault(message="Bad", code="odd", status=400),
    ),
    "a response that failed": (
        {"type": "response.failed", "response": {"error": {"message": "Bad", "code": "odd"}}},
        ProviderFault(message="Bad", code="odd", status=400),
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
        ProviderFault(message="Bad", code="invalid_grant", status=400),
    ),
    "a number for a code": (
        {"error": {"code": 404, "message": "Bad"}},
        ProviderFault(message="Bad", status=400),
    ),
    "text": ("Bad", ProviderFault(message="Bad", status=400)),
    "nothing": (None, ProviderFault(message="", status=400)),
    "an empty object": ({}, ProviderFault(message="", status=400)),
    "an object of other things": (
        {"bad": True},
        ProviderFault(message='{"bad": true}', status=400),
    ),
    "a request id": (
        {"error": {"message": "Bad"}, "request_id": "req_1"},
        ProviderFault(message="Bad", status=400, request_id="req_1"),
    ),
    "a spent limit": (
        {
            "error": {
                "type": "usage_limit_reached",
                "message": "Spent",
                "plan_type": "plus",
                "resets_at": 1_780_315_200,
                "resets_in_seconds": 1,
            }
        },
        ProviderFault(
            message="Spent",
            code="usage_limit_reached",
            status=400,
            plan="plus",
            resets_at=RESETS,
        ),
    ),
    "a reset in so many seconds": (
        {"error": {"message": "Spent", "resets_in_seconds": 7200}},
        ProviderFault(message="Spent", status=400, resets_at=RESETS),
    ),
    "a reset that is no moment": (
        {"error": {"message": "Spent", "resets_at": True, "resets_in_seconds": "soon"}},
        ProviderFault(message="Spent", status=400),
    ),
    "a reset beyond all time": (
        {"error": {"message": "Spent", "resets_at": 10**300, "resets_in_seconds": 1e300}},
        ProviderFault(message="Spent", status=400),
    ),
}


@pytest.mark.parametrize(("body", "expected"), _SHAPES.values(), ids=_SHAPES)
def test_a_json_body_is_read_as(body: object, expected: ProviderFault) -> None:
    assert fault_from_response(400, {}, json.dumps(body).encode(), now=NOW) == expected


@pytest.mark.parametrize("body", ["upstream\n connect error", '["no object"]', "{", "[" * 100_000])
def test_any_other_text_is_the_message_on_one_line(body: str) -> None:
    fault = fault_from_response(503, {}, body.encode())
    words = " ".join(body.split())
    message = words if len(words) <= 500 else words[:499] + "…"
    assert fault == ProviderFault(message=message, status=503)


def test_json_that_is_no_fault_says_nothing_of_one() -> None:
    body = b'{"object": "response", "error": null, "output": ["The usage limit has been reached"]}'
    assert fault_from_response(200, {}, body) == ProviderFault(message="", status=200)


def test_bytes_that_are_no_utf8_are_read_as_far_as_they_go() -> None:
    assert fault_from_response(500, {}, b"a\xff").message == "a\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, "<html><head><title>Not\nfound &amp; gone</title></head></html>"),
        ({"content-type": "text/HTML"}, "  <TITLE lang='en'>Not found & gone</TITLE>"),
        ({}, "\ufeff<title>Not found &amp; gone</title>"),
    ],
)
def test_of_a_web_page_the_title_is_the_message(headers: dict[str, str], body: str) -> None:
    assert fault_from_response(403, headers, body.encode()) == ProviderFault(
        message="Not found & gone", status=403, is_html=True
    )


def test_a_web_page_without_a_title_says_nothing() -> None:
    assert fault_from_response(403, {}, b"<p>No</p>") == ProviderFault(
        message="", status=403, is_html=True
    )


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"cf-ray": "a-FRA"}, "<title>No</title>"),
        ({}, "<title>Just a moment...</title>"),
        ({}, "<title>Attention Required! | Cloudflare</title><h1>You have been blocked</h1>"),
        ({}, "<title>No</title><script src='/cdn-cgi/challenge-platform'></script>"),
    ],
)
def test_a_page_of_cloudflare_is_known_as_one(headers: dict[str, str], body: str) -> None:
    assert fault_from_response(403, headers, body.encode()).is_cloudflare


def test_json_that_went_through_cloudflare_is_not_of_it() -> None:
    fault = fault_from_response(403, {"cf-ray": "a-FRA"}, b'{"detail": "No"}')
    assert fault == ProviderFault(message="No", status=403, request_id="a-FRA")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Please try again in 1.574s.", 1.574),
        ("Please try again in 20s. Visit", 20.0),
        ("please Try Again in 300ms", 0.3),
        ("Please try again in 28ms", 0.028),
        ("Try again in 35 seconds", 35.0),
        ("try again in 1 second", 1.0),
        ("try again in 3m", None),
        ("try again in 1m30s", None),
        ("try again later", None),
    ],
)
def test_the_wait_of_the_words_is_read(text: str, seconds: float | None) -> None:
    assert fault_from({"message": text}).retry_after_seconds == seconds


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"type": "error", "status": 401, "error": {}}, 401),
        ({"error": {"code": 502, "message": "Bad"}}, 502),
        ({"error": {"code": "404", "message": "Bad"}}, 404),
        ({"error": {"status": 422, "message": "Bad"}}, 422),
        ({"status": "failed", "error": {"message": "Bad"}}, None),
        ({"status": 200, "error": {"message": "Bad"}}, None),
        ({"status": True, "error": {"message": "Bad"}}, None),
        ({"status": 400.5, "error": {"message": "Bad"}}, None),
    ],
)
def test_a_fault_inside_a_stream_may_name_a_status(
    body: dict[str, object], status: int | None
) -> None:
    assert fault_from(body).status == status


def test_the_status_of_an_answer_that_is_no_refusal_gives_way_to_that_of_its_body() -> None:
    assert fault_from_response(200, {}, b'{"error": "Bad", "status": 401}').status == 401


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("a\n\tb\u2028c", "a b c"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("\u202eback", r"\u202eback"),
        ("x" * 501, "x" * 499 + "…"),
    ],
)
def test_words_are_one_line_that_a_terminal_can_show(said: str, shown: str) -> None:
    assert fault_from({"message": said}).message == shown
