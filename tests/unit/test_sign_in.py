"""Signing in: through a browser, and with a code for another device."""

from dataclasses import dataclass, field, replace

import pytest
from tests.renewing import BUSY, FULL, renewed

from codexctl.application.sign_in import SignInByDevice, SignInByRedirect
from codexctl.domain.credentials import Secret, Subscription, TokenGrant
from codexctl.domain.errors import (
    CodexctlError,
    FileNotWritten,
    NetworkFailed,
    ProtocolError,
    ServiceUnavailable,
    SignInFailed,
)
from codexctl.domain.sign_in import DeviceApproved, DevicePending
from codexctl.testing.fakes.authorization_server import FakeAuthorizationServer
from codexctl.testing.fakes.clock import FakeClock
from codexctl.testing.fakes.device_authorization import APPROVED, CODE, FakeDeviceAuthorization
from codexctl.testing.fakes.redirect_receiver import Arrival, FakeRedirectReceiver

SIGNED_IN = replace(renewed(1), origin="signed in with ChatGPT")
GRANT = TokenGrant(
    access_token=Secret("access-1"),
    refresh_token=Secret("refresh-1"),
    account_id="account-1",
    plan="plus",
    expires_at=SIGNED_IN.expires_at,
)
DECLINED = SignInFailed("The user declined.", remedy="Run it again.")
CUT = NetworkFailed("cut", remedy="again")
PENDING = DevicePending()
SLOW_DOWN = DevicePending(slow_down=True)


# By redirect


@dataclass(slots=True)
class Browser:
    """A sign-in by redirect and what came of it, in its order."""

    server: FakeAuthorizationServer = field(default_factory=FakeAuthorizationServer)
    kept: list[Subscription] = field(default_factory=list[Subscription])
    concluded_when_kept: list[CodexctlError | None] | None = None

    def receiver(self) -> FakeRedirectReceiver:
        return FakeRedirectReceiver.approving(self.server.approve)

    def sign_in(self, receiver: FakeRedirectReceiver) -> Subscription:
        def keep(subscription: Subscription) -> None:
            self.kept.append(subscription)
            self.concluded_when_kept = list(receiver.concluded)

        return SignInByRedirect(server=self.server)(receiver, keep)


def test_the_answer_of_the_browser_becomes_a_credential() -> None:
    browser = Browser()
    assert browser.sign_in(browser.receiver()) == SIGNED_IN
    assert browser.server.exchanged == [Secret("code-1")]


def test_the_browser_is_told_when_the_credential_is_kept_and_not_before() -> None:
    browser = Browser()
    receiver = browser.receiver()
    browser.sign_in(receiver)
    assert (browser.kept, browser.concluded_when_kept) == ([SIGNED_IN], [])
    assert receiver.concluded == [None]


def test_the_answer_to_another_question_is_not_taken() -> None:
    browser = Browser()
    receiver = FakeRedirectReceiver(
        lambda request: [
            Arrival(Secret("code-of-an-attacker"), Secret("another-state")),
            Arrival(browser.server.approve(request), request.state),
        ]
    )
    assert browser.sign_in(receiver) == SIGNED_IN
    assert browser.server.exchanged == [Secret("code-1")]


def test_a_no_in_the_browser_ends_it_and_nothing_is_kept() -> None:
    browser = Browser()
    with pytest.raises(SignInFailed) as caught:
        browser.sign_in(FakeRedirectReceiver.denying(DECLINED))
    assert caught.value is DECLINED
    assert (browser.server.exchanged, browser.kept) == ([], [])


@pytest.mark.parametrize("error", [BUSY, DECLINED])
def test_a_failed_exchange_is_shown_in_the_browser_and_raised(error: CodexctlError) -> None:
    browser = Browser()
    browser.server.next_exchanges(error)
    receiver = browser.receiver()
    with pytest.raises(type(error)) as caught:
        browser.sign_in(receiver)
    assert caught.value is error
    assert (receiver.concluded, browser.kept) == ([error], [])


def test_a_credential_that_cannot_be_kept_is_shown_in_the_browser_and_raised() -> None:
    def full(_subscription: Subscription) -> None:
        raise FULL

    browser = Browser()
    receiver = browser.receiver()
    with pytest.raises(FileNotWritten) as caught:
        SignInByRedirect(server=browser.server)(receiver, full)
    assert caught.value is FULL
    assert receiver.concluded == [FULL]


@pytest.mark.parametrize(
    "grant",
    [replace(GRANT, access_token=None), replace(GRANT, refresh_token=None)],
    ids=["no access token", "no refresh token"],
)
def test_a_grant_without_a_token_is_no_sign_in(grant: TokenGrant) -> None:
    browser = Browser()
    browser.server.next_exchanges(grant)
    receiver = browser.receiver()
    with pytest.raises(ProtocolError) as caught:
        browser.sign_in(receiver)
    assert (receiver.concluded, browser.kept) == ([caught.value], [])


# By device


