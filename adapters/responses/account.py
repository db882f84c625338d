"""Asks the ChatGPT back end about the account, with requests."""

from datetime import UTC, datetime, timedelta

from codexctl.adapters.responses.account_requests import account_url, get_json
from codexctl.adapters.responses.fields import JsonObject, as_object, as_optional_text, as_position
from codexctl.adapters.responses.http import HttpSettings
from codexctl.domain.credentials import Subscription
from codexctl.domain.ports import Clock
from codexctl.domain.quota import Quota, QuotaWindow

_TIMEOUT_SECONDS = 20.0


class ChatGptAccount:
    """The :class:`~codexctl.domain.ports.QuotaSource` of the ChatGPT back end.

    Args:
        settings: How to reach it.
        clock: Turns the seconds until a reset into a moment.
    """

    def __init__(self, settings: HttpSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    def quota(self, subscription: Subscription) -> Quota:
        """See :meth:`codexctl.domain.ports.QuotaSource.quota`."""
        url = account_url(self._settings, "/wham/usage")
        body = get_json(self._settings, url, subscription, limit_seconds=_TIMEOUT_SECONDS)
        limit = as_object(body.get("rate_limit"))
        windows = [
            self._window(window)
            for name in ("primary_window", "secondary_window")
            if (window := as_object(limit.get(name)))
        ]
        windows.sort(key=lambda window: window.length_minutes or 0)
        return Quota(plan=as_optional_text(body.get("plan_type")), windows=tuple(windows))

    def _window(self, window: JsonObject) -> QuotaWindow:
        used = window.get("used_percent")
        seconds = as_position(window.get("limit_window_seconds"))
        return QuotaWindow(
            used_percent=float(used) if isinstance(used, int | float) else 0.0,
            length_minutes=None if seconds is None else seconds // 60,
            resets_at=self._reset(window),
        )

    def _reset(self, window: JsonObject) -> datetime | None:
        try:
            if (moment := as_position(window.get("reset_at"))) is not None:
                return datetime.fromtimestamp(moment, UTC)
            if (after := as_position(window.get("reset_after_seconds"))) is not None:
                return self._clock.now() + timedelta(seconds=after)
        except (ValueError, OverflowError, OSError):
            return None  # a moment that no calendar has
        return None
