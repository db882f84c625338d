"""How much of an account's allowance is used, and when it comes back."""

from datetime import datetime

from codexctl.domain.values import dataclass

_HOUR, _DAY = 60, 1440
_SLACK_MINUTES = 3
"""Windows were once told as 299 and 10079 minutes; the official client allows as much."""
_NAMED_DAYS = {1: "daily", 7: "weekly", 30: "monthly", 365: "yearly"}
_SOME_MONTHS_AND_YEARS = {28: 30, 29: 30, 31: 30, 366: 365}


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
        """The length in words: ``5 hours``, ``7 days``; ``limit`` where it is not known."""
        minutes = _rounded(self.length_minutes)
        if minutes is None:
            return "limit"
        units = (("day", _DAY), ("hour", _HOUR), ("minute", 1))
        unit, size = next(one for one in units if minutes % one[1] == 0)
        count = minutes // size
        return f"{count} {unit}{'' if count == 1 else 's'}"

    @property
    def limit_name(self) -> str:
        """What people call it: ``5-hour limit``, ``weekly limit``; else ``usage limit``."""
        minutes = _rounded(self.length_minutes)
        if minutes is None:
            return "usage limit"
        days, rest = divmod(minutes, _DAY)
        if rest == 0:
            named = _NAMED_DAYS.get(_SOME_MONTHS_AND_YEARS.get(days, days))
            return f"{named} limit" if named else f"{days}-day limit"
        hours, rest = divmod(minutes, _HOUR)
        return f"{minutes}-minute limit" if rest else f"{hours}-hour limit"


def _rounded(minutes: int | None) -> int | None:
    """Return the length without the minutes it is short of, or beyond, whole days or hours."""
    if minutes is None or minutes <= 0:
        return None
    for size in (_DAY, _HOUR):
        whole = (minutes + size // 2) // size * size
        if whole and abs(minutes - whole) <= _SLACK_MINUTES:
            return whole
    return minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What the service says of an account's allowance.

    Attributes:
        plan: The plan, as the service names it.
        windows: Its limits, the shortest first; may be empty.
    """

    plan: str | None
    windows: tuple[QuotaWindow, ...]
