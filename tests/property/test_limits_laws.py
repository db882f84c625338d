"""Laws of retrying: no wait out of bounds, no try beyond the budget."""

from hypothesis import given
from hypothesis import strategies as st

from codexctl.domain.errors import NetworkFailed, PolicyRefused, RateLimited
from codexctl.domain.limits import RetryPolicy

_SECONDS = st.floats(0, 1000)
_POLICIES = st.builds(
    RetryPolicy,
    retries=st.integers(0, 20),
    first_delay_seconds=_SECONDS,
    longest_delay_seconds=_SECONDS,
    jitter=st.floats(0, 1),
)
_ATTEMPTS = st.integers(1, 10_000)
_SPREADS = st.floats(-1, 1)


def _error(retry_after_seconds: float | None) -> RateLimited:
    return RateLimited("slow", remedy="wait", retry_after_seconds=retry_after_seconds)


@given(_POLICIES, _ATTEMPTS, _SPREADS, st.none() | st.floats(allow_nan=False))
def test_a_wait_lies_between_nothing_and_the_longest(
    policy: RetryPolicy, attempt: int, spread: float, asked: float | None
) -> None:
    delay = policy.delay_seconds(_error(asked), attempt=attempt, spread=spread)
    assert delay is None or 0 <= delay <= policy.longest_delay_seconds


@given(_POLICIES, _ATTEMPTS, _SPREADS, st.none() | _SECONDS)
def test_there_is_a_wait_exactly_while_the_budget_lasts(
    policy: RetryPolicy, attempt: int, spread: float, asked: float | None
) -> None:
    delay = policy.delay_seconds(_error(asked), attempt=attempt, spread=spread)
    assert (delay is not None) is (attempt <= policy.retries)


@given(_POLICIES, _ATTEMPTS, _SPREADS)
def test_what_cannot_pass_has_no_wait(policy: RetryPolicy, attempt: int, spread: float) -> None:
    wrong = PolicyRefused("wrong", remedy="change it", retry_after_seconds=1.0)
    assert policy.delay_seconds(wrong, attempt=attempt, spread=spread) is None


@given(_POLICIES, st.integers(1, 19))
def test_without_chance_no_wait_is_shorter_than_the_one_before(
    policy: RetryPolicy, attempt: int
) -> None:
    cut = NetworkFailed("cut", remedy="again")
    before, after = (
        policy.delay_seconds(cut, attempt=number, spread=0) for number in (attempt, attempt + 1)
    )
    assert before is None or after is None or before <= after
