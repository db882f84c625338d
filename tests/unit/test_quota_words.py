"""Moments and allowances in words for a reader."""

from datetime import UTC, datetime, timedelta, timezone

from codexctl.domain.quota import Quota, QuotaWindow
from codexctl.entrypoints.rendering.local_time import at_local
from codexctl.entrypoints.rendering.quota_words import quota_warning

HERE = timezone(timedelta(hours=2))
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=HERE)


def test_a_moment_of_today_is_a_time_of_day_here() -> None:
    assert at_local(datetime(2026, 11, 21, 14, 5, tzinfo=UTC), NOW) == "at 16:05"


def test_a_moment_that_is_tomorrow_here_has_its_date() -> None:
    assert at_local(datetime(2026, 11, 21, 23, 5, tzinfo=UTC), NOW) == "on 22 Nov 2026 at 01:05"


def test_without_a_given_now_the_machine_is_asked() -> None:
    here = datetime.now().astimezone()
    assert at_local(here) == f"at {here:%H:%M}"


def _quota(*used: float, resets_at: datetime | None = None) -> Quota:
    windows = tuple(
        QuotaWindow(used_percent=percent, length_minutes=300, resets_at=resets_at)
        for percent in used
    )
    return Quota(plan="plus", windows=windows)


def test_little_that_is_left_is_a_warning() -> None:
    resets_at = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
    assert quota_warning(_quota(10.0, 93.4, resets_at=resets_at), NOW) == (
        "93 % of the 5-hour limit is used; it resets at 16:05."
    )


def test_a_limit_without_a_reset_is_told_without() -> None:
    assert quota_warning(_quota(90.0), NOW) == "90 % of the 5-hour limit is used."


def test_enough_that_is_left_is_no_news() -> None:
    assert quota_warning(_quota(89.9), NOW) is None


def test_no_limit_at_all_is_no_news() -> None:
    assert quota_warning(_quota(), NOW) is None
