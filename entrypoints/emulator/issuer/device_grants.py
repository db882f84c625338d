"""The codes of the device flow, from asked for to approved; safe for many threads."""

import secrets
import threading
from dataclasses import dataclass, replace
from enum import Enum, auto

DEVICE_CODE_LIFETIME = 900.0
"""Seconds; the page of the real one speaks of 15 minutes."""

# Without letters that look like digits, or like each other.
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


class DeviceVerdict(Enum):
    """Where a device code stands."""

    PENDING = auto()
    APPROVED = auto()
    DECLINED = auto()
    EXPIRED = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceGrant:
    """A device code and what it was asked for.

    Attributes:
        device_auth_id: what the client polls with; nobody else sees it.
        user_code: what the user types.
        client_id: who asked.
        redirect_uri: what the client names when it redeems the code.
        asked_at: Unix seconds.
        ended: DECLINED or EXPIRED, once it is settled so.
    """

    device_auth_id: str
    user_code: str
    client_id: str
    redirect_uri: str
    asked_at: float
    ended: DeviceVerdict | None = None


class DeviceGrants:
    """The device codes in use."""

    def __init__(self, approve_after: float) -> None:
        """Begin without any; each is approved `approve_after` seconds after it was asked for."""
        self._approve_after = approve_after
        self._lock = threading.Lock()
        self._open: dict[str, DeviceGrant] = {}
        self._user_codes: list[str] = []

    def add(self, client_id: str, redirect_uri: str, now: float) -> DeviceGrant:
        """Make a new device code."""
        letters = "".join(secrets.choice(_LETTERS) for _ in range(4))
        grant = DeviceGrant(
            device_auth_id=f"deviceauth_emulator_{secrets.token_hex(16)}",
            user_code=f"{letters}-{secrets.randbelow(100_000):05d}",
            client_id=client_id,
            redirect_uri=redirect_uri,
            asked_at=now,
        )
        with self._lock:
            self._open[grant.device_auth_id] = grant
            self._user_codes.append(grant.user_code)
        return grant

    def find(self, device_auth_id: str, user_code: str) -> DeviceGrant | None:
        """Give the grant that both codes belong to."""
        with self._lock:
            grant = self._open.get(device_auth_id)
        return grant if grant is not None and grant.user_code == user_code else None

    def end(self, grant: DeviceGrant, verdict: DeviceVerdict) -> None:
        """Settle a code for good as DECLINED or EXPIRED."""
        with self._lock:
            if grant.device_auth_id in self._open:
                self._open[grant.device_auth_id] = replace(grant, ended=verdict)

    def poll(self, device_auth_id: str, now: float) -> DeviceVerdict:
        """Tell where a code stands; APPROVED is told once, to whoever asks first."""
        with self._lock:
            grant = self._open.get(device_auth_id)
            if grant is None:
                return DeviceVerdict.UNKNOWN
            if grant.ended is not None:
                return grant.ended
            if now - grant.asked_at >= DEVICE_CODE_LIFETIME:
                return DeviceVerdict.EXPIRED
            if now - grant.asked_at < self._approve_after:
                return DeviceVerdict.PENDING
            del self._open[device_auth_id]
            return DeviceVerdict.APPROVED

    def user_codes(self) -> tuple[str, ...]:
        """Give every user code so far, the oldest first."""
        with self._lock:
            return tuple(self._user_codes)
