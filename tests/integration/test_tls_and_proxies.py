"""TLS and proxies on the client's way to the service."""

import socket
import threading
import traceback
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.fakes.certificates import Identity, self_signed
from tests.fakes.forward_proxy import ForwardProxy
from tests.fakes.stream_server import Reply, StreamServer
from tests.fakes.values import API_KEY, a_message, a_request
from tests.fakes.wire import ANSWER

from codexctl.adapters.responses.client import ResponsesClient
from codexctl.adapters.responses.http import HttpSettings
from codexctl.domain.errors import CodexctlError, GatewayBlocked, NetworkFailed, UsageError
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

TRUST = "Behind a company proxy, set REQUESTS_CA_BUNDLE or SSL_CERT_FILE to its certificates."


def _ask(base_url: str, certificate: Path | None = None) -> list[StreamEvent]:
    settings = HttpSettings(
        base_urls=dict.fromkeys(Provider, base_url),
        identity={"originator": "a-test", "user-agent": "a-test/1"},
        header_timeout_seconds=PATIENCE_SECONDS,
        idle_timeout_seconds=PATIENCE_SECONDS,
        ca_bundle=None if certificate is None else str(certificate),
    )
    with closing(ResponsesClient(settings)) as client:
        return list(client.stream(a_request(), API_KEY))


def _error_of(base_url: str, certificate: Path | None = None) -> CodexctlError:
    with pytest.raises(CodexctlError) as caught:
        _ask(base_url, certificate)
    return caught.value


@contextmanager
def _answering(identity: Identity | None = None) -> Generator[StreamServer, None, None]:
    tls = None if identity is None else identity.context
    with StreamServer(lambda number, seen: Reply(pieces=[ANSWER]), tls) as server:
        yield server


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    """Make what a server shows that no authority knows."""
    return self_signed(tmp_path)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Make an environment without proxies."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def test_a_certificate_that_nobody_vouches_for_is_refused(identity: Identity) -> None:
    # known-bugs 138
    with _answering(identity) as server:
        error = _error_of(server.base_url)
        assert server.seen == []
    assert (type(error), error.remedy) == (GatewayBlocked, TRUST)
    assert error.message == "The certificate of the service is not to be trusted."


def test_a_certificate_that_the_user_trusts_is_taken(identity: Identity) -> None:
    with _answering(identity) as server:
        assert _ask(server.base_url, identity.certificate) == EVENTS


def test_a_certificate_for_another_name_is_refused(identity: Identity) -> None:
    with _answering(identity) as server:
        error = _error_of(f"https://localhost:{server.port}", identity.certificate)
        assert server.seen == []
    assert error.message == "The certificate of the service is not to be trusted."


def test_a_server_that_does_not_speak_tls_is_told() -> None:
    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        error = _error_of(f"https://127.0.0.1:{listener.getsockname()[1]}")
        thread.join(PATIENCE_SECONDS)
    assert (type(error), error.message) == (NetworkFailed, "No TLS connection could be made.")


def test_certificates_that_are_not_there_are_a_setting(tmp_path: Path) -> None:
    error = _error_of("https://127.0.0.1:1", tmp_path / "gone.pem")
    assert type(error) is UsageError
    assert error.message == "The file of trusted certificates is not there."


def test_certificates_that_are_none_are_told(tmp_path: Path, identity: Identity) -> None:
    text = tmp_path / "text.pem"
    text.write_text("This is no certificate.\n")
    with _answering(identity) as server:
        error = _error_of(server.base_url, text)
    assert (type(error), error.message) == (NetworkFailed, "No TLS connection could be made.")


def test_a_service_is_reached_in_a_tunnel_that_is_asked_for_with_the_proxys_password(
    environment: pytest.MonkeyPatch, identity: Identity
) -> None:
    with _answering(identity) as server, ForwardProxy(server.port) as proxy:
        environment.setenv("HTTPS_PROXY", f"http://name:pass@127.0.0.1:{proxy.port}")
        assert _ask("https://service.test", identity.certificate) == EVENTS
        assert proxy.asked == [("CONNECT service.test:443", "Basic bmFtZTpwYXNz")]
        # What is for the proxy is not for the service, and what is for the service not for it.
        assert "proxy-authorization" not in server.seen[0].headers


def test_without_tls_the_proxy_gets_the_whole_url(environment: pytest.MonkeyPatch) -> None:
    with _answering() as server, ForwardProxy(server.port) as proxy:
        environment.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        assert _ask("http://service.test/v1") == EVENTS
        assert proxy.asked == [("POST http://service.test/v1/responses", None)]
        assert [seen.path for seen in server.seen] == ["/v1/responses"]


def test_a_proxy_that_wants_a_password_is_told(environment: pytest.MonkeyPatch) -> None:
    refusal = [b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"]
    with _answering() as server, ForwardProxy(server.port, refusal=refusal) as proxy:
        environment.setenv("HTTPS_PROXY", f"http://name:wrong-secret@127.0.0.1:{proxy.port}")
        error = _error_of("https://service.test")
    assert type(error) is GatewayBlocked
    assert error.message == "The proxy wants a user name and a password (HTTP 407)."
    assert "wrong-secret" not in "".join(traceback.format_exception(error))


def test_a_proxy_that_will_not_is_told(environment: pytest.MonkeyPatch) -> None:
    with (
        _answering() as server,
        ForwardProxy(server.port, refusal=[b"HTTP/1.1 502 Bad Gateway\r\n\r\n"]) as proxy,
    ):
        environment.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        error = _error_of("https://service.test")
    assert (type(error), error.message) == (NetworkFailed, "The proxy could not be used.")


def test_a_proxy_that_is_not_there_is_told(environment: pytest.MonkeyPatch) -> None:
    with _answering() as server, ForwardProxy(server.port) as proxy:
        gone = proxy.port
    environment.setenv("HTTPS_PROXY", f"http://127.0.0.1:{gone}")
    error = _error_of("https://service.test")
    assert (type(error), error.message) == (NetworkFailed, "The proxy refused the connection.")


@pytest.mark.parametrize(
    ("proxy", "message"),
    [
        ("http://name:very/secret@host:1", "malformed"),
        ("http://name:secret@host:port", "malformed"),
        ("http://name:secret@", "malformed"),
        ("http://", "malformed"),
        ("ftp://name:secret@host", "has a scheme that cannot be used"),
    ],
)
def test_a_proxy_setting_that_makes_no_sense_is_told_without_its_password(
    environment: pytest.MonkeyPatch, proxy: str, message: str
) -> None:
    environment.setenv("HTTPS_PROXY", proxy)
    error = _error_of("https://service.test")
    assert type(error) is UsageError
    assert message in error.message
    trace = "".join(traceback.format_exception(error))
    assert "secret" not in trace
    assert "very" not in trace
