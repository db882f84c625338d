"""Each named fault of the emulator over a real socket: what arrives is what its name says."""

import re
import threading

import pytest
from tests.emulated_faults import API, BODY, CHATGPT, SLOW_ONES, ask, play_all, played_faults
from tests.raw_client import End, Got, ask_raw, connected

from codexctl.entrypoints.emulator import FAULT_NAMES, Emulator
from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.http.messages import HttpRequest, NoReply, Reply
from codexctl.entrypoints.emulator.scenario_names import NAME_GROUPS

HTML = "text/html; charset=UTF-8"

_LAST_SAID = {
    "after-headers": None,
    "after-created": "response.created",
    "in-text": "response.output_text.delta",
    "in-frame": "response.output_text.delta",
    "in-arguments": "response.function_call_arguments.delta",
    "after-message": "response.output_item.done",
    "after-call": "response.output_item.done",
    "before-completed": "response.output_item.done",
}
_ENDS = {"end": End.WHOLE, "cut": End.CUT, "reset": End.RESET, "stall": End.SILENT}
STREAMS: dict[str, tuple[End, str | None]] = {
    **{
        f"{word}-{place}": (end, last)
        for word, end in _ENDS.items()
        for place, last in _LAST_SAID.items()
    },
    "stall-after-completed": (End.SILENT, "response.completed"),
    "slow-headers": (End.WHOLE, "response.completed"),
    "slow": (End.WHOLE, "response.completed"),
    "drip": (End.WHOLE, "response.completed"),
    "trickle": (End.SILENT, None),
    "corrupt-json": (End.WHOLE, "response.completed"),
    "corrupt-utf8": (End.WHOLE, "response.completed"),
    "corrupt-completed": (End.WHOLE, "response.output_item.done"),
    "corrupt-gzip": (End.WHOLE, None),
    "corrupt-message": (End.WHOLE, "response.completed"),
    "corrupt-call": (End.WHOLE, "response.completed"),
    "short-body": (End.CUT, "response.output_item.done"),
    "empty-body": (End.WHOLE, None),
    "only-comments": (End.WHOLE, None),
    "only-done-mark": (End.WHOLE, "response.output_item.done"),
    "html-page": (End.WHOLE, None),
    "json-error": (End.WHOLE, None),
    "json-body": (End.WHOLE, None),
    "unknown-events": (End.WHOLE, "response.completed"),
    "unknown-item": (End.WHOLE, "response.completed"),
    "metadata-events": (End.WHOLE, "response.completed"),
    "keep-alives": (End.WHOLE, "response.completed"),
    "done-mark": (End.WHOLE, "response.completed"),
    "data-only": (End.WHOLE, "response.completed"),
    "crlf": (End.WHOLE, "response.completed"),
    "gzip": (End.WHOLE, None),
    "incomplete-max-output-tokens": (End.WHOLE, "response.incomplete"),
    "incomplete-content-filter": (End.WHOLE, "response.incomplete"),
    "incomplete-without-reason": (End.WHOLE, "response.incomplete"),
    "error-event": (End.WHOLE, "error"),
    "error-event-flat": (End.WHOLE, "error"),
    "error-event-then-failed": (End.WHOLE, "response.failed"),
    "error-event-usage-limit": (End.WHOLE, "error"),
    "end-turn-false": (End.WHOLE, "response.completed"),
    "end-turn-true": (End.WHOLE, "response.completed"),
    "usage-null": (End.WHOLE, "response.completed"),
    "usage-null-details": (End.WHOLE, "response.completed"),
    "completed-without-id": (End.WHOLE, "response.completed"),
    "quota-headers": (End.WHOLE, "response.completed"),
    "quota-event": (End.WHOLE, "response.completed"),
    "reply-headers": (End.WHOLE, "response.completed"),
}
"""Replies with status 200: how they end, and the last event whose data is JSON."""

FAILED = {
    "failed-context-length-exceeded": "context_length_exceeded",
    "failed-insufficient-quota": "insufficient_quota",
    "failed-usage-not-included": "usage_not_included",
    "failed-cyber-policy": "cyber_policy",
    "failed-misalignment-policy-violation": "misalignment_policy_violation",
    "failed-invalid-prompt": "invalid_prompt",
    "failed-bio-policy": "bio_policy",
    "failed-server-is-overloaded": "server_is_overloaded",
    "failed-slow-down": "slow_down",
    "failed-rate-limit-exceeded": "rate_limit_exceeded",
    "failed-server-error": "server_error",
    "failed-code-of-tomorrow": "code_of_tomorrow",
    "failed-rate-limit-28ms": "rate_limit_exceeded",
    "failed-rate-limit-1m30s": "rate_limit_exceeded",
    "failed-without-code": None,
    "failed-without-error": None,
    "failed-in-text": "server_is_overloaded",
}
"""Responses that fail, and the code they fail with."""

