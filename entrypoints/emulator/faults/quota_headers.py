"""What the ChatGPT side tells of an account's quota: headers, an event, an error.

Wire-contract 3.7 and 3.9; shapes as quoted in public issues.
"""

from codexctl.entrypoints.emulator.issuer.identity import PLAN_TYPE
from codexctl.entrypoints.emulator.json_values import Json, JsonObject

Header = tuple[str, str]

RESETS_IN_SECONDS = 3600
_WEEK_RESETS_IN_SECONDS = 3 * 24 * 3600
_PRIMARY_MINUTES = 300
_SECONDARY_MINUTES = 10_080


def quota_headers(
    now: int, *, primary: float, secondary: float = 80.0, plan: str = PLAN_TYPE
) -> tuple[Header, ...]:
    """Give the headers that stand on every reply.

    Args:
        now: the present in Unix seconds.
        primary: percent of the five hours' window that are used.
        secondary: percent of the week's.
        plan: the account's.
    """
    return (
        ("x-codex-active-limit", "premium"),
        ("x-codex-plan-type", plan),
        *window_headers("x-codex", now, primary),
        ("x-codex-secondary-used-percent", f"{secondary:g}"),
        ("x-codex-secondary-window-minutes", str(_SECONDARY_MINUTES)),
        ("x-codex-secondary-reset-at", str(now + _WEEK_RESETS_IN_SECONDS)),
        ("x-codex-credits-has-credits", "False"),
        ("x-codex-credits-unlimited", "False"),
        ("x-codex-credits-balance", "0"),
    )


def window_headers(family: str, now: int, used_percent: float) -> tuple[Header, ...]:
    """Give the headers of a family's five hours' window; `x-codex` is the family of most."""
    return (
        (f"{family}-primary-used-percent", f"{used_percent:g}"),
        (f"{family}-primary-window-minutes", str(_PRIMARY_MINUTES)),
        (f"{family}-primary-reset-at", str(now + RESETS_IN_SECONDS)),
    )


def quota_event(now: int) -> JsonObject:
    """Give the event that tells the same."""
    return {
        "type": "codex.rate_limits",
        "plan_type": PLAN_TYPE,
        "rate_limits": {
            "primary": _window(82.5, _PRIMARY_MINUTES, now + RESETS_IN_SECONDS),
            "secondary": _window(40.0, _SECONDARY_MINUTES, now + _WEEK_RESETS_IN_SECONDS),
        },
        "credits": {"has_credits": False, "unlimited": False, "balance": "0"},
        "metered_limit_name": "codex",
    }


def usage_limit_error(now: int, plan: str = PLAN_TYPE) -> JsonObject:
    """Give the error of an account whose limit is reached."""
    return {
        "type": "usage_limit_reached",
        "message": "The usage limit has been reached",
        "plan_type": plan,
        "resets_at": now + RESETS_IN_SECONDS,
        "eligible_promo": None,
        "resets_in_seconds": RESETS_IN_SECONDS,
    }


def _window(used_percent: float, minutes: int, reset_at: int) -> dict[str, Json]:
    return {"used_percent": used_percent, "window_minutes": minutes, "reset_at": reset_at}
