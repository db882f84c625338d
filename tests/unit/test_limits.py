"""How long to wait before trying again, and when to give up."""

from itertools import count, takewhile

import pytest

from codexctl.domain.errors import InvalidRequest, NetworkFailed, RateLimited
from codexctl.domain.limits import RetryPolicy, RunLimits

PASSING = NetworkFailed("cut", remedy="again")
LASTING = InvalidRequest("wrong", remedy="change it")


def _rate_limited(retry_after_seconds: float) -> RateLimited:
    return RateLimited("slow", remedy="wait", retry_after_seconds=retry_after_seconds)


def _delays(policy: RetryPolicy, spread: float = 0.0) -> list[float]:
    delays = (policy.delay_seconds(PASSING, attempt=n, spread=spread) for n in count(1))
    return [delay for delay in takewhile(lambda delay: delay is not None, delays) if delay]


def test_delays_double_until_the_budget_is_spent() -> None:
    assert _delays(RetryPolicy(retries=4)) == [0.2, 0.4, 0.8, 1.6]


def test_no_delay_is_longer_than_the_longest() -> None:
    assert _delays(RetryPolicy(retries=4, longest_delay_seconds=0.5)) == [0.2, 0.4, 0.5, 0.5]


@pytest.mark.parametrize(("spread", "first"), [(-1.0, 0.18), (1.0, 0.22)])
def test_a_delay_is_spread_by_its_jitter(spread: float, first: float) -> None:
    delay = RetryPolicy().delay_seconds(PASSING, attempt=1, spread=spread)
    assert delay == pytest.approx(first)


def test_what_cannot_pass_is_not_tried_again() -> None:
    assert RetryPolicy().delay_seconds(LASTING, attempt=1, spread=0.0) is None


def test_a_budget_of_none_allows_none() -> None:
    assert _delays(RetryPolicy(retries=0)) == []


@pytest.mark.parametrize(("asked", "given"), [(7.5, 7.5), (0.0, 0.0), (-3.0, 0.0), (3600.0, 60.0)])
def test_the_wait_that_the_service_asks_for_is_kept_within_bounds(
    asked: float, given: float
) -> None:
    assert RetryPolicy().delay_seconds(_rate_limited(asked), attempt=1, spread=1.0) == given


def test_a_wait_that_is_asked_for_is_part_of_the_budget() -> None:
    policy = RetryPolicy(retries=1)
    assert policy.delay_seconds(_rate_limited(1.0), attempt=2, spread=0.0) is None


def test_a_very_late_attempt_still_has_a_delay() -> None:
    policy = RetryPolicy(retries=10_000)
    assert policy.delay_seconds(PASSING, attempt=5_000, spread=0.0) == 60.0


def test_a_run_is_bounded_without_being_asked() -> None:
    assert RunLimits() == RunLimits(max_turns=50, retry=RetryPolicy())
