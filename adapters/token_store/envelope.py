"""The outside of the credential file: three lines, read and written without any secret.

::

    codexctl-credentials 1.0
    {"cipher":"AES-256-GCM","key_id":"…","key_source":"file"}
    base64 of nonce, ciphertext and tag

The first two lines, line ends included, are authenticated with the third.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from codexctl.adapters.token_store.complaints import UnusableContent
from codexctl.adapters.token_store.keys import Key, KeySourceName, KeyWanted, Scrypt

MAJOR = 1
MINOR = 0
CIPHER = "AES-256-GCM"
NONCE_BYTES = 12
TAG_BYTES = 16
MOST_BYTES = 8 * 1024 * 1024
"""A larger file is not ours; a thousand logins are about 4 MB."""

_MOST_SCRYPT_MEMORY = 256 * 1024 * 1024  # bytes; OWASP's recommendation takes 128 MiB
_MOST_SCRYPT_PASSES = 8
_KNOWN = frozenset({"cipher", "key_id", "key_source", "scrypt"})
_FIRST_LINE = re.compile(rb"codexctl-credentials (0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})")
_KEY_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the file says about itself in the clear.

    Attributes:
        key_source: Where its key comes from.
        key_wanted: Which key.
        minor: The minor version; what a newer one added is kept.
        unknown: Fields of a newer minor version.
    """

    key_source: KeySourceName
    key_wanted: KeyWanted
    minor: int = MINOR
    unknown: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def under(self, source: KeySourceName, key: Key) -> "Header":
        """Return this header for a file that is encrypted with another key."""
        return Header(
            key_source=source,
            key_wanted=KeyWanted(id=key.id, scrypt=key.scrypt),
            minor=self.minor,
            unknown=self.unknown,
        )

    def lines(self) -> bytes:
        """Return the two lines; they are the associated data of the third."""
        fields: dict[str, Any] = {
            **self.unknown,
            "cipher": CIPHER,
            "key_id": self.key_wanted.id,
            "key_source": self.key_source.value,
        }
        if scrypt := self.key_wanted.scrypt:
            salt = base64.b64encode(scrypt.salt).decode()
            fields["scrypt"] = {"n": scrypt.n, "p": scrypt.p, "r": scrypt.r, "salt": salt}
        second = json.dumps(fields, sort_keys=True, separators=(",", ":"))
        return f"codexctl-credentials {MAJOR}.{self.minor}\n{second}\n".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A credential file as it was read: its header understood, the rest still sealed.

    Attributes:
        header: What it says about itself.
        associated: The bytes that the header was read from.
        nonce: 12 bytes.
        sealed: Ciphertext and tag.
    """

    header: Header
    associated: bytes
    nonce: bytes
    sealed: bytes

    def to_bytes(self) -> bytes:
        """Return the file."""
        return self.associated + base64.b64encode(self.nonce + self.sealed) + b"\n"


def read_envelope(content: bytes) -> Envelope:
    """Take a credential file apart.

    Raises:
        UnusableContent: It is damaged, foreign or newer.
    """
    if not content:
        raise UnusableContent("it is empty")
    if len(content) > MOST_BYTES:
        raise UnusableContent("it is far larger than a credential file can be")
    first, *others = content.split(b"\n")
    version = _FIRST_LINE.fullmatch(first)
    if version is None:
        raise UnusableContent("it is not a credential file of codexctl, or its start is damaged")
    if int(version[1]) != MAJOR:
        raise UnusableContent(f"its format is version {int(version[1])}", is_newer=True)
    if len(others) != 3 or others[2]:
        raise UnusableContent("it is damaged: it does not have the three lines that it should")
    sealed = _from_base64(others[1])
    if len(sealed) < NONCE_BYTES + TAG_BYTES:
        raise UnusableContent("it is damaged: its end is missing")
    return Envelope(
        header=_read_header(others[0], minor=int(version[2])),
        associated=content[: len(first) + len(others[0]) + 2],
        nonce=sealed[:NONCE_BYTES],
        sealed=sealed[NONCE_BYTES:],
    )


def _read_header(line: bytes, *, minor: int) -> Header:
    try:
        fields: Any = json.loads(line)
    except (ValueError, RecursionError) as exc:
        raise _damaged_header() from exc
    match fields:
        case {"cipher": str(cipher), "key_id": str(key_id), "key_source": str(source)}:
            pass
        case _:
            raise _damaged_header()
    if cipher != CIPHER or source not in list(KeySourceName) or not _KEY_ID.fullmatch(key_id):
        raise _damaged_header()
    key_source = KeySourceName(source)
    scrypt = None
    if key_source is KeySourceName.PASSPHRASE:
        scrypt = _read_scrypt(fields.get("scrypt"))
    return Header(
        key_source=key_source,
        key_wanted=KeyWanted(id=key_id, scrypt=scrypt),
        minor=minor,
        unknown=MappingProxyType({k: v for k, v in fields.items() if k not in _KNOWN}),
    )


def _read_scrypt(fields: object) -> Scrypt:
    match fields:
        case {"n": int(n), "p": int(p), "r": int(r), "salt": str(salt)}:
            scrypt = Scrypt(n=n, r=r, p=p, salt=_from_base64(salt.encode(errors="replace")))
        case _:
            raise _damaged_header()
    if n < 2 or n & (n - 1) or r < 1 or p < 1 or not 16 <= len(scrypt.salt) <= 64:
        raise _damaged_header()
    if 128 * n * r > _MOST_SCRYPT_MEMORY or p > _MOST_SCRYPT_PASSES:
        raise UnusableContent("its header asks for more memory or work than a passphrase is worth")
    return scrypt


def _from_base64(text: bytes) -> bytes:
    """Decode base64 that is written in the one canonical way, so that no bit of it is free."""
    try:
        value = base64.b64decode(text, validate=True)
    except binascii.Error as exc:
        raise UnusableContent("it is damaged: it holds what is not base64") from exc
    if base64.b64encode(value) != text:
        raise UnusableContent("it is damaged: its base64 is not as it was written")
    return value


def _damaged_header() -> UnusableContent:
    return UnusableContent("its header is damaged")
