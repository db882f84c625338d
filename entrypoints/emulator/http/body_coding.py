"""Compressed bodies of requests: what the official client sends with a ChatGPT log-in."""

import zlib

from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.http.refusals import Refusal, in_shape_of

_PLAIN = ("", "identity")
_GZIP = ("gzip", "x-gzip")
_ZSTD = "zstd"
_GZIP_WINDOW = 16 + zlib.MAX_WBITS  # 16 asks for the framing of gzip
_ZSTD_WINDOW = 8 * 1024 * 1024  # bytes; RFC 9659 lets no content of HTTP ask for more
_ZSTD_PIECE = 1024
"""Bytes that are taken at a time: no block of zstd has fewer than 4, nor gives over 128 KiB."""


class _OverLimitError(Exception):
    """More comes out of a body than is taken."""


def decoded_body(backend: Backend, raw: bytes, coding: str, limit: int) -> bytes | Refusal:
    """Undo the compression of a body.

    Args:
        backend: whose error shape to use.
        raw: the body as sent.
        coding: its content-encoding, empty for none.
        limit: how many bytes may come out.
    """
    name = coding.strip().lower()
    if name in _PLAIN or not raw:
        return raw
    try:
        if name in _GZIP:
            return _from_gzip(raw, limit)
        if name == _ZSTD:
            return _from_zstd(raw, limit)
    except ImportError:
        text = (
            "The emulator cannot read content-encoding zstd without the package zstandard. "
            "Install it with: pip install 'codexctl-cli[emulator]'."
        )
        return in_shape_of(backend, text, "unsupported_content_encoding", 415)
    except _OverLimitError:
        text = f"The body is over {limit} bytes when it is unpacked."
        return in_shape_of(backend, text, "request_too_large", 413)
    except ValueError:
        text = f"The body is not one whole piece of {name}, as its content-encoding says."
        return in_shape_of(backend, text, "invalid_content_encoding", 400)
    text = (
        f"The emulator does not read content-encoding {coding}. "
        "Send the body as it is, or with gzip or zstd."
    )
    return in_shape_of(backend, text, "unsupported_content_encoding", 415)


def _from_gzip(raw: bytes, limit: int) -> bytes:
    unpacking = zlib.decompressobj(_GZIP_WINDOW)
    try:
        body = unpacking.decompress(raw, limit + 1)
    except zlib.error as error:
        raise ValueError from error
    if len(body) > limit:
        raise _OverLimitError
    return _whole(body, ended=unpacking.eof, rest=unpacking.unused_data)


def _from_zstd(raw: bytes, limit: int) -> bytes:
    import zstandard

    unpacking = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
    body = bytearray()
    try:
        for start in range(0, len(raw), _ZSTD_PIECE):
            body += unpacking.decompress(raw[start : start + _ZSTD_PIECE])
            if len(body) > limit:
                raise _OverLimitError
    except zstandard.ZstdError as error:
        raise ValueError from error
    return _whole(bytes(body), ended=unpacking.eof, rest=unpacking.unused_data)


def _whole(body: bytes, *, ended: bool, rest: bytes) -> bytes:
    if not ended or rest:
        raise ValueError
    return body
