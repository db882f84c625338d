"""Below the emulator's endpoints: TLS, compressed bodies, kept connections, WebSocket upgrades."""

import gzip
import http.client
import json
import socket
import ssl
import stat
import tempfile
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import zstandard

from codexctl.entrypoints.emulator import Emulator
from codexctl.entrypoints.emulator.addresses import env_lines, ready_line

CHATGPT = "/backend-api/codex/responses"
API = "/v1/responses"
HEADERS = {"Authorization": "Bearer planted-canary", "Content-Type": "application/json"}
BODY: dict[str, Any] = {
    "model": "gpt-5.5",
    "instructions": "Be brief.",
    "input": [{"role": "user", "content": [{"type": "input_text", "text": "go"}]}],
    "store": False,
    "stream": True,
}
CODINGS = {
    "gzip": gzip.compress(json.dumps(BODY).encode()),
    "zstd": zstandard.ZstdCompressor().compress(json.dumps(BODY).encode()),
}
NOT_FOUND = b'{"detail":"Not Found"}'


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture
def secure() -> Iterator[Emulator]:
    with Emulator(tls=True) as running:
        yield running


def ca_of(emulator: Emulator) -> str:
    assert emulator.ca_file is not None
    return emulator.ca_file


def trusting(emulator: Emulator) -> ssl.SSLContext:
    """Make the context of a client that is as strict as Python can be (3.13 is by default)."""
    context = ssl.create_default_context(cafile=ca_of(emulator))
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


@contextmanager
def connected(emulator: Emulator) -> Generator[socket.socket]:
    with socket.create_connection(("127.0.0.1", emulator.port), timeout=60) as plain:
        if emulator.ca_file is None:
            yield plain
        else:
            with trusting(emulator).wrap_socket(
                plain, server_hostname="127.0.0.1", suppress_ragged_eofs=False
            ) as client:
                yield client


def head(method: str, path: str, *lines: str) -> bytes:
    return "\r\n".join((f"{method} {path} HTTP/1.1", "host: localhost", *lines, "", "")).encode()


def bodies_read_by(client: socket.socket) -> list[bytes]:
    """Read what comes until the server closes; give the bodies of the replies, all of which are
    sent with their length."""
    bodies: list[bytes] = []
    with client.makefile("rb") as replies:
        while replies.readline():
            headers = http.client.parse_headers(replies)
            bodies.append(replies.read(int(headers["content-length"])))
    return bodies


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("path", [CHATGPT, API])
def test_with_tls_both_names_of_this_machine_answer(secure: Emulator, host: str, path: str) -> None:
    url = f"https://{host}:{secure.port}{path}"
    reply = requests.post(url, json=BODY, headers=HEADERS, verify=ca_of(secure), timeout=60)
    assert (reply.status_code, b"response.completed" in reply.content) == (200, True)


def test_tls_and_plain_http_give_the_same_bytes(emulator: Emulator, secure: Emulator) -> None:
    plain = requests.post(emulator.issuer + API, json=BODY, headers=HEADERS, timeout=60)
    over_tls = requests.post(
        secure.issuer + API, json=BODY, headers=HEADERS, verify=ca_of(secure), timeout=60
    )
    assert over_tls.content == plain.content
    assert over_tls.headers == plain.headers


def test_the_strictest_checks_take_the_certificate(secure: Emulator) -> None:
    with connected(secure) as client:
        assert isinstance(client, ssl.SSLSocket)
        assert client.version() == "TLSv1.3"


def test_a_client_that_does_not_trust_the_authority_refuses(secure: Emulator) -> None:
    with pytest.raises(requests.exceptions.SSLError, match="certificate verify failed"):
        requests.get(secure.issuer, timeout=60)


def test_another_start_has_another_authority(secure: Emulator) -> None:
    with (
        Emulator(tls=True) as other,
        pytest.raises(requests.exceptions.SSLError, match="certificate verify failed"),
    ):
        requests.get(secure.issuer, verify=ca_of(other), timeout=60)


