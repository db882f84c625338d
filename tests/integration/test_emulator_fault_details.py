"""What the replies of the emulator's faults hold: bodies, fields and headers."""

import base64
import json
import re
import zlib

import pytest
from tests.emulated_faults import NOW, played_faults

from codexctl.entrypoints.emulator import FAULT_NAMES


def test_half_a_frame_is_where_a_frame_is_cut() -> None:
    body = played_faults()["cut-in-frame"].body
    assert not body.endswith(b"\n\n")
    assert body.rpartition(b"\n\n")[2].startswith(b"event: response.output_text.delta\ndata: {")


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("corrupt-json", rb'"delta":\n\n'),
        ("corrupt-utf8", rb'"delta":"\xff\xc3"'),
        ("corrupt-completed", rb"event: response.completed\ndata: \{[^\n]*[^}]\n\n\Z"),
        ("corrupt-message", rb'{"type":"message","id":7'),
        ("corrupt-call", rb'{"type":"function_call","id":7'),
        ("only-comments", rb"\A(: keep-alive\n\n){3}\Z"),
        ("empty-body", rb"\A\Z"),
        ("only-done-mark", rb"data: \[DONE\]\n\n\Z"),
        ("done-mark", rb"data: \[DONE\]\n\n\Z"),
        ("unknown-events", rb'"type":"response.tomorrow.delta"'),
        ("unknown-item", rb'{"type":"item_of_tomorrow"'),
        ("metadata-events", rb'"type":"codex.response.metadata"'),
        (
            "keep-alives",
            rb"\A(: keep-alive\n\nevent: keepalive\n.*\n\nevent: resp.*\n.*\n\n)+\Z",
        ),
        ("data-only", rb"\A(data: .*\n\n)+\Z"),
        ("crlf", rb"\A(event: .*\r\ndata: .*\r\n\r\n)+\Z"),
        ("html-page", rb"\A<!DOCTYPE html>"),
        ("json-error", rb'\A{"error":{"message":'),
        ("json-body", rb'\A{"id":"resp_.*"status":"completed"'),
    ],
)
def test_a_stream_is_broken_or_odd_in_its_own_way(name: str, pattern: bytes) -> None:
    assert re.search(pattern, played_faults()[name].body)


def test_a_compressed_stream_is_whole() -> None:
    got = played_faults()["gzip"]
    assert got.headers["content-encoding"] == "gzip"
    assert b"event: response.completed\n" in zlib.decompress(got.body, wbits=31)


def test_a_body_that_says_gzip_is_none() -> None:
    got = played_faults()["corrupt-gzip"]
    assert got.headers["content-encoding"] == "gzip"
    with pytest.raises(zlib.error):
        zlib.decompress(got.body, wbits=31)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("end-turn-false", "end_turn", False),
        ("end-turn-true", "end_turn", True),
        ("usage-null", "usage", None),
    ],
)
def test_a_finished_response_has_an_odd_field(name: str, field: str, value: object) -> None:
    assert played_faults()[name].events[-1]["response"][field] == value


def test_a_finished_response_has_no_id() -> None:
    assert "id" not in played_faults()["completed-without-id"].events[-1]["response"]


def test_the_details_of_usage_are_null() -> None:
    usage = played_faults()["usage-null-details"].events[-1]["response"]["usage"]
    assert (usage["input_tokens_details"], usage["output_tokens_details"]) == (None, None)
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("failed-rate-limit-exceeded", "Please try again in 1.5s."),
        ("failed-rate-limit-28ms", "Please try again in 28ms."),
        ("failed-rate-limit-1m30s", "Please try again in 1m30s."),
    ],
)
def test_a_rate_limit_says_when(name: str, words: str) -> None:
    assert words in played_faults()[name].events[-1]["response"]["error"]["message"]


@pytest.mark.parametrize(
    ("name", "details"),
    [
        ("incomplete-max-output-tokens", {"reason": "max_output_tokens"}),
        ("incomplete-content-filter", {"reason": "content_filter"}),
        ("incomplete-without-reason", None),
    ],
)
def test_an_incomplete_response_says_why(name: str, details: dict[str, str] | None) -> None:
    response = played_faults()[name].events[-1]["response"]
    assert (response["status"], response["incomplete_details"]) == ("incomplete", details)


def test_limits_count_from_the_emulators_clock() -> None:
    got = played_faults()["http-429-usage-limit"]
    assert json.loads(got.body)["error"]["resets_at"] == NOW + 3600
    assert {name: value for name, value in got.headers.items() if name.startswith("x-codex")} == {
        "x-codex-active-limit": "premium",
        "x-codex-plan-type": "plus",
        "x-codex-primary-used-percent": "100",
        "x-codex-primary-window-minutes": "300",
        "x-codex-primary-reset-at": str(NOW + 3600),
        "x-codex-secondary-used-percent": "80",
        "x-codex-secondary-window-minutes": "10080",
        "x-codex-secondary-reset-at": str(NOW + 259_200),
        "x-codex-credits-has-credits": "False",
        "x-codex-credits-unlimited": "False",
        "x-codex-credits-balance": "0",
    }


@pytest.mark.parametrize(
    "kind",
    [
        "rate_limit_reached",
        "workspace_owner_credits_depleted",
        "workspace_member_credits_depleted",
        "workspace_owner_usage_limit_reached",
        "workspace_member_usage_limit_reached",
    ],
)
def test_a_limit_says_which_kind_it_is(kind: str) -> None:
    headers = played_faults()[f"http-429-{kind.replace('_', '-')}"].headers
    assert headers["x-codex-rate-limit-reached-type"] == kind


@pytest.mark.parametrize(
    ("name", "header", "value"),
    [
        ("http-307", "location", "https://elsewhere.invalid/backend-api/codex/responses"),
        ("http-401", "x-openai-authorization-error", "token_expired"),
        (
            "http-401",
            "x-error-json",
            base64.b64encode(b'{"error":{"code":"token_expired"}}').decode(),
        ),
        ("http-429-retry-after", "retry-after", "1"),
        ("http-503-retry-after", "retry-after", "1"),
        ("http-429-other-limit", "x-codex-other-limit-name", "GPT-5.5 Codex"),
        (
            "http-429-usage-limit-promo",
            "x-codex-promo-message",
            "Try Plus for a month, at no cost.",
        ),
        ("quota-headers", "x-codex-primary-used-percent", "82.5"),
        ("reply-headers", "x-codex-turn-state", f"state-{FAULT_NAMES.index('reply-headers') + 1}"),
        ("reply-headers", "openai-model", "gpt-5.5"),
        ("reply-headers", "x-models-etag", '"emulated-models-2"'),
        ("reply-headers", "x-reasoning-included", "true"),
        ("html-page", "content-type", "text/html; charset=utf-8"),
    ],
)
def test_a_header_says_more(name: str, header: str, value: str) -> None:
    assert played_faults()[name].headers[header] == value
