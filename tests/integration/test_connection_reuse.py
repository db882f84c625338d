"""One connection for the turns of a run: when it is used again, and when it must not be."""

import itertools
import socket
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from tests.fakes.certificates import self_signed
from tests.fakes.forward_proxy import ForwardProxy
from tests.fakes.stream_server import Reply, Seen, StreamServer
from tests.fakes.values import API_KEY, SUBSCRIPTION, a_message, a_request
from tests.fakes.wire import ANSWER, completed, created, frames

from codexctl.adapters.responses.client import ResponsesClient
from codexctl.adapters.responses.http import HttpSettings
from codexctl.domain.credentials import ApiKey, Credential, Secret
from codexctl.domain.errors import CodexctlError
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

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
UNENDED = b"%b%x\r\n%b\r\n" % (CHUNKED, len(ANSWER), ANSWER)
"""An answer of which all has come but the end of its framing."""

EPILOGUE = b": nothing more to say\n\ndata: [DONE]\n\n"

WHOLE = Reply(raw=UNENDED + b"0\r\n\r\n", keep=True)
"""One that comes at once with its end, so that no test depends on how quickly the end follows."""

COUNTED = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(ANSWER), ANSWER)

EVENTS = [
    ResponseStarted("resp_1", "gpt-5.5"),
    TextDelta("Hello", 0),
    ItemFinished(a_message("Hello"), 0),
    Completed(response_id="resp_1"),
]


@contextmanager
def _client(
    base_url: str, certificate: Path | None = None
) -> Generator[ResponsesClient, None, None]:
    settings = HttpSettings(
        base_urls=dict.fromkeys(Provider, base_url),
        identity={"originator": "a-test", "user-agent": "a-test/1"},
        header_timeout_seconds=PATIENCE_SECONDS,
        idle_timeout_seconds=PATIENCE_SECONDS,
        ca_bundle=None if certificate is None else str(certificate),
    )
    with closing(ResponsesClient(settings)) as client:
        yield client


def _ask(client: ResponsesClient, credential: Credential = API_KEY) -> list[StreamEvent]:
    return list(client.stream(a_request(), credential))


def _always(reply: Reply) -> Callable[[int, Seen], Reply]:
    return lambda number, seen: reply


def _connections(server: StreamServer) -> list[int]:
    """Return which connection each request came on."""
    return [seen.connection for seen in server.seen]


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


@pytest.mark.parametrize(
    "reply",
    [
        WHOLE,
        Reply(raw=b"%b%x\r\n%b\r\n0\r\n\r\n" % (UNENDED, len(EPILOGUE), EPILOGUE), keep=True),
        Reply(raw=COUNTED, keep=True),
    ],
    ids=["chunked", "with an epilogue", "counted"],
)
def test_the_turns_of_a_run_share_a_connection(reply: Reply) -> None:
    with StreamServer(_always(reply)) as server, _client(server.base_url) as client:
        answers = [_ask(client) for _ in range(3)]
        assert answers == [EVENTS] * 3
        assert _connections(server) == [0, 0, 0]


def test_they_share_one_over_tls(tmp_path: Path) -> None:
    tls = self_signed(tmp_path)
    with (
        StreamServer(_always(WHOLE), tls.context) as server,
        _client(server.base_url, tls.certificate) as client,
    ):
        answers = [_ask(client) for _ in range(3)]
        assert answers == [EVENTS] * 3
        assert _connections(server) == [0, 0, 0]


def test_they_share_one_tunnel_through_a_proxy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    tls = self_signed(tmp_path)
    with (
        StreamServer(_always(WHOLE), tls.context) as server,
        ForwardProxy(server.port) as proxy,
        _client("https://service.test", tls.certificate) as client,
    ):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        answers = [_ask(client) for _ in range(3)]
        assert answers == [EVENTS] * 3
        assert [asked for asked, _ in proxy.asked] == ["CONNECT service.test:443"]