def test_urls_the_ready_line_and_the_export_lines_tell_of_tls(secure: Emulator) -> None:
    origin, ca = f"https://127.0.0.1:{secure.port}", ca_of(secure)
    assert json.loads(ready_line(secure)) == {
        "port": secure.port,
        "issuer": origin,
        "chatgpt_base_url": f"{origin}/backend-api/codex",
        "api_base_url": f"{origin}/v1",
        "ca": ca,
    }
    assert env_lines(secure)[-2:] == [
        f"export REQUESTS_CA_BUNDLE={ca}",
        f"export SSL_CERT_FILE={ca}",
    ]


def test_without_tls_no_certificate_is_told_of(emulator: Emulator) -> None:
    assert emulator.ca_file is None
    assert "ca" not in json.loads(ready_line(emulator))
    assert [line for line in env_lines(emulator) if "CA_BUNDLE" in line or "CERT" in line] == []


def test_only_the_authoritys_certificate_is_on_disk_and_only_until_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Emulator(tls=True) as emulator:
        ca = Path(ca_of(emulator))
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert files == [ca]
        assert b"PRIVATE" not in ca.read_bytes()
        assert stat.S_IMODE(ca.parent.stat().st_mode) == 0o700
    assert list(tmp_path.iterdir()) == []


