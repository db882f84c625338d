import pytest

from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.http.transport_checks import (
    MAX_BODY_BYTES,
    check_envelope,
    is_loopback_host,
)
from codexctl.entrypoints.emulator.json_values import parse_json


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:8080", "127.1.2.3", "[::1]:80"]
)
def test_a_loopback_host_is_known(host: str) -> None:
    assert is_loopback_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "example.com",
        "localhost.example.com",
        "127.0.0.1.example.com",
        "127.0.0.1, 127.0.0.1",
        "127.0.0.1:80:80",
        "127.0.0.1:x",
        "10.0.0.1",
        "[::2]",
        "[::1",
        "::1",
    ],
)
def test_any_other_host_is_not(host: str) -> None:
    assert not is_loopback_host(host)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, None),
        ({"content-length": str(MAX_BODY_BYTES)}, None),
        ({"content-length": str(MAX_BODY_BYTES + 1)}, 413),
        ({"content-length": "9" * 5000}, 400),
        ({"content-length": "-1"}, 400),
        ({"content-length": "5, 5"}, 400),
        ({"content-length": "\u0665"}, 400),
        ({"transfer-encoding": "chunked"}, 411),
        ({"host": "example.com"}, 403),
    ],
)
@pytest.mark.parametrize("backend", list(Backend))
def test_an_envelope_is_checked(
    backend: Backend, headers: dict[str, str], status: int | None
) -> None:
    refusal = check_envelope(backend, {"host": "127.0.0.1", **headers})
    assert (refusal.status if refusal else None) == status


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"NaN", b"[Infinity]", b"\xff", b"[" * 200_000, b"1" * 5000]
)
def test_what_is_no_json_is_a_value_error(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_json(raw)
