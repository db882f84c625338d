"""The client of the Responses API on a real socket."""

import gzip
import itertools
import json
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import Any

import pytest
from tests.command import process_environment
from tests.fakes.stream_server import Reply, StreamServer
from tests.fakes.values import API_KEY, CONVERSATION_ID, SUBSCRIPTION, a_message, a_request
from tests.fakes.wire import ANSWER, completed, created, frames, text_delta

from codexctl.adapters.responses.client import ResponsesClient
from codexctl.adapters.responses.http import HttpSettings
from codexctl.domain.conversation import UserMessage
from codexctl.domain.credentials import ApiKey, Credential, Secret, Subscription
from codexctl.domain.errors import (
    CodexctlError,
    ContextWindowExceeded,
    GatewayBlocked,
    InvalidRequest,
    ModelUnavailable,
    NetworkFailed,
    PlanExcludesService,
    ProtocolError,
    QuotaExhausted,
    RateLimited,
    ServiceUnavailable,
    SignInRejected,
    StreamInterrupted,
    UsageError,
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
def _client(base_url: str, originator: str = "a-test") -> Generator[ResponsesClient, None, None]:
    settings = HttpSettings(
        base_urls=dict.fromkeys(Provider, base_url),
        identity={"originator": originator, "user-agent": "a-test/1"},
        header_timeout_seconds=PATIENCE_SECONDS,
        idle_timeout_seconds=PATIENCE_SECONDS,
    )
    with closing(ResponsesClient(settings)) as client:
        yield client


def _ask(base_url: str, credential: Credential = API_KEY) -> list[StreamEvent]:
    with _client(base_url) as client:
        return list(client.stream(a_request(), credential))


def _serving(reply: Reply) -> StreamServer:
    """Return a server that answers every request alike."""
    return StreamServer(lambda _number, _seen: reply)


def _ask_for(reply: Reply) -> list[StreamEvent]:
    with _serving(reply) as server:
        return _ask(server.base_url)


Talk = Callable[[socket.socket, BufferedReader], None]
"""What a peer does with its one connection: how it writes, and how it reads."""


@contextmanager
def _peer(talk: Talk, receive_buffer_bytes: int | None = None) -> Generator[str, None, None]:
    """Take one connection; give the URL."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as reader:
            talk(connection, reader)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        if receive_buffer_bytes is not None:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(PATIENCE_SECONDS)


def _read_headers(reader: BufferedReader) -> int:
    """Read the headers of a request and return the length of its body."""
    lines = list(iter(reader.readline, b"\r\n"))
    length = next(line for line in lines if line.lower().startswith(b"content-length:"))
    return int(length.partition(b":")[2])


@contextmanager
def _watched_peer(reply: bytes) -> Generator[tuple[str, threading.Event], None, None]:
    """Answer one request, leave the connection open, and note when the other side hangs up."""
    hung_up = threading.Event()

    def talk(connection: socket.socket, reader: BufferedReader) -> None:
        reader.read(_read_headers(reader))
        connection.sendall(reply)
        with suppress(ConnectionResetError):  # hung up while something was still unread
            reader.read()
        hung_up.set()

    with _peer(talk) as base_url:
        yield base_url, hung_up


@contextmanager
def _resetting_peer(reply: bytes) -> Generator[str, None, None]:
    """Answer one request, and then reset the connection in place of closing it."""

    def talk(connection: socket.socket, reader: BufferedReader) -> None:
        reader.read(_read_headers(reader))
        connection.sendall(reply)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with _peer(talk) as base_url:
        yield base_url


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


def test_a_body_that_ends_in_the_middle_of_a_length_is_an_interrupted_stream() -> None:
    # More than was announced is cut off, so the terminal event is not there.
    head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(frames(created()))
    assert _ask_for(Reply(raw=head + ANSWER)) == EVENTS[:1]


def test_a_body_cut_while_it_is_compressed_just_ends() -> None:
    squeezed = gzip.compress(frames(created(), text_delta("Hello")) * 100)
    reply = Reply(pieces=[squeezed[:-20]], headers=("content-encoding: gzip",))
    assert _ask_for(reply)[:2] == EVENTS[:2]


def test_a_reset_in_the_middle_of_the_answer_is_an_interrupted_stream() -> None:
    # known-bugs 130
    cut = _CUT_HEAD % b"transfer-encoding: chunked" + b"fff\r\ndata: half"
    with (
        _resetting_peer(cut) as url,
        pytest.raises(StreamInterrupted, match="broke in the middle"),
    ):
        _ask(url)


_NO_ANSWERS: list[tuple[bytes, type[CodexctlError], str]] = [
    (b"", NetworkFailed, "The connection was closed before an answer came."),
    (b"SSH-2.0-OpenSSH_9.6\r\n", NetworkFailed, "What answered does not speak HTTP."),
    (b"HTTP/1.1 OK\r\n\r\n", NetworkFailed, "What answered does not speak HTTP."),
    (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200, NetworkFailed, "does not speak HTTP."),
    (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000, NetworkFailed, "does not speak HTTP."),
    (
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        ProtocolError,
        "The answer's headers make no sense.",
    ),
]


@pytest.mark.parametrize(("raw", "kind", "message"), _NO_ANSWERS)
def test_what_is_no_answer_is_told_from_what_is_one(
    raw: bytes, kind: type[CodexctlError], message: str
) -> None:
    with pytest.raises(CodexctlError) as caught:
        _ask_for(Reply(raw=raw))
    assert type(caught.value) is kind
    assert message in caught.value.message


def test_a_reset_before_the_answer_is_a_network_failure() -> None:
    with _resetting_peer(b"") as url, pytest.raises(NetworkFailed) as caught:
        _ask(url)
    assert caught.value.message == "The connection was reset before an answer came."


def test_a_refused_connection_is_a_network_failure() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound, so that nobody else gets it, and not listening
        with pytest.raises(NetworkFailed) as caught:
            _ask(f"http://127.0.0.1:{bound.getsockname()[1]}")
    assert caught.value.message == "The service refused the connection."


@pytest.mark.parametrize(
    ("originator", "token"),
    [("a-test", "sk-key\nx-evil: 1"), ("a-test", "sk-kéy"), ("two\nlines", "sk-key")],
    ids=["line end in the token", "letter in the token", "line end in the originator"],
)
def test_what_no_header_can_hold_is_blamed_and_not_quoted(originator: str, token: str) -> None:
    with _serving(Reply(pieces=[ANSWER])) as server:
        with _client(server.base_url, originator) as client, pytest.raises(UsageError) as caught:
            list(client.stream(a_request(), ApiKey(Secret(token), "a test")))
        assert server.seen == []
    assert caught.value.message == (
        "The credential or the originator holds characters that no header can."
    )
    assert "sk-k" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("status", ["201 Created", "202 Accepted", "204 No Content", "299 Odd"])
def test_success_without_a_stream_is_outside_the_protocol(status: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        _ask_for(Reply(raw=f"HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n".encode()))
    assert caught.value.message == (
        f"The service sent something else than an answer (HTTP {status[:3]})."
    )


_JSON = "content-type: application/json; charset=utf-8"


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (
            {"error": {"code": "context_length_exceeded", "message": "Too long"}},
            ContextWindowExceeded,
            "Too long",
        ),
        ({"detail": {"code": "usage_limit_reached"}}, QuotaExhausted, ""),
        ({"message": "Odd"}, ProtocolError, "something else than an answer (HTTP 200): Odd"),
        (
            {"error": {"code": "invalid_api_key", "message": f"Wrong: {API_KEY.key.reveal()}"}},
            SignInRejected,
            "Wrong: ***",
        ),
        ({"object": "response", "error": None, "output": []}, ProtocolError, "something else"),
        ({}, ProtocolError, "something else than an answer (HTTP 200)"),
    ],
)
def test_json_in_place_of_the_stream_is_the_fault_it_names(
    body: dict[str, Any], kind: type[CodexctlError], message: str
) -> None:
    text = json.dumps(body).encode()
    with pytest.raises(CodexctlError) as caught:
        _ask_for(Reply(headers=(_JSON,), pieces=[text[:9], text[9:]]))
    assert type(caught.value) is kind
    assert message in caught.value.message


def test_json_that_is_cut_is_no_stream() -> None:
    with pytest.raises(ProtocolError, match="something else than an answer"):
        _ask_for(Reply(headers=(_JSON,), pieces=[b'{"error": {"mess']))


def test_a_stream_under_the_name_of_json_is_read() -> None:
    assert _ask_for(Reply(headers=(_JSON,), pieces=[ANSWER[:50], ANSWER[50:]])) == EVENTS


@pytest.mark.slow
def test_a_long_request_may_take_longer_to_send_than_to_connect() -> None:
    # Pictures over a slow line. The limit is for each block that is sent, not for all of them.
    taken: list[int] = []

    def take_slowly(connection: socket.socket, reader: BufferedReader) -> None:
        left = _read_headers(reader)
        while left:
            time.sleep(0.1)  # by the real clock, like the limit of the socket that sends
            taken.append(len(reader.read(min(left, 400_000))))
            left -= taken[-1]
        connection.sendall(_CUT_HEAD % b"connection: close" + ANSWER)

    with _peer(take_slowly, receive_buffer_bytes=65_536) as base_url:
        settings = HttpSettings(
            base_urls=dict.fromkeys(Provider, base_url), identity={}, connect_timeout_seconds=1.0
        )
        request = a_request(UserMessage("x" * 12_000_000))
        with closing(ResponsesClient(settings)) as client:
            assert list(client.stream(request, API_KEY)) == EVENTS
    assert sum(taken) > 12_000_000


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
