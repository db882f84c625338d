"""Routing and the list of models against the emulator, odd servers, and shared folders."""

import json
import resource
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from tests.fakes.stream_server import Reply, Seen, StreamServer
from tests.fakes.values import API_KEY, SUBSCRIPTION
from tests.unprivileged import ordinary_user

from codexctl.adapters.caches.routing_memory import FileRoutingMemory
from codexctl.adapters.responses.http import HttpSettings
from codexctl.adapters.responses.model_list import HttpModelCatalogue
from codexctl.adapters.responses.routing import ChatGptRouting
from codexctl.application.route_requests import RouteRequests
from codexctl.domain.credentials import Subscription
from codexctl.domain.errors import (
    GatewayBlocked,
    InvalidRequest,
    NetworkFailed,
    ProtocolError,
    StreamInterrupted,
)
from codexctl.domain.models import Provider
from codexctl.domain.routing import KnownRouting
from codexctl.entrypoints.emulator import ACCOUNT_ID, Emulator
from codexctl.entrypoints.emulator.account.endpoints import (
    DOUBLE_ACCOUNT_ID,
    UNLISTED_ACCOUNT_ID,
    US_ACCOUNT_ID,
    US_CR_ACCOUNT_ID,
)
from codexctl.testing.fakes.clock import FakeClock
from codexctl.testing.fakes.notifier import FakeNotifier

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CHECK = "/backend-api/wham/accounts/check"
US = KnownRouting(override="us", asked_at=NOW)
AT_ONCE_SECONDS = 0.05
"""A limit that a server which never answers reaches, however slow the machine."""


@pytest.fixture
def emulator() -> Generator[Emulator, None, None]:
    with Emulator() as running:
        yield running


def _settings(chatgpt: str, api: str = "http://127.0.0.1:9/v1") -> HttpSettings:
    return HttpSettings(
        base_urls={Provider.CHATGPT: chatgpt, Provider.API: api},
        identity={"originator": "codexctl", "user-agent": "codexctl/0"},
    )


def _routing(base_url: str, **options: float) -> ChatGptRouting:
    return ChatGptRouting(_settings(base_url + "/backend-api/codex"), **options)


def _of(account_id: str) -> Subscription:
    return replace(SUBSCRIPTION, account_id=account_id)


# The emulator


@pytest.mark.parametrize(
    ("account_id", "override"),
    [(ACCOUNT_ID, None), (US_ACCOUNT_ID, "us"), (US_CR_ACCOUNT_ID, "us_cr")],
)
def test_the_override_of_an_account_is_found(
    emulator: Emulator, account_id: str, override: str | None
) -> None:
    assert _routing(emulator.issuer).override_for(_of(account_id)) == override
    (asked,) = emulator.requests
    names = ("chatgpt-account-id", "originator", "user-agent")
    assert (asked.path, [asked.headers[name] for name in names]) == (
        CHECK,
        [account_id, "codexctl", "codexctl/0"],
    )


@pytest.mark.parametrize(
    ("account_id", "message"),
    [
        (UNLISTED_ACCOUNT_ID, "The service does not list this workspace."),
        (DOUBLE_ACCOUNT_ID, "The service lists this workspace more than once."),
    ],
    ids=["unlisted", "double"],
)
def test_an_account_that_is_not_listed_once_is_an_error(
    emulator: Emulator, account_id: str, message: str
) -> None:
    with pytest.raises(ProtocolError) as caught:
        _routing(emulator.issuer).override_for(_of(account_id))
    assert caught.value.message == message


def test_both_services_tell_their_models(emulator: Emulator) -> None:
    settings = _settings(emulator.chatgpt_base_url, emulator.api_base_url)
    catalogue = HttpModelCatalogue(settings)
    assert catalogue.slugs(SUBSCRIPTION) == ("gpt-5.5", "gpt-5.6-luna")
    assert catalogue.slugs(API_KEY) == ("gpt-5.5", "gpt-5.2-codex")


def test_the_emulators_api_tells_its_models_to_who_has_a_key(emulator: Emulator) -> None:
    url = f"{emulator.api_base_url}/models"
    assert requests.get(url, timeout=30).json()["error"]["code"] == "invalid_api_key"
    told = requests.get(url, headers={"authorization": "Bearer sk-any"}, timeout=30).json()
    assert (told["object"], len(told["data"])) == ("list", 4)


def test_the_next_process_does_not_ask_again(emulator: Emulator, tmp_path: Path) -> None:
    def process(now: datetime) -> str | None:
        route = RouteRequests(
            routing=_routing(emulator.issuer),
            memory=FileRoutingMemory(tmp_path / "home"),
            clock=FakeClock(now),
            notifier=FakeNotifier(),
        )
        return route(_of(US_ACCOUNT_ID))

    hours = (0, 1, 23, 25)
    assert [process(NOW + timedelta(hours=hour)) for hour in hours] == ["us"] * 4
    assert [request.path for request in emulator.requests] == [CHECK, CHECK]


# Servers that are no such service


def test_a_silent_server_is_given_up() -> None:
    with StreamServer(lambda number, seen: Reply(hold_open=True)) as server:
        routing = _routing(server.base_url, limit_seconds=AT_ONCE_SECONDS)
        with pytest.raises(NetworkFailed) as caught:
            routing.override_for(SUBSCRIPTION)
    assert caught.value.message == "The service did not answer within 0.05 seconds."


