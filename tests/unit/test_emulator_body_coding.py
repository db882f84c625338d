import gzip
import sys
import zlib
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.http.body_coding import decoded_body
from codexctl.entrypoints.emulator.http.refusals import Refusal

LIMIT = 1_000_000
BODY = b'{"model": "gpt-5.5"}' * 100


def as_zstd(body: bytes) -> bytes:
    """Compress as the official client does, which does not say how long the body is."""
    packing = zstandard.ZstdCompressor().compressobj()
    return packing.compress(body) + packing.flush()


def status_of(raw: bytes, coding: str, limit: int = LIMIT) -> int:
    refusal = decoded_body(Backend.CHATGPT, raw, coding, limit)
    assert isinstance(refusal, Refusal)
    return refusal.status


@given(body=st.binary(max_size=5000), repeated=st.integers(1, 100))
def test_what_was_compressed_comes_out_as_it_was(body: bytes, repeated: int) -> None:
    body *= repeated
    for coding, raw in (
        ("", body),
        ("identity", body),
        ("gzip", gzip.compress(body)),
        ("X-GZIP", gzip.compress(body, 0)),
        ("zstd", as_zstd(body)),
        (" Zstd ", zstandard.ZstdCompressor().compress(body)),
    ):
        assert decoded_body(Backend.API_KEY, raw, coding, LIMIT) == body


@given(cut=st.integers(1, len(as_zstd(BODY)) - 1))
def test_a_body_of_zstd_that_was_cut_is_400(cut: int) -> None:
    assert status_of(as_zstd(BODY)[:cut], "zstd") == 400


@given(cut=st.integers(1, len(gzip.compress(BODY)) - 1))
def test_a_body_of_gzip_that_was_cut_is_400(cut: int) -> None:
    assert status_of(gzip.compress(BODY)[:cut], "gzip") == 400


@pytest.mark.parametrize(
    ("raw", "coding"),
    [
        (BODY, "zstd"),
        (BODY, "gzip"),
        (as_zstd(BODY) + b"more", "zstd"),
        (gzip.compress(BODY, mtime=0) + b"more", "gzip"),
        (zlib.compress(BODY), "gzip"),
    ],
)
def test_what_is_not_compressed_that_way_is_400(raw: bytes, coding: str) -> None:
    assert status_of(raw, coding) == 400


def test_no_body_needs_no_unpacking() -> None:
    assert decoded_body(Backend.CHATGPT, b"", "zstd", LIMIT) == b""


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("zstd", as_zstd)])
def test_a_body_may_unpack_to_the_limit_and_no_further(
    coding: str, pack: Callable[[bytes], bytes]
) -> None:
    assert decoded_body(Backend.CHATGPT, pack(bytes(LIMIT)), coding, LIMIT) == bytes(LIMIT)
    assert status_of(pack(bytes(LIMIT + 1)), coding) == 413


def test_a_bomb_is_refused_before_it_has_gone_off() -> None:
    packing = zstandard.ZstdCompressor(level=19).compressobj()
    bomb = b"".join([*(packing.compress(bytes(1_000_000)) for _ in range(500)), packing.flush()])
    assert len(bomb) < 50_000
    assert status_of(bomb, "zstd") == 413


def test_a_frame_that_wants_a_huge_window_is_400() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27)
    packing = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    assert status_of(packing.compress(BODY) + packing.flush(), "zstd") == 400


@pytest.mark.parametrize("coding", ["br", "gzip, zstd", "deflate"])
def test_another_compression_is_415_and_names_those_there_are(coding: str) -> None:
    assert decoded_body(Backend.CHATGPT, BODY, coding, LIMIT) == (
        415,
        {
            "detail": f"The emulator does not read content-encoding {coding}. "
            "Send the body as it is, or with gzip or zstd."
        },
    )


def test_a_refusal_has_the_shape_of_the_back_end() -> None:
    assert decoded_body(Backend.API_KEY, BODY, "gzip", LIMIT) == (
        400,
        {
            "error": {
                "message": "The body is not one whole piece of gzip, as its content-encoding says.",
                "type": "invalid_request_error",
                "param": None,
                "code": "invalid_content_encoding",
            }
        },
    )


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    assert decoded_body(Backend.CHATGPT, as_zstd(BODY), "zstd", LIMIT) == (
        415,
        {
            "detail": "The emulator cannot read content-encoding zstd without the package "
            "zstandard. Install it with: pip install 'codexctl-cli[emulator]'."
        },
    )