_LIMIT = "usage_limit_reached"
ERRORS: dict[str, tuple[int, str]] = {
    "http-307": (307, "Elsewhere."),
    "http-400": (400, "invalid_value"),
    "http-400-detail": (400, "Unsupported parameter: temperature"),
    "http-400-model": (400, "'gpt-5.5' model is not supported when using Codex with a ChatGPT"),
    "http-400-context-length": (400, "context_length_exceeded"),
    "http-400-invalid-image": (400, "invalid_image"),
    "http-400-invalid-prompt": (400, "invalid_prompt"),
    "http-400-cyber-policy": (400, "cyber_policy"),
    "http-400-misalignment-policy": (400, "misalignment_policy_violation"),
    "http-400-encrypted-content": (400, "invalid_encrypted_content"),
    "http-401": (401, "token_expired"),
    "http-401-revoked": (401, "token_revoked"),
    "http-401-api-key": (401, "invalid_api_key"),
    "http-401-detail": (401, '{"detail":"Unauthorized"}'),
    "http-402": (402, "Payment Required"),
    "http-402-workspace": (402, "deactivated_workspace"),
    "http-403": (403, '{"detail":"Forbidden"}'),
    "http-403-cloudflare": (
        403,
        "Cloudflare</title></head>\n<body><h1>Sorry, you have been blocked",
    ),
    "http-403-challenge": (403, "<title>Just a moment...</title>"),
    "http-404": (404, '{"detail":"Not Found"}'),
    "http-404-model": (404, "model_not_found"),
    "http-408": (408, "Request Timeout"),
    "http-413": (413, "<title>413 Payload Too Large</title>"),
    "http-422": (422, '"loc":["body","model"]'),
    "http-429": (429, "rate_limit_exceeded"),
    "http-429-retry-after": (429, "rate_limit_exceeded"),
    "http-429-insufficient-quota": (429, "insufficient_quota"),
    "http-429-usage-not-included": (429, "usage_not_included"),
    "http-429-usage-limit": (429, '"plan_type":"plus"'),
    "http-429-usage-limit-free": (429, '"plan_type":"free"'),
    "http-429-usage-limit-go": (429, '"plan_type":"go"'),
    "http-429-usage-limit-pro": (429, '"plan_type":"pro"'),
    "http-429-usage-limit-team": (429, '"plan_type":"team"'),
    "http-429-usage-limit-business": (429, '"plan_type":"business"'),
    "http-429-usage-limit-enterprise": (429, '"plan_type":"enterprise"'),
    "http-429-usage-limit-no-reset": (429, '"resets_at":null'),
    "http-429-usage-limit-seconds": (429, '"plan_type":"plus","eligible_promo":null,"resets_in'),
    "http-429-usage-limit-promo": (429, _LIMIT),
    "http-429-other-limit": (429, _LIMIT),
    "http-429-rate-limit-reached": (429, _LIMIT),
    "http-429-workspace-owner-credits-depleted": (429, _LIMIT),
    "http-429-workspace-member-credits-depleted": (429, _LIMIT),
    "http-429-workspace-owner-usage-limit-reached": (429, _LIMIT),
    "http-429-workspace-member-usage-limit-reached": (429, _LIMIT),
    "http-500": (500, "server_error"),
    "http-502": (502, "<title>502 Bad Gateway</title>"),
    "http-503": (503, "no healthy upstream"),
    "http-503-retry-after": (503, "Service Unavailable"),
    "http-503-overloaded": (503, "server_is_overloaded"),
    "http-503-slow-down": (503, "slow_down"),
    "http-504": (504, "<title>504 Gateway Time-out</title>"),
    "http-529": (529, "Site is overloaded"),
}
"""Errors: the status, and words in the body."""

NO_REPLIES = {
    "cut-before-headers": End.CUT,
    "reset-before-headers": End.RESET,
    "stall-before-headers": End.SILENT,
}


def test_every_fault_is_in_one_of_the_tables() -> None:
    tables = (*STREAMS, *FAILED, *ERRORS, *NO_REPLIES)
    assert sorted(tables) == sorted(FAULT_NAMES)


def test_no_name_stands_for_two_things() -> None:
    names = [name for group in NAME_GROUPS.values() for name in group]
    assert len(names) == len(set(names))
    assert [name for name in names if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)] == []


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_ends_as_its_name_says(name: str) -> None:
    end, last = STREAMS[name]
    got = played_faults()[name]
    events = got.events
    assert (got.status, got.end) == (200, end)
    assert (events[-1].get("type") if events else None) == last


@pytest.mark.parametrize("name", FAILED)
def test_a_response_fails_with_its_code(name: str) -> None:
    got = played_faults()[name]
    assert (got.status, got.end) == (200, End.WHOLE)
    last = got.events[-1]
    assert (last["type"], last["response"]["status"]) == ("response.failed", "failed")
    error: dict[str, str] = last["response"]["error"] or {}
    assert error.get("code") == FAILED[name]


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_has_its_status_and_its_words(name: str) -> None:
    status, words = ERRORS[name]
    got = played_faults()[name]
    assert (got.status, got.end) == (status, End.WHOLE)
    assert words in got.body.decode()


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_has_a_request_id(name: str) -> None:
    headers = played_faults()[name].headers
    serial = FAULT_NAMES.index(name) + 1
    assert headers["cf-ray"] == f"{serial:016x}-EMU"
    # What stands before the service does not know the service's own id.
    is_page = headers["content-type"] == HTML
    assert headers.get("x-request-id") == (None if is_page else f"req_emulator_{serial:08d}")


