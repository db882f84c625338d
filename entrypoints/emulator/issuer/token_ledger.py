"""The issuer's memory of its sessions and tokens; safe for many threads."""

import secrets
import threading
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType

from codexctl.entrypoints.emulator.issuer.identity import ACCOUNT_ID, Session
from codexctl.entrypoints.emulator.issuer.state import IssuerState


class RefreshFailure(Enum):
    """Why a refresh token buys nothing; the value is the error code."""

    EXPIRED = "refresh_token_expired"
    REUSED = "refresh_token_reused"
    INVALIDATED = "refresh_token_invalidated"
    OTHER_CLIENT = "invalid_grant"


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A refresh that went through.

    Attributes:
        session: as it is now.
        token: the refresh token that takes the place of the old, None when the old stays.
    """

    session: Session
    token: str | None


@dataclass(frozen=True, slots=True)
class _Issued:
    """A refresh token's session, and the instant it expires."""

    session_id: str
    expires_at: float | None


class TokenLedger:
    """Keeps sessions, rotates refresh tokens, and remembers what was spent and revoked.

    One lock guards it all, so of many clients with one refresh token exactly one gets through.
    """

    def __init__(self, lifetime: float | None, *, reuse_ends_session: bool) -> None:
        """Begin empty.

        Args:
            lifetime: of refresh tokens in seconds, None without end.
            reuse_ends_session: whether a spent token that comes back ends the current one too.
        """
        self._lifetime = lifetime
        self._reuse_ends_session = reuse_ends_session
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}
        self._issued: dict[str, _Issued] = {}
        self._spent: dict[str, int] = {}
        self._unrefreshable: set[str] = set()
        self._logged_out: set[str] = set()
        self._revoked: list[str] = []
        self._refreshes = 0

    def open_session(self, client_id: str, scope: str) -> Session:
        """Begin the session of somebody who signed in."""
        session = Session(
            session_id=f"session_emulator_{secrets.token_hex(8)}",
            client_id=client_id,
            account_id=ACCOUNT_ID,
            scope=scope,
        )
        with self._lock:
            self._sessions[session.session_id] = session
        return session

    def first_refresh_token(self, session: Session, now: float) -> str:
        """Make the refresh token that comes with a sign-in."""
        with self._lock:
            return self._issue(session.session_id, now)

    def refresh(
        self,
        token: str,
        client_id: str,
        now: float,
        *,
        rotates: bool = True,
        account_id: str | None = None,
    ) -> Refreshed | RefreshFailure:
        """Spend a refresh token.

        Args:
            token: as presented.
            client_id: who presents it.
            now: Unix seconds.
            rotates: whether a new token takes its place; otherwise it stays good.
            account_id: the account that the session changes to, None to keep its own.
        """
        with self._lock:
            failure = self._failure(token, client_id, now)
            if failure is not None:
                return failure
            session_id = self._issued[token].session_id
            session = self._sessions[session_id]
            if account_id is not None:
                session = self._sessions[session_id] = replace(session, account_id=account_id)
            self._refreshes += 1
            if not rotates:
                return Refreshed(session, None)
            self._spent[token] = 1
            return Refreshed(session, self._issue(session_id, now))

    def revoke_refresh_token(self, token: str) -> bool:
        """End the session of a refresh token; tell whether it was one."""
        with self._lock:
            issued = self._issued.get(token)
            if issued is None:
                return False
            self._unrefreshable.add(issued.session_id)
            self._logged_out.add(issued.session_id)
            self._revoked.append(token)
            return True

    def revoke_other(self, token: str) -> None:
        """Remember a revoked text that is no refresh token: an access token, or anything."""
        with self._lock:
            self._revoked.append(token)

    def is_access_revoked(self, token: str, session_id: str) -> bool:
        """Tell whether an access token, or the session it is of, was revoked."""
        with self._lock:
            return session_id in self._logged_out or token in self._revoked

    def state(self, user_codes_asked: tuple[str, ...]) -> IssuerState:
        """Give what a test may know, with the user codes, which are kept elsewhere."""
        with self._lock:
            return IssuerState(
                refresh_tokens_spent=MappingProxyType(dict(self._spent)),
                refreshes_succeeded=self._refreshes,
                tokens_revoked=tuple(self._revoked),
                user_codes_asked=user_codes_asked,
            )

    def _issue(self, session_id: str, now: float) -> str:
        token = f"rt_emulator_{secrets.token_urlsafe(32)}"
        expires_at = None if self._lifetime is None else now + self._lifetime
        self._issued[token] = _Issued(session_id, expires_at)
        return token

    def _failure(self, token: str, client_id: str, now: float) -> RefreshFailure | None:
        issued = self._issued.get(token)
        if issued is None:
            return RefreshFailure.INVALIDATED
        if self._sessions[issued.session_id].client_id != client_id:
            return RefreshFailure.OTHER_CLIENT
        if token in self._spent:
            self._spent[token] += 1
            if self._reuse_ends_session:
                self._unrefreshable.add(issued.session_id)
            return RefreshFailure.REUSED
        if issued.session_id in self._unrefreshable:
            return RefreshFailure.INVALIDATED
        if issued.expires_at is not None and issued.expires_at <= now:
            return RefreshFailure.EXPIRED
        return None
