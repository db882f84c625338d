"""The issuer's adapter on a real socket: what it sends, and what it makes of every answer."""

import json
import socket
import ssl
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from tests.command import process_environment
from tests.fakes.raw_issuer import PATIENCE_SECONDS, RawIssuer, raw_issuer, reply

from codexctl.adapters.openai_oauth.authorization_server import OpenAiAuthorizationServer
from codexctl.adapters.openai_oauth.device import OpenAiDeviceAuthorization
from codexctl.adapters.openai_oauth.settings import IssuerSettings
from codexctl.domain.credentials import Secret, Subscription
from codexctl.domain.errors import (
    AnswerLost,
    CodexctlError,
    GatewayBlocked,
    InvalidRequest,
    NetworkFailed,
    ProtocolError,
    RateLimited,
    RefreshRefused,
    ServiceUnavailable,
    SignInFailed,
    UsageError,
)
from codexctl.domain.sign_in import DeviceApproved, DeviceCode, DevicePending
from codexctl.testing.fakes.clock import FakeClock

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
REFRESH_TOKEN = Secret("canary-refresh-token-0123456789")
CODE = Secret("canary-authorization-code-0123456789")
VERIFIER = Secret("canary-verifier-0123456789")
DEVICE_ID = Secret("canary-device-id-0123456789")
NEW_TOKEN = "canary-new-access-token-0123456789"
CANARIES = (
    REFRESH_TOKEN.reveal(),
    CODE.reveal(),
    VERIFIER.reveal(),
    DEVICE_ID.reveal(),
    NEW_TOKEN,
)
REDIRECT_URI = "http://127.0.0.1:1455/auth/callback"
JSON = "content-type: application/json"
DEVICE = DeviceCode(
    user_code="ABCD-12345",
    verification_url="https://issuer.test/codex/device",
    device_id=DEVICE_ID,
    interval_seconds=5.0,
)


def _settings(url: str, *, total_timeout_seconds: float = PATIENCE_SECONDS) -> IssuerSettings:
    return IssuerSettings(
        issuer=url,
        client_id="app_test",
        identity={"originator": "a-test", "user-agent": "a-test/1"},
        total_timeout_seconds=total_timeout_seconds,
        revoke_timeout_seconds=total_timeout_seconds,
    )


def _server(
    url: str, *, total_timeout_seconds: float = PATIENCE_SECONDS
) -> OpenAiAuthorizationServer:
    settings = _settings(url, total_timeout_seconds=total_timeout_seconds)
    return OpenAiAuthorizationServer(settings=settings, clock=FakeClock(NOW))


def _refresh(url: str, *, total_timeout_seconds: float = PATIENCE_SECONDS) -> object:
    server = _server(url, total_timeout_seconds=total_timeout_seconds)
    return server.refresh(REFRESH_TOKEN, after_rejection=False)


def _exchange(url: str) -> object:
    return _server(url).exchange(code=CODE, verifier=VERIFIER, redirect_uri=REDIRECT_URI)


def _revoke(url: str) -> object:
    return _server(url).revoke(_subscription(REFRESH_TOKEN))


def _begin(url: str) -> object:
    return OpenAiDeviceAuthorization(settings=_settings(url)).begin()


def _poll(url: str) -> object:
    return OpenAiDeviceAuthorization(settings=_settings(url)).poll(DEVICE)


def _subscription(refresh_token: Secret | None) -> Subscription:
    return Subscription(
        access_token=Secret(NEW_TOKEN),
        account_id=None,
        expires_at=None,
        origin="a test",
        refresh_token=refresh_token,
    )


def _error(ask: Callable[[str], object], answer: bytes) -> CodexctlError:
    """Return what an answer is turned into; no test may show a secret, so all look for one."""
    with raw_issuer(answer) as issuer, pytest.raises(CodexctlError) as caught:
        ask(issuer.url)
    assert _leaks(caught.value) == []
    return caught.value