def test_the_end_of_an_answer_may_come_after_it_was_read() -> None:
    is_read, has_ended = threading.Event(), threading.Event()

    def raw() -> Iterator[bytes]:
        yield UNENDED
        is_read.wait(PATIENCE_SECONDS)
        yield b"0\r\n\r\n"
        has_ended.set()

    with (
        StreamServer(lambda number, seen: Reply(raw=raw(), keep=True)) as server,
        _client(server.base_url) as client,
    ):
        assert _ask(client) == EVENTS
        is_read.set()
        assert has_ended.wait(PATIENCE_SECONDS)
        assert _ask(client) == EVENTS
        assert _connections(server) == [0, 0]


def test_an_answer_that_does_not_end_costs_its_connection_and_no_time() -> None:
    replies = [Reply(pieces=[ANSWER], hold_open=True), Reply(pieces=[ANSWER])]
    with (
        StreamServer(lambda number, seen: replies[number]) as server,
        _client(server.base_url) as client,
    ):
        assert [_ask(client), _ask(client)] == [EVENTS] * 2
        assert _connections(server) == [0, 1]


def test_an_answer_that_goes_on_and_on_after_its_end_costs_its_connection() -> None:
    rest = itertools.chain([ANSWER], itertools.repeat(frames(created()) * 100))
    replies = [Reply(pieces=rest), Reply(pieces=[ANSWER])]
    with (
        StreamServer(lambda number, seen: replies[number]) as server,
        _client(server.base_url) as client,
    ):
        assert [_ask(client), _ask(client)] == [EVENTS] * 2
        assert _connections(server) == [0, 1]


def test_an_answer_whose_end_is_broken_costs_its_connection() -> None:
    replies = [Reply(raw=UNENDED + b"no length\r\n", keep=True), Reply(pieces=[ANSWER])]
    with (
        StreamServer(lambda number, seen: replies[number]) as server,
        _client(server.base_url) as client,
    ):
        assert [_ask(client), _ask(client)] == [EVENTS] * 2
        assert _connections(server) == [0, 1]


def test_an_answer_to_nothing_is_not_taken_for_the_next_one() -> None:
    replies = [
        Reply(raw=COUNTED + CHUNKED + b"0\r\n\r\n", keep=True),
        Reply(pieces=[frames(completed("resp_2"))]),
    ]
    with (
        StreamServer(lambda number, seen: replies[number]) as server,
        _client(server.base_url) as client,
    ):
        assert _ask(client) == EVENTS
        assert _ask(client) == [Completed(response_id="resp_2")]


def test_another_credential_has_another_connection() -> None:
    other = ApiKey(Secret("sk-another-key"), "a test")
    with (
        StreamServer(_always(WHOLE)) as server,
        _client(server.base_url) as client,
    ):
        for credential in (API_KEY, API_KEY, other, other, SUBSCRIPTION, API_KEY):
            assert _ask(client, credential) == EVENTS
        assert _connections(server) == [0, 0, 1, 1, 2, 3]


def test_a_refusal_that_was_read_whole_leaves_its_connection() -> None:
    replies = [
        Reply(status="429 Many", pieces=[b'{"error": {"message": "Slow down"}}']),
        Reply(raw=b"HTTP/1.1 400 Bad\r\ncontent-length: 2\r\n\r\n{}", keep=True),
        Reply(pieces=[ANSWER]),
    ]
    with (
        StreamServer(lambda number, seen: replies[number]) as server,
        _client(server.base_url) as client,
    ):
        for _ in range(2):
            with pytest.raises(CodexctlError):
                _ask(client)
        assert _ask(client) == EVENTS
        assert _connections(server) == [0, 0, 0]


def test_a_refusal_that_does_not_end_costs_its_connection() -> None:
    replies = [
        Reply(status="400 Bad", pieces=itertools.repeat(b"no " * 1000)),
        Reply(pieces=[ANSWER]),
    ]
    with (
        StreamServer(lambda number, seen: replies[number]) as server,
        _client(server.base_url) as client,
    ):
        with pytest.raises(CodexctlError):
            _ask(client)
        assert _ask(client) == EVENTS
        assert _connections(server) == [0, 1]


