"""What the headers of a refusal say of it. Pure; loaded when there is a refusal."""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from codexctl.adapters.responses.fault_codec import read_fault
from codexctl.adapters.responses.fields import as_object
from codexctl.adapters.responses.quota_codec import DEFAULT_FAMILY, windows_from_headers
from codexctl.domain.faults import ProviderFault
from codexctl.domain.quota import QuotaWindow

_REQUEST_ID_HEADERS = ("x-request-id", "x-oai-request-id", "cf-ray")
_LONGEST_WAIT_SECONDS = 10 * 365 * 86_400
"""A longer wait is a mistake of the sender; it would also overflow a datetime."""
_SAME_RESET = timedelta(minutes=2)
_LONGEST_ERROR_HEADER = 16_384


def completed(
    fault: ProviderFault, headers: Mapping[str, str], now: datetime | None
) -> ProviderFault:
    """Add what the headers say; what the fault says itself goes first.

    Args:
        fault: The fault so far.
        headers: Looked up in lower case.
        now: The present moment, aware; None for the moment that the answer names.
    """
    sent_at = _date(headers.get("date", ""))
    family = _family(headers)
    windows = windows_from_headers(headers, family=family, now=now or sent_at)
    if not windows:
        windows = windows_from_headers(headers, now=now or sent_at)
    spent = fault.spent or _spent(windows, fault.resets_at)
    wait = _retry_after(headers, sent_at or now)
    if not fault.is_html:
        fault = _with_error_headers(fault, headers)
    return replace(
        fault,
        plan=fault.plan or _text(headers, "x-codex-plan-type"),
        spent=spent,
        limit_name=fault.limit_name or _limit_name(headers, family),
        reached=fault.reached or _reached(headers),
        has_credits=_has_credits(headers) if fault.has_credits is None else fault.has_credits,
        promotion=fault.promotion or _text(headers, "x-codex-promo-message"),
        resets_at=fault.resets_at or (spent.resets_at if spent else None),
        retry_after_seconds=fault.retry_after_seconds if wait is None else wait,
        request_id=fault.request_id or _first(_text(headers, name) for name in _REQUEST_ID_HEADERS),
    )


def _text(headers: Mapping[str, str], name: str) -> str | None:
    return headers.get(name, "").strip() or None


def _first(texts: Iterable[str | None]) -> str | None:
    return next((text for text in texts if text), None)


def _family(headers: Mapping[str, str]) -> str:
    """Return how the headers of the limit in force are named."""
    # ``codex_other`` has headers of its own; ``premium``, as recorded, those of the default.
    active = headers.get("x-codex-active-limit", "").strip().lower().replace("_", "-")
    return active or DEFAULT_FAMILY


def _limit_name(headers: Mapping[str, str], family: str) -> str | None:
    return None if family == DEFAULT_FAMILY else _text(headers, f"x-{family}-limit-name")


def _reached(headers: Mapping[str, str]) -> str | None:
    reached = headers.get("x-codex-rate-limit-reached-type", "").strip().lower()
    return None if reached in ("", "unknown") else reached


def _has_credits(headers: Mapping[str, str]) -> bool | None:
    told = [
        value.strip().lower()
        for name in ("has-credits", "unlimited")
        if (value := headers.get(f"x-codex-credits-{name}", ""))
    ]
    return any(value in ("true", "1") for value in told) if told else None


def _spent(windows: tuple[QuotaWindow, ...], resets_at: datetime | None) -> QuotaWindow | None:
    """Return the window that is used up: the one the body means, else the last to come back."""
    for window in windows:
        if resets_at and window.resets_at and abs(window.resets_at - resets_at) <= _SAME_RESET:
            return window
    full = [window for window in windows if window.used_percent >= 100]
    never = datetime.min.replace(tzinfo=UTC)
    return max(full, key=lambda window: window.resets_at or never, default=None)


def _with_error_headers(fault: ProviderFault, headers: Mapping[str, str]) -> ProviderFault:
    """Take code and words of a refusal without a body from its headers (wire-contract 3.5)."""
    if fault.message and fault.code:
        return fault
    told = _decoded(headers.get("x-error-json", ""))
    message = fault.message or (told.message if told else "")
    return replace(
        fault,
        message=message or headers.get("x-openai-authorization-error", "").strip(),
        code=fault.code or (told.code if told else None),
    )


def _decoded(header: str) -> ProviderFault | None:
    """Return the fault of ``x-error-json``, which is JSON in base64."""
    if not header or len(header) > _LONGEST_ERROR_HEADER:
        return None
    plain = header.strip().replace("-", "+").replace("_", "/")
    try:
        body = json.loads(base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True))
    except (ValueError, RecursionError):
        return None
    return read_fault(as_object(body), None)


def _retry_after(headers: Mapping[str, str], now: datetime | None) -> float | None:
    """Return the wait, told in milliseconds, in seconds, or as a moment."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name, "").strip()
        if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value):
            return min(float(value) * unit, _LONGEST_WAIT_SECONDS)
    until = _date(headers.get("retry-after", ""))
    if until is None or now is None:
        return None
    return min(max((until - now).total_seconds(), 0.0), _LONGEST_WAIT_SECONDS)


def _date(value: str) -> datetime | None:
    """Return the moment of an HTTP date."""
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    # Without a zone it is UTC, as every HTTP date is.
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
