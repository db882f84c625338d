"""The provider's faults, out of every shape they come in. Pure.

Recorded bodies have four JSON shapes (``{"detail": "text"}``, ``{"detail": {"code"}}``,
``{"error": {…}}``, ``{"error": {…}, "status": 401}``), flat ones (``{"code", "message"}``,
``{"code", "error": "text"}``), frames with headers of their own (``{"type": "error", "error": {…},
"status_code": 429, "headers": {…}}``), plain text, and the HTML of gateways. Servers built with
FastAPI send ``{"detail": [{"loc", "msg"}]}``.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import cast

from codexctl.adapters.responses.fields import (
    JsonObject,
    as_object,
    as_objects,
    as_optional_text,
    as_text,
)
from codexctl.adapters.responses.quota_codec import moment, moment_after, number
from codexctl.domain.credentials import Secret
from codexctl.domain.faults import ProviderFault

_LONGEST_MESSAGE = 500
_LONGEST_WORD = 100
_DEEPEST = 4
_WRAPPERS = ("error", "detail", "errors", "response")
_EMPTY = ("", "{}", "[]", "null", '""')
_SAYS_NOTHING = ("", "error", "none", "null")
_BLAMES_THE_REQUEST = ("invalid_request_error", "invalid_request")
_CLOUDFLARE = ("cloudflare", "cdn-cgi", "just a moment", "attention required")
# Not compiled here: hardly any run meets a fault, and every run imports this module.
_TRY_AGAIN = r"try again in ?(\d{1,9}(?:\.\d{1,9})?) ?(ms|s|seconds?)\b"
_TITLE = r"<title[^>]*>([^<]*)"


def fault_from(body: JsonObject, *, now: datetime | None = None) -> ProviderFault:
    """Read a fault from a JSON object: an error body, an ``error`` event or a failed response.

    Args:
        body: The object.
        now: The present moment, aware; without it a reset that is told as a number of seconds from
            now counts as not told.
    """
    return _cleaned(read_fault(body, now), None)


def fault_from_response(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: datetime | None = None,
    sent: Secret | None = None,
) -> ProviderFault:
    """Read a fault from an HTTP answer.

    Args:
        status: The HTTP status.
        headers: The answer's headers; names are looked up in lower case.
        body: The body, as far as it was read.
        now: As for :func:`fault_from`; without it, the answer's own ``date``.
        sent: The secret of the request, which is struck out in case the answer quotes it.
    """
    text = body.decode("utf-8-sig", "replace").strip()
    if "html" in headers.get("content-type", "").lower() or text[:1] == "<":
        fault = _page(text, headers)
    else:
        fault = _text(text, now)
        if status >= 400 and not fault.message and not fault.code and text not in _EMPTY:
            fault = replace(fault, message=text)  # better the JSON as it is than not a word
    if status >= 400 or fault.status is None:
        fault = replace(fault, status=status)
    return with_headers(fault, headers, now=now, sent=sent)


def with_headers(
    fault: ProviderFault,
    headers: Mapping[str, str],
    *,
    now: datetime | None = None,
    sent: Secret | None = None,
) -> ProviderFault:
    """Add what the headers of the answer say; what the fault says itself goes first.

    Args:
        fault: The fault, out of the body or out of the stream.
        headers: As for :func:`fault_from_response`, and so are the others.
        now: The present moment.
        sent: The secret of the request.
    """
    from codexctl.adapters.responses.fault_headers import completed

    return _cleaned(completed(fault, headers, now), sent)


def read_fault(body: JsonObject, now: datetime | None) -> ProviderFault:
    """Read a fault with its texts as they came, not yet fit to be shown."""
    inner = _innermost(body)
    message = _message(inner)
    code = _code(inner, message)
    # Of other faults such a phrase is advice to people, not a delay (wire-contract 3.2).
    is_rate_limit = code is None or "rate" in code
    fault = ProviderFault(
        message=message,
        code=code,
        param=as_optional_text(inner.get("param")),
        status=_status(body, inner),
        plan=as_optional_text(inner.get("plan_type")) or as_optional_text(body.get("plan_type")),
        resets_at=moment(inner.get("resets_at"))
        or moment_after(inner.get("resets_in_seconds"), now),
        retry_after_seconds=_delay_in(message) if is_rate_limit else None,
        request_id=as_optional_text(body.get("request_id")),
    )
    # The frame of an error that came over a WebSocket, as relays forward it (wire-contract 3.9).
    if headers := as_object(body.get("headers")):
        from codexctl.adapters.responses.fault_headers import completed

        lower = {name.lower(): str(value) for name, value in headers.items()}
        return completed(fault, lower, now)
    return fault


def _text(text: str, now: datetime | None) -> ProviderFault:
    """Read a body that is no page."""
    try:
        parsed: object = json.loads(text)
    except (ValueError, RecursionError):
        return ProviderFault(message=text, retry_after_seconds=_delay_in(text))
    if isinstance(parsed, str):
        return ProviderFault(message=parsed, retry_after_seconds=_delay_in(parsed))
    listed = as_objects(parsed)
    return read_fault(listed[0] if listed else as_object(parsed), now)


def _page(page: str, headers: Mapping[str, str]) -> ProviderFault:
    """Read a page for people, of which the title is worth telling."""
    from html import unescape

    found = re.search(_TITLE, page, re.IGNORECASE)
    words = page.lower()
    return ProviderFault(
        message=unescape(found[1]) if found else "",
        is_html=True,
        is_cloudflare="cf-ray" in headers or any(mark in words for mark in _CLOUDFLARE),
    )


def _innermost(body: JsonObject) -> JsonObject:
    """Return the object that holds code and message, wherever it stands."""
    for _ in range(_DEEPEST):
        for name in _WRAPPERS:
            value = body.get(name)
            inner = as_object(value)
            if not inner and name != "detail":
                inner = next(iter(as_objects(value)), inner)
            if inner:
                body = inner
                break
        else:
            break
    return body


def _message(inner: JsonObject) -> str:
    names = ("message", "error_description", "error", "detail", "msg")
    found = (as_optional_text(inner.get(name)) for name in names)
    message = next((text for text in found if text), "")
    details = "; ".join(
        [_located(one) for name in ("detail", "details") for one in as_objects(inner.get(name))]
    )
    return f"{message} ({details})" if message and details else message or details


def _located(detail: JsonObject) -> str:
    """Return one complaint of a FastAPI server, with its place in the request."""
    place = detail.get("loc")
    steps = cast("list[object]", place) if isinstance(place, list) else []
    words = as_text(detail.get("msg")) or as_text(detail.get("message"))
    return ": ".join(part for part in (".".join(str(step) for step in steps), words) if part)


def _code(inner: JsonObject, message: str) -> str | None:
    """Return the first code that says something, else one that at least blames the request."""
    names = ["code", "type"]
    if inner.get("error") != message:
        names.append("error")  # OAuth's way: the code, and a description beside it
    codes = [as_text(inner.get(name)).strip().lower() for name in names]
    told = [
        code
        for code in codes
        if code not in _SAYS_NOTHING and not code.isdecimal() and not code.startswith("response.")
    ]
    specific = (code for code in told if code not in _BLAMES_THE_REQUEST)
    return next(specific, None) or next(iter(told), None)


def _status(body: JsonObject, inner: JsonObject) -> int | None:
    """Return the HTTP status that a body names, as a number or in place of its code."""
    values = [place.get(name) for place in (body, inner) for name in ("status", "status_code")]
    for value in (*values, inner.get("code")):
        status = number(value)
        if status is not None and status.is_integer() and 400 <= status <= 599:
            return int(status)
    return None


def _delay_in(message: str) -> float | None:
    """Return the wait that the text of a rate limit names ("Please try again in 1.574s")."""
    found = re.search(_TRY_AGAIN, message, re.IGNORECASE)
    if found is None:
        return None
    return float(found[1]) / (1000 if found[2].lower() == "ms" else 1)


def _cleaned(fault: ProviderFault, sent: Secret | None) -> ProviderFault:
    """Make each text one line that a terminal can show; strike out the secret before any cut."""

    def short(text: str | None, longest: int = _LONGEST_WORD) -> str | None:
        return _one_line(text or "", longest, sent) or None

    return replace(
        fault,
        message=_one_line(fault.message, _LONGEST_MESSAGE, sent),
        code=short(fault.code),
        param=short(fault.param),
        plan=short(fault.plan),
        limit_name=short(fault.limit_name),
        reached=short(fault.reached),
        promotion=short(fault.promotion, _LONGEST_MESSAGE),
        request_id=short(fault.request_id),
    )


def _one_line(text: str, longest: int, sent: Secret | None) -> str:
    if sent is not None and sent.reveal():
        # In any case: a code is lower case by now.
        text = re.sub(re.escape(sent.reveal()), "***", text, flags=re.IGNORECASE)
    line = "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode()
        for one in " ".join(text[: longest * 4].split())
    )
    return line if len(line) <= longest else line[: longest - 1] + "…"
