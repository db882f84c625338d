"""JSON web tokens by hand: written and read with a key that no other emulator has."""

import base64
import hashlib
import hmac
import secrets

from codexctl.entrypoints.emulator.json_values import (
    JsonObject,
    as_object,
    dump_json,
    parse_json,
)

_HEADER: JsonObject = {"alg": "HS256", "typ": "JWT", "kid": "emulator"}


class TokenSigner:
    """Signs claims, and knows its own tokens again."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def sign(self, claims: JsonObject) -> str:
        """Give the token that carries the claims."""
        signed = f"{_encode(dump_json(_HEADER).encode())}.{_encode(dump_json(claims).encode())}"
        return f"{signed}.{_encode(self._signature(signed))}"

    def read(self, token: str) -> "JsonObject | None":
        """Give the claims of a token signed here, None for any other text."""
        signed, _, signature = token.rpartition(".")
        expected = _encode(self._signature(signed))
        if not hmac.compare_digest(_bytes(expected), _bytes(signature)):
            return None
        return as_object(parse_json(_decode(signed.partition(".")[2])))

    def _signature(self, signed: str) -> bytes:
        return hmac.new(self._key, _bytes(signed), hashlib.sha256).digest()


def code_challenge(verifier: str) -> str:
    """Give the S256 challenge of a PKCE verifier (RFC 7636): 43 characters."""
    return _encode(hashlib.sha256(_bytes(verifier)).digest())


def new_code_verifier() -> str:
    """Make a PKCE verifier of 86 characters, as the official client does."""
    return secrets.token_urlsafe(64)


def _bytes(text: str) -> bytes:
    # A text out of JSON can hold half of a surrogate pair, which UTF-8 cannot.
    return text.encode("utf-8", errors="replace")


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
