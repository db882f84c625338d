"""What is known of the way a workspace's requests are routed, and for how long it holds."""

from datetime import datetime, timedelta

from codexctl.domain.values import dataclass

ANSWER_HOLDS = timedelta(hours=24)
"""How long an answer is used without asking again."""

FAILURE_HOLDS = timedelta(minutes=15)
"""How long a question that found no answer is not asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRouting:
    """The answer to a question about routing.

    Attributes:
        override: What the account's requests have to name; None for nothing. Of a question that
            failed, what the last answer said.
        asked_at: When it was asked, aware.
        failed: The question found no answer; kept so that it is not asked again at once.
    """

    override: str | None
    asked_at: datetime
    failed: bool = False

    def holds_at(self, now: datetime) -> bool:
        """Tell whether it is to be used as it is; what comes from the future is not."""
        age = now - self.asked_at
        return timedelta(0) <= age < (FAILURE_HOLDS if self.failed else ANSWER_HOLDS)
