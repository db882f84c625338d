"""`POST /oauth/token` and `/oauth/revoke`: codes and refresh tokens in, tokens out."""

import secrets

from codexctl.entrypoints.emulator.http.form_bodies import (
    FORM,
    Fields,
    UnreadableFieldsError,
    body_fields,
)
from codexctl.entrypoints.emulator.http.messages import HttpReply, HttpRequest, NoReply, Reply
from codexctl.entrypoints.emulator.issuer.authorize_endpoint import is_client_id
from codexctl.entrypoints.emulator.issuer.code_grants import CodeGrant, CodeGrants
from codexctl.entrypoints.emulator.issuer.identity import OTHER_ACCOUNT_ID
from codexctl.entrypoints.emulator.issuer.options import IssuerOptions
from codexctl.entrypoints.emulator.issuer.replies import (
    REFRESH_FAULTS,
    granted,
    invalid_grant,
    oauth_error,
    refused,
    refused_refresh,
    server_error,
)
from codexctl.entrypoints.emulator.issuer.scenarios import IssuerScenarios, RequestKind
from codexctl.entrypoints.emulator.issuer.signed_tokens import code_challenge
from codexctl.entrypoints.emulator.issuer.token_ledger import RefreshFailure, TokenLedger
from codexctl.entrypoints.emulator.issuer.token_minting import TokenMint

EXCHANGE_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
_API_KEY_ASKED = "openai-api-key"
_ID_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 - the name of a type


class TokenEndpoint:
    """Answers requests for tokens, and for their end."""

    def __init__(
        self,
        options: IssuerOptions,
        scenarios: IssuerScenarios,
        codes: CodeGrants,
        ledger: TokenLedger,
        mint: TokenMint,
    ) -> None:
        self._options = options
        self._scenarios = scenarios
        self._codes = codes
        self._ledger = ledger
        self._mint = mint

    def answer(self, request: HttpRequest) -> Reply:
        """Answer a request for tokens."""
        try:
            fields = body_fields(request)
        except UnreadableFieldsError as exc:
            return oauth_error("invalid_request", str(exc))
        grant_type = fields["grant_type"]
        if grant_type not in ("authorization_code", "refresh_token", EXCHANGE_GRANT):
            return oauth_error("unsupported_grant_type", "The grant_type is missing or unknown.")
        if not is_client_id(fields["client_id"]):
            return oauth_error("invalid_client", "The client_id is missing or unknown.", 401)
        if grant_type == "refresh_token":
            return self._refresh(fields, request.origin)
        if not fields.is_form:
            return oauth_error("invalid_request", f"The body of this grant has to be {FORM}.")
        if grant_type == "authorization_code":
            return self._redeem(fields, request.origin)
        return self._exchange(fields)

    def revoke(self, request: HttpRequest) -> HttpReply:
        """Revoke a token; as RFC 7009 has it, one that is unknown is no error."""
        if self._scenarios.next(RequestKind.REVOKE) is not None:
            return server_error()
        try:
            token = body_fields(request)["token"]
        except UnreadableFieldsError as exc:
            return oauth_error("invalid_request", str(exc))
        if not token:
            return oauth_error("invalid_request", "There is no token.")
        if not self._ledger.revoke_refresh_token(token):
            self._ledger.revoke_other(token)
        return granted({})

    def _redeem(self, fields: Fields, issuer: str) -> HttpReply:
        # The code is gone after the first try, so that a verifier cannot be guessed.
        grant = self._codes.take(fields["code"])
        now = self._options.clock()
        if grant is None or not _fits(grant, fields) or grant.expires_at <= now:
            return invalid_grant()
        session = self._ledger.open_session(grant.client_id, grant.scope)
        token = self._ledger.first_refresh_token(session, now) if session.may_refresh else None
        return granted(self._mint.token_answer(session, issuer, token))

    def _refresh(self, fields: Fields, issuer: str) -> Reply:
        scenario = self._scenarios.next(RequestKind.REFRESH)
        if scenario is not None and scenario in REFRESH_FAULTS:
            return REFRESH_FAULTS[scenario]
        outcome = self._ledger.refresh(
            fields["refresh_token"],
            fields["client_id"],
            self._options.clock(),
            rotates=scenario != "refresh-no-new-token",
            account_id=OTHER_ACCOUNT_ID if scenario == "account-changes" else None,
        )
        if isinstance(outcome, RefreshFailure):
            return refused_refresh(outcome)
        if scenario == "refresh-answer-lost":
            return NoReply()
        return granted(self._mint.token_answer(outcome.session, issuer, outcome.token))

    def _exchange(self, fields: Fields) -> HttpReply:
        if fields["requested_token"] != _API_KEY_ASKED:
            return oauth_error("invalid_request", "The requested_token is missing or unknown.")
        if fields["subject_token_type"] != _ID_TOKEN_TYPE:
            return oauth_error("invalid_request", "The subject_token_type has to be that of ids.")
        if not self._mint.is_id_token(fields["subject_token"]):
            return refused(401, "Invalid ID token.", "invalid_subject_token")
        return granted({"access_token": f"sk-emulator-{secrets.token_urlsafe(24)}"})


def _fits(grant: CodeGrant, fields: Fields) -> bool:
    return (
        fields["client_id"] == grant.client_id
        and fields["redirect_uri"] == grant.redirect_uri
        and code_challenge(fields["code_verifier"]) == grant.challenge
    )
