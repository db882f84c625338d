"""Secrets stay hidden, and a token knows its end."""

import copy
import pickle
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from codexctl.domain.credentials import EXPIRY_MARGIN, ApiKey, Secret, Subscription

CANARY = "canary-that-nobody-may-see"
SECRET = Secret(CANARY)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SUBSCRIPTION = Subscription(
    access_token=SECRET, account_id="account-1", expires_at=None, origin="a test"
)

_SHOWN: dict[str, Callable[[Secret], str]] = {
    "repr": repr,
    "str": str,
    "format": format,
    "format with a width": lambda secret: f"{secret:>60}",
    "f-string": lambda secret: f"{secret}",
    "f-string with repr": lambda secret: f"{secret!r}",
    "ascii": ascii,
    "percent": lambda secret: "%s" % secret,  # noqa: UP031 (the old way is what is tested)
    "in a list": lambda secret: repr([secret]),
    "in an API key": lambda secret: repr(ApiKey(secret, "a test")),
    "in a subscription": lambda secret: repr(replace(SUBSCRIPTION, access_token=secret)),
    "as an argument of an error": lambda secret: repr(ValueError(secret)),
}


@pytest.mark.parametrize("show", _SHOWN.values(), ids=_SHOWN)
def test_a_secret_does_not_show_itself(show: Callable[[Secret], str]) -> None:
    shown = show(SECRET)
    assert CANARY not in shown
    assert "***" in shown


def _broken(credential: Subscription) -> None:
    raise LookupError(f"no account for {credential}")


def test_a_traceback_with_its_variables_does_not_show_the_secret() -> None:
    with pytest.raises(LookupError) as caught:
        _broken(SUBSCRIPTION)
    shown = "".join(
        traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    )
    assert "credential = Subscription(" in shown
    assert CANARY not in shown


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(SUBSCRIPTION, protocol)


def test_a_secret_is_not_copied() -> None:
    with pytest.raises(TypeError, match="pickled"):
        copy.deepcopy(SUBSCRIPTION)


def test_a_secret_has_no_attributes_to_list() -> None:
    with pytest.raises(TypeError):
        vars(SECRET)


def test_a_secret_is_revealed_on_demand() -> None:
    assert SECRET.reveal() == CANARY


def test_secrets_compare_by_what_they_hide() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert {Secret("a"), Secret("a")} == {Secret("a")}


@pytest.mark.parametrize(
    ("left", "expired"),
    [
        (EXPIRY_MARGIN + timedelta(microseconds=1), False),
        (EXPIRY_MARGIN, True),
        (timedelta(0), True),
        (timedelta(days=-1), True),
    ],
)
def test_a_token_expires_a_margin_before_its_end(left: timedelta, *, expired: bool) -> None:
    assert replace(SUBSCRIPTION, expires_at=NOW + left).is_expired(NOW) is expired


def test_the_margin_may_be_waived() -> None:
    ending = replace(SUBSCRIPTION, expires_at=NOW + timedelta(seconds=1))
    assert not ending.is_expired(NOW, timedelta(0))


def test_a_token_without_an_end_does_not_expire() -> None:
    assert not SUBSCRIPTION.is_expired(datetime.max.replace(tzinfo=UTC))
