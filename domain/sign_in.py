"""The values of signing in: what is asked of the issuer, and what comes back."""

from codexctl.domain.credentials import Secret
from codexctl.domain.values import dataclass

DEVICE_LIMIT_SECONDS = 15 * 60.0
"""How long the issuer lets a device code live (wire-contract 1.7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """A question to the issuer that a browser carries.

    Attributes:
        url: Where the user's browser has to go. Holds no secret but the state, which it needs.
        redirect_uri: Where the issuer sends the browser back to; repeated in the exchange.
        state: What the answer has to bring back, so that no other answer is taken for it.
        verifier: The PKCE verifier, kept here; the URL has only its hash.
    """

    url: str
    redirect_uri: str
    state: Secret
    verifier: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCode:
    """A code that the user types in elsewhere.

    Attributes:
        user_code: The code, shown to the user.
        verification_url: Where to type it.
        device_id: What to poll with.
        interval_seconds: How long to wait between polls, at least 1.
    """

    user_code: str
    verification_url: str
    device_id: Secret
    interval_seconds: float


@dataclass(frozen=True, slots=True)
class DevicePending:
    """The user has not approved yet.

    Attributes:
        slow_down: The issuer asks for fewer polls.
    """

    slow_down: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceApproved:
    """The user has approved.

    Attributes:
        code: The authorization code.
        verifier: The PKCE verifier, which the issuer made in this flow.
        redirect_uri: What to repeat in the exchange.
    """

    code: Secret
    verifier: Secret
    redirect_uri: str
