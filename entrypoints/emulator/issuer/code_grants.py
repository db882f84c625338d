"""Authorization codes: made once, taken once; safe for many threads."""

import secrets
import threading
from dataclasses import dataclass

CODE_LIFETIME = 600.0
"""Seconds; the longest that RFC 6749 advises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeGrant:
    """What an authorization code is good for.

    Attributes:
        client_id: who may redeem it.
        redirect_uri: must be repeated byte for byte.
        challenge: the S256 challenge the verifier has to fit.
        scope: what was granted.
        expires_at: Unix seconds.
    """

    client_id: str
    redirect_uri: str
    challenge: str
    scope: str
    expires_at: float


class CodeGrants:
    """The codes nobody has redeemed yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, CodeGrant] = {}

    def add(self, grant: CodeGrant) -> str:
        """Make a code for a grant."""
        code = f"ac_emulator_{secrets.token_urlsafe(24)}"
        with self._lock:
            self._open[code] = grant
        return code

    def take(self, code: str) -> CodeGrant | None:
        """Give a code's grant the first time it is asked for; from then on the code is gone."""
        with self._lock:
            return self._open.pop(code, None)
