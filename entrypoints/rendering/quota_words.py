"""What is left of the allowance, in words, when little is."""

from datetime import datetime

from codexctl.domain.quota import Quota
from codexctl.entrypoints.rendering.local_time import at_local

_LITTLE_IS_LEFT = 90.0
"""Percent used from which the user is told (the official client's last warning but one)."""


def quota_warning(quota: Quota, now: datetime | None = None) -> str | None:
    """Return a warning about the window that is used most, or None while there is enough.

    Args:
        quota: What the service says.
        now: The present moment, aware; None for the machine's.
    """
    window = max(quota.windows, key=lambda window: window.used_percent, default=None)
    if window is None or window.used_percent < _LITTLE_IS_LEFT:
        return None
    reset = "" if window.resets_at is None else f"; it resets {at_local(window.resets_at, now)}"
    return f"{window.used_percent:.0f} % of the {window.limit_name} is used{reset}."