@dataclass(slots=True)
class Device:
    """A sign-in by device, whose polls are answered from a script."""

    device: FakeDeviceAuthorization
    server: FakeAuthorizationServer = field(default_factory=FakeAuthorizationServer)
    clock: FakeClock = field(default_factory=FakeClock)

    @property
    def sign_in(self) -> SignInByDevice:
        return SignInByDevice(server=self.server, device=self.device, clock=self.clock)


def _device(*answers: DevicePending | DeviceApproved | CodexctlError) -> Device:
    world = Device(FakeDeviceAuthorization(*answers))
    world.server.next_exchanges(GRANT)
    return world


def test_a_code_is_asked_for() -> None:
    assert _device().sign_in.begin() == CODE


def test_an_account_without_device_codes_is_told() -> None:
    refuses = SignInFailed("not enabled", remedy="enable it")
    world = Device(FakeDeviceAuthorization(refuses_to_begin=refuses))
    with pytest.raises(SignInFailed) as caught:
        world.sign_in.begin()
    assert caught.value is refuses


def test_an_approved_code_becomes_a_credential_without_a_wait() -> None:
    world = _device()
    assert world.sign_in(CODE) == SIGNED_IN
    assert (world.clock.waits, world.device.polled) == ([], [CODE])
    assert world.server.exchanged == [APPROVED.code]


def test_what_the_issuer_made_in_this_flow_is_what_is_exchanged() -> None:
    world = Device(FakeDeviceAuthorization())
    request = world.server.authorization_request("https://issuer.test/deviceauth/callback")
    code = world.server.approve(request)
    approved = DeviceApproved(
        code=code, verifier=request.verifier, redirect_uri=request.redirect_uri
    )
    world.device = FakeDeviceAuthorization(approved)
    assert world.sign_in(CODE) == SIGNED_IN


@pytest.mark.parametrize("interval_seconds", [1.0, 5.0, 7.5])
def test_polls_are_as_far_apart_as_the_issuer_says(interval_seconds: float) -> None:
    world = _device(PENDING, PENDING)
    code = replace(CODE, interval_seconds=interval_seconds)
    world.sign_in(code)
    assert world.clock.waits == [interval_seconds, interval_seconds]
    assert world.device.polled == [code] * 3


def test_an_issuer_that_is_asked_too_often_is_spared_five_seconds_more_each_time() -> None:
    world = _device(PENDING, SLOW_DOWN, PENDING, SLOW_DOWN)
    world.sign_in(CODE)
    assert world.clock.waits == [5.0, 10.0, 10.0, 15.0]


@pytest.mark.parametrize("error", [CUT, BUSY, ProtocolError("garbage", remedy="again")])
def test_a_poll_that_fails_in_passing_is_tried_again(error: CodexctlError) -> None:
    world = _device(error, PENDING, error)
    assert world.sign_in(CODE) == SIGNED_IN
    assert world.clock.waits == [5.0, 5.0, 5.0]


def test_a_no_on_the_other_device_ends_it_at_once() -> None:
    world = _device(PENDING, DECLINED)
    with pytest.raises(SignInFailed) as caught:
        world.sign_in(CODE)
    assert caught.value is DECLINED
    assert (world.clock.waits, world.server.exchanged) == ([5.0], [])


def test_a_code_that_nobody_uses_is_given_up_after_fifteen_minutes() -> None:
    world = _device(*[PENDING] * 1000)
    with pytest.raises(SignInFailed, match="not used in time"):
        world.sign_in(CODE)
    assert sum(world.clock.waits) == 900.0
    assert (len(world.device.polled), world.server.exchanged) == (181, [])


def test_no_longer_limit_than_that_of_the_issuer_can_be_set() -> None:
    world = _device(*[PENDING] * 1000)
    with pytest.raises(SignInFailed):
        world.sign_in(CODE, 3600)
    assert sum(world.clock.waits) == 900.0


def test_the_last_wait_ends_with_the_limit() -> None:
    world = _device(*[PENDING] * 1000)
    with pytest.raises(SignInFailed):
        world.sign_in(CODE, 12)
    assert world.clock.waits == [5.0, 5.0, 2.0]


def test_an_approval_at_the_last_moment_counts() -> None:
    world = _device(PENDING, PENDING, PENDING)
    assert world.sign_in(CODE, 12) == SIGNED_IN


def test_an_issuer_that_cannot_be_asked_at_the_end_is_what_is_told() -> None:
    world = _device(PENDING, *[CUT] * 1000)
    with pytest.raises(NetworkFailed) as caught:
        world.sign_in(CODE, 60)
    assert caught.value is CUT
    assert sum(world.clock.waits) == 60.0


def test_a_failed_exchange_is_not_tried_again() -> None:
    world = Device(FakeDeviceAuthorization())
    world.server.next_exchanges(BUSY, GRANT)
    with pytest.raises(ServiceUnavailable):
        world.sign_in(CODE)
    assert (world.server.exchanged, len(world.device.polled)) == ([APPROVED.code], 1)


def test_an_interrupt_ends_the_wait() -> None:
    world = _device(PENDING)
    world.clock.interrupt_next_sleep()
    with pytest.raises(KeyboardInterrupt):
        world.sign_in(CODE)
    assert len(world.device.polled) == 1
