"""TLS: no trusted connection, no token."""

import datetime as dt
import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.faults.endings import assert_the_network_failed
from tests.faults.running import Conditions, Manner, Told, run_against
from tests.faults.server import Cut, FaultServer, Reset, Say, Stall
from tests.faults.streams import CALL_ID, FIRST_STEP, LAST_STEP, STDOUT, head


def run(server: FaultServer, **environment: str) -> Told:
    return run_against(server, Conditions(manner=Manner.JSON, environment=environment))


def assert_it_was_not_trusted(told: Told, server: FaultServer) -> None:
    """Fail unless the run ended at once: a certificate is no better a moment later."""
    assert (told.ran.exit_code, told.error["kind"], told.seen) == (5, "GatewayBlocked", [])
    assert (server.connections, told.waits) == (1, [])


def test_a_certificate_of_nobody_is_not_trusted(tls: ssl.SSLContext) -> None:
    with FaultServer(tls=tls, script=[FIRST_STEP, LAST_STEP]) as server:
        told = run(server)
    assert_it_was_not_trusted(told, server)


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_certificate_that_the_user_names_is_trusted(
    name: str, tls: ssl.SSLContext, certificate: Path
) -> None:
    with FaultServer(tls=tls, script=[FIRST_STEP, LAST_STEP]) as server:
        environment = {name: str(certificate)}
        told = run_against(server, Conditions(environment=environment))
    assert (told.ran.exit_code, told.ran.text, len(told.seen)) == (0, STDOUT, 2)


def test_a_trusted_certificate_of_another_host_is_not_taken(
    tls: ssl.SSLContext, certificate: Path
) -> None:
    with FaultServer(tls=tls, script=[FIRST_STEP, LAST_STEP]) as server:
        url = f"https://localhost:{server.port}"  # the certificate is for 127.0.0.1
        told = run(server, CODEXCTL_API_BASE_URL=url, SSL_CERT_FILE=str(certificate))
    assert_it_was_not_trusted(told, server)


def test_a_server_without_tls_is_told_nothing() -> None:
    # It answers in plain HTTP whatever it is asked, as a captive portal does.
    page = Say(head("content-length: 2", status="400 Bad Request") + b"no")
    with FaultServer(greeting=[page], script=[[Cut()]]) as server:
        url = f"https://127.0.0.1:{server.port}"
        told = run(server, CODEXCTL_API_BASE_URL=url)
    assert_the_network_failed(told, seen=0)


def test_a_server_with_tls_is_told_nothing_in_the_clear(tls: ssl.SSLContext) -> None:
    with FaultServer(tls=tls, script=[FIRST_STEP]) as server:
        told = run(server, CODEXCTL_API_BASE_URL=f"http://127.0.0.1:{server.port}")
    assert_the_network_failed(told, seen=0)


@pytest.mark.parametrize("end", [Cut(), Reset()], ids=["cut", "reset"])
def test_a_handshake_that_breaks_is_tried_again(end: Cut | Reset) -> None:
    with FaultServer(greeting=[Say(b"\x16\x03\x03"), end]) as server:
        told = run(server, CODEXCTL_API_BASE_URL=f"https://127.0.0.1:{server.port}")
    assert_the_network_failed(told, seen=0)


@pytest.mark.parametrize(
    "begun", [[], [Say(b"\x16\x03\x03")]], ids=["from the start", "in the middle"]
)
def test_a_handshake_that_stalls_is_tried_again(begun: list[Say]) -> None:
    with FaultServer(greeting=[*begun, Stall()]) as server:
        url = f"https://127.0.0.1:{server.port}"
        conditions = Conditions(
            manner=Manner.JSON,
            retries=1,
            idle_timeout_seconds=0.3,
            environment={"CODEXCTL_API_BASE_URL": url},
        )
        told = run_against(server, conditions)
    assert (told.ran.exit_code, told.error["kind"]) == (5, "NetworkFailed")
    assert (server.connections, told.waits) == (2, [0.2])


@pytest.mark.parametrize("end", [Cut(), Reset()], ids=["cut", "reset"])
def test_a_stream_over_tls_that_breaks_is_asked_for_again(
    end: Cut | Reset, tls: ssl.SSLContext, certificate: Path
) -> None:
    (whole,) = FIRST_STEP
    assert isinstance(whole, Say)
    script = [[Say(whole.data[:300]), end], FIRST_STEP, LAST_STEP]
    with FaultServer(tls=tls, script=script) as server:
        environment = {"SSL_CERT_FILE": str(certificate)}
        told = run_against(server, Conditions(environment=environment))
    assert (told.ran.exit_code, told.ran.text, told.tool_runs) == (0, STDOUT, [CALL_ID])
    assert (len(told.seen), len(told.retries_told)) == (3, 1)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody vouches for, with its key beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test")])
    here = x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([here]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    path.with_suffix(".key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture(scope="module")
def tls(certificate: Path) -> ssl.SSLContext:
    """What a server with that certificate speaks."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    return context
