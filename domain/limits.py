"""Bounds and budgets: data and pure decisions."""

from codexctl.domain.errors import CodexctlError
from codexctl.domain.values import dataclass

MAX_EVENT_BYTES = 16 * 1024 * 1024
"""One server-sent event may be this long; a longer one is an error, not a full memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """One budget for one step, whatever fails in it.

    Attributes:
        retries: How often a step may be tried again.
        first_delay_seconds: The wait before the first retry; it doubles from there.
        longest_delay_seconds: Cap of every wait, also of one the service asked for.
        jitter: Each wait is varied by up to this share in both directions.
    """

    retries: int = 5
    first_delay_seconds: float = 0.2
    longest_delay_seconds: float = 60.0
    jitter: float = 0.1

    def delay_seconds(self, error: CodexctlError, *, attempt: int, spread: float) -> float | None:
        """Return how long to wait before trying again, or None to give up.

        Args:
            error: What went wrong.
            attempt: Which try failed, from 1.
            spread: A number from -1 to 1, the place in the jitter's range.
        """
        if not error.may_retry or attempt > self.retries:
            return None
        if error.retry_after_seconds is not None:
            return min(max(error.retry_after_seconds, 0.0), self.longest_delay_seconds)
        # The power is capped too: 2.0 ** 5000 is an OverflowError.
        plain = self.first_delay_seconds * 2.0 ** min(attempt - 1, 64)
        return min(plain * (1 + self.jitter * spread), self.longest_delay_seconds)


class RetryBudget:
    """What is left of a policy within one step, whichever models are asked in it.

    Args:
        policy: How often, and how long to wait.
    """

    def __init__(self, policy: RetryPolicy) -> None:
        self.policy = policy
        self.used = 0

    def next_delay(self, error: CodexctlError, spread: float) -> float | None:
        """Spend one retry and return the wait before it, or None to give up.

        Args:
            error: What went wrong.
            spread: A number from -1 to 1, the place in the jitter's range.
        """
        delay = self.policy.delay_seconds(error, attempt=self.used + 1, spread=spread)
        if delay is not None:
            self.used += 1
        return delay


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLimits:
    """Bounds of one run.

    Attributes:
        max_turns: Requests to the model, retries of the same request not counted.
        timeout_seconds: How long the whole run may take; None for as long as it takes.
        retry: The budget of each step.
    """

    max_turns: int = 50
    timeout_seconds: float | None = None
    retry: RetryPolicy = RetryPolicy()