def _leaks(error: CodexctlError) -> list[str]:
    """Return the secrets that anything shows which hangs on an error, locals of frames included.

    Of the frames only those of the adapters: the test's own hold the secrets it planted.
    """
    told = f"{error!r} {error.message} {error.remedy} {error.request_id} {vars(error)}"
    one: BaseException | None = error
    while one is not None:
        told += "".join(traceback.format_exception(one))
        frames = traceback.StackSummary.extract(
            traceback.walk_tb(one.__traceback__), capture_locals=True
        )
        told += "".join(str(frame.locals) for frame in frames if "adapters" in frame.filename)
        one = one.__cause__ or one.__context__
    return [canary for canary in CANARIES if canary in told]


def _body(fields: object) -> bytes:
    return json.dumps(fields).encode()


# What is sent.


def test_a_refresh_is_json_with_its_reason_and_says_who_asks() -> None:
    with raw_issuer(reply("200 OK", _body({"access_token": "a"}))) as issuer:
        server = _server(issuer.url)
        server.refresh(REFRESH_TOKEN, after_rejection=False)
        server.refresh(REFRESH_TOKEN, after_rejection=True)
        first, second = issuer.seen
    assert first.line == "POST /oauth/token HTTP/1.1"
    assert json.loads(first.body) == {
        "client_id": "app_test",
        "grant_type": "refresh_token",
        "refresh_token": REFRESH_TOKEN.reveal(),
        "refresh_reason": "proactive_expiry",
    }
    assert json.loads(second.body)["refresh_reason"] == "unauthorized_recovery"
    named = ("content-type", "originator", "user-agent", "accept")
    assert [first.headers[name] for name in named] == [
        "application/json",
        "a-test",
        "a-test/1",
        "*/*",
    ]
    assert "authorization" not in first.headers


def test_an_exchange_is_a_form() -> None:
    tokens = {"access_token": "a", "refresh_token": "r"}
    with raw_issuer(reply("200 OK", _body(tokens))) as issuer:
        _exchange(issuer.url)
        (seen,) = issuer.seen
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(seen.body.decode()) == {
        "grant_type": ["authorization_code"],
        "client_id": ["app_test"],
        "code": [CODE.reveal()],
        "redirect_uri": [REDIRECT_URI],
        "code_verifier": [VERIFIER.reveal()],
    }


@pytest.mark.parametrize(
    ("refresh_token", "sent"),
    [
        (
            REFRESH_TOKEN,
            {
                "token": REFRESH_TOKEN.reveal(),
                "token_type_hint": "refresh_token",
                "client_id": "app_test",
            },
        ),
        (None, {"token": NEW_TOKEN, "token_type_hint": "access_token"}),
    ],
    ids=["with a refresh token", "without one"],
)
def test_a_revocation_names_the_token_that_ends_most(
    refresh_token: Secret | None, sent: dict[str, str]
) -> None:
    with raw_issuer(reply("200 OK", b"{}")) as issuer:
        _server(issuer.url).revoke(_subscription(refresh_token))
        (seen,) = issuer.seen
    assert (seen.line, json.loads(seen.body)) == ("POST /oauth/revoke HTTP/1.1", sent)


def test_the_device_flow_asks_for_a_code_and_polls_with_it() -> None:
    offered = {"device_auth_id": "d", "usercode": "ABCD", "interval": 7}
    with raw_issuer(reply("200 OK", _body(offered))) as issuer:
        device = OpenAiDeviceAuthorization(settings=_settings(f"{issuer.url}/"))
        code = device.begin()
        (seen,) = issuer.seen
    assert seen.line == "POST /api/accounts/deviceauth/usercode HTTP/1.1"
    assert json.loads(seen.body) == {"client_id": "app_test"}
    assert code == DeviceCode(
        user_code="ABCD",
        verification_url=f"{issuer.url}/codex/device",
        device_id=Secret("d"),
        interval_seconds=7.0,
    )


def test_an_approved_device_gets_what_the_issuer_made() -> None:
    approved = {"authorization_code": "c", "code_challenge": "x", "code_verifier": "v"}
    with raw_issuer(reply("200 OK", _body(approved))) as issuer:
        answer = _poll(issuer.url)
        (seen,) = issuer.seen
    assert seen.line == "POST /api/accounts/deviceauth/token HTTP/1.1"
    assert json.loads(seen.body) == {
        "device_auth_id": DEVICE_ID.reveal(),
        "user_code": "ABCD-12345",
    }
    assert answer == DeviceApproved(
        code=Secret("c"), verifier=Secret("v"), redirect_uri=f"{issuer.url}/deviceauth/callback"
    )


