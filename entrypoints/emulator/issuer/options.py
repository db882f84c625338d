"""What can be set about the emulated OAuth issuer."""

from dataclasses import dataclass

from codexctl.entrypoints.emulator.clock import Clock

TEN_DAYS = 864_000.0
"""How long a real access token lasts, as clients have seen it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerOptions:
    """The settings of the issuer; every time is in seconds and measured with `clock`.

    Attributes:
        clock: where the present comes from.
        access_token_lifetime: of access and id tokens; 0 or less hands out expired ones.
        refresh_token_lifetime: None for refresh tokens that never expire.
        reuse_revokes_family: whether presenting a spent refresh token also ends the one that
            took its place.
        any_redirect_port: whether the callback may be on another port than the two that the real
            issuer knows.
        approve_after: how long after a device code was asked for somebody approves it.
        device_interval: the `interval` of the device flow; the real one sends a string, None
            leaves it out.
    """

    clock: Clock
    access_token_lifetime: float = TEN_DAYS
    refresh_token_lifetime: float | None = None
    reuse_revokes_family: bool = True
    any_redirect_port: bool = False
    approve_after: float = 0.0
    device_interval: str | int | None = "1"
