"""The outside of the credential file: what docs/credential-file.md promises to other readers."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.fakes.stores import PASSPHRASE, SUBSCRIBED, quick_store

from codexctl.adapters.token_store.complaints import UnusableContent
from codexctl.adapters.token_store.envelope import read_envelope
from codexctl.adapters.token_store.keys import Key, KeySourceName

_ID = "0" * 32
_SEALED = base64.b64encode(bytes(40)) + b"\n"


def _file(first: bytes = b"codexctl-credentials 1.0", **fields: object) -> bytes:
    header = {"cipher": "AES-256-GCM", "key_id": _ID, "key_source": "file", **fields}
    return first + b"\n" + json.dumps(header).encode() + b"\n" + _SEALED


def _scrypt(**fields: object) -> dict[str, Any]:
    salt = base64.b64encode(bytes(16)).decode()
    return {"n": 2**17, "r": 8, "p": 1, "salt": salt, **fields}


def _reason(content: bytes) -> str:
    with pytest.raises(UnusableContent) as caught:
        read_envelope(content)
    return caught.value.reason


def test_another_program_can_read_the_file_by_the_documents_words(tmp_path: Path) -> None:
    quick_store(tmp_path).save("work", SUBSCRIBED)
    first, second, third, end = (tmp_path / "credentials.enc").read_bytes().split(b"\n")
    mark, key_text = (tmp_path / "credentials.key").read_text().split()
    key, body = base64.b64decode(key_text), base64.b64decode(third)
    plaintext = AESGCM(key).decrypt(body[:12], body[12:], first + b"\n" + second + b"\n")
    key_id = hmac.digest(key, b"codexctl credential key id 1", hashlib.sha256)[:16].hex()
    assert (first, mark, end) == (b"codexctl-credentials 1.0", "codexctl-key-1", b"")
    assert json.loads(second) == {"cipher": "AES-256-GCM", "key_id": key_id, "key_source": "file"}
    assert json.loads(plaintext) == {
        "profiles": {
            "work": {
                "credential": {
                    "kind": "subscription",
                    "access_token": "canary-access-token",
                    "refresh_token": "canary-refresh-token",
                    "account_id": "canary-account",
                    "plan": "canary-plan",
                    "expires_at": "2026-01-02T03:04:05.678901+00:00",
                    "origin": "canary-origin",
                    "is_borrowed": True,
                },
                "refusal": "refresh_token_reused",
                "refresh_sent_at": "2026-01-02T03:04:05+00:00",
            }
        }
    }


def test_another_program_can_make_the_key_of_the_passphrase(tmp_path: Path) -> None:
    quick_store(tmp_path, KeySourceName.PASSPHRASE).save("work", SUBSCRIBED)
    header = json.loads((tmp_path / "credentials.enc").read_bytes().split(b"\n")[1])
    key = hashlib.scrypt(
        PASSPHRASE.reveal().encode(),
        salt=base64.b64decode(header["scrypt"]["salt"]),
        n=header["scrypt"]["n"],
        r=header["scrypt"]["r"],
        p=header["scrypt"]["p"],
        dklen=32,
    )
    assert Key(key).id == header["key_id"]


def test_each_write_has_a_nonce_of_its_own(tmp_path: Path) -> None:
    nonces: set[bytes] = set()
    for _ in range(5):
        quick_store(tmp_path).save("work", SUBSCRIBED)
        nonces.add(read_envelope((tmp_path / "credentials.enc").read_bytes()).nonce)
    assert len(nonces) == 5


def test_what_a_newer_minor_version_added_to_the_header_is_kept() -> None:
    content = _file(b"codexctl-credentials 1.7", colour="blue")
    header = read_envelope(content).header
    assert (header.minor, dict(header.unknown)) == (7, {"colour": "blue"})
    lines = header.under(KeySourceName.FILE, Key(bytes(32))).lines()
    assert lines.startswith(b'codexctl-credentials 1.7\n{"cipher":"AES-256-GCM","colour":"blue",')


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"{}", "it is not a credential file of codexctl, or its start is damaged"),
        (_file(b"codexctl-credentials 2.0"), "its format is version 2"),
        (_file() + b"\n", "it is damaged: it does not have the three lines that it should"),
        (_file(cipher="ROT13"), "its header is damaged"),
        (_file(key_source="stone"), "its header is damaged"),
        (_file(key_id="00"), "its header is damaged"),
        (_file(key_source="passphrase"), "its header is damaged"),
        (_file() + bytes(9_000_000), "it is far larger than a credential file can be"),
        (_file().replace(_SEALED, b"AAAA\n"), "it is damaged: its end is missing"),
        (_file().replace(_SEALED, b"A\n"), "it is damaged: it holds what is not base64"),
        (_file().replace(_SEALED, b"AB==\n"), "it is damaged: its base64 is not as it was written"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason(content: bytes, reason: str) -> None:
    assert _reason(content) == reason


@pytest.mark.parametrize(
    "fields",
    [{"n": 2**19}, {"r": 64}, {"n": 2**40}, {"n": 2, "r": 2**30}, {"p": 9}, {"p": 2**30}],
)
def test_a_header_that_asks_for_too_much_memory_or_work_is_refused(fields: dict[str, int]) -> None:
    content = _file(key_source="passphrase", scrypt=_scrypt(**fields))
    assert "asks for more memory or work" in _reason(content)


@pytest.mark.parametrize(
    "fields", [{"n": 0}, {"n": 3}, {"n": -2}, {"r": 0}, {"p": 0}, {"n": 1.5}, {"salt": "AAAA"}]
)
def test_a_header_with_impossible_scrypt_parameters_is_damaged(fields: dict[str, object]) -> None:
    content = _file(key_source="passphrase", scrypt=_scrypt(**fields))
    assert _reason(content) == "its header is damaged"
