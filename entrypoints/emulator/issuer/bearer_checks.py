"""Whose bearer a request to the ChatGPT side carries, and whether it is still good."""

from collections.abc import Mapping

from codexctl.entrypoints.emulator.clock import Clock
from codexctl.entrypoints.emulator.http.refusals import Refusal, detail
from codexctl.entrypoints.emulator.issuer.identity import ACCOUNT_ID, AUTH_CLAIM
from codexctl.entrypoints.emulator.issuer.signed_tokens import TokenSigner
from codexctl.entrypoints.emulator.issuer.token_ledger import TokenLedger
from codexctl.entrypoints.emulator.json_values import JsonObject, as_object, as_text

UNREADABLE_TOKEN = "Could not parse your authentication token. Please try signing in again."  # noqa: S105 - a message
_ACCOUNT_HEADER = "chatgpt-account-id"


class BearerChecks:
    """Knows the access tokens of the issuer.

    By default any other bearer passes too, so that a client can be tried without a sign-in.
    """

    def __init__(
        self, signer: TokenSigner, ledger: TokenLedger, clock: Clock, *, strict: bool
    ) -> None:
        self._signer = signer
        self._ledger = ledger
        self._clock = clock
        self._strict = strict

    def refusal(self, headers: Mapping[str, str]) -> Refusal | None:
        """Refuse a request without a bearer, or with one that is not good."""
        token = _bearer(headers)
        claims = self._signer.read(token)
        if not token or (claims is None and self._strict):
            return detail(UNREADABLE_TOKEN, 401)
        if claims is None:
            return None
        if "client_id" not in claims:  # an id token, which opens no door
            return detail(UNREADABLE_TOKEN, 401)
        if self._has_ended(token, claims):
            return _expired()
        if self._strict and headers.get(_ACCOUNT_HEADER, "") != _account_in(claims):
            return detail("The chatgpt-account-id is not an account of this token.", 403)
        return None

    def account_id(self, headers: Mapping[str, str]) -> str:
        """Give the account of a request that was not refused."""
        claims = self._signer.read(_bearer(headers))
        if claims is not None:
            return _account_in(claims)
        return headers.get(_ACCOUNT_HEADER) or ACCOUNT_ID

    def _has_ended(self, token: str, claims: JsonObject) -> bool:
        expires_at = claims.get("exp")
        return (
            not isinstance(expires_at, int)
            or expires_at <= self._clock()
            or self._ledger.is_access_revoked(token, as_text(claims.get("session_id")))
        )


def _bearer(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _account_in(claims: JsonObject) -> str:
    return as_text(as_object(claims.get(AUTH_CLAIM)).get("chatgpt_account_id"))


def _expired() -> Refusal:
    error: JsonObject = {
        "message": "Provided authentication token is expired. Please try signing in again.",
        "type": None,
        "code": "token_expired",
        "param": None,
    }
    return Refusal(401, {"error": error, "status": 401})
