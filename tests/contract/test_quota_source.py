"""The contract of ``codexctl.domain.ports.QuotaSource``, for the adapter and for the fake."""

import json
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import TypeAlias

import pytest
from tests.fakes.stream_server import Reply, StreamServer
from tests.fakes.values import SUBSCRIPTION

from codexctl.adapters.responses.account import ChatGptAccount
from codexctl.adapters.responses.http import HttpSettings
from codexctl.domain.errors import CodexctlError, ServiceUnavailable, SignInRejected
from codexctl.domain.models import Provider
from codexctl.domain.ports import QuotaSource
from codexctl.domain.quota import Quota, QuotaWindow
from codexctl.testing.fakes.clock import FakeClock
from codexctl.testing.fakes.quota_source import FakeQuotaSource

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
RESETS = datetime(2026, 6, 1, 15, tzinfo=UTC)
QUOTA = Quota(
    plan="plus",
    windows=(
        QuotaWindow(used_percent=41.0, length_minutes=300, resets_at=RESETS),
        QuotaWindow(used_percent=7.5, length_minutes=10_080, resets_at=None),
    ),
)
BODY: dict[str, object] = {
    "plan_type": "plus",
    "rate_limit": {
        # The longer window first: the service has swapped them before.
        "primary_window": {"used_percent": 7.5, "limit_window_seconds": 604_800},
        "secondary_window": {
            "used_percent": 41,
            "limit_window_seconds": 18_000,
            "reset_after_seconds": 10_800,
        },
    },
}

Building: TypeAlias = Callable[[Reply, Quota | CodexctlError], AbstractContextManager[QuotaSource]]


@contextmanager
def _over_http(reply: Reply, _answer: Quota | CodexctlError) -> Generator[QuotaSource, None, None]:
    with StreamServer(lambda number, seen: reply) as server:
        base = f"{server.base_url}/backend-api/codex"
        settings = HttpSettings(base_urls={Provider.CHATGPT: base, Provider.API: base}, identity={})
        yield ChatGptAccount(settings, FakeClock(NOW))
        assert [seen.path for seen in server.seen] == ["/backend-api/wham/usage"]


@contextmanager
def _fake(_reply: Reply, answer: Quota | CodexctlError) -> Generator[QuotaSource, None, None]:
    yield FakeQuotaSource(answer)


@pytest.fixture(params=[_over_http, _fake], ids=["http", "fake"])
def build(request: pytest.FixtureRequest) -> Building:
    return request.param


def _said(value: object, status: str = "200 OK") -> Reply:
    return Reply(pieces=[json.dumps(value).encode()], status=status)


def test_it_tells_the_windows_the_shortest_first(build: Building) -> None:
    with build(_said(BODY), QUOTA) as source:
        assert source.quota(SUBSCRIPTION) == QUOTA


def test_an_account_without_windows_has_none(build: Building) -> None:
    nothing = Quota(plan=None, windows=())
    with build(_said({"rate_limit": None}), nothing) as source:
        assert source.quota(SUBSCRIPTION) == nothing


@pytest.mark.parametrize(
    ("status", "error"),
    [("401 Unauthorized", SignInRejected), ("503 Service Unavailable", ServiceUnavailable)],
)
def test_what_goes_wrong_is_named(build: Building, status: str, error: type[CodexctlError]) -> None:
    failing = build(_said({"detail": "no"}, status), error("no", remedy="wait"))
    with failing as source, pytest.raises(error):
        source.quota(SUBSCRIPTION)
