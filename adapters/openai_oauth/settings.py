"""Where the issuer is and who asks it."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from codexctl.domain.errors import UsageError
from codexctl.domain.values import dataclass

DEFAULT_ISSUER = "https://auth.openai.com"
DEFAULT_CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann"
"""The official client's public id (wire-contract 1.1)."""

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerSettings:
    """How to reach the issuer.

    Attributes:
        identity: Headers that say who is calling (``originator``, ``user-agent``).
        issuer: Its URL, without a path of its own as a rule.
        client_id: The OAuth client id.
        connect_timeout_seconds: For the TCP and TLS handshakes with one address.
        total_timeout_seconds: For one call from the look-up of the name to the last byte. The
            official client's 10 s lost refreshes that were under way (openclaw#90649).
        revoke_timeout_seconds: The same for a revocation, which nobody wants to wait for
            (wire-contract 1.9).
        ca_bundle: Path of the certificates to trust, or None for those requests would use.

    Raises:
        UsageError: The issuer is no URL, or would be sent secrets in the clear.
    """

    identity: Mapping[str, str]
    issuer: str = DEFAULT_ISSUER
    client_id: str = DEFAULT_CLIENT_ID
    connect_timeout_seconds: float = 15.0
    total_timeout_seconds: float = 30.0
    revoke_timeout_seconds: float = 10.0
    ca_bundle: str | None = None

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.issuer)
            host = parts.hostname
        except ValueError:
            parts, host = urlsplit(""), None
        if not host or parts.scheme not in ("http", "https"):
            raise UsageError(
                "The issuer is not a URL.",
                remedy="Write CODEXCTL_ISSUER as https://HOST, or leave it unset.",
            )
        if parts.scheme == "http" and host not in LOOPBACK_HOSTS:
            raise UsageError(
                "The issuer is plain http, which would show the sign-in to everyone on the way.",
                remedy="Use https; plain http is accepted for this machine only (127.0.0.1).",
            )

    def url(self, path: str) -> str:
        """Return the issuer's URL of a path that begins with a slash."""
        return f"{self.issuer.rstrip('/')}{path}"