def test_a_start_that_fails_leaves_no_certificate(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(OSError, match="in use"), Emulator(emulator.port, tls=True):
        pass
    assert list(tmp_path.iterdir()) == []


def test_who_never_shakes_hands_holds_up_nobody_not_even_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = set(threading.enumerate())
    with Emulator(tls=True) as emulator:
        silent = [
            socket.create_connection(("127.0.0.1", emulator.port), timeout=60) for _ in range(20)
        ]
        with connected(emulator) as client:
            client.sendall(head("GET", "/nowhere", "connection: close"))
            assert bodies_read_by(client) == [NOT_FOUND]
        half = silent[0]
        half.sendall(b"\x16\x03\x01\x02\x00\x01")  # a ClientHello that goes no further
    assert set(threading.enumerate()) == before
    for one in silent:
        one.close()
    assert capsys.readouterr() == ("", "")


def test_plain_http_where_tls_is_spoken_harms_nobody(
    secure: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", secure.port), timeout=60) as client:
        client.sendall(head("GET", "/"))
        while client.recv(1000):
            pass
    with connected(secure) as client:
        client.sendall(head("GET", "/nowhere", "connection: close"))
        assert bodies_read_by(client) == [NOT_FOUND]
    assert [request.path for request in secure.requests] == ["/nowhere"]
    assert capsys.readouterr() == ("", "")


def test_a_refused_body_is_read_away_over_tls_too(secure: Emulator) -> None:
    with connected(secure) as client:
        client.sendall(head("POST", API, "transfer-encoding: chunked") + b"x" * 300_000)
        assert client.recv(12) == b"HTTP/1.1 411"


def test_a_long_stream_can_be_cut_by_the_end_over_tls() -> None:
    before = set(threading.enumerate())
    with Emulator(tls=True) as emulator, connected(emulator) as client:
        raw = json.dumps({**BODY, "instructions": "x" * 10_000_000}).encode()
        client.sendall(
            head(
                "POST",
                API,
                "authorization: Bearer x",
                "content-type: application/json",
                f"content-length: {len(raw)}",
            )
            + raw
        )
        assert client.recv(15) == b"HTTP/1.1 200 OK"
        emulator.close()
    assert set(threading.enumerate()) == before


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("path", [CHATGPT, API])
def test_a_compressed_body_is_read(emulator: Emulator, path: str, coding: str) -> None:
    headers = {**HEADERS, "Content-Encoding": coding}
    reply = requests.post(emulator.issuer + path, data=CODINGS[coding], headers=headers, timeout=60)
    assert reply.status_code == 200
    (logged,) = emulator.requests
    assert (logged.body, logged.headers["content-encoding"]) == (BODY, coding)


@pytest.mark.parametrize(
    ("coding", "raw", "status"),
    [
        ("br", b"{}", 415),
        ("zstd", b"{}", 400),
        ("gzip", CODINGS["gzip"][:-1], 400),
        ("zstd", zstandard.ZstdCompressor().compress(bytes(64 * 1024 * 1024 + 1)), 413),
    ],
)
def test_a_body_that_cannot_be_unpacked_is_refused_and_logged(
    emulator: Emulator, coding: str, raw: bytes, status: int
) -> None:
    headers = {**HEADERS, "Content-Encoding": coding}
    reply = requests.post(emulator.issuer + CHATGPT, data=raw, headers=headers, timeout=60)
    assert (reply.status_code, list(reply.json())) == (status, ["detail"])
    assert [(one.status, one.body) for one in emulator.requests] == [(status, None)]


def test_pipelined_requests_are_answered_in_their_order(emulator: Emulator) -> None:
    raw = b'{"stream": true}'
    post = head("POST", API, f"content-length: {len(raw)}") + raw
    with connected(emulator) as client:
        client.sendall(
            head("GET", "/first")
            + post
            + head("GET", "/v1/x")
            + head("GET", "/", "connection: close")
        )
        bodies = bodies_read_by(client)
    assert [json.loads(body) for body in bodies[:1] + bodies[3:]] == [{"detail": "Not Found"}] * 2
    codes = [json.loads(body)["error"]["message"].split(".")[0] for body in bodies[1:3]]
    assert codes == ["You did not provide an API key", "Invalid URL (GET /v1/x)"]
    assert [one.path for one in emulator.requests] == ["/first", API, "/v1/x", "/"]


@pytest.mark.parametrize("word", ["close", "Close", "keep-alive, close", "TE,close"])
def test_a_client_that_wants_the_connection_closed_is_heard(emulator: Emulator, word: str) -> None:
    with connected(emulator) as client:
        client.sendall(head("GET", "/nowhere", f"connection: {word}"))
        assert bodies_read_by(client) == [NOT_FOUND]


def test_a_head_request_gets_the_headers_alone_and_the_connection_goes_on(
    emulator: Emulator,
) -> None:
    with connected(emulator) as client:
        client.sendall(head("HEAD", "/nowhere") + head("GET", "/nowhere", "connection: close"))
        with client.makefile("rb") as replies:
            said = replies.read()
    first, second, body = said.split(b"\r\n\r\n")
    assert first == second
    assert first.startswith(b"HTTP/1.1 404 ")
    assert body == NOT_FOUND


@pytest.mark.parametrize(
    ("lines", "answers"),
    [((), 1), (("connection: keep-alive",), 2)],
    ids=["closed without a word", "kept when asked to"],
)
def test_http_1_0_connections(emulator: Emulator, lines: tuple[str, ...], answers: int) -> None:
    asked = "\r\n".join(("GET /nowhere HTTP/1.0", "host: localhost", *lines, "", "")).encode()
    with connected(emulator) as client:
        client.sendall(asked)
        if answers == 2:
            client.sendall(asked.replace(b"keep-alive", b"close"))
        assert bodies_read_by(client) == [NOT_FOUND] * answers


def test_an_empty_line_between_two_requests_is_passed_over(emulator: Emulator) -> None:
    with connected(emulator) as client:
        client.sendall(head("GET", "/a") + b"\r\n" + head("GET", "/b", "connection: close"))
        assert bodies_read_by(client) == [NOT_FOUND, NOT_FOUND]


@pytest.mark.parametrize("path", [CHATGPT, API])
def test_a_websocket_is_answered_426_which_sends_the_official_client_to_http(
    emulator: Emulator, path: str
) -> None:
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    reply = requests.get(emulator.issuer + path, headers=headers, timeout=60)
    assert (reply.status_code, reply.headers["upgrade"]) == (426, "HTTP/1.1")


@pytest.mark.parametrize("path", ["/", "/v1/models", "/backend-api/wham/usage"])
def test_nowhere_else_is_there_talk_of_websockets(emulator: Emulator, path: str) -> None:
    reply = requests.get(emulator.issuer + path, headers={"Upgrade": "websocket"}, timeout=60)
    assert reply.status_code in (401, 404)
