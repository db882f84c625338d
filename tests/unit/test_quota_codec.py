"""The allowance, out of headers and events."""

from datetime import UTC, datetime, timedelta

import pytest
from requests.structures import CaseInsensitiveDict

from codexctl.adapters.responses.quota_codec import quota_from_event, quota_from_headers
from codexctl.domain.quota import Quota, QuotaWindow

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SOON = NOW + timedelta(hours=3)
LATER = NOW + timedelta(days=4)

# As a recorded refusal of the ChatGPT back end has them (earendil-works/pi#4172).
HEADERS = {
    "x-codex-plan-type": "plus",
    "x-codex-primary-used-percent": "42.5",
    "x-codex-primary-window-minutes": "300",
    "x-codex-primary-reset-at": str(int(SOON.timestamp())),
    "x-codex-primary-reset-after-seconds": "1",
    "x-codex-secondary-used-percent": "80",
    "x-codex-secondary-window-minutes": "10080",
    "x-codex-secondary-reset-at": str(int(LATER.timestamp())),
}
FIVE_HOURS = QuotaWindow(used_percent=42.5, length_minutes=300, resets_at=SOON)
WEEK = QuotaWindow(used_percent=80.0, length_minutes=10_080, resets_at=LATER)


def _swapped(headers: dict[str, str]) -> dict[str, str]:
    other = {"primary": "secondary", "secondary": "primary"}
    return {
        "-".join(other.get(word, word) for word in name.split("-")): value
        for name, value in headers.items()
    }


def _primary(**fields: str) -> dict[str, str]:
    return {f"x-codex-primary-{name.replace('_', '-')}": value for name, value in fields.items()}


def test_both_windows_are_read_from_the_headers() -> None:
    assert quota_from_headers(HEADERS) == Quota(plan="plus", windows=(FIVE_HOURS, WEEK))


def test_headers_are_found_however_they_are_written() -> None:
    headers = CaseInsensitiveDict({name.title(): value for name, value in HEADERS.items()})
    assert quota_from_headers(headers) == quota_from_headers(HEADERS)


def test_the_shorter_window_comes_first_wherever_it_stands() -> None:
    assert quota_from_headers(_swapped(HEADERS)) == quota_from_headers(HEADERS)


def test_a_window_alone_is_an_allowance() -> None:
    headers = {name: value for name, value in HEADERS.items() if "secondary" in name}
    assert quota_from_headers(headers) == Quota(plan=None, windows=(WEEK,))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-codex-plan-type": "plus", "x-codex-primary-window-minutes": "300"},
        _primary(used_percent="", window_minutes="300"),
        _primary(used_percent="many", window_minutes="300"),
        _primary(used_percent="nan", window_minutes="300"),
        _primary(used_percent="-1", window_minutes="300"),
        _primary(used_percent="0", window_minutes="0", reset_at="0"),
        _primary(used_percent="0.0"),
    ],
)
def test_headers_without_a_window_are_no_allowance(headers: dict[str, str]) -> None:
    assert quota_from_headers(headers) is None


def test_a_window_that_is_not_used_yet_counts() -> None:
    headers = _primary(used_percent="0", window_minutes="300")
    window = QuotaWindow(used_percent=0.0, length_minutes=300, resets_at=None)
    assert quota_from_headers(headers) == Quota(plan=None, windows=(window,))


@pytest.mark.parametrize("minutes", ["0", "-300", "1e300", "inf", "some", ""])
def test_a_length_that_cannot_be_is_not_known(minutes: str) -> None:
    headers = _primary(used_percent="1", window_minutes=minutes)
    window = QuotaWindow(used_percent=1.0, length_minutes=None, resets_at=None)
    assert quota_from_headers(headers) == Quota(plan=None, windows=(window,))


@pytest.mark.parametrize("moment", ["0", "-1", "1e300", "nan", "soon", "99999999999", ""])
def test_a_reset_that_cannot_be_is_not_known(moment: str) -> None:
    headers = _primary(used_percent="1", reset_at=moment)
    window = QuotaWindow(used_percent=1.0, length_minutes=None, resets_at=None)
    assert quota_from_headers(headers, now=NOW) == Quota(plan=None, windows=(window,))


@pytest.mark.parametrize(("now", "resets_at"), [(NOW, SOON), (None, None)])
def test_seconds_until_a_reset_count_from_now_if_that_is_known(
    now: datetime | None, resets_at: datetime | None
) -> None:
    headers = _primary(used_percent="1", reset_after_seconds="10800")
    window = QuotaWindow(used_percent=1.0, length_minutes=None, resets_at=resets_at)
    assert quota_from_headers(headers, now=now) == Quota(plan=None, windows=(window,))


def test_other_families_of_limits_are_passed_over() -> None:
    headers = {name.replace("codex", "codex-other"): value for name, value in HEADERS.items()}
    assert quota_from_headers(headers) is None


EVENT: dict[str, object] = {
    "type": "codex.rate_limits",
    "plan_type": "plus",
    "rate_limits": {
        "primary": {"used_percent": 80, "window_minutes": 10_080, "reset_at": LATER.timestamp()},
        "secondary": {"used_percent": 42.5, "window_minutes": 300, "reset_after_seconds": 10_800},
    },
    "credits": {"has_credits": False},
}


def test_both_windows_are_read_from_the_event() -> None:
    assert quota_from_event(EVENT, now=NOW) == Quota(plan="plus", windows=(FIVE_HOURS, WEEK))


@pytest.mark.parametrize("name", ["codex", "CODEX", "", None])
def test_an_event_of_the_limit_in_force_counts(name: str | None) -> None:
    assert quota_from_event({**EVENT, "metered_limit_name": name}) is not None


@pytest.mark.parametrize(
    "event",
    [
        {},
        {**EVENT, "metered_limit_name": "codex_other"},
        {**EVENT, "rate_limits": None},
        {**EVENT, "rate_limits": []},
        {**EVENT, "rate_limits": {"primary": None, "secondary": None}},
        {**EVENT, "rate_limits": {"primary": {"used_percent": True}}},
        {**EVENT, "rate_limits": {"primary": {"used_percent": 10**400}}},
        {**EVENT, "rate_limits": {"primary": {"window_minutes": 300}}},
    ],
)
def test_an_event_without_a_window_is_no_allowance(event: dict[str, object]) -> None:
    assert quota_from_event(event) is None
