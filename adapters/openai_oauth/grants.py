"""Tokens out of the issuer's JSON, and how long they last on this machine's clock."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from codexctl.adapters.openai_oauth.answers import text
from codexctl.domain.credentials import Secret, TokenGrant

if TYPE_CHECKING:
    from codexctl.adapters.openai_oauth.claims import Claims


def grant_from(body: Mapping[str, object], asked_at: datetime) -> TokenGrant:
    """Return what the issuer handed out. What cannot stand in a request counts as left out.

    Args:
        body: The JSON object of a token answer.
        asked_at: When it was asked for, aware, on the clock that the expiry will be compared with.
    """
    # PyJWT is slow to import, and only those who get tokens need it.
    from codexctl.adapters.openai_oauth.claims import Claims, read_claims

    access, refresh, identity = (
        _token(body, name) for name in ("access_token", "refresh_token", "id_token")
    )
    claims = read_claims(access, identity)
    # An access token that is no JSON web token leaves the word to the id token, but for the times.
    named = claims or read_claims(identity) or Claims(None, None)
    return TokenGrant(
        access_token=Secret(access) if access else None,
        refresh_token=Secret(refresh) if refresh else None,
        account_id=named.account_id,
        plan=named.plan,
        expires_at=_expiry(claims or Claims(None, None), body.get("expires_in"), asked_at)
        if access
        else None,
    )


def _token(body: Mapping[str, object], name: str) -> str:
    token = text(body, name)
    return token if token.isascii() and token.isprintable() and " " not in token else ""


def _expiry(claims: "Claims", expires_in: object, asked_at: datetime) -> datetime | None:
    """Return when the token ends, in this machine's time.

    A clock that is hours off would otherwise find each new token expired, or an expired one good:
    how long the token lasts is the difference of its own two times, whatever the clock says.
    """
    if claims.expires_at is not None:
        if claims.issued_at is None:
            return claims.expires_at
        return _later(asked_at, claims.expires_at - claims.issued_at) or claims.expires_at
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float):
        return None
    try:
        return _later(asked_at, timedelta(seconds=expires_in))
    except (OverflowError, ValueError):
        return None


def _later(moment: datetime, by: timedelta) -> datetime | None:
    try:
        return moment + by
    except OverflowError:
        return None
