"""The shapes in which the issuer answers, and its canned faults."""

from collections.abc import Mapping
from types import MappingProxyType

from codexctl.entrypoints.emulator.http.messages import (
    HttpReply,
    NoReply,
    Reply,
    json_reply,
    refusal_reply,
)
from codexctl.entrypoints.emulator.http.refusals import nested
from codexctl.entrypoints.emulator.issuer.token_ledger import RefreshFailure
from codexctl.entrypoints.emulator.json_values import JsonObject

_NO_STORE = ("cache-control", "no-store")

_CHALLENGE_PAGE = b"""<!DOCTYPE html>
<html lang="en-US"><head><title>Just a moment...</title></head>
<body><noscript>Enable JavaScript and cookies to continue</noscript>
<p>The codexctl emulator plays a bot check here.</p></body></html>
"""
_REFUSED_REFRESHES: Mapping[RefreshFailure, str] = MappingProxyType(
    {
        RefreshFailure.EXPIRED: "Your refresh token has expired. Please sign in again.",
        RefreshFailure.REUSED: (
            "Your refresh token has already been used to generate a new access token. "
            "Please try signing in again."
        ),
        RefreshFailure.INVALIDATED: "Your session has ended. Please log in again.",
    }
)


def granted(body: JsonObject) -> HttpReply:
    """Answer with tokens or codes, which no cache may keep."""
    return json_reply(200, body, _NO_STORE)


def page(html: bytes, status: int = 200) -> HttpReply:
    """Answer with a page."""
    headers = (("content-type", "text/html; charset=utf-8"), _NO_STORE)
    return HttpReply(status=status, headers=headers, body=html)


def refused(status: int, message: str, code: str) -> HttpReply:
    """Refuse in the shape that most answers of the real issuer have."""
    return refusal_reply(nested(message, code=code, status=status), _NO_STORE)


def oauth_error(code: str, description: str, status: int = 400) -> HttpReply:
    """Refuse in the shape of RFC 6749, 5.2."""
    return json_reply(status, {"error": code, "error_description": description}, _NO_STORE)


def invalid_grant() -> HttpReply:
    """Refuse a code or a token that is not good, without a word about why."""
    return oauth_error(
        "invalid_grant",
        "The grant is invalid, expired or revoked, was made for another redirect URI, or was "
        "issued to another client.",
    )


def refused_refresh(failure: RefreshFailure) -> HttpReply:
    """Refuse a refresh token."""
    if failure is RefreshFailure.OTHER_CLIENT:
        return invalid_grant()
    return refused(401, _REFUSED_REFRESHES[failure], failure.value)


def server_error() -> HttpReply:
    """Answer that something broke."""
    error: JsonObject = {
        "message": "The server had an error while processing your request.",
        "type": "server_error",
        "param": None,
        "code": None,
    }
    return json_reply(500, {"error": error})


def too_many_requests() -> HttpReply:
    """Answer that the client asks too often."""
    refusal = nested("Too many requests.", code="rate_limit_exceeded", status=429)
    return refusal_reply(refusal, ("retry-after", "1"))


REFRESH_FAULTS: Mapping[str, Reply] = MappingProxyType(
    {
        "refresh-500": server_error(),
        "refresh-html": page(_CHALLENGE_PAGE, 403),
        "refresh-429": too_many_requests(),
        "refresh-hangs": NoReply(hangs=True),
        "refresh-invalid-grant": invalid_grant(),
        # Names the access token's error, yet means the refresh token (decolua/9router#1821).
        "refresh-token-expired": refused(
            401, "Could not validate your token. Please try signing in again.", "token_expired"
        ),
        "refresh-garbage": HttpReply(
            status=200,
            headers=(("content-type", "application/json"),),
            body=b'{"access_token": \x00\xff<<garbage',
        ),
    }
)
"""What the scenarios that leave the refresh token alone answer with."""
