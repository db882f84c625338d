"""The allowance, out of the headers of an answer and out of an event. Pure.

wire-contract 3.7 and 3.9. Every answer of the ChatGPT back end carries the headers, so this runs in
every response; those of the API do not, and cost two look-ups.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from codexctl.adapters.responses.fields import JsonObject, as_object, as_optional_text
from codexctl.domain.quota import Quota, QuotaWindow

DEFAULT_FAMILY = "codex"
"""The family of limits whose headers tell the limit that is in force for the request."""

_SLOTS = ("primary", "secondary")
_LATEST_RESET_SECONDS = 4_102_444_800
"""The year 2100. What is later is a mistake of the sender, and may not fit a calendar."""
_LONGEST_WINDOW_MINUTES = 10 * 366 * 1440


def quota_from_headers(headers: Mapping[str, str], *, now: datetime | None = None) -> Quota | None:
    """Read the allowance from the headers of an answer.

    Args:
        headers: The headers; names are looked up in lower case.
        now: The present moment, aware; without it a reset that is told as a number of seconds from
            now counts as not told.

    Returns:
        None if there is no window in them.
    """
    if not any(f"x-codex-{slot}-used-percent" in headers for slot in _SLOTS):
        return None
    windows = windows_from_headers(headers, now=now)
    plan = headers.get("x-codex-plan-type", "").strip() or None
    return Quota(plan=plan, windows=windows) if windows else None


def windows_from_headers(
    headers: Mapping[str, str], *, family: str = DEFAULT_FAMILY, now: datetime | None = None
) -> tuple[QuotaWindow, ...]:
    """Return the windows of one family of limits, the shortest first."""
    return _in_order(
        _window(
            headers.get(f"x-{family}-{slot}-used-percent"),
            headers.get(f"x-{family}-{slot}-window-minutes"),
            moment(headers.get(f"x-{family}-{slot}-reset-at"))
            or moment_after(headers.get(f"x-{family}-{slot}-reset-after-seconds"), now),
        )
        for slot in _SLOTS
    )


def quota_from_event(body: JsonObject, *, now: datetime | None = None) -> Quota | None:
    """Read the allowance from a ``codex.rate_limits`` event.

    Args:
        body: The event.
        now: As for :func:`quota_from_headers`.

    Returns:
        None if there is no window in it, or if it tells of another family of limits than the one
        in force.
    """
    family = as_optional_text(body.get("metered_limit_name")) or DEFAULT_FAMILY
    if family.lower() != DEFAULT_FAMILY:
        return None
    limits = as_object(body.get("rate_limits"))
    told = [as_object(limits.get(slot)) for slot in _SLOTS]
    windows = _in_order(
        _window(
            window.get("used_percent"),
            window.get("window_minutes"),
            moment(window.get("reset_at")) or moment_after(window.get("reset_after_seconds"), now),
        )
        for window in told
    )
    plan = as_optional_text(body.get("plan_type"))
    return Quota(plan=plan, windows=windows) if windows else None


def moment(value: object) -> datetime | None:
    """Return the moment of so many seconds since 1970, or None for what cannot be one."""
    seconds = number(value)
    if seconds is None or not 0 < seconds < _LATEST_RESET_SECONDS:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def moment_after(value: object, now: datetime | None) -> datetime | None:
    """Return the moment so many seconds from now, or None for what cannot be one."""
    seconds = number(value)
    if now is None or seconds is None or seconds < 0:
        return None
    return moment(now.timestamp() + seconds)


def number(value: object) -> float | None:
    """Return the finite number, also out of a string; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        parsed = float(value)
    except (ValueError, OverflowError):
        return None
    return parsed if math.isfinite(parsed) else None


def _window(used: object, minutes: object, resets_at: datetime | None) -> QuotaWindow | None:
    """Return the window, or None for an empty slot: the service fills those with zeros."""
    used_percent = number(used)
    if used_percent is None or used_percent < 0:
        return None
    length = number(minutes)
    if length is not None and not 1 <= length <= _LONGEST_WINDOW_MINUTES:
        length = None
    if not used_percent and length is None and resets_at is None:
        return None
    return QuotaWindow(
        used_percent=used_percent,
        length_minutes=None if length is None else int(length),
        resets_at=resets_at,
    )


def _in_order(windows: Iterable[QuotaWindow | None]) -> tuple[QuotaWindow, ...]:
    found = [window for window in windows if window is not None]
    return tuple(sorted(found, key=lambda window: window.length_minutes or math.inf))
