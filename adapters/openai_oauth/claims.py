"""What an access token says about itself, read with PyJWT.

The signature is not checked: the token is ours to present, and the service checks it. Nothing is
decided on these claims but which account to name and when to stop using the token.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import jwt

_AUTH_CLAIM = "https://api.openai.com/auth"


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims that matter here.

    Attributes:
        account_id: The ChatGPT workspace, if named.
        expires_at: When the token ends, aware, if it says so.
    """

    account_id: str | None
    expires_at: datetime | None


def read_claims(token: str) -> Claims | None:
    """Return the claims of a token, or None if it is not a JSON web token. Never raises."""
    try:
        payload: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return None
    return Claims(_account_id(payload), _moment(payload.get("exp")))


def _account_id(payload: dict[str, object]) -> str | None:
    """Return the account: the auth claim's, else the root's; never one of ``organizations``.

    An organisation's id in its place breaks every call.
    """
    auth = payload.get(_AUTH_CLAIM)
    places = [cast("dict[str, object]", auth)] if isinstance(auth, dict) else []
    for place in (*places, payload):
        account_id = place.get("chatgpt_account_id")
        if isinstance(account_id, str) and _fits_a_header(account_id):
            return account_id
    return None


def _fits_a_header(account_id: str) -> bool:
    one_word = account_id.split() == [account_id]
    return one_word and account_id.isascii() and account_id.isprintable()


def _moment(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
