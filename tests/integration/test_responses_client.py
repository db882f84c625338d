"""The client of the Responses API on a real socket."""

import gzip
import itertools
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from tests.command import process_environment
from tests.fakes.stream_server import Reply, StreamServer
from tests.fakes.values import API_KEY, CONVERSATION_ID, SUBSCRIPTION, a_message, a_request
from tests.fakes.wire import ANSWER, completed, created, frames, text_delta

from codexctl.adapters.responses.client import ResponsesClient
from codexctl.adapters.responses.http import HttpSettings
from codexctl.domain.credentials import Credential, Secret, Subscription
from codexctl.domain.errors import (
    CodexctlError,
    ContextWindowExceeded,
    GatewayBlocked,
    InvalidRequest,
    ModelUnavailable,
    NetworkFailed,
    PlanExcludesService,
    QuotaExhausted,
    RateLimited,
    ServiceUnavailable,
    SignInRejected,
    StreamInterrupted,
)
from codexctl.domain.models import Provider
from codexctl.domain.stream_events import (
    Completed,
    ItemFinished,
    ResponseStarted,
    StreamEvent,
    TextDelta,
)

PATIENCE_SECONDS = 30
"""How long a test waits for what must come. Only a test that fails waits at all."""

EVENTS = [
    ResponseStarted("resp_1", "gpt-5.5"),
    TextDelta("Hello", 0),
    ItemFinished(a_message("Hello"), 0),
    Completed(response_id="resp_1"),
]


@contextmanager
def _client(
    base_url: str, *, idle_timeout_seconds: float = PATIENCE_SECONDS
) -> Generator[ResponsesClient, None, None]:
    settings = HttpSettings(
        base_urls=dict.fromkeys(Provider, base_url),
        identity={"originator": "a-test", "user-agent": "a-test/1"},
        idle_timeout_seconds=idle_timeout_seconds,
    )
    with closing(ResponsesClient(settings)) as client:
        yield client


def _ask(
    base_url: str,
    credential: Credential = API_KEY,
    *,
    idle_timeout_seconds: float = PATIENCE_SECONDS,
) -> list[StreamEvent]:
    with _client(base_url, idle_timeout_seconds=idle_timeout_seconds) as client:
        return list(client.stream(a_request(), credential))


def _serving(reply: Reply) -> StreamServer:
    """Return a server that answers every request alike."""
    return StreamServer(lambda _number, _seen: reply)


def _ask_for(reply: Reply) -> list[StreamEvent]:
    with _serving(reply) as server:
        return _ask(server.base_url)


@contextmanager
def _watched_peer(reply: bytes) -> Generator[tuple[str, threading.Event], None, None]:
    """Answer one request, leave the connection open, and note when the other side hangs up."""
    hung_up = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as reader:
            lines = list(iter(reader.readline, b"\r\n"))
            length = next(line for line in lines if line.lower().startswith(b"content-length:"))
            reader.read(int(length.partition(b":")[2]))
            connection.sendall(reply)
            with suppress(ConnectionResetError):  # hung up while something was still unread
                reader.read()
            hung_up.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", hung_up
        thread.join(PATIENCE_SECONDS)


def test_nothing_reaches_the_socket_before_the_first_event_is_asked_for() -> None:
    with _serving(Reply(pieces=[ANSWER])) as server, _client(server.base_url) as one:
        unasked = one.stream(a_request(conversation_id="unasked"), API_KEY)
        assert list(one.stream(a_request(conversation_id="asked"), API_KEY)) == EVENTS
        unasked.close()
        assert [seen.body["prompt_cache_key"] for seen in server.seen] == ["asked"]


def test_closing_the_generator_closes_the_connection() -> None:
    head = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"
    with _watched_peer(head + frames(created())) as (base_url, hung_up), _client(base_url) as one:
        events = one.stream(a_request(), API_KEY)
        next(events)
        assert not hung_up.is_set()
        events.close()
        assert hung_up.wait(PATIENCE_SECONDS)