# What is made of a refusal of a refresh.

FINAL = {
    "nested code": ("401 U", {"error": {"code": "refresh_token_reused"}}, "refresh_token_reused"),
    "upper case": ("401 U", {"error": {"code": "Refresh_Token_Expired"}}, "refresh_token_expired"),
    "text": ("400 B", {"error": "invalid_grant", "error_description": "no"}, "invalid_grant"),
    "flat code": ("403 F", {"code": "app_session_terminated"}, "app_session_terminated"),
    "no code": ("401 U", {"detail": "Could not validate your token."}, "unauthorized"),
    "unknown code": ("401 U", {"error": {"code": "novel"}}, "novel"),
    "no body": ("401 U", None, "unauthorized"),
}


@pytest.mark.parametrize(("status", "body", "code"), FINAL.values(), ids=FINAL)
def test_a_final_refusal_says_that_only_signing_in_helps(
    status: str, body: object, code: str
) -> None:
    answer = reply(status, b"" if body is None else _body(body), "x-request-id: req_1")
    error = _error(_refresh, answer)
    assert isinstance(error, RefreshRefused)
    assert (error.code, error.request_id) == (code, "req_1")


PASSING = {
    "busy": (reply("429 Too Many", b"{}", "retry-after: 7"), RateLimited),
    "busy, quoting a code": (reply("429 T", _body({"error": {"code": "x"}})), RateLimited),
    "broken": (reply("500 E", _body({"error": {"code": None}})), ServiceUnavailable),
    "broken page": (reply("502 E", b"<html>", "content-type: text/html"), ServiceUnavailable),
    "gone": (reply("404 N", b"{}"), ServiceUnavailable),
    "page": (reply("403 F", b"<!doctype html>"), GatewayBlocked),
    "page that says 401": (reply("401 U", b"<html>", "content-type: text/html"), GatewayBlocked),
    "page that says 200": (reply("200 OK", b"<html>", "content-type: text/html"), GatewayBlocked),
    "redirect": (reply("307 T", b"", "location: http://127.0.0.1:9/"), GatewayBlocked),
    "country": (reply("403 F", _body({"error": {"code": "unsupported_country"}})), GatewayBlocked),
    "other": (reply("400 B", _body({"error": {"code": "odd"}})), InvalidRequest),
    "nonsense": (reply("400 B", b"[" * 100_000), InvalidRequest),
}


@pytest.mark.parametrize(("answer", "kind"), PASSING.values(), ids=PASSING)
def test_a_passing_fault_is_never_a_reason_to_sign_in_again(
    answer: bytes, kind: type[CodexctlError]
) -> None:
    error = _error(_refresh, answer)
    assert type(error) is kind
    assert "codexctl login" not in error.remedy


def test_a_busy_issuer_may_say_how_long_to_wait() -> None:
    error = _error(_refresh, reply("429 Too Many", b"slow down", "retry-after: 7"))
    assert error.retry_after_seconds == 7
    assert "slow down" in error.message


