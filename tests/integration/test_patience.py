"""How long the client waits, on real sockets and by a clock that only the test moves."""

import itertools
import socket
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.certificates import Identity, self_signed
from tests.fakes.forward_proxy import ForwardProxy
from tests.fakes.stream_server import Reply, StreamServer
from tests.fakes.values import API_KEY, a_message, a_request
from tests.fakes.wire import ANSWER, completed, created, frames
from tests.heard_elsewhere import Stopped, signal_elsewhere

from codexctl.adapters.responses.client import ResponsesClient
from codexctl.adapters.responses.http import HttpSettings, Session
from codexctl.adapters.responses.patience import Patience, PatientAdapter, Silence
from codexctl.domain.errors import CodexctlError, NetworkFailed, RateLimited, UsageError
from codexctl.domain.models import Provider
from codexctl.domain.stream_events import (
    Completed,
    ItemFinished,
    ResponseStarted,
    StreamEvent,
    TextDelta,
)

FOR_EVER = 1_000_000
"""Pieces that a server would send if nobody stopped it."""

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"

EVENTS = [
    ResponseStarted("resp_1", "gpt-5.5"),
    TextDelta("Hello", 0),
    ItemFinished(a_message("Hello"), 0),
    Completed(response_id="resp_1"),
]

AGAIN = "Run it again, or allow more with --idle-timeout."


class Hours:
    """A clock that moves when it is told to, and by ``step`` seconds whenever it is looked at."""

    def __init__(self, step: float = 0.0) -> None:
        self.seconds = 1000.0
        self._step = step

    def __call__(self) -> float:
        self.seconds += self._step
        return self.seconds

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds


@contextmanager
def _client(
    server: StreamServer,
    clock: Callable[[], float],
    *,
    base_url: str | None = None,
    certificate: Path | None = None,
) -> Generator[ResponsesClient, None, None]:
    settings = HttpSettings(
        base_urls=dict.fromkeys(Provider, base_url or server.base_url),
        identity={"originator": "a-test", "user-agent": "a-test/1"},
        ca_bundle=None if certificate is None else str(certificate),
    )
    with closing(ResponsesClient(settings, clock)) as client:
        yield client


def _ask(
    reply: Reply, clock: Callable[[], float], tls: Identity | None = None
) -> list[StreamEvent]:
    with (
        StreamServer(lambda number, seen: reply, tls.context if tls else None) as server,
        _client(server, clock, certificate=tls.certificate if tls else None) as client,
    ):
        return list(client.stream(a_request(), API_KEY))


def _error_of(
    reply: Reply, clock: Callable[[], float], tls: Identity | None = None
) -> CodexctlError:
    with pytest.raises(CodexctlError) as caught:
        _ask(reply, clock, tls)
    return caught.value


@pytest.fixture(params=["plain", "TLS"])
def tls(request: pytest.FixtureRequest, tmp_path: Path) -> Identity | None:
    """Ask for a test over both."""
    return self_signed(tmp_path) if request.param == "TLS" else None


def test_headers_that_come_byte_by_byte_do_not_come_for_ever(tls: Identity | None) -> None:
    drip = itertools.chain([b"HTTP/1.1 200 OK\r\nx-slow: "], itertools.repeat(b"x", FOR_EVER))
    error = _error_of(Reply(raw=drip), Hours(step=100), tls)
    assert type(error) is NetworkFailed
    assert error.message == "The service did not begin to answer in 300 seconds."
    assert error.remedy == AGAIN


def test_being_asked_to_continue_again_and_again_is_no_answer() -> None:
    drip = itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n", FOR_EVER)
    error = _error_of(Reply(raw=drip), Hours(step=100))
    assert error.message == "The service did not begin to answer in 300 seconds."


