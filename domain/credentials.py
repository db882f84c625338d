"""What lets a request through: a ChatGPT subscription's token, or an API key."""

from datetime import datetime, timedelta
from typing import TypeAlias, final

from codexctl.domain.models import Provider
from codexctl.domain.values import dataclass

EXPIRY_MARGIN = timedelta(minutes=5)
"""A token this close to its end counts as expired (the official client's margin)."""


def fits_a_header(value: str) -> bool:
    """Tell whether a value can stand in a request header: one word of printable ASCII."""
    return value.isascii() and value.isprintable() and value.split() == [value]


@final
class Secret:
    """A string that does not show itself: not in ``repr``, ``str``, logs or tracebacks.

    Equality compares the hidden strings, so that values holding secrets compare as wholes.
    """

    __slots__ = ("_hidden",)

    def __init__(self, value: str) -> None:
        self._hidden = value

    def reveal(self) -> str:
        """Return the string. Call this where it goes onto the wire and nowhere else."""
        return self._hidden

    def fits_a_header(self) -> bool:
        """Tell whether it can stand in a request header; see :func:`fits_a_header`."""
        return fits_a_header(self._hidden)

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._hidden == other._hidden

    def __hash__(self) -> int:
        return hash(self._hidden)

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not pickled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """The token of a "Sign in with ChatGPT" session.

    Attributes:
        access_token: The bearer token.
        account_id: The workspace the token acts for; sent with each request where known.
        expires_at: When the token ends, aware, where it says so.
        origin: Where it came from, in words for the user (``CODEXCTL_ACCESS_TOKEN``).
        refresh_token: What buys the next access token, once; None for a token that was handed over
            ready, which nobody can renew.
        plan: The plan as the service names it, unknown names included; None if it does not say.
        is_borrowed: Taken over from another program that still uses it: never revoked by us.
    """

    access_token: Secret
    account_id: str | None
    expires_at: datetime | None
    origin: str
    refresh_token: Secret | None = None
    plan: str | None = None
    is_borrowed: bool = False

    @property
    def provider(self) -> Provider:
        """The service it is for."""
        return Provider.CHATGPT

    @property
    def bearer(self) -> Secret:
        """What is shown to the service."""
        return self.access_token

    @property
    def is_ours(self) -> bool:
        """Whether this program signed it in; what was handed or taken over is not ours to end."""
        return self.refresh_token is not None and not self.is_borrowed

    def is_expired(self, now: datetime, margin: timedelta = EXPIRY_MARGIN) -> bool:
        """Tell whether the token ends within ``margin`` of ``now``; without an end, it does not."""
        return self.expires_at is not None and self.expires_at - margin <= now


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of the paid API.

    Attributes:
        key: The bearer key.
        origin: Where it came from, in words for the user (``OPENAI_API_KEY``).
    """

    key: Secret
    origin: str

    @property
    def provider(self) -> Provider:
        """The service it is for."""
        return Provider.API

    @property
    def bearer(self) -> Secret:
        """What is shown to the service."""
        return self.key


Credential: TypeAlias = Subscription | ApiKey


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLogin:
    """What is kept for one profile.

    Attributes:
        credential: The credential.
        refusal: The issuer's code for why it will not renew this credential ever again
            (``refresh_token_reused``, …); None while it may. Kept so that nobody asks again.
        refresh_sent_at: When a refresh was sent whose answer has not been kept yet, aware; None
            otherwise. If it is still there later, a process died or the answer was lost.
    """

    credential: Credential
    refusal: str | None = None
    refresh_sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenGrant:
    """What the issuer hands out for a code or a refresh token, with the claims read.

    Attributes:
        access_token: The new bearer; None if a refresh left it out, which keeps the old one.
        refresh_token: The new refresh token; None keeps the old one.
        account_id: The workspace named in the tokens.
        plan: The plan named in the tokens.
        expires_at: When the access token ends, aware.
    """

    access_token: Secret | None
    refresh_token: Secret | None
    account_id: str | None
    plan: str | None
    expires_at: datetime | None
