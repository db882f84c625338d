"""Writing the tokens of a session into an answer."""

from codexctl.entrypoints.emulator.issuer.identity import Session, access_claims, id_claims
from codexctl.entrypoints.emulator.issuer.options import IssuerOptions
from codexctl.entrypoints.emulator.issuer.signed_tokens import TokenSigner
from codexctl.entrypoints.emulator.json_values import JsonObject


class TokenMint:
    """Makes the JSON web tokens of sessions."""

    def __init__(self, options: IssuerOptions, signer: TokenSigner) -> None:
        self._options = options
        self._signer = signer

    def token_answer(self, session: Session, issuer: str, refresh_token: str | None) -> JsonObject:
        """Give the body of a token answer; without a refresh token when there is none."""
        now = self._options.clock()
        lifetime = self._options.access_token_lifetime
        answer: JsonObject = {
            "id_token": self._signer.sign(id_claims(session, issuer, now, lifetime)),
            "access_token": self._signer.sign(access_claims(session, issuer, now, lifetime)),
            "expires_in": int(lifetime),
            "token_type": "Bearer",
            "scope": session.scope,
        }
        if refresh_token is not None:
            answer["refresh_token"] = refresh_token
        return answer

    def is_id_token(self, token: str) -> bool:
        """Tell whether a text is an id token made here that has not expired."""
        claims = self._signer.read(token)
        if claims is None or "client_id" in claims:
            return False
        expires_at = claims.get("exp")
        return isinstance(expires_at, int) and self._options.clock() < expires_at