def test_a_stream_that_broke_costs_its_connection() -> None:
    replies = [
        Reply(raw=CHUNKED + b"fff\r\ndata: half"),
        Reply(pieces=[ANSWER]),
    ]
    with (
        StreamServer(lambda number, seen: replies[number]) as server,
        _client(server.base_url) as client,
    ):
        with pytest.raises(CodexctlError):
            _ask(client)
        assert _ask(client) == EVENTS
        assert _connections(server) == [0, 1]


def test_a_stream_that_was_left_costs_its_connection() -> None:
    with (
        StreamServer(_always(WHOLE)) as server,
        _client(server.base_url) as client,
    ):
        left = client.stream(a_request(), API_KEY)
        next(left)
        left.close()
        assert _ask(client) == EVENTS
        assert _connections(server) == [0, 1]


def test_a_stream_that_was_left_at_its_terminal_event_is_whole() -> None:
    with (
        StreamServer(_always(WHOLE)) as server,
        _client(server.base_url) as client,
    ):
        left = client.stream(a_request(), API_KEY)
        assert [next(left) for _ in EVENTS] == EVENTS
        left.close()
        assert _ask(client) == EVENTS
        assert _connections(server) == [0, 0]


def test_two_streams_at_a_time_have_a_connection_each() -> None:
    with (
        StreamServer(_always(WHOLE)) as server,
        _client(server.base_url) as client,
    ):
        streams = [client.stream(a_request(), API_KEY) for _ in range(3)]
        assert [next(stream) for stream in streams] == [EVENTS[0]] * 3
        assert [list(stream) for stream in streams] == [EVENTS[1:]] * 3
        assert _ask(client) == EVENTS
        first_three, last = _connections(server)[:3], _connections(server)[3]
        assert sorted(first_three) == [0, 1, 2]
        assert last in first_three


def test_a_kept_connection_that_the_server_closed_is_not_used() -> None:
    # One request a connection, which the server closes without having said so.
    def serve() -> None:
        for closed in (is_closed, threading.Event()):
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as reader:
                lines = list(iter(reader.readline, b"\r\n"))
                length = next(line for line in lines if line.lower().startswith(b"content-length"))
                reader.read(int(length.partition(b":")[2]))
                connection.sendall(COUNTED)
            closed.set()

    is_closed = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with _client(f"http://127.0.0.1:{listener.getsockname()[1]}") as client:
            assert _ask(client) == EVENTS
            assert is_closed.wait(PATIENCE_SECONDS)
            assert _ask(client) == EVENTS
        thread.join(PATIENCE_SECONDS)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nconnection: close", b"HTTP/1.0 200 OK"])
def test_a_connection_that_cannot_be_used_again_is_closed_at_the_terminal_event(
    head: bytes,
) -> None:
    with (
        _watched_peer(head + b"\r\n\r\n" + ANSWER) as (base_url, hung_up),
        _client(base_url) as client,
    ):
        assert _ask(client) == EVENTS
        assert hung_up.wait(PATIENCE_SECONDS)


@pytest.mark.parametrize("end", [b"", b"0\r\n\r\n"], ids=["not ended", "ended"])
def test_closing_the_client_closes_the_connection_that_was_kept(end: bytes) -> None:
    with _watched_peer(UNENDED + end) as (base_url, hung_up):
        with _client(base_url) as client:
            assert _ask(client) == EVENTS
            assert not hung_up.is_set()
        assert hung_up.wait(PATIENCE_SECONDS)


def test_a_client_that_was_closed_connects_anew() -> None:
    with (
        StreamServer(_always(WHOLE)) as server,
        _client(server.base_url) as client,
    ):
        assert _ask(client) == EVENTS
        client.close()
        assert _ask(client) == EVENTS
        assert _connections(server) == [0, 1]
