"""OpenAI's issuer of tokens, over HTTP."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from codexctl.adapters.openai_oauth.answers import (
    Refusal,
    is_page,
    json_object,
    passing_error,
    refusal,
)
from codexctl.adapters.openai_oauth.grants import grant_from
from codexctl.adapters.openai_oauth.issuer_http import Fields, IssuerHttp, answer_lost
from codexctl.adapters.openai_oauth.settings import IssuerSettings
from codexctl.domain.credentials import Secret, Subscription, TokenGrant
from codexctl.domain.errors import CodexctlError, ProtocolError, SignInFailed
from codexctl.domain.ports import Clock
from codexctl.domain.refusals import is_final, refresh_refused
from codexctl.domain.sign_in import AuthorizationRequest

SCOPE = "openid profile email offline_access api.connectors.read api.connectors.invoke"
"""What the official client asks for (wire-contract 1.3). Without ``offline_access`` there is no
refresh token, and the sign-in is dead after ten days (KohakuTerrarium#303)."""

_TOKEN = "/oauth/token"  # noqa: S105 (a path)
_GATEWAY_GAVE_UP = (504, 524)
"""A gateway passed the request on and did not wait for the answer; 524 is Cloudflare's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAiAuthorizationServer:
    """The :class:`~codexctl.domain.ports.AuthorizationServer` of OpenAI.

    Attributes:
        settings: Where it is and who asks.
        clock: What the expiry of tokens is told by.
    """

    settings: IssuerSettings
    clock: Clock

    def authorization_request(self, redirect_uri: str) -> AuthorizationRequest:
        """See :meth:`codexctl.domain.ports.AuthorizationServer.authorization_request`."""
        # Sizes of wire-contract 1.2: 86 characters of verifier, 43 of state.
        verifier, state = _random_text(64), _random_text(32)
        parameters = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": SCOPE,
            "code_challenge": _base64url(hashlib.sha256(verifier.encode("ascii")).digest()),
            "code_challenge_method": "S256",
            "id_token_add_organizations": "true",
            "codex_cli_simplified_flow": "true",
            "state": state,
        }
        if originator := self.settings.identity.get("originator"):
            parameters["originator"] = originator
        return AuthorizationRequest(
            url=self.settings.url(f"/oauth/authorize?{urlencode(parameters, quote_via=quote)}"),
            redirect_uri=redirect_uri,
            state=Secret(state),
            verifier=Secret(verifier),
        )

    def exchange(self, *, code: Secret, verifier: Secret, redirect_uri: str) -> TokenGrant:
        """See :meth:`codexctl.domain.ports.AuthorizationServer.exchange`."""
        asked_at = self.clock.now()
        fields: Fields = {
            "grant_type": "authorization_code",
            "client_id": self.settings.client_id,
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        answer = self._http.post_form(_TOKEN, fields)
        if not answer.is_good:
            raise _exchange_error(refusal(answer, (code, verifier)))
        if is_page(answer):
            raise passing_error(refusal(answer, ()))
        if (body := json_object(answer)) is None:
            raise answer_lost()
        grant = grant_from(body, asked_at)
        del body  # it shows the tokens, and the next line may raise
        if grant.access_token is None or grant.refresh_token is None:
            raise ProtocolError(
                "The sign-in service's answer lacks a token.",
                remedy="Sign in again in a few minutes.",
            )
        return grant

    def refresh(self, refresh_token: Secret, *, after_rejection: bool) -> TokenGrant:
        """See :meth:`codexctl.domain.ports.AuthorizationServer.refresh`."""
        asked_at = self.clock.now()
        fields: Fields = {
            "client_id": self.settings.client_id,
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "refresh_reason": "unauthorized_recovery" if after_rejection else "proactive_expiry",
        }
        answer = self._http.post_json(_TOKEN, fields)
        if not answer.is_good:
            raise _refresh_error(refusal(answer, (refresh_token,)))
        if is_page(answer):
            # A page that says 200 is a gateway's block page; the issuer has seen nothing.
            raise passing_error(refusal(answer, ()))
        body = json_object(answer)
        grant = None if body is None else grant_from(body, asked_at)
        del body  # it shows the tokens, and the next line may raise
        if grant is None or (grant.access_token is None and grant.refresh_token is None):
            raise answer_lost()
        return grant

    def revoke(self, subscription: Subscription) -> None:
        """See :meth:`codexctl.domain.ports.AuthorizationServer.revoke`."""
        answer = self._http.post_json(
            "/oauth/revoke",
            _revocation(subscription, self.settings.client_id),
            self.settings.revoke_timeout_seconds,
        )
        if not answer.is_good or is_page(answer):
            raise passing_error(refusal(answer, _secrets_of(subscription)))

    @property
    def _http(self) -> IssuerHttp:
        return IssuerHttp(self.settings)


def _revocation(subscription: Subscription, client_id: str) -> dict[str, str | Secret]:
    """Return what to send: the refresh token ends the whole sign-in (wire-contract 1.9)."""
    if subscription.refresh_token is not None:
        return {
            "token": subscription.refresh_token,
            "token_type_hint": "refresh_token",
            "client_id": client_id,
        }
    return {"token": subscription.access_token, "token_type_hint": "access_token"}


def _secrets_of(subscription: Subscription) -> tuple[Secret, ...]:
    both = (subscription.access_token, subscription.refresh_token)
    return tuple(one for one in both if one is not None)


def _refresh_error(fault: Refusal) -> CodexctlError:
    if not fault.is_page and is_final(fault.code, fault.status):
        return refresh_refused(fault.code or "unauthorized", request_id=fault.request_id)
    if fault.status in _GATEWAY_GAVE_UP:
        return answer_lost()
    return passing_error(fault)


def _exchange_error(fault: Refusal) -> CodexctlError:
    """Return SignInFailed where the issuer itself said no, in its own words."""
    if fault.is_page or fault.status >= 500 or fault.status < 400 or fault.status in (408, 429):
        return passing_error(fault)
    return SignInFailed(
        f"The sign-in service refused the code (HTTP {fault.status}):"
        f" {fault.words or 'no reason given'}",
        remedy="Run codexctl login again, and finish it within ten minutes.",
        request_id=fault.request_id,
    )


def _random_text(size: int) -> str:
    return _base64url(secrets.token_bytes(size))


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")