LOST = {
    "no answer": b"",
    "half a status line": b"HTTP/1.1 20",
    "cut in the headers": b"HTTP/1.1 200 OK\r\ncontent-le",
    "cut in the body": b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{",
    "broken chunk": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    + f'{{"access_token": "{NEW_TOKEN}"}}\r\n'.encode(),
    "broken gzip": reply("200 OK", NEW_TOKEN.encode(), "content-encoding: gzip"),
    "no HTTP": f'{{"access_token": "{NEW_TOKEN}"}}\r\n\r\n'.encode(),
    "garbage": reply("200 OK", b'{"access_token": \x00\xff<<', JSON),
    "no object": reply("200 OK", _body([NEW_TOKEN]), JSON),
    "no token": reply("200 OK", _body({"token_type": "Bearer"}), JSON),
    "no usable token": reply("200 OK", _body({"access_token": f"{NEW_TOKEN}\n"}), JSON),
    "tokens of the wrong type": reply("200 OK", _body({"access_token": [NEW_TOKEN]}), JSON),
    "empty": reply("204 No Content"),
    "too large": reply("200 OK", b" " * 2_000_000 + b"{}", JSON),
    "gateway gave up": reply("504 Gateway Timeout", b"{}"),
}


@pytest.mark.parametrize("answer", LOST.values(), ids=LOST)
def test_a_refresh_without_a_usable_answer_may_have_been_spent(answer: bytes) -> None:
    assert type(_error(_refresh, answer)) is AnswerLost


def test_an_answer_of_a_mebibyte_is_read_no_further() -> None:
    def endless(issuer: RawIssuer) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        while not issuer.closing.is_set():
            yield b" " * 65_536

    with raw_issuer(endless) as issuer, pytest.raises(AnswerLost):
        _refresh(issuer.url)


def test_a_redirect_without_end_is_read_no_further() -> None:
    def endless(issuer: RawIssuer) -> Iterator[bytes]:
        yield b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\n\r\n"
        while not issuer.closing.is_set():
            yield b" " * 65_536

    with raw_issuer(endless) as issuer, pytest.raises(GatewayBlocked):
        _refresh(issuer.url)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nx: ", b"HTTP/1.1 200 OK\r\n\r\n", b""])
def test_a_server_that_drips_is_left_after_the_limit(head: bytes) -> None:
    def dripping(issuer: RawIssuer) -> Iterator[bytes]:
        yield head
        while not issuer.closing.wait(0.01):
            yield b"x"

    with raw_issuer(dripping) as issuer, pytest.raises(AnswerLost):
        _refresh(issuer.url, total_timeout_seconds=0.2)


def test_a_silent_server_is_left_after_the_limit() -> None:
    def silent(issuer: RawIssuer) -> Iterator[bytes]:
        issuer.closing.wait(PATIENCE_SECONDS)
        yield b""

    with raw_issuer(silent) as issuer, pytest.raises(AnswerLost):
        _refresh(issuer.url, total_timeout_seconds=0.2)


# When nothing was sent.


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.mark.parametrize("ask", [_refresh, _exchange, _revoke, _begin, _poll])
def test_an_issuer_that_cannot_be_reached_was_sent_nothing(
    ask: Callable[[str], object],
) -> None:
    with pytest.raises(NetworkFailed) as caught:
        ask(f"http://127.0.0.1:{_closed_port()}")
    assert _leaks(caught.value) == []
    assert caught.value.__cause__ is not None


def test_an_issuer_that_speaks_no_tls_was_sent_nothing() -> None:
    def answer_at_once() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"this is no TLS\r\n\r\n")
            connection.recv(65_536)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer_at_once, daemon=True)
        thread.start()
        with pytest.raises(NetworkFailed) as caught:
            _refresh(f"https://127.0.0.1:{listener.getsockname()[1]}")
        thread.join(PATIENCE_SECONDS)
    assert "TLS" in caught.value.message


def test_a_peer_that_hangs_in_the_handshake_is_left_and_was_sent_nothing() -> None:
    hung_up = threading.Event()

    def mute() -> None:
        connection, _ = listener.accept()
        with connection:
            assert connection.recv(65_536)
            hung_up.wait(PATIENCE_SECONDS)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=mute, daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        with pytest.raises(NetworkFailed):
            _refresh(f"https://127.0.0.1:{port}", total_timeout_seconds=0.2)
        hung_up.set()
        thread.join(PATIENCE_SECONDS)


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = _self_signed(tmp_path)
    context.load_cert_chain(certificate)
    seen: list[bytes] = []

    def serve() -> None:
        connection, _ = listener.accept()
        with pytest.raises(ssl.SSLError), context.wrap_socket(connection, server_side=True) as tls:
            seen.append(tls.recv(65_536))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with pytest.raises(NetworkFailed) as caught:
            _refresh(f"https://127.0.0.1:{listener.getsockname()[1]}")
        thread.join(PATIENCE_SECONDS)
    assert ("TLS" in caught.value.message, seen) == (True, [])


def _self_signed(folder: Path) -> Path:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


@pytest.mark.parametrize("issuer", ["", "auth.openai.com", "ftp://x", "http://[", "http://a.test"])
def test_an_issuer_that_would_not_do_is_refused_before_anything_is_asked(issuer: str) -> None:
    with pytest.raises(UsageError):
        _settings(issuer)