@pytest.mark.parametrize("chunked", [True, False])
def test_bytes_of_a_line_that_never_ends_are_silence(
    tls: Identity | None,
    chunked: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    drip = itertools.chain([frames(created())], itertools.repeat(b"x", FOR_EVER))
    error = _error_of(Reply(pieces=drip, chunked=chunked), Hours(step=100), tls)
    assert type(error) is NetworkFailed
    assert error.message == "The service was silent for 300 seconds."
    assert error.remedy == AGAIN


@pytest.mark.parametrize(
    "framing",
    [itertools.repeat(b"0", FOR_EVER), itertools.chain([b"5;"], itertools.repeat(b"x", FOR_EVER))],
    ids=["length of a chunk", "extension of a chunk"],
)
def test_bytes_of_the_framing_are_silence(framing: Iterator[bytes]) -> None:
    error = _error_of(Reply(raw=itertools.chain([CHUNKED], framing)), Hours(step=100))
    assert error.message == "The service was silent for 300 seconds."


def test_trailers_without_an_end_are_silence() -> None:
    trailers = itertools.chain([CHUNKED, b"0\r\n"], itertools.repeat(b"x: y\r\n", FOR_EVER))
    error = _error_of(Reply(raw=trailers), Hours(step=100))
    assert error.message == "The service was silent for 300 seconds."


def test_a_compressed_line_that_never_ends_is_silence() -> None:
    # A gzip header, and then blocks that are stored and empty: bytes enough, and nothing in them.
    drip = itertools.chain(
        [b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"],
        itertools.repeat(b"\x00\x00\x00\xff\xff", FOR_EVER),
    )
    reply = Reply(pieces=drip, headers=("content-encoding: gzip",))
    assert _error_of(reply, Hours(step=100)).message == "The service was silent for 300 seconds."


@pytest.mark.parametrize("comment", [b":\n", b": keep-alive\r\n\r\n", b":\r"])
def test_comments_keep_a_stream_alive_for_as_long_as_it_takes(
    tls: Identity | None, comment: bytes
) -> None:
    clock = Hours()

    def pieces() -> Iterator[bytes]:
        for _ in range(60):
            clock.advance(20)
            yield comment
        yield b"\n" + ANSWER

    assert _ask(Reply(pieces=pieces()), clock, tls) == EVENTS
    assert clock.seconds == 1000 + 60 * 20


def test_the_time_that_an_event_is_used_is_not_the_servers() -> None:
    clock = Hours()
    rest = Reply(pieces=[frames(created()), ANSWER])
    with StreamServer(lambda number, seen: rest) as server, _client(server, clock) as client:
        events: list[StreamEvent] = []
        for event in client.stream(a_request(), API_KEY):
            events.append(event)
            clock.advance(3600)
    assert events == [EVENTS[0], *EVENTS]


def test_an_answer_may_begin_late_and_go_on_late() -> None:
    # Each wait is within its own limit, all of them together are not.
    clock = Hours()

    def raw() -> Iterator[bytes]:
        clock.advance(290)
        yield CHUNKED
        for event in (created(), completed()):
            clock.advance(290)
            yield b"%x\r\n%b\r\n" % (len(frames(event)), frames(event))

    assert _ask(Reply(raw=raw()), clock) == [EVENTS[0], EVENTS[-1]]


def test_a_refusal_that_drips_is_taken_as_far_as_it_came() -> None:
    drip = itertools.chain([b"Slow down"], itertools.repeat(b"\n", FOR_EVER))
    error = _error_of(Reply(status="429 Many", pieces=drip), Hours(step=10))
    assert type(error) is RateLimited
    assert error.message.endswith("Slow down")


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (
            Reply(pieces=[frames(created())], hold_open=True),
            "The service was silent for 0.05 seconds.",
        ),
        (
            Reply(raw=b"", hold_open=True),
            "The service did not begin to answer in 0.05 seconds.",
        ),
    ],
    ids=["within the answer", "before the answer"],
)
def test_silence_is_noticed_by_the_real_clock_as_well(reply: Reply, message: str) -> None:
    with StreamServer(lambda number, seen: reply) as server:
        settings = HttpSettings(
            base_urls=dict.fromkeys(Provider, server.base_url),
            identity={},
            header_timeout_seconds=0.05,
            idle_timeout_seconds=0.05,
        )
        with closing(ResponsesClient(settings)) as client, pytest.raises(NetworkFailed) as caught:
            list(client.stream(a_request(), API_KEY))
    assert caught.value.message == message