def test_an_interrupt_ends_the_wait_at_once() -> None:
    waiting = threading.get_ident()

    def press_ctrl_c(_number: int, _seen: Seen) -> Reply:
        signal.pthread_kill(waiting, signal.SIGINT)
        return Reply(hold_open=True)

    with StreamServer(press_ctrl_c) as server, pytest.raises(KeyboardInterrupt):
        _routing(server.base_url, limit_seconds=60).override_for(SUBSCRIPTION)


def test_a_server_that_stops_in_the_middle_is_given_up() -> None:
    with StreamServer(lambda number, seen: Reply(pieces=[b'{"acc'], hold_open=True)) as server:
        routing = _routing(server.base_url, limit_seconds=AT_ONCE_SECONDS)
        with pytest.raises(NetworkFailed):
            routing.override_for(SUBSCRIPTION)


def test_a_server_that_never_comes_to_an_end_is_given_up() -> None:
    def endless() -> Generator[bytes, None, None]:
        while True:
            yield b" " * 1_048_576

    with (
        StreamServer(lambda number, seen: Reply(pieces=endless())) as server,
        pytest.raises(ProtocolError) as caught,
    ):
        _routing(server.base_url, limit_seconds=60).override_for(SUBSCRIPTION)
    assert caught.value.message == "The service's answer is too long."


def test_an_answer_that_breaks_off_is_no_answer() -> None:
    cut = Reply(raw=b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
    with (
        StreamServer(lambda number, seen: cut) as server,
        pytest.raises(StreamInterrupted),
    ):
        _routing(server.base_url).override_for(SUBSCRIPTION)


def test_a_machine_that_is_not_there_is_an_error() -> None:
    with pytest.raises(NetworkFailed):
        _routing("http://127.0.0.1:9").override_for(SUBSCRIPTION)


def test_a_page_for_people_is_no_answer() -> None:
    page = Reply(pieces=[b"<title>Just a moment</title>"], headers=("content-type: text/html",))
    with (
        StreamServer(lambda number, seen: page) as server,
        pytest.raises(GatewayBlocked),
    ):
        _routing(server.base_url).override_for(SUBSCRIPTION)


def test_a_token_goes_to_the_configured_host_alone() -> None:
    with StreamServer(lambda number, seen: Reply()) as elsewhere:
        account = {
            "id": "account-1",
            "workspace_backend_origin": elsewhere.base_url,
            "account_routing_override": "us",
        }
        answers = [
            Reply(pieces=[json.dumps({"accounts": [account]}).encode()]),
            Reply(status="307 Temporary Redirect", headers=(f"location: {elsewhere.base_url}/",)),
        ]
        with StreamServer(lambda number, seen: answers[number]) as server:
            routing = _routing(server.base_url)
            assert routing.override_for(SUBSCRIPTION) == "us"
            with pytest.raises(GatewayBlocked):
                routing.override_for(SUBSCRIPTION)
        assert elsewhere.seen == []


def test_a_refusal_that_quotes_the_token_does_not_show_it() -> None:
    token = SUBSCRIPTION.access_token.reveal()
    quoting = Reply(
        status="400 Bad Request", pieces=[json.dumps({"detail": f"What is {token}?"}).encode()]
    )
    with (
        StreamServer(lambda number, seen: quoting) as server,
        pytest.raises(InvalidRequest) as caught,
    ):
        _routing(server.base_url).override_for(SUBSCRIPTION)
    assert "What is ***?" in caught.value.message


# Folders and disks


def test_writers_at_the_same_time_leave_one_whole_file(tmp_path: Path) -> None:
    memory = FileRoutingMemory(tmp_path)
    names = [f"account-{number}" for number in range(4)]
    start = threading.Barrier(len(names))

    def write(name: str) -> None:
        start.wait()
        for _ in range(25):
            memory.keep(name, US)

    threads = [threading.Thread(target=write, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recalled = {memory.recall(name) for name in names}
    assert US in recalled
    assert recalled <= {US, None}
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["routing.json"]


@contextmanager
def _no_room() -> Generator[None, None, None]:
    """Let no file of this process grow, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_keeps_what_was_there(tmp_path: Path) -> None:
    memory = FileRoutingMemory(tmp_path)
    memory.keep("account-1", US)
    with _no_room():
        memory.keep("account-1", KnownRouting(override=None, asked_at=NOW))
        memory.keep("account-2", US)
    assert [memory.recall(name) for name in ("account-1", "account-2")] == [US, None]
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["routing.json"]


def test_a_folder_that_may_not_be_used_is_no_error() -> None:
    with ordinary_user() as folder:
        memory = FileRoutingMemory(folder)
        memory.keep("account-1", US)
        (folder / "cache").chmod(0o000)
        memory.keep("account-1", KnownRouting(override=None, asked_at=NOW))
        assert memory.recall("account-1") is None
        (folder / "cache").chmod(0o700)
        assert memory.recall("account-1") == US


def test_a_folder_that_is_only_to_be_read_is_read() -> None:
    with ordinary_user() as folder:
        memory = FileRoutingMemory(folder)
        memory.keep("account-1", US)
        (folder / "cache").chmod(0o500)
        memory.keep("account-2", US)
        assert [memory.recall(name) for name in ("account-1", "account-2")] == [US, None]
        (folder / "cache").chmod(0o700)