@pytest.mark.parametrize("chunked", [True, False])
def test_reading_stops_at_the_terminal_event_though_the_connection_stays_open(
    chunked: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    assert _ask_for(Reply(pieces=[ANSWER], chunked=chunked, hold_open=True)) == EVENTS


@pytest.mark.parametrize("chunked", [True, False])
def test_an_event_is_yielded_before_the_next_one_is_sent(
    chunked: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    received = threading.Event()
    waited: list[bool] = []

    def pieces() -> Iterator[bytes]:
        yield frames(text_delta("Hel"))
        waited.append(received.wait(PATIENCE_SECONDS))
        yield frames(text_delta("lo"), completed())

    reply = Reply(pieces=pieces(), chunked=chunked)
    with _serving(reply) as server, _client(server.base_url) as client:
        events = client.stream(a_request(), API_KEY)
        first = next(events)
        received.set()
        assert [first, *events] == [
            TextDelta("Hel", 0),
            TextDelta("lo", 0),
            Completed(response_id="resp_1"),
        ]
    assert waited == [True]


@pytest.mark.parametrize("headers", [(), ("content-type: application/octet-stream",)])
def test_a_stream_is_read_whatever_its_content_type(headers: tuple[str, ...]) -> None:
    assert _ask_for(Reply(pieces=[ANSWER], headers=headers)) == EVENTS


def test_a_compressed_stream_is_decoded() -> None:
    squeezed = gzip.compress(ANSWER)
    reply = Reply(pieces=[squeezed[:40], squeezed[40:]], headers=("content-encoding: gzip",))
    assert _ask_for(reply) == EVENTS


def test_three_requests_go_through_one_client() -> None:
    with _serving(Reply(pieces=[ANSWER])) as server, _client(server.base_url) as one:
        answers = [list(one.stream(a_request(), API_KEY)) for _ in range(3)]
    assert answers == [EVENTS] * 3
    assert [seen.path for seen in server.seen] == ["/responses"] * 3


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Gone"])
def test_a_redirect_is_refused_and_not_followed(status: str) -> None:
    with _serving(Reply(pieces=[ANSWER])) as elsewhere:
        reply = Reply(status=status, headers=(f"location: {elsewhere.base_url}/responses",))
        with pytest.raises(GatewayBlocked):
            _ask_for(reply)
        assert elsewhere.seen == []


def test_the_bearer_stands_in_the_authorization_header_and_nowhere_else() -> None:
    with _serving(Reply(pieces=[ANSWER])) as server:
        _ask(server.base_url, SUBSCRIPTION)
    (seen,) = server.seen
    token = SUBSCRIPTION.access_token.reveal()
    assert seen.headers.pop("authorization") == f"Bearer {token}"
    assert token not in repr(seen)


def test_a_subscription_sends_its_account_and_its_session() -> None:
    with _serving(Reply(pieces=[ANSWER])) as server:
        _ask(server.base_url, SUBSCRIPTION)
    headers = server.seen[0].headers
    assert (headers["chatgpt-account-id"], headers["session-id"]) == ("account-1", CONVERSATION_ID)


def test_an_api_key_sends_neither() -> None:
    with _serving(Reply(pieces=[ANSWER])) as server:
        _ask(server.base_url, API_KEY)
    assert server.seen[0].headers.keys() & {"chatgpt-account-id", "session-id"} == set()


def test_a_subscription_without_a_known_account_names_none() -> None:
    unnamed = Subscription(
        access_token=Secret("token"), account_id=None, expires_at=None, origin="a test"
    )
    with _serving(Reply(pieces=[ANSWER])) as server:
        _ask(server.base_url, unnamed)
    assert "chatgpt-account-id" not in server.seen[0].headers


def test_each_provider_has_its_own_address() -> None:
    answer = Reply(pieces=[ANSWER])
    with _serving(answer) as chatgpt, _serving(answer) as api:
        settings = HttpSettings(
            base_urls={Provider.CHATGPT: f"{chatgpt.base_url}/codex", Provider.API: api.base_url},
            identity={"originator": "a-test"},
        )
        with closing(ResponsesClient(settings)) as client:
            list(client.stream(a_request(), SUBSCRIPTION))
            list(client.stream(a_request(), API_KEY))
        assert [seen.path for seen in chatgpt.seen] == ["/codex/responses"]
        assert [seen.path for seen in api.seen] == ["/responses"]


_PAGE = "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"

_REFUSALS: list[tuple[str, str, type[CodexctlError]]] = [
    ("400 Bad", '{"detail": "Instructions are required"}', InvalidRequest),
    (
        "400 Bad",
        '{"detail": "The \'x\' model is not supported when using Codex with a ChatGPT account."}',
        ModelUnavailable,
    ),
    ("402 Pay", '{"detail": {"code": "deactivated_workspace"}}', PlanExcludesService),
    ("429 Many", '{"error": {"type": "usage_limit_reached", "plan_type": "plus"}}', QuotaExhausted),
    ("400 Bad", '{"error": {"code": "context_length_exceeded"}}', ContextWindowExceeded),
    (
        "401 No",
        '{"error": {"code": "token_expired", "message": "Old"}, "status": 401}',
        SignInRejected,
    ),
    ("429 Many", "Too many requests", RateLimited),
    ("503 Busy", "upstream connect error", ServiceUnavailable),
    ("403 Forbidden", _PAGE, GatewayBlocked),
    ("401 No", _PAGE, GatewayBlocked),
    ("502 Bad Gateway", _PAGE, ServiceUnavailable),
]


@pytest.mark.parametrize(("status", "body", "error"), _REFUSALS)
def test_a_refusal_is_understood_in_every_shape_it_takes(
    status: str, body: str, error: type[CodexctlError]
) -> None:
    with pytest.raises(CodexctlError) as caught:
        _ask_for(Reply(status=status, pieces=[body.encode()]))
    assert type(caught.value) is error


def test_a_web_page_in_place_of_the_stream_is_refused() -> None:
    page = Reply(headers=("content-type: text/html; charset=utf-8",), pieces=[_PAGE.encode()])
    with pytest.raises(GatewayBlocked, match="Just a moment"):
        _ask_for(page)


def test_the_request_id_of_a_refusal_is_kept() -> None:
    reply = Reply(status="500 Oops", headers=("X-Request-Id: req_1",), pieces=[b"{}"])
    with pytest.raises(ServiceUnavailable) as caught:
        _ask_for(reply)
    assert caught.value.request_id == "req_1"


def test_a_key_that_the_service_quotes_is_not_in_the_message() -> None:
    text = f"Incorrect API key provided: {API_KEY.key.reveal()}."
    body = json.dumps({"error": {"code": "invalid_api_key", "message": text}}).encode()
    with pytest.raises(SignInRejected) as caught:
        _ask_for(Reply(status="401 Unauthorized", pieces=[body]))
    assert caught.value.message == (
        "The service rejected the credential (HTTP 401): Incorrect API key provided: ***."
    )


def test_of_an_endless_refusal_only_the_beginning_is_read() -> None:
    with pytest.raises(InvalidRequest):
        _ask_for(Reply(status="400 Bad", pieces=itertools.repeat(b"no " * 1000)))


def test_a_refusal_whose_body_breaks_off_is_taken_as_far_as_it_came() -> None:
    head = b"HTTP/1.1 429 Many\r\ncontent-length: 1000\r\n\r\n"
    with pytest.raises(RateLimited, match="Slow down"):
        _ask_for(Reply(raw=head + b"Slow down"))


_CUT_HEAD = b"HTTP/1.1 200 OK\r\n%b\r\n\r\n"


@pytest.mark.parametrize(
    "rest",
    [
        _CUT_HEAD % b"transfer-encoding: chunked" + b"fff\r\ndata: half",
        _CUT_HEAD % b"transfer-encoding: chunked" + b"5\r\ndata:\r\n",
        _CUT_HEAD % b"transfer-encoding: chunked" + b"no length\r\n",
        _CUT_HEAD % b"content-length: 1000" + b"data: half",
        _CUT_HEAD % b"content-encoding: gzip\r\nconnection: close" + b"no gzip at all",
    ],
    ids=["in a chunk", "between chunks", "odd chunk", "before its length", "odd compression"],
)
def test_a_body_that_breaks_off_is_an_interrupted_stream(rest: bytes) -> None:
    with pytest.raises(StreamInterrupted):
        _ask_for(Reply(raw=rest))


def test_a_connection_that_closes_without_an_answer_is_a_network_failure() -> None:
    with pytest.raises(NetworkFailed):
        _ask_for(Reply(raw=b""))


def test_a_refused_connection_is_a_network_failure() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound, so that nobody else gets it, and not listening
        with pytest.raises(NetworkFailed):
            _ask(f"http://127.0.0.1:{bound.getsockname()[1]}")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(pieces=[frames(created())], hold_open=True),
        Reply(raw=b"", hold_open=True),
    ],
    ids=["within the answer", "before the answer"],
)
def test_silence_for_longer_than_the_idle_timeout_is_a_network_failure(reply: Reply) -> None:
    with (
        _serving(reply) as server,
        pytest.raises(NetworkFailed, match="silent for too long"),
    ):
        _ask(server.base_url, idle_timeout_seconds=0.05)


_ASK_IN_A_CHILD = """
import sys
from tests.integration.test_responses_client import EVENTS, _ask
sys.exit(0 if _ask(sys.argv[1]) == EVENTS else "other events than expected")
"""


def _ask_in_a_child(base_url: str, environment: dict[str, str]) -> None:
    root = str(Path(__file__).parents[2])
    subprocess.run(
        [sys.executable, "-c", _ASK_IN_A_CHILD, base_url],
        env=process_environment({"PYTHONPATH": root, **environment}),
        check=True,
        timeout=PATIENCE_SECONDS,
    )


def test_a_netrc_file_does_not_replace_the_bearer(tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    with _serving(Reply(pieces=[ANSWER])) as server:
        _ask_in_a_child(server.base_url, {"NETRC": str(netrc)})
    assert [seen.headers["authorization"] for seen in server.seen] == [
        f"Bearer {API_KEY.key.reveal()}"
    ]


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine() -> None:
    with (
        _serving(Reply(pieces=[ANSWER])) as server,
        _serving(Reply(status="502 Bad Gateway")) as proxy,
    ):
        _ask_in_a_child(
            server.base_url,
            dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), proxy.base_url),
        )
        assert (len(server.seen), proxy.seen) == (1, [])
