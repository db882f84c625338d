"""The contract of ``codexctl.domain.ports.DeviceAuthorization``, for the adapter and the fake."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import pytest

from codexctl.adapters.openai_oauth.device import OpenAiDeviceAuthorization
from codexctl.adapters.openai_oauth.settings import IssuerSettings
from codexctl.domain.errors import SignInFailed
from codexctl.domain.ports import DeviceAuthorization
from codexctl.domain.sign_in import DeviceApproved, DevicePending
from codexctl.entrypoints.emulator.server import Emulator
from codexctl.testing.fakes.clock import FakeClock
from codexctl.testing.fakes.device_authorization import FakeDeviceAuthorization


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What the user and the issuer do: as scenarios for the emulator, as a script for the fake."""

    scenarios: tuple[str, ...] = ()
    script: tuple[DevicePending | SignInFailed, ...] = ()
    is_offered: bool = True
    approval_takes_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Subject:
    """An issuer under test, and the clock that its user lives by."""

    device: DeviceAuthorization
    clock: FakeClock


Opening: TypeAlias = Callable[[Story], AbstractContextManager[Subject]]

_NO = SignInFailed("no", remedy="again")

AT_ONCE = Story()
SOON = Story(approval_takes_seconds=60, script=(DevicePending(),))
TOO_OFTEN = Story(scenarios=("device-slow-down",), script=(DevicePending(slow_down=True),))
DECLINED = Story(scenarios=("device-declined",), script=(_NO,))
EXPIRED = Story(scenarios=("device-expired",), script=(_NO,))
NOT_OFFERED = Story(scenarios=("device-not-enabled",), is_offered=False)


@contextmanager
def _over_http(story: Story) -> Generator[Subject, None, None]:
    clock = FakeClock()
    with Emulator(
        issuer_scenarios=story.scenarios,
        clock=lambda: clock.now().timestamp(),
        approve_after=story.approval_takes_seconds,
    ) as emulator:
        settings = IssuerSettings(issuer=emulator.issuer, identity={})
        yield Subject(OpenAiDeviceAuthorization(settings=settings), clock)


@contextmanager
def _from_a_script(story: Story) -> Generator[Subject, None, None]:
    device = FakeDeviceAuthorization(
        *story.script, refuses_to_begin=None if story.is_offered else _NO
    )
    yield Subject(device, FakeClock())


@pytest.fixture(params=[_over_http, _from_a_script], ids=["openai", "fake"])
def opened(request: pytest.FixtureRequest) -> Opening:
    return request.param


def test_the_code_says_where_to_type_it_and_how_often_to_ask(opened: Opening) -> None:
    with opened(AT_ONCE) as subject:
        code = subject.device.begin()
        assert code.user_code
        assert code.verification_url.endswith("/codex/device")
        assert code.interval_seconds >= 1


def test_until_the_user_has_approved_it_is_pending(opened: Opening) -> None:
    with opened(SOON) as subject:
        code = subject.device.begin()
        first = subject.device.poll(code)
        subject.clock.sleep(60)
        assert (first, type(subject.device.poll(code))) == (DevicePending(), DeviceApproved)


def test_an_approval_brings_all_that_the_exchange_needs(opened: Opening) -> None:
    with opened(AT_ONCE) as subject:
        approved = subject.device.poll(subject.device.begin())
        assert isinstance(approved, DeviceApproved)
        assert approved.code.reveal()
        assert approved.verifier.reveal()
        assert approved.redirect_uri.endswith("/deviceauth/callback")


def test_an_issuer_that_is_asked_too_often_says_so(opened: Opening) -> None:
    with opened(TOO_OFTEN) as subject:
        assert subject.device.poll(subject.device.begin()) == DevicePending(slow_down=True)


@pytest.mark.parametrize("story", [DECLINED, EXPIRED], ids=["declined", "expired"])
def test_a_code_that_will_never_be_approved_ends_the_sign_in(opened: Opening, story: Story) -> None:
    with opened(story) as subject:
        code = subject.device.begin()
        with pytest.raises(SignInFailed):
            subject.device.poll(code)


def test_an_account_without_device_codes_ends_the_sign_in(opened: Opening) -> None:
    with opened(NOT_OFFERED) as subject, pytest.raises(SignInFailed):
        subject.device.begin()