_REFRESH_IN_A_CHILD = """
import sys
from codexctl.adapters.openai_oauth.authorization_server import OpenAiAuthorizationServer
from codexctl.adapters.openai_oauth.settings import IssuerSettings
from codexctl.adapters.system import SystemClock
from codexctl.domain.credentials import Secret
settings = IssuerSettings(issuer=sys.argv[1], identity={})
server = OpenAiAuthorizationServer(settings=settings, clock=SystemClock())
server.refresh(Secret("r"), after_rejection=False)
"""


def test_neither_netrc_nor_the_proxies_have_a_say_in_what_goes_to_this_machine(
    tmp_path: Path,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    with (
        raw_issuer(reply("200 OK", _body({"access_token": "a"}))) as issuer,
        raw_issuer(reply("502 Bad Gateway")) as proxy,
    ):
        names = ("HTTP_PROXY", "http_proxy", "ALL_PROXY")
        subprocess.run(
            [sys.executable, "-c", _REFRESH_IN_A_CHILD, issuer.url],
            env=process_environment({"NETRC": str(netrc), **dict.fromkeys(names, proxy.url)}),
            check=True,
            timeout=PATIENCE_SECONDS,
        )
        assert [("authorization" in seen.headers) for seen in issuer.seen] == [False]
        assert proxy.seen == []


# What is made of a refusal of a code.


def test_a_refused_code_is_told_in_the_issuers_words_on_one_line() -> None:
    body = {"error": "invalid_grant", "error_description": "Not\nthis\x1b[31m one"}
    error = _error(_exchange, reply("400 Bad Request", _body(body)))
    assert type(error) is SignInFailed
    assert error.message.endswith(r"Not this\x1b[31m one")


@pytest.mark.parametrize("shape", [{"error": {"message": "m"}}, {"error": "m"}, {"detail": "m"}])
def test_the_words_are_found_in_every_shape(shape: object) -> None:
    error = _error(_exchange, reply("400 Bad Request", _body(shape)))
    assert error.message == "The sign-in service refused the code (HTTP 400): m"


@pytest.mark.parametrize(
    "quoted",
    [
        f"{CODE.reveal()} and {VERIFIER.reveal()} are no good".encode(),
        _body({"error": {"code": CODE.reveal(), "message": f"what is {VERIFIER.reveal()}?"}}),
        b"x" * 1_190 + CODE.reveal().encode(),
        b"x" * 290 + CODE.reveal().encode() + b"y" * 2_000,
    ],
)
def test_an_issuer_that_quotes_the_code_is_not_repeated(quoted: bytes) -> None:
    error = _error(_exchange, reply("400 Bad Request", quoted))
    assert "canary" not in error.message


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply("429 T", b"{}"), RateLimited),
        (reply("503 S", b"{}"), ServiceUnavailable),
        (reply("403 F", b"<html>", "content-type: text/html"), GatewayBlocked),
        (reply("200 OK", b"<html>", "content-type: text/html"), GatewayBlocked),
        (reply("200 OK", b"garbage"), AnswerLost),
        (b"", AnswerLost),
        (reply("200 OK", _body({"access_token": NEW_TOKEN})), ProtocolError),
        (reply("200 OK", _body({"refresh_token": NEW_TOKEN})), ProtocolError),
    ],
)
def test_a_fault_on_the_way_is_not_taken_for_a_refused_code(
    answer: bytes, kind: type[CodexctlError]
) -> None:
    assert type(_error(_exchange, answer)) is kind


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply("500 E", b"{}"), ServiceUnavailable),
        (reply("400 B", _body({"error": "invalid_request"})), InvalidRequest),
        (reply("200 OK", b"<html>", "content-type: text/html"), GatewayBlocked),
        (b"", AnswerLost),
    ],
)
def test_a_revocation_that_did_not_happen_is_told(answer: bytes, kind: type[CodexctlError]) -> None:
    assert type(_error(_revoke, answer)) is kind


# The device flow.

PENDING = {
    "as the issuer says it": reply(
        "403 F", _body({"error": {"code": "deviceauth_authorization_pending"}})
    ),
    "as the standard says it": reply("400 B", _body({"error": "authorization_pending"})),
    "403 without a word": reply("403 F"),
    "404 without a word": reply("404 N"),
    "404 in plain text": reply("404 N", b"not found"),
}


