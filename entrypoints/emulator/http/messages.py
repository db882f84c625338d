"""An HTTP request and a reply as plain values: what an endpoint sees of the socket."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from codexctl.entrypoints.emulator.http.refusals import Refusal
from codexctl.entrypoints.emulator.json_values import Json, JsonObject, dump_json


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request, read to its end.

    Attributes:
        method: as sent, `POST`.
        target: as sent, with the query.
        headers: names in lower case; several values of one name joined by `, `.
        raw: the body's bytes, unpacked where they were compressed.
        body: the body as JSON, None when it is none (see `is_json`).
        is_json: tells a body that is `null` from one that is no JSON.
        secure: whether it came over TLS.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    raw: bytes
    body: Json
    is_json: bool
    secure: bool = False

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """What follows the `?` of the target, still encoded."""
        return self.target.partition("?")[2]

    @property
    def content_type(self) -> str:
        """The media type of the body in lower case, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def origin(self) -> str:
        """Where the client found the emulator, which is a loopback address: `http://host:port`."""
        return f"{'https' if self.secure else 'http'}://{self.headers.get('host', '')}"


@dataclass(frozen=True, slots=True)
class Pause:
    """Time that passes before the next piece of a body."""

    seconds: float


class Ending(Enum):
    """What becomes of the connection once a reply has been sent as far as it goes."""

    WHOLE = auto()
    """The reply is complete, and the connection stays for the next request."""
    CUT = auto()
    """It is closed in good order (FIN), though more was announced."""
    RESET = auto()
    """It is torn down (RST)."""
    STALL = auto()
    """It stays open and silent until the client, or the emulator, closes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReply:
    """One reply.

    Attributes:
        status: the status code.
        headers: in their order; the length or the framing of the body is added.
        body: bytes, sent in one go; or pieces, streamed with one chunk for each.
        delay_seconds: what passes before the first byte of the headers.
        ending: what becomes of the connection behind the body.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes | Iterable[bytes | Pause]
    delay_seconds: float = 0.0
    ending: Ending = Ending.WHOLE


@dataclass(frozen=True, slots=True)
class NoReply:
    """No reply at all: the connection ends without one.

    Attributes:
        hangs: whether it first stays open until the client, or the emulator, closes it.
        is_reset: whether it is torn down (RST) and not closed in good order (FIN).
    """

    hangs: bool = False
    is_reset: bool = False

    @property
    def status(self) -> int:
        """What the request log shows as the status."""
        return 0


Reply: TypeAlias = HttpReply | NoReply
Endpoint: TypeAlias = Callable[[HttpRequest], Reply]
Routes: TypeAlias = Mapping[tuple[str, str], Endpoint]
"""Method and path, without query, to what answers there."""


def json_reply(status: int, body: JsonObject, *headers: tuple[str, str]) -> HttpReply:
    """Answer with one JSON object."""
    return HttpReply(
        status=status,
        headers=(("content-type", "application/json"), *headers),
        body=dump_json(body).encode("utf-8", errors="replace"),
    )


def refusal_reply(refusal: Refusal, *headers: tuple[str, str]) -> HttpReply:
    """Answer with a refusal."""
    return json_reply(refusal.status, refusal.body, *headers)