def test_a_handshake_that_is_not_answered_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings = HttpSettings(
            base_urls=dict.fromkeys(Provider, f"https://127.0.0.1:{deaf.getsockname()[1]}"),
            identity={},
            connect_timeout_seconds=0.05,
        )
        with closing(ResponsesClient(settings)) as client, pytest.raises(NetworkFailed) as caught:
            list(client.stream(a_request(), API_KEY))
    assert caught.value.message == "The service could not be reached in time."


def _through(proxy: ForwardProxy, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in ("https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
    return "https://service.test"


def test_a_proxy_that_drips_its_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    drip = itertools.chain([b"HTTP/1.1 200 OK\r\nx-slow: "], itertools.repeat(b"x", FOR_EVER))
    with (
        StreamServer(lambda number, seen: Reply()) as server,
        ForwardProxy(server.port, refusal=drip) as proxy,
        _client(server, Hours(step=5), base_url=_through(proxy, monkeypatch)) as client,
        pytest.raises(NetworkFailed) as caught,
    ):
        list(client.stream(a_request(), API_KEY))
    assert caught.value.message == "The proxy did not answer in 15 seconds."


def test_the_limits_hold_in_a_tunnel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tls = self_signed(tmp_path)
    drip = itertools.chain([frames(created())], itertools.repeat(b"x", FOR_EVER))
    with (
        StreamServer(lambda number, seen: Reply(pieces=drip), tls.context) as server,
        ForwardProxy(server.port) as proxy,
        _client(
            server,
            Hours(step=1),
            base_url=_through(proxy, monkeypatch),
            certificate=tls.certificate,
        ) as client,
        pytest.raises(NetworkFailed) as caught,
    ):
        list(client.stream(a_request(), API_KEY))
    assert caught.value.message == "The service was silent for 300 seconds."


def test_a_proxy_with_a_user_and_no_host_is_a_malformed_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with StreamServer(lambda number, seen: Reply()) as server, ForwardProxy(server.port) as proxy:
        base_url = _through(proxy, monkeypatch)
        monkeypatch.setenv("HTTPS_PROXY", "http://name:password@")
        with _client(server, Hours(), base_url=base_url) as client, pytest.raises(UsageError):
            list(client.stream(a_request(), API_KEY))
        assert proxy.asked == []


def test_without_patience_an_answer_is_read_as_by_any_other_adapter() -> None:
    reply = Reply(pieces=[b"all ", b"of it"])
    with StreamServer(lambda number, seen: reply) as server, Session(PatientAdapter) as session:
        assert session.get(server.base_url, timeout=30).content == b"all of it"


def test_a_signal_that_does_not_interrupt_the_wait_ends_it_all_the_same() -> None:
    reply = Reply(pieces=[frames(created())], hold_open=True)
    with (
        StreamServer(lambda number, seen: reply) as server,
        _client(server, Hours()) as client,
        closing(client.stream(a_request(), API_KEY)) as events,
    ):
        assert next(events) == EVENTS[0]
        with signal_elsewhere(), pytest.raises(Stopped):
            next(events)


@given(limit=st.integers(1, 300), waits=st.lists(st.integers(0, 100), max_size=30))
def test_reads_share_one_limit_until_it_is_renewed(limit: int, waits: list[int]) -> None:
    clock = Hours()
    patience = Patience(1, clock)
    patience.allow(limit)
    left = limit
    assert patience.left() == left
    for wait in waits:
        clock.advance(wait)
        left -= wait
        if left > 0:
            assert patience.left() == left
            continue
        with pytest.raises(Silence, match=f"not within {limit} seconds"):
            patience.left()
        patience.renew()
        left = limit
        assert patience.left() == left