@pytest.mark.parametrize("name", NO_REPLIES)
def test_a_connection_ends_without_a_reply(name: str) -> None:
    got = played_faults()[name]
    assert (got.status, got.body, got.end) == (0, b"", NO_REPLIES[name])


def test_the_api_side_plays_them_too() -> None:
    names = tuple(name for name in FAULT_NAMES if name not in SLOW_ONES)

    def gist(got: Got) -> tuple[int, End, list[str | None]]:
        return got.status, got.end, [event.get("type") for event in got.events]

    api = play_all(names, API)
    assert {n: gist(got) for n, got in api.items()} == {n: gist(played_faults()[n]) for n in names}


def test_the_same_requests_give_the_same_bytes() -> None:
    names = tuple(n for n in FAULT_NAMES if n not in SLOW_ONES and not n.startswith("stall"))
    assert play_all(names) == play_all(names)


def test_each_request_is_in_the_log_with_its_status() -> None:
    names = ("cut-before-headers", "http-503", "cut-in-text")
    with Emulator(faults=names) as emulator:
        for name in names:
            ask(emulator, name)
        assert [request.status for request in emulator.requests] == [0, 503, 200]


def test_a_fault_is_played_as_often_as_written_and_then_the_scenarios_answer() -> None:
    with Emulator(scenarios=("unicode",), faults=("http-503*2", "failed-slow-down")) as emulator:
        got = [ask_raw(emulator.issuer + CHATGPT, BODY) for _ in range(4)]
    assert [one.status for one in got] == [503, 503, 200, 200]
    assert [one.events[-1]["type"] for one in got[2:]] == ["response.failed", "response.completed"]
    assert "\u4e2d" in got[3].body.decode()


def test_a_star_without_a_count_is_for_ever() -> None:
    with Emulator(faults=("http-500", "http-502*")) as emulator:
        got = [ask_raw(emulator.issuer + CHATGPT, BODY).status for _ in range(4)]
    assert got == [500, 502, 502, 502]


@pytest.mark.parametrize("written", ["", "*", "answer", "http-500**", "http-500*0", "Http-500"])
def test_what_is_no_fault_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="no fault named"):
        Emulator(faults=(written,))


def test_a_request_that_is_refused_plays_no_fault() -> None:
    with Emulator(faults=("http-500",)) as emulator:
        refused = ask_raw(emulator.issuer + CHATGPT, {**BODY, "store": True})
        got = ask_raw(emulator.issuer + CHATGPT, BODY)
    assert (refused.status, got.status) == (400, 500)


def test_a_fault_leaves_the_scenario_to_the_request_that_comes_through() -> None:
    with Emulator(scenarios=("reasoning", "answer"), faults=("http-500",)) as emulator:
        ask_raw(emulator.issuer + CHATGPT, BODY)
        got = ask_raw(emulator.issuer + CHATGPT, BODY)
    kinds = [e["item"]["type"] for e in got.events if e["type"] == "response.output_item.done"]
    assert kinds == ["reasoning", "message"]


def test_what_is_cut_is_what_the_scenario_would_have_said() -> None:
    with Emulator(scenarios=("reasoning",), faults=("cut-in-text",)) as emulator:
        cut, whole = (ask_raw(emulator.issuer + CHATGPT, BODY) for _ in range(2))
    half = "".join(e["delta"] for e in cut.events if e["type"] == "response.output_text.delta")
    text = next(e["text"] for e in whole.events if e["type"] == "response.output_text.done")
    assert half
    assert text.startswith(half)
    assert text != half


class Once:
    """A source that has one reply to give."""

    def __init__(self, reply: Reply) -> None:
        self._replies = [reply]

    def reply_to(self, backend: Backend, request: HttpRequest, serial: int) -> Reply | None:
        return self._replies.pop() if self._replies else None


def test_a_source_is_asked_before_the_faults_and_the_scenarios() -> None:
    with Emulator(faults=("http-500",), sources=(Once(NoReply()),)) as emulator:
        got = [ask_raw(emulator.issuer + CHATGPT, BODY) for _ in range(3)]
    assert [(one.status, one.end) for one in got] == [
        (0, End.CUT),
        (500, End.WHOLE),
        (200, End.WHOLE),
    ]


@pytest.mark.parametrize(
    "name", ["stall-before-headers", "stall-in-text", "trickle", "slow", "slow-headers"]
)
def test_close_ends_a_connection_that_waits(name: str) -> None:
    before = set(threading.enumerate())
    emulator = Emulator(faults=(name,))
    emulator.start()
    with connected(emulator.issuer + CHATGPT, BODY) as client:
        if name not in ("stall-before-headers", "slow-headers"):
            assert client.recv(9) == b"HTTP/1.1 "
        emulator.close()
        assert set(threading.enumerate()) == before
