"""Asks the ChatGPT back end how a workspace's requests are routed, with requests."""

from codexctl.adapters.responses.account_requests import account_url, get_json
from codexctl.adapters.responses.fields import as_objects
from codexctl.adapters.responses.http import HttpSettings
from codexctl.domain.credentials import Subscription
from codexctl.domain.errors import ProtocolError

_OVERRIDES = ("us", "us_cr")
"""What goes into the header as it came (observed with the official client, 0.169.0)."""


class ChatGptRouting:
    """The :class:`~codexctl.domain.ports.WorkspaceRouting` of the ChatGPT back end.

    The answer also names an origin (``workspace_backend_origin``) that the official client sends
    its requests to. It is never followed here: a token goes to the configured host and no other.

    Args:
        settings: How to reach the service.
        limit_seconds: How long to wait for the whole answer.
    """

    def __init__(self, settings: HttpSettings, limit_seconds: float = 5.0) -> None:
        self._settings = settings
        self._limit_seconds = limit_seconds

    def override_for(self, subscription: Subscription) -> str | None:
        """See :meth:`codexctl.domain.ports.WorkspaceRouting.override_for`.

        Without an account id there is nothing to look for, and nothing is asked.
        """
        if subscription.account_id is None:
            return None
        url = account_url(self._settings, "/wham/accounts/check")
        answer = get_json(self._settings, url, subscription, limit_seconds=self._limit_seconds)
        accounts = as_objects(answer.get("accounts"))
        mine = [account for account in accounts if account.get("id") == subscription.account_id]
        if len(mine) != 1:
            # Both have happened (openai/codex#47374, #47034), and stopped the official client.
            raise ProtocolError(
                "The service lists this workspace more than once."
                if mine
                else "The service does not list this workspace.",
                remedy="If requests fail as well, sign in again with: codexctl login",
            )
        override = mine[0].get("account_routing_override")
        # Beside NO_CONSTRAINT, whatever we do not know counts as nothing: it is what every client
        # said before there were overrides, and a word without a known meaning helps nobody.
        return override if isinstance(override, str) and override in _OVERRIDES else None
