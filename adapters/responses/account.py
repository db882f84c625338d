"""Asks the ChatGPT back end about the account, with requests."""

import json
from datetime import UTC, datetime, timedelta

import requests

from codexctl.adapters.responses.fields import JsonObject, as_object, as_optional_text, as_position
from codexctl.adapters.responses.http import (
    Bearer,
    HttpSettings,
    Session,
    is_page,
    proxies_for,
    refusal,
)
from codexctl.adapters.responses.transport_errors import TRANSPORT_ERRORS, error_from
from codexctl.domain.credentials import Subscription
from codexctl.domain.errors import ProtocolError
from codexctl.domain.models import Provider
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
        body = self._get("/wham/usage", subscription)
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

    def _get(self, path: str, subscription: Subscription) -> JsonObject:
        settings = self._settings
        # The account stands beside the models, not below them (wire-contract 2.1).
        base = settings.base_urls[Provider.CHATGPT].rstrip("/").removesuffix("/codex")
        headers = dict(settings.identity)
        if subscription.account_id is not None:
            headers["chatgpt-account-id"] = subscription.account_id
        try:
            with Session() as session:
                response = session.get(
                    base + path,
                    headers=headers,
                    auth=Bearer(subscription.access_token),
                    stream=True,
                    allow_redirects=False,
                    proxies=proxies_for(base),
                    timeout=(settings.connect_timeout_seconds, _TIMEOUT_SECONDS),
                    verify=settings.ca_bundle,
                )
                if response.status_code != requests.codes.ok or is_page(response):
                    raise refusal(response, subscription.access_token)
                content = response.content
        except TRANSPORT_ERRORS as error:
            raise error_from(error) from error
        try:
            return as_object(json.loads(content))
        except (ValueError, RecursionError) as error:
            raise ProtocolError(
                "The service's answer about the account is not JSON.",
                remedy="Try again in a few minutes.",
            ) from error
