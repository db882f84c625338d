"""Windows of an allowance, in words."""

import pytest

from codexctl.domain.quota import QuotaWindow


def _window(minutes: int | None) -> QuotaWindow:
    return QuotaWindow(used_percent=1.0, length_minutes=minutes, resets_at=None)


@pytest.mark.parametrize(
    ("minutes", "name", "limit_name"),
    [
        (None, "limit", "usage limit"),
        (0, "limit", "usage limit"),
        (-5, "limit", "usage limit"),
        (1, "1 minute", "1-minute limit"),
        (15, "15 minutes", "15-minute limit"),
        (60, "1 hour", "1-hour limit"),
        (300, "5 hours", "5-hour limit"),
        (1440, "1 day", "daily limit"),
        (2880, "2 days", "2-day limit"),
        (10_080, "7 days", "weekly limit"),
        (28 * 1440, "28 days", "monthly limit"),
        (30 * 1440, "30 days", "monthly limit"),
        (365 * 1440, "365 days", "yearly limit"),
        (366 * 1440, "366 days", "yearly limit"),
    ],
)
def test_a_window_is_called_by_its_length(minutes: int | None, name: str, limit_name: str) -> None:
    window = _window(minutes)
    assert (window.name, window.limit_name) == (name, limit_name)


@pytest.mark.parametrize(
    ("minutes", "limit_name"),
    [(299, "5-hour limit"), (10_079, "weekly limit"), (303, "5-hour limit"), (304, None)],
)
def test_a_few_minutes_more_or_less_make_no_other_window(
    minutes: int, limit_name: str | None
) -> None:
    assert _window(minutes).limit_name == (limit_name or f"{minutes}-minute limit")


def test_a_length_beyond_all_time_is_still_words() -> None:
    assert _window(10**400).limit_name.endswith("limit")
