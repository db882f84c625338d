"""Refusals whose code, text or headers say more than the status (wire-contract 3.5, 3.7)."""

import json

import pytest
from tests.faults.endings import ALWAYS, BACK_OFF, Row, assert_it_ends_as, run_row
from tests.faults.streams import error_body, refused

HTML = "content-type: text/html; charset=UTF-8"
_USAGE_LIMIT = json.dumps(
    {
        "error": {
            "type": "usage_limit_reached",
            "message": "The usage limit has been reached",
            "plan_type": "plus",
            "resets_at": 1_900_000_000,
            "resets_in_seconds": 3_600,
        }
    }
)
_USAGE_LIMIT_WITHOUT_RESET = '{"error": {"type": "usage_limit_reached", "message": "Enough"}}'
_NOT_INCLUDED = '{"error": {"type": "usage_not_included", "message": "Upgrade to Plus"}}'
_NO_SUCH_MODEL = (
    '{"detail": "The \'gpt-4o\' model is not supported when using Codex with a ChatGPT account."}'
)
_BLOCKED = (
    "<html><head><title>Attention Required! | Cloudflare</title></head>"
    "<body><h1>Sorry, you have been blocked</h1></body></html>"
)

_BY_CODE = [
    Row(
        name="429 usage limit",
        answer=refused("429 Too Many Requests", _USAGE_LIMIT, "retry-after: 3600"),
        exit_code=4,
        kind="QuotaExhausted",
        words=("plus",),
    ),
    Row(
        name="429 usage limit without a reset",
        answer=refused("429 Too Many Requests", _USAGE_LIMIT_WITHOUT_RESET),
        exit_code=4,
        kind="QuotaExhausted",
    ),
    # numman-ali's proxy and others: the limit comes with 404 (known bug 132).
    Row(
        name="404 usage limit",
        answer=refused("404 Not Found", _USAGE_LIMIT),
        exit_code=4,
        kind="QuotaExhausted",
        words=("plus",),
    ),
    Row(
        name="429 usage not included",
        answer=refused("429 Too Many Requests", _NOT_INCLUDED),
        exit_code=4,
        kind="PlanExcludesService",
    ),
    Row(
        name="429 quota",
        answer=refused("429 Too Many Requests", error_body("insufficient_quota")),
        exit_code=4,
        kind="QuotaExhausted",
    ),
    Row(
        name="429 with a wait",
        answer=refused("429 Too Many Requests", "Slow down", "retry-after: 1"),
        exit_code=4,
        kind="RateLimited",
        requests=ALWAYS,
        waits=[1.0] * 5,
    ),
    Row(
        name="429 with a wait in milliseconds",
        answer=refused("429 Too Many Requests", "", "retry-after-ms: 1250", "retry-after: 2"),
        exit_code=4,
        kind="RateLimited",
        requests=ALWAYS,
        waits=[1.25] * 5,
    ),
    Row(
        name="429 with a very long wait",
        answer=refused("429 Too Many Requests", "", "retry-after: 86400"),
        exit_code=4,
        kind="RateLimited",
        requests=ALWAYS,
        waits=[60.0] * 5,
    ),
    Row(
        name="429 with a wait of nonsense",
        answer=refused("429 Too Many Requests", "", "retry-after: -5"),
        exit_code=4,
        kind="RateLimited",
        requests=ALWAYS,
        waits=BACK_OFF,
    ),
    Row(
        name="402 workspace",
        answer=refused("402 Payment Required", '{"detail": {"code": "deactivated_workspace"}}'),
        exit_code=4,
        kind="PlanExcludesService",
    ),
    Row(
        name="400 model of no ChatGPT account",
        answer=refused("400 Bad Request", _NO_SUCH_MODEL),
        exit_code=6,
        kind="ModelUnavailable",
        words=("'gpt-4o'",),
    ),
    Row(
        name="404 model",
        answer=refused("404 Not Found", error_body("model_not_found")),
        exit_code=6,
        kind="ModelUnavailable",
    ),
    Row(
        name="400 context window",
        answer=refused("400 Bad Request", error_body("context_length_exceeded")),
        exit_code=6,
        kind="ContextWindowExceeded",
    ),
    *(
        Row(
            name=f"400 {code}",
            answer=refused("400 Bad Request", error_body(code, "It was flagged.")),
            exit_code=6,
            kind="PolicyRefused",
            words=("It was flagged.",),
        )
        for code in ("cyber_policy", "misalignment_policy_violation", "bio_policy")
    ),
    Row(
        name="400 invalid prompt",
        answer=refused("400 Bad Request", error_body("invalid_prompt", "Not like this.")),
        exit_code=6,
        kind="InvalidRequest",
        words=("Not like this.",),
    ),
    Row(
        name="403 Cloudflare",
        answer=refused("403 Forbidden", _BLOCKED, HTML, "cf-ray: ray-1"),
        exit_code=5,
        kind="GatewayBlocked",
        words=("Attention Required! | Cloudflare", "Request id: ray-1"),
    ),
    *(
        Row(
            name=f"503 {code}",
            answer=refused("503 Service Unavailable", error_body(code, "At capacity.")),
            exit_code=5,
            kind="ServiceUnavailable",
            requests=ALWAYS,
            words=("At capacity.",),
            waits=BACK_OFF,
        )
        for code in ("server_is_overloaded", "slow_down")
    ),
    Row(
        name="503 with a wait",
        answer=refused("503 Service Unavailable", "", "retry-after: 3"),
        exit_code=5,
        kind="ServiceUnavailable",
        requests=ALWAYS,
        waits=[3.0] * 5,
    ),
]


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in _BY_CODE])
def test_a_code_says_more_than_the_status(row: Row) -> None:
    assert_it_ends_as(row, run_row(row))
