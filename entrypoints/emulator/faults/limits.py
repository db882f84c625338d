"""Faults that are limits: every kind of 429 (wire-contract 3.5, 3.7)."""

from types import MappingProxyType

from codexctl.entrypoints.emulator.faults.http_errors import refused, reply_ids
from codexctl.entrypoints.emulator.faults.quota_headers import (
    quota_headers,
    usage_limit_error,
    window_headers,
)
from codexctl.entrypoints.emulator.faults.rows import Fault, FaultTable, PlayFault
from codexctl.entrypoints.emulator.http.messages import HttpReply, json_reply
from codexctl.entrypoints.emulator.http.refusals import Refusal, nested
from codexctl.entrypoints.emulator.issuer.identity import PLAN_TYPE
from codexctl.entrypoints.emulator.json_values import as_object
from codexctl.entrypoints.emulator.model.generation import Generation
from codexctl.entrypoints.emulator.model.stream_replies import Header

_PLANS = ("free", "go", "pro", "team", "business", "enterprise")
_REACHED_TYPES = (
    "rate_limit_reached",
    "workspace_owner_credits_depleted",
    "workspace_member_credits_depleted",
    "workspace_owner_usage_limit_reached",
    "workspace_member_usage_limit_reached",
)
_WORKSPACE_PLAN = "team"
_TOO_MANY = "Rate limit reached for requests per min (RPM): Limit 3, Used 3, Requested 1."


def _usage_limit(plan: str, *more: Header) -> PlayFault:
    def play(generation: Generation, now: int) -> HttpReply:
        quota = quota_headers(now, primary=100.0, plan=plan)
        headers = (*reply_ids(generation), *quota, *more)
        return json_reply(429, {"error": usage_limit_error(now, plan)}, *headers)

    return play


def _without_reset(generation: Generation, _now: int) -> HttpReply:
    error = {**usage_limit_error(0), "resets_at": None, "resets_in_seconds": None}
    return json_reply(429, {"error": error}, *reply_ids(generation))


def _with_seconds(generation: Generation, now: int) -> HttpReply:
    error = {name: value for name, value in usage_limit_error(now).items() if name != "resets_at"}
    return json_reply(429, {"error": error}, *reply_ids(generation))


def _of_another_family(generation: Generation, now: int) -> HttpReply:
    """Reach the limit of one model, while the account's own has room (wire-contract 3.7)."""
    family = "x-codex-other"
    headers = (
        *reply_ids(generation),
        ("x-codex-active-limit", "codex_other"),
        *window_headers("x-codex", now, 12.0),
        *window_headers(family, now, 100.0),
        (f"{family}-limit-name", "GPT-5.5 Codex"),
    )
    return json_reply(429, {"error": usage_limit_error(now)}, *headers)


def _limited(kind: str, code: str, message: str, *more: Header) -> PlayFault:
    error = nested(message, code=code).body["error"]
    return refused(Refusal(429, {"error": {**as_object(error), "type": kind}}), *more)


def _typed(kind: str, message: str) -> PlayFault:
    return refused(Refusal(429, {"error": {"type": kind, "message": message}}))


LIMITS: FaultTable = MappingProxyType(
    {
        "http-429": Fault(
            "too many requests, and no more", _limited("requests", "rate_limit_exceeded", _TOO_MANY)
        ),
        "http-429-retry-after": Fault(
            "too many requests, wait a second",
            _limited("requests", "rate_limit_exceeded", _TOO_MANY, ("retry-after", "1")),
        ),
        "http-429-insufficient-quota": Fault(
            "the API's quota is spent",
            _limited(
                "insufficient_quota",
                "insufficient_quota",
                "You exceeded your current quota, please check your plan and billing details.",
            ),
        ),
        "http-429-usage-not-included": Fault(
            "the plan has no Codex",
            _typed("usage_not_included", "Codex is not included in your plan."),
        ),
        "http-429-usage-limit": Fault(
            "the usage limit of the plan plus, back in an hour", _usage_limit(PLAN_TYPE)
        ),
        **{
            f"http-429-usage-limit-{plan}": Fault(
                f"the usage limit of the plan {plan}", _usage_limit(plan)
            )
            for plan in _PLANS
        },
        "http-429-usage-limit-no-reset": Fault(
            "a usage limit that does not say when it ends", _without_reset
        ),
        "http-429-usage-limit-seconds": Fault(
            "a usage limit that tells its end in seconds from now", _with_seconds
        ),
        "http-429-usage-limit-promo": Fault(
            "a usage limit with words of advertising in a header",
            _usage_limit("free", ("x-codex-promo-message", "Try Plus for a month, at no cost.")),
        ),
        "http-429-other-limit": Fault("the usage limit of one model", _of_another_family),
        **{
            f"http-429-{kind.replace('_', '-')}": Fault(
                f"a usage limit, x-codex-rate-limit-reached-type: {kind}",
                _usage_limit(_WORKSPACE_PLAN, ("x-codex-rate-limit-reached-type", kind)),
            )
            for kind in _REACHED_TYPES
        },
    }
)
"""What is the account's matter."""
