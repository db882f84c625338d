"""What is known of the way a workspace's requests are routed."""

from datetime import datetime

from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRouting:
    """The answer to a question about routing.

    Attributes:
        override: What the account's requests have to name; None for nothing.
        asked_at: When it was asked, aware.
        failed: The question found no answer; kept so that it is not asked again at once.
    """

    override: str | None
    asked_at: datetime
    failed: bool = False