@pytest.mark.parametrize("answer", PENDING.values(), ids=PENDING)
def test_until_somebody_approves_every_way_of_saying_so_is_pending(answer: bytes) -> None:
    with raw_issuer(answer) as issuer:
        assert _poll(issuer.url) == DevicePending()


@pytest.mark.parametrize(
    "answer", [reply("400 B", _body({"error": "slow_down"})), reply("429 T", b"{}")]
)
def test_an_issuer_that_is_polled_too_often_wants_fewer_polls(answer: bytes) -> None:
    with raw_issuer(answer) as issuer:
        assert _poll(issuer.url) == DevicePending(slow_down=True)


ENDED = {
    "declined": (
        reply("401 U", _body({"error": "authorization_declined"})),
        "The sign-in was declined",
    ),
    "denied": (reply("400 B", _body({"error": "access_denied"})), "The sign-in was declined"),
    "expired": (
        reply("403 F", _body({"error": {"code": "expired_token", "message": "Gone."}})),
        "The device code is no longer good",
    ),
    "expired, in words": (
        reply("403 F", _body({"detail": "The device code has expired."})),
        "The device code is no longer good",
    ),
    "else": (reply("400 B", _body({"error": "odd"})), "The sign-in service refused"),
}


@pytest.mark.parametrize(("answer", "words"), ENDED.values(), ids=ENDED)
def test_a_device_code_without_a_future_ends_the_sign_in(answer: bytes, words: str) -> None:
    error = _error(_poll, answer)
    assert type(error) is SignInFailed
    assert error.message.startswith(words)


RETRIED = {
    "no answer": b"",
    "broken": reply("500 E"),
    "overloaded page": reply("503 S", b"<html>", "content-type: text/html"),
    "outside the protocol": reply("200 OK", b"garbage"),
    "half an approval": reply("200 OK", _body({"authorization_code": CODE.reveal()})),
}


@pytest.mark.parametrize("ask", [_begin, _poll])
@pytest.mark.parametrize("answer", RETRIED.values(), ids=RETRIED)
def test_a_device_may_be_asked_for_again_after_a_passing_fault(
    ask: Callable[[str], object], answer: bytes
) -> None:
    assert _error(ask, answer).may_retry


def test_a_bot_check_is_not_taken_for_pending() -> None:
    answer = reply("403 F", b"<!doctype html><title>Just a moment", "content-type: text/html")
    assert type(_error(_poll, answer)) is GatewayBlocked


def test_an_account_without_device_codes_is_told_where_to_enable_them() -> None:
    error = _error(_begin, reply("404 Not Found", b"{}"))
    assert type(error) is SignInFailed
    assert "security settings" in error.remedy
    assert "--browser" in error.remedy


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply("400 B", _body({"error": "invalid_client"})), SignInFailed),
        (reply("429 T", b"{}"), RateLimited),
        (reply("403 F", b"<html>", "content-type: text/html"), GatewayBlocked),
        (reply("200 OK", _body({"device_auth_id": "d", "user_code": "A\x1b[2J"})), ProtocolError),
        (reply("200 OK", _body({"user_code": "A"})), ProtocolError),
    ],
)
def test_a_device_code_that_was_not_given_is_told(answer: bytes, kind: type[CodexctlError]) -> None:
    assert type(_error(_begin, answer)) is kind


@pytest.mark.parametrize(
    ("interval", "seconds"),
    [
        ("5", 5.0),
        (" 7 ", 7.0),
        (3, 3.0),
        (2.5, 2.5),
        ("0", 1.0),
        (0, 1.0),
        (None, 5.0),
        ("soon", 5.0),
        (True, 5.0),
        (-1, 5.0),
        ("nan", 5.0),
        ("1e999", 5.0),
        (10**400, 5.0),
        (86_400, 60.0),
    ],
)
def test_the_interval_may_be_a_string_a_number_or_missing(interval: object, seconds: float) -> None:
    offered = {"device_auth_id": "d", "user_code": "ABCD", "interval": interval}
    with raw_issuer(reply("200 OK", _body(offered))) as issuer:
        code = _begin(issuer.url)
    assert isinstance(code, DeviceCode)
    assert code.interval_seconds == seconds
