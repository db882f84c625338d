"""The contract of ``codexctl.domain.ports.WorkspaceRouting``, for the adapter and for the fake."""

import json
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import TypeAlias

import pytest
from tests.fakes.stream_server import Reply, StreamServer
from tests.fakes.values import SUBSCRIPTION

from codexctl.adapters.responses.http import HttpSettings
from codexctl.adapters.responses.routing import ChatGptRouting
from codexctl.domain.errors import (
    CodexctlError,
    ProtocolError,
    ServiceUnavailable,
    SignInRejected,
)
from codexctl.domain.models import Provider
from codexctl.domain.ports import WorkspaceRouting
from codexctl.testing.fakes.routing import FakeWorkspaceRouting

Answer: TypeAlias = str | CodexctlError | None
Building: TypeAlias = Callable[[Reply, Answer], AbstractContextManager[WorkspaceRouting]]


@contextmanager
def _over_http(reply: Reply, _answer: Answer) -> Generator[WorkspaceRouting, None, None]:
    with StreamServer(lambda number, seen: reply) as server:
        base = f"{server.base_url}/backend-api/codex"
        settings = HttpSettings(base_urls={Provider.CHATGPT: base, Provider.API: base}, identity={})
        yield ChatGptRouting(settings)
        assert {seen.path for seen in server.seen} <= {"/backend-api/wham/accounts/check"}
        assert len(server.seen) <= 1


@contextmanager
def _fake(_reply: Reply, answer: Answer) -> Generator[WorkspaceRouting, None, None]:
    yield FakeWorkspaceRouting(answer)


@pytest.fixture(params=[_over_http, _fake], ids=["http", "fake"])
def build(request: pytest.FixtureRequest) -> Building:
    return request.param


def _said(value: object, status: str = "200 OK") -> Reply:
    return Reply(pieces=[json.dumps(value).encode()], status=status)


def _accounts(*accounts: dict[str, object]) -> Reply:
    return _said({"accounts": accounts, "account_ordering": [], "default_account_id": "account-2"})


OTHER: dict[str, object] = {"id": "account-2", "account_routing_override": "us_cr"}


@pytest.mark.parametrize("override", ["us", "us_cr"])
def test_the_override_of_the_account_is_told(build: Building, override: str) -> None:
    mine: dict[str, object] = {"id": "account-1", "account_routing_override": override}
    with build(_accounts(OTHER, mine), override) as routing:
        assert routing.override_for(SUBSCRIPTION) == override


@pytest.mark.parametrize(
    "mine",
    [
        {"id": "account-1", "account_routing_override": "NO_CONSTRAINT"},
        {"id": "account-1", "account_routing_override": None},
        {"id": "account-1"},
        {"id": "account-1", "account_routing_override": "a-word-of-tomorrow"},
        {"id": "account-1", "account_routing_override": ["us"]},
    ],
    ids=["no constraint", "null", "absent", "unknown", "no text"],
)
def test_an_account_without_a_known_override_has_none(
    build: Building, mine: dict[str, object]
) -> None:
    with build(_accounts(mine, OTHER), None) as routing:
        assert routing.override_for(SUBSCRIPTION) is None


def test_without_an_account_id_nothing_is_asked_and_there_is_none(build: Building) -> None:
    with build(_said({}, "500 Internal Server Error"), None) as routing:
        assert routing.override_for(replace(SUBSCRIPTION, account_id=None)) is None


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (_said({"detail": "no"}, "401 Unauthorized"), SignInRejected),
        (_said({"detail": "no"}, "503 Service Unavailable"), ServiceUnavailable),
        (_accounts(OTHER), ProtocolError),
        (_accounts({"id": "account-1"}, {"id": "account-1"}), ProtocolError),
        (_said({"accounts": "none"}), ProtocolError),
        (_said(["account-1"]), ProtocolError),
        (Reply(pieces=[b"no JSON"]), ProtocolError),
    ],
    ids=["refused", "unavailable", "missing", "twice", "no list", "no object", "no JSON"],
)
def test_what_goes_wrong_is_named(
    build: Building, reply: Reply, error: type[CodexctlError]
) -> None:
    failing = build(reply, error("no", remedy="wait"))
    with failing as routing, pytest.raises(error):
        routing.override_for(SUBSCRIPTION)
