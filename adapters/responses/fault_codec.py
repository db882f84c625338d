"""The provider's faults, out of every shape they come in. Pure.

Recorded bodies have four JSON shapes (``{"detail": "text"}``, ``{"detail": {"code"}}``,
``{"error": {…}}``, ``{"error": {…}, "status": 401}``), flat ones (``{"code", "message"}``,
``{"code", "error": "text"}``), plain text, and the HTML of gateways.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from codexctl.adapters.responses.fields import JsonObject, as_object, as_optional_text, as_text
from codexctl.domain.faults import ProviderFault

_LONGEST_MESSAGE = 500
_LONGEST_WAIT_SECONDS = 10 * 365 * 86_400
"""A longer wait is a mistake of the sender; it would also overflow a datetime."""

_REQUEST_ID_HEADERS = ("x-request-id", "x-oai-request-id", "cf-ray")
# Not compiled here: hardly any run meets a fault, and every run imports this module.
_TRY_AGAIN = r"try again in ?(\d{1,9}(?:\.\d{1,9})?) ?(ms|s|seconds?)\b"
_TITLE = r"<title[^>]*>([^<]*)"


def fault_from(body: JsonObject) -> ProviderFault:
    """Read a fault from a JSON object: an error body, an ``error`` event or a failed response."""
    inner = _inner(body)
    message = next(
        (
            text
            for text in (
                as_optional_text(inner.get("message")),
                as_optional_text(inner.get("error_description")),
                as_optional_text(inner.get("error")),
                as_optional_text(inner.get("detail")),
            )
            if text
        ),
        "",
    )
    return ProviderFault(
        message=_one_line(message),
        code=_code(inner),
        plan=as_optional_text(inner.get("plan_type")),
        resets_at=_moment(inner.get("resets_at")),
        retry_after_seconds=_delay_in(message),
    )


def fault_from_response(status: int, headers: Mapping[str, str], body: bytes) -> ProviderFault:
    """Read a fault from an HTTP answer.

    Args:
        status: The HTTP status.
        headers: The answer's headers, looked up case-insensitively by the caller's mapping.
        body: The body, as far as it was read.
    """
    text = body.decode(errors="replace").strip()
    is_html = "html" in headers.get("content-type", "") or text[:1] == "<"
    fault = ProviderFault(message=_page_title(text) if is_html else _one_line(text))
    if not is_html:
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            parsed = None
        if body_object := as_object(parsed):
            fault = fault_from(body_object)
    return ProviderFault(
        message=fault.message,
        code=fault.code,
        status=status,
        is_html=is_html,
        plan=fault.plan,
        resets_at=fault.resets_at,
        retry_after_seconds=_retry_after(headers) or fault.retry_after_seconds,
        request_id=next((headers[name] for name in _REQUEST_ID_HEADERS if name in headers), None),
    )


def _inner(body: JsonObject) -> JsonObject:
    """Return the object that holds code and message, wherever it stands."""
    for key in ("error", "detail"):
        if inner := as_object(body.get(key)):
            return inner
    return body


def _code(inner: JsonObject) -> str | None:
    for key in ("code", "type"):
        value = inner.get(key)
        if isinstance(value, str | int) and value not in ("", "error", "response.error"):
            return str(value).lower()
    return None


def _moment(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _delay_in(message: str) -> float | None:
    """Return the wait that the text of a rate limit names ("Please try again in 1.574s")."""
    found = re.search(_TRY_AGAIN, message, re.IGNORECASE)
    if found is None:
        return None
    return float(found[1]) / (1000 if found[2].lower() == "ms" else 1)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name, "").strip()
        if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value):
            return min(float(value) * unit, _LONGEST_WAIT_SECONDS)
    return None


def _page_title(page: str) -> str:
    found = re.search(_TITLE, page, re.IGNORECASE)
    return _one_line(as_text(found[1])) if found else ""


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_MESSAGE else line[: _LONGEST_MESSAGE - 1] + "…"
