"""Why an issuer will not renew a sign-in, and whether it ever will.

The codes are those that users of several clients met at the token endpoint; everything else it
says is taken to be passing, so that a bad minute of the service signs nobody out.
"""

from codexctl.domain.errors import RefreshRefused

SIGN_IN_AGAIN = "Sign in again with: codexctl login"
SPENT = "refresh_token_reused"

_EXPIRED = "the refresh token has expired"
_REVOKED = "the sign-in was revoked"
_REASONS = {
    "refresh_token_expired": _EXPIRED,
    SPENT: "the refresh token was already used by another program",
    "refresh_token_invalidated": _REVOKED,
    "token_invalidated": _REVOKED,
    "account_auth_invalidated": _REVOKED,
    "token_expired": _EXPIRED,
    "account_session_expired": _EXPIRED,
    "app_session_terminated": "the session was ended",
    "invalid_grant": "the issuer does not know this sign-in any more",
}


def is_final(code: str | None, status: int) -> bool:
    """Tell whether a refresh that was answered like this can never succeed.

    Args:
        code: The issuer's code, lower case, if it gave one.
        status: The HTTP status. A 401 without a code we know is final too.
    """
    return code in _REASONS or status == 401


def refresh_refused(
    code: str, *, request_id: str | None = None, answer_was_lost: bool = False
) -> RefreshRefused:
    """Return the error for a refusal.

    Args:
        code: The issuer's code.
        request_id: Its id of the request, if it gave one.
        answer_was_lost: An earlier refresh with the same token was sent and never answered.
    """
    if answer_was_lost and code == SPENT:
        reason = "an earlier renewal reached the issuer and its answer was lost"
    else:
        reason = _REASONS.get(code, "the issuer refused it")
    return RefreshRefused(
        f"The sign-in could not be renewed: {reason}.",
        remedy=SIGN_IN_AGAIN,
        code=code,
        request_id=request_id,
    )
