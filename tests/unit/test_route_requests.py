"""How the requests of a workspace are routed: asked for once, remembered, and never fatal."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.fakes.values import API_KEY, SUBSCRIPTION

from codexctl.application.route_requests import RouteRequests
from codexctl.domain.credentials import Secret
from codexctl.domain.errors import (
    CodexctlError,
    NetworkFailed,
    ProtocolError,
    ServiceUnavailable,
    SignInRejected,
)
from codexctl.domain.routing import ANSWER_HOLDS, FAILURE_HOLDS, KnownRouting
from codexctl.testing.fakes.clock import FakeClock
from codexctl.testing.fakes.notifier import FakeNotifier
from codexctl.testing.fakes.routing import FakeRoutingMemory, FakeWorkspaceRouting

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ACCOUNT = "account-1"
OTHER = replace(SUBSCRIPTION, account_id="account-2")
RENEWED = replace(SUBSCRIPTION, access_token=Secret("a-new-token"))
BUSY = ServiceUnavailable("The service could not answer (HTTP 503): busy", remedy="Wait.")
REJECTED = SignInRejected("The service rejected the credential.", remedy="Sign in again.")
INSTANT = timedelta(microseconds=1)


@dataclass(slots=True)
class World:
    """What a run finds, and :meth:`run` for the use case as the next process makes it."""

    routing: FakeWorkspaceRouting = field(default_factory=FakeWorkspaceRouting)
    memory: FakeRoutingMemory = field(default_factory=FakeRoutingMemory)
    notifier: FakeNotifier = field(default_factory=FakeNotifier)

    def run(self, now: datetime = NOW) -> RouteRequests:
        return RouteRequests(
            routing=self.routing,
            memory=self.memory,
            clock=FakeClock(now),
            notifier=self.notifier,
        )


@pytest.fixture
def world() -> World:
    return World()


def _remembering(known: KnownRouting, answer: str | CodexctlError | None) -> World:
    world = World(routing=FakeWorkspaceRouting(answer))
    world.memory.keep(ACCOUNT, known)
    return world


# Who is asked about


def test_a_key_has_no_routing(world: World) -> None:
    world.routing.answer = "us"
    assert world.run()(API_KEY) is None
    assert (world.routing.asked, world.memory.kept) == ([], {})


def test_a_token_that_names_no_account_has_no_routing(world: World) -> None:
    world.routing.answer = "us"
    assert world.run()(replace(SUBSCRIPTION, account_id=None)) is None
    assert (world.routing.asked, world.memory.kept) == ([], {})


@pytest.mark.parametrize("override", ["us", "us_cr", None])
def test_what_the_service_says_is_used_and_remembered(world: World, override: str | None) -> None:
    world.routing.answer = override
    assert world.run()(SUBSCRIPTION) == override
    assert world.memory.kept == {ACCOUNT: KnownRouting(override=override, asked_at=NOW)}
    assert world.notifier.told == []


def test_a_run_asks_once(world: World) -> None:
    world.routing.answer = "us"
    route = world.run()
    assert [route(SUBSCRIPTION), route(RENEWED), route(SUBSCRIPTION)] == ["us", "us", "us"]
    assert world.routing.asked == [SUBSCRIPTION]


def test_a_run_that_got_no_answer_asks_once(world: World) -> None:
    world.routing.answer = BUSY
    route = world.run()
    assert [route(SUBSCRIPTION), route(RENEWED)] == [None, None]
    assert world.routing.asked == [SUBSCRIPTION]


def test_each_account_is_asked_about(world: World) -> None:
    world.routing.answer = "us"
    route = world.run()
    route(SUBSCRIPTION)
    world.routing.answer = None
    assert [route(OTHER), route(SUBSCRIPTION)] == [None, "us"]
    assert world.routing.asked == [SUBSCRIPTION, OTHER]


# What was learned before


@pytest.mark.parametrize("age", [timedelta(0), ANSWER_HOLDS - INSTANT])
@pytest.mark.parametrize("override", ["us", None])
def test_an_answer_holds_for_a_day(age: timedelta, override: str | None) -> None:
    known = KnownRouting(override=override, asked_at=NOW - age)
    world = _remembering(known, answer="us_cr")
    assert world.run()(SUBSCRIPTION) == override
    assert (world.routing.asked, world.memory.kept) == ([], {ACCOUNT: known})


@pytest.mark.parametrize("age", [ANSWER_HOLDS, timedelta(days=400), -INSTANT])
def test_an_answer_that_is_older_or_from_the_future_is_asked_for_again(age: timedelta) -> None:
    world = _remembering(KnownRouting(override="us", asked_at=NOW - age), answer=None)
    assert world.run()(SUBSCRIPTION) is None
    assert world.memory.kept == {ACCOUNT: KnownRouting(override=None, asked_at=NOW)}


@pytest.mark.parametrize("override", ["us", None])
def test_a_failure_is_not_asked_again_at_once(override: str | None) -> None:
    asked_at = NOW - FAILURE_HOLDS + INSTANT
    world = _remembering(
        KnownRouting(override=override, asked_at=asked_at, failed=True), answer="us_cr"
    )
    assert world.run()(SUBSCRIPTION) == override
    assert (world.routing.asked, world.notifier.told) == ([], [])


def test_a_failure_is_asked_again_after_a_while() -> None:
    asked_at = NOW - FAILURE_HOLDS
    world = _remembering(KnownRouting(override=None, asked_at=asked_at, failed=True), answer="us")
    assert world.run()(SUBSCRIPTION) == "us"
    assert world.memory.kept == {ACCOUNT: KnownRouting(override="us", asked_at=NOW)}


def test_a_run_that_outlives_an_answer_goes_on_with_it() -> None:
    clock = FakeClock(NOW)
    routing = FakeWorkspaceRouting("us")
    route = RouteRequests(
        routing=routing, memory=FakeRoutingMemory(), clock=clock, notifier=FakeNotifier()
    )
    route(SUBSCRIPTION)
    clock.sleep(2 * ANSWER_HOLDS.total_seconds())
    assert route(SUBSCRIPTION) == "us"
    assert routing.asked == [SUBSCRIPTION]


# What goes wrong


@pytest.mark.parametrize(
    "error",
    [
        BUSY,
        NetworkFailed("The service could not be reached.", remedy="Look."),
        ProtocolError("The service does not list this workspace.", remedy="Sign in."),
    ],
    ids=lambda error: type(error).__name__,
)
def test_without_an_answer_the_run_goes_on_and_says_so(world: World, error: CodexctlError) -> None:
    world.routing.answer = error
    assert world.run()(SUBSCRIPTION) is None
    reason = error.message.rstrip(".")
    assert world.notifier.told == [
        f"The workspace's routing could not be found out ({reason}); going on without it."
    ]
    failure = KnownRouting(override=None, asked_at=NOW, failed=True)
    assert world.memory.kept == {ACCOUNT: failure}


def test_the_last_answer_is_used_while_there_is_no_new_one() -> None:
    old = KnownRouting(override="us", asked_at=NOW - 2 * ANSWER_HOLDS)
    world = _remembering(old, answer=BUSY)
    assert world.run()(SUBSCRIPTION) == "us"
    (told,) = world.notifier.told
    assert told.endswith("(HTTP 503): busy); going on with what it was before.")
    failure = KnownRouting(override="us", asked_at=NOW, failed=True)
    assert world.memory.kept == {ACCOUNT: failure}


def test_the_last_answer_outlives_many_failures() -> None:
    old = KnownRouting(override="us", asked_at=NOW - 2 * ANSWER_HOLDS)
    world = _remembering(old, answer=BUSY)
    later = [NOW + hours * timedelta(hours=1) for hours in range(3)]
    assert [world.run(now)(SUBSCRIPTION) for now in later] == ["us", "us", "us"]
    assert len(world.routing.asked) == 3


def test_a_run_warns_once(world: World) -> None:
    world.routing.answer = BUSY
    route = world.run()
    route(SUBSCRIPTION)
    route(OTHER)
    assert len(world.routing.asked) == 2
    assert len(world.notifier.told) == 1


@pytest.mark.parametrize("override", ["us", None])
def test_a_rejected_token_is_left_to_the_request_to_tell(override: str | None) -> None:
    old = KnownRouting(override=override, asked_at=NOW - ANSWER_HOLDS)
    world = _remembering(old, answer=REJECTED)
    route = world.run()
    assert [route(SUBSCRIPTION), route(SUBSCRIPTION)] == [override, override]
    assert world.routing.asked == [SUBSCRIPTION]
    assert (world.notifier.told, world.memory.kept) == ([], {ACCOUNT: old})


def test_a_token_renewed_after_a_rejection_may_ask_again(world: World) -> None:
    world.routing.answer = REJECTED
    route = world.run()
    route(SUBSCRIPTION)
    world.routing.answer = "us"
    assert [route(RENEWED), route(RENEWED)] == ["us", "us"]
    assert world.routing.asked == [SUBSCRIPTION, RENEWED]
    assert world.memory.kept == {ACCOUNT: KnownRouting(override="us", asked_at=NOW)}


def test_an_interrupt_by_the_user_ends_it_and_is_not_remembered(world: World) -> None:
    world.routing.answer = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        world.run()(SUBSCRIPTION)
    assert (world.memory.kept, world.notifier.told) == ({}, [])
