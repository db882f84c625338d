"""What tokens say about themselves, read with PyJWT.

The signature is not checked: the token is ours to present, and the service checks it. Nothing is
decided on these claims but which account to name and when to stop using the token.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeAlias, cast

import jwt

from codexctl.domain.credentials import fits_a_header
from codexctl.domain.values import dataclass

_AUTH_CLAIM = "https://api.openai.com/auth"
_LONGEST_PLAN = 100

_Payload: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims that matter here.

    Attributes:
        account_id: The ChatGPT workspace, if named.
        expires_at: When the token ends by the issuer's clock, aware, if it says so.
        issued_at: When it was made by the issuer's clock, aware, if it says so.
        plan: The plan as the service names it, names we do not know included.
    """

    account_id: str | None
    expires_at: datetime | None
    issued_at: datetime | None = None
    plan: str | None = None


def read_claims(token: str, *others: str) -> Claims | None:
    """Return the claims of a token, or None if it is not a JSON web token. Never raises.

    Args:
        token: The token whose times count.
        others: Tokens of the same sign-in that may name an account or a plan where this one does
            not, such as its id token.
    """
    payload = _payload(token)
    if payload is None:
        return None
    payloads = [payload, *(found for other in others if (found := _payload(other)) is not None)]
    return Claims(
        account_id=_account_id(payloads),
        expires_at=_moment(payload.get("exp")),
        issued_at=_moment(payload.get("iat")),
        plan=_plan(payloads),
    )


def _payload(token: str) -> _Payload | None:
    try:
        payload: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return None
    return payload


def _auth(payload: _Payload) -> _Payload:
    auth = payload.get(_AUTH_CLAIM)
    return cast("_Payload", auth) if isinstance(auth, dict) else {}


def _account_id(payloads: list[_Payload]) -> str | None:
    """Return the account: an auth claim's, else a root's; never one of ``organizations``.

    An organisation's id in its place breaks every call (ndycode/codex-multi-auth#700).
    """
    for place in (*map(_auth, payloads), *payloads):
        account_id = place.get("chatgpt_account_id")
        if isinstance(account_id, str) and fits_a_header(account_id):
            return account_id
    return None


def _plan(payloads: list[_Payload]) -> str | None:
    for place in (*map(_auth, payloads), *payloads):
        plan = place.get("chatgpt_plan_type")
        if isinstance(plan, str) and plan.isprintable() and 0 < len(plan) <= _LONGEST_PLAN:
            return plan
    return None


def _moment(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
