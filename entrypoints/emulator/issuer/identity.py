"""Who signs in at the emulator, and what the tokens say about them."""

import secrets
from dataclasses import dataclass

from codexctl.entrypoints.emulator.json_values import Json, JsonObject

ACCOUNT_ID = "5e1f0c1e-0000-4000-8000-00000000e001"
"""The ChatGPT account everybody signs in to."""
OTHER_ACCOUNT_ID = "5e1f0c1e-0000-4000-8000-00000000e002"
"""The account that the scenario `account-changes` changes to."""
EMAIL = "emulated.user@example.com"
PLAN_TYPE = "plus"

ACCESS_AUDIENCE = "https://api.openai.com/v1"
AUTH_CLAIM = "https://api.openai.com/auth"
PROFILE_CLAIM = "https://api.openai.com/profile"
_USER_ID = "user-emulatedUser0001"
# Never an account: clients that took the first of these for it broke every call
# (ndycode/codex-multi-auth#700).
_ORGANIZATION_ID = "org-emulatedTrap00001"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One sign-in; its refresh tokens are one family.

    Attributes:
        session_id: in every token of the session.
        client_id: whom its tokens belong to.
        account_id: the ChatGPT account.
        scope: as asked for, names with blanks between.
    """

    session_id: str
    client_id: str
    account_id: str
    scope: str

    @property
    def may_refresh(self) -> bool:
        """Whether the client asked for a refresh token."""
        return "offline_access" in self.scope.split()


def access_claims(session: Session, issuer: str, now: float, lifetime: float) -> JsonObject:
    """Give the claims of a new access token."""
    return {
        **_common_claims(session, issuer, now, lifetime),
        "aud": [ACCESS_AUDIENCE],
        "client_id": session.client_id,
        "scp": [*session.scope.split()],
        PROFILE_CLAIM: {"email": EMAIL, "email_verified": True},
    }


def id_claims(session: Session, issuer: str, now: float, lifetime: float) -> JsonObject:
    """Give the claims of a new id token."""
    return {
        **_common_claims(session, issuer, now, lifetime),
        "aud": [session.client_id],
        "email": EMAIL,
        "email_verified": True,
    }


def _common_claims(session: Session, issuer: str, now: float, lifetime: float) -> JsonObject:
    return {
        "iss": issuer,
        "sub": "auth0|emulated-user",
        "iat": int(now),
        "exp": int(now + lifetime),
        "jti": secrets.token_urlsafe(16),
        "session_id": session.session_id,
        "organizations": _organizations(),
        AUTH_CLAIM: {
            "chatgpt_account_id": session.account_id,
            "chatgpt_plan_type": PLAN_TYPE,
            "chatgpt_user_id": _USER_ID,
            "user_id": _USER_ID,
            "organizations": _organizations(),
        },
    }


def _organizations() -> list[Json]:
    return [{"id": _ORGANIZATION_ID, "is_default": True, "role": "owner", "title": "Personal"}]
