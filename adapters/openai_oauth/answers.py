"""The issuer's answers: the JSON of a good one, the words and codes of a refusal. Pure.

A refusal has one of several shapes: ``{"error": {"code", "message"}}``, ``{"error": "code",
"error_description"}``, ``{"code", "message"}``, ``{"detail": "text"}``, plain text, and the pages
of gateways (wire-contract 1.5 and 1.8).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias, cast
from urllib.parse import quote

from codexctl.domain.credentials import Secret
from codexctl.domain.errors import (
    CodexctlError,
    GatewayBlocked,
    InvalidRequest,
    RateLimited,
    ServiceUnavailable,
)

JsonObject: TypeAlias = Mapping[str, object]

_LONGEST_WORDS = 300
_LONGEST_CODE = 100
_LONGEST_WAIT_SECONDS = 86_400.0
_REQUEST_ID_HEADERS = ("x-request-id", "x-oai-request-id", "cf-ray")


class HttpAnswer(Protocol):
    """What is read of an HTTP answer."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, looked up case-insensitively."""
        ...

    @property
    def body(self) -> bytes:
        """The body."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What the issuer said instead of what it was asked for.

    Attributes:
        status: The HTTP status.
        code: Its code, lower case, if it gave one.
        words: Its words on one line, ``""`` if it gave none.
        is_page: The body was a page for people, so that something else answered in its place.
        request_id: Its id of the request.
        retry_after_seconds: How long it asks to wait.
    """

    status: int
    code: str | None
    words: str
    is_page: bool
    request_id: str | None
    retry_after_seconds: float | None


def json_object(answer: HttpAnswer) -> JsonObject | None:
    """Return the JSON object of the body, or None if it is none."""
    try:
        parsed: object = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return cast("JsonObject", parsed) if isinstance(parsed, dict) else None


def is_page(answer: HttpAnswer) -> bool:
    """Tell whether the body is a page for people."""
    begins = answer.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return "html" in answer.headers.get("content-type", "").lower() or begins == b"<"


def refusal(answer: HttpAnswer, sent: tuple[Secret, ...]) -> Refusal:
    """Read a refusal.

    Args:
        answer: The answer.
        sent: The secrets of the request, in case the answer quotes them.
    """
    page = is_page(answer)
    body = json_object(answer) or {}
    inner = body.get("error")
    place = cast("JsonObject", inner) if isinstance(inner, dict) else body
    words = ""
    if not page:
        words = _words(body, place) or (_decoded(answer.body) if not body else "")
    return Refusal(
        status=answer.status,
        code=None if page else _code(body, place, sent),
        words=one_line(_scrubbed(words, sent)),
        is_page=page,
        request_id=_request_id(answer.headers),
        retry_after_seconds=_retry_after(answer.headers),
    )


def _decoded(body: bytes) -> str:
    plain = body.decode(errors="replace")
    return "" if plain.lstrip()[:1] in ("{", "[") else plain


def _words(body: JsonObject, place: JsonObject) -> str:
    """Return the words, in the official client's order (wire-contract 1.5)."""
    found = (
        text(body, "error_description"),
        text(place, "message"),
        text(place, "error_description"),
        text(body, "message"),
        text(body, "detail"),
        text(body, "error"),
        text(place, "code"),
    )
    return next((words for words in found if words), "")


def _code(body: JsonObject, place: JsonObject, sent: tuple[Secret, ...]) -> str | None:
    """Return ``error.code``, else ``error`` when a string, else the top-level ``code``."""
    inner_code = text(place, "code") if place is not body else ""
    code = inner_code or text(body, "error") or text(body, "code")
    return one_line(_scrubbed(code, sent)).lower()[:_LONGEST_CODE] or None


def _scrubbed(words: str, sent: tuple[Secret, ...]) -> str:
    """Strike out what was sent, before anything is cut: half a token is a token shown."""
    for secret in sent:
        for shape in (secret.reveal(), quote(secret.reveal(), safe="")):
            words = words.replace(shape, "***") if shape else words
    return words


def _request_id(headers: Mapping[str, str]) -> str | None:
    found = (headers[name] for name in _REQUEST_ID_HEADERS if name in headers)
    value = next(found, None)
    return one_line(value)[:_LONGEST_CODE] if value else None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "").strip()
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value):
        return None
    return min(float(value), _LONGEST_WAIT_SECONDS)


def text(body: JsonObject, name: str) -> str:
    """Return a string of an object, or an empty one for everything else."""
    value = body.get(name)
    return value if isinstance(value, str) else ""


def one_line(words: str) -> str:
    """Return somebody else's words on one line of bounded length.

    What a terminal would obey or not show is written out as an escape sequence.
    """
    line = " ".join(words[: _LONGEST_WORDS * 4].split())
    shown = "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in line
    )
    return shown if len(shown) <= _LONGEST_WORDS else shown[: _LONGEST_WORDS - 1] + "…"


def passing_error(fault: Refusal) -> CodexctlError:
    """Return the error for a refusal that says nothing final about what was sent.

    A bad minute of the service and a gateway on the way must never look like a bad sign-in:
    clients that took a 429 or a Cloudflare page for one signed people out (Hermes#32790,
    openclaw#94432).
    """
    said = f": {fault.words}" if fault.words else "."
    note = f"(HTTP {fault.status})"
    status = fault.status
    if status == 429:
        return RateLimited(
            f"The sign-in service has had too many requests just now {note}{said}",
            remedy="Wait a moment and run the command again; signing in again does not help.",
            request_id=fault.request_id,
            retry_after_seconds=fault.retry_after_seconds,
        )
    if status >= 500 or (status in (404, 408) and not fault.is_page):
        return ServiceUnavailable(
            f"The sign-in service could not answer {note}{said}",
            remedy="Try again in a few minutes; if it goes on, see https://status.openai.com.",
            request_id=fault.request_id,
            retry_after_seconds=fault.retry_after_seconds,
        )
    if fault.is_page or status < 400 or status == 403:
        # A JSON 403 is the issuer's way of saying that it does not serve a country.
        return GatewayBlocked(
            f"A gateway stands between this machine and the sign-in service {note}{said}",
            remedy="Check proxy, VPN and region. Signing in again does not help here.",
            request_id=fault.request_id,
        )
    return InvalidRequest(
        f"The sign-in service refused the request {note}{said}",
        remedy="Check CODEXCTL_ISSUER and CODEXCTL_CLIENT_ID; else update codexctl.",
        request_id=fault.request_id,
    )
