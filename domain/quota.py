"""How much of an account's allowance is used, and when it comes back."""

from datetime import datetime

from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaWindow:
    """One limit over a stretch of time.

    Windows are told apart by their length, not by where the service lists them: it has swapped and
    dropped them before.

    Attributes:
        used_percent: How much is used; may pass 100.
        length_minutes: The length of the stretch; None if the service does not say.
        resets_at: When it begins anew, aware; None if the service does not say.
    """

    used_percent: float
    length_minutes: int | None
    resets_at: datetime | None

    @property
    def name(self) -> str:
        """The length in words: ``5 hours``, ``7 days``."""
        minutes = self.length_minutes
        if minutes is None or minutes <= 0:
            return "limit"
        for unit, size in (("day", 1440), ("hour", 60)):
            if minutes >= size and minutes % size == 0:
                count = minutes // size
                return f"{count} {unit}{'' if count == 1 else 's'}"
        return f"{minutes} minutes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What the service says of an account's allowance.

    Attributes:
        plan: The plan, as the service names it.
        windows: Its limits, the shortest first; may be empty.
    """

    plan: str | None
    windows: tuple[QuotaWindow, ...]
