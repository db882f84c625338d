"""What a request to the callback means. Pure: no socket, no clock.

Everything on this machine and every page in its browser can send requests to the callback, so a
request counts for nothing until it brings the state back.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import parse_qs, urlsplit

from codexctl.adapters.openai_oauth.answers import one_line
from codexctl.domain.credentials import Secret
from codexctl.domain.errors import SignInFailed

CALLBACK_PATH = "/auth/callback"
CANCEL_PATH = "/cancel"

_AGAIN = "Run codexctl login to try again."
_LONGEST_CODE = 4_096
_MOST_FIELDS = 50
_LOOKING_AHEAD = re.compile(r"prefetch|prerender|preview", re.IGNORECASE)
_OWN_HOST = re.compile(r"(localhost|127\.0\.0\.1)(:[0-9]{1,5})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A request to the callback.

    Attributes:
        method: Its method.
        target: Its target as sent. Of a good one it holds the code, so it is not shown.
        headers: Its headers, looked up case-insensitively.
    """

    method: str
    target: str
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Hit({self.method!r})"


@dataclass(frozen=True, slots=True)
class Approved:
    """The issuer's answer with a code."""

    code: Secret


@dataclass(frozen=True, slots=True)
class Denied:
    """The issuer's answer without a code."""

    failure: SignInFailed


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Another sign-in wants the port, or the user gave up."""

    failure: SignInFailed


@dataclass(frozen=True, slots=True)
class Ignored:
    """No answer; the wait goes on.

    Attributes:
        status: The HTTP status to reply.
        text: What to reply, in plain text.
    """

    status: int
    text: str


Meaning: TypeAlias = Approved | Denied | Cancelled | Ignored


def meaning_of(hit: Hit, state: Secret | None) -> Meaning:
    """Tell what a request means.

    Args:
        hit: The request.
        state: What the answer has to bring back; None while nothing was asked.
    """
    if not _OWN_HOST.fullmatch(hit.headers.get("host", "")):
        # A foreign name that was made to point here: the page behind it could read the replies.
        return Ignored(400, "This is not the host you are looking for.")
    if hit.method != "GET":
        return Ignored(405, "Only GET is answered here.")
    try:
        parts = urlsplit(hit.target)
    except ValueError:
        return Ignored(400, "Bad Request")
    if parts.path == CANCEL_PATH:
        return _cancel(hit.headers)
    if parts.path != CALLBACK_PATH:
        return Ignored(404, "Not Found")
    if _is_prefetch(hit.headers):
        # A browser that looks ahead has not been told to go here; when it is, it asks again.
        return Ignored(503, "Not before you go there.")
    return _answer(parts.query, state)


def _answer(query: str, state: Secret | None) -> Meaning:
    """Read the issuer's answer: the state first, then the error, then the code."""
    fields = read_query(query)
    if fields is None or not has_state(fields, state):
        return Ignored(400, "State mismatch")
    if "error" in fields:
        return Denied(denial(fields))
    codes = [code for code in fields.get("code", ()) if code]
    if len(codes) != 1 or len(codes[0]) > _LONGEST_CODE:
        return Ignored(400, "There is no code in this answer.")
    return Approved(Secret(codes[0]))


def read_query(query: str) -> dict[str, list[str]] | None:
    """Return the fields of a query, or None if there are absurdly many."""
    try:
        return parse_qs(query, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return None


def has_state(fields: Mapping[str, list[str]], state: Secret | None) -> bool:
    """Tell whether an answer brings back the state, once, compared in constant time."""
    values = fields.get("state", [])
    return state is not None and len(values) == 1 and same(values[0], state)


def same(given: str, state: Secret) -> bool:
    """Compare in constant time, so that the state cannot be guessed piece by piece."""
    return hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), state.reveal().encode("utf-8", "surrogatepass")
    )


def denial(fields: Mapping[str, list[str]]) -> SignInFailed:
    """Return the error for an answer that holds one, in the issuer's words where they help."""
    code, described = (fields.get(name, [""])[0] for name in ("error", "error_description"))
    if code == "access_denied":
        # wire-contract 1.4
        if "missing_codex_entitlement" in described:
            return SignInFailed(
                "Codex is not enabled for your workspace.",
                remedy="Ask your workspace's administrator for access to Codex.",
            )
        words = f": {one_line(described)}" if described.strip() else "."
        return SignInFailed(f"The sign-in was declined in the browser{words}", remedy=_AGAIN)
    said = one_line(described or code) or "no reason given"
    return SignInFailed(f"The sign-in was refused: {said}", remedy=_AGAIN)


def _cancel(headers: Mapping[str, str]) -> Meaning:
    """Let a program cancel, and no web page.

    A page can make its browser send this request as an image or a link. Browsers mark that with
    ``Sec-Fetch-Site`` (for loopback addresses too), most with ``Referer``, and requests by script
    with ``Origin``. An old browser with all of them switched off can still end a sign-in this way,
    which costs its user a second try and gives away nothing.
    """
    is_sent_by_a_page = (
        "origin" in headers
        or "referer" in headers
        or headers.get("sec-fetch-site", "none").lower() != "none"
    )
    if is_sent_by_a_page or _is_prefetch(headers):
        return Ignored(403, "Web pages cannot cancel a sign-in.")
    return Cancelled(
        SignInFailed(
            "The sign-in was cancelled: another one was started on this machine.",
            remedy=_AGAIN,
        )
    )


def _is_prefetch(headers: Mapping[str, str]) -> bool:
    names = ("purpose", "sec-purpose", "x-purpose", "x-moz")
    return any(_LOOKING_AHEAD.search(headers.get(name, "")) for name in names)
