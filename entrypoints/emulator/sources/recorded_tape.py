"""The answers on a tape of vcrpy, our own or anybody's. Its requests only tell which is whose."""

from itertools import accumulate, pairwise
from pathlib import Path
from urllib.parse import urlsplit

from codexctl.entrypoints.emulator.http.messages import Ending, HttpReply, NoReply, Reply
from codexctl.entrypoints.emulator.sources.mistakes import Misplaced, SourceMistake
from codexctl.entrypoints.emulator.sources.ready_replies import HEADER_NAME, read_status
from codexctl.entrypoints.emulator.sources.recorded_stream import events_of, looks_like_a_stream
from codexctl.entrypoints.emulator.sources.script import OtherReply
from codexctl.entrypoints.emulator.sources.yaml_fields import Fields, text_at
from codexctl.entrypoints.emulator.sources.yaml_file import parse_yaml

_VERSION = 1
_OF_THE_TRANSFER = ("content-length", "transfer-encoding", "connection", "keep-alive")
_RECORD = "Record it anew, or name another file."


def read_tape(file: Path, raw: bytes) -> tuple[OtherReply, ...]:
    """Give the answers on a tape, in their order.

    Args:
        file: its name, for complaints.
        raw: its bytes.

    Raises:
        SourceMistake: it is no tape.
    """
    tree = parse_yaml(file, raw)
    try:
        return _answers(Fields(tree, ""))
    except Misplaced as error:
        raise SourceMistake(f"{file} cannot be played: {error}", _RECORD) from error


def _answers(tape: Fields) -> tuple[OtherReply, ...]:
    if "interactions" not in tape:
        raise Misplaced("", "there are no interactions in it")
    for holder, name in ((tape, "version"), (tape, "codexctl.tape")):
        _check_version(holder, name)
    interactions = [Fields(*one) for one in tape.sequence("interactions")]
    own = tape.fields("codexctl") if "codexctl" in tape else None
    exchanges = [Fields(*one) for one in own.sequence("exchanges")] if own else []
    told = [one.whole_number("interaction") for one in exchanges if "interaction" in one]
    if told != list(range(len(interactions))):
        # Somebody took an interaction out by hand, or it is no tape of ours.
        return tuple(_answer(one, None) for one in interactions)
    rest = iter(interactions)
    return tuple(
        _answer(next(rest), exchange)
        if "interaction" in exchange
        else _asked(exchange.fields("request"), NoReply())
        for exchange in exchanges
    )


def _check_version(tape: Fields, name: str) -> None:
    section, _, member = name.rpartition(".")
    holder = tape if not section else tape.fields(section) if section in tape else None
    if holder is not None and member in holder and holder.whole_number(member) > _VERSION:
        raise Misplaced(name, f"it is newer than this codexctl, which knows {_VERSION}")


def _asked(request: Fields, reply: Reply) -> OtherReply:
    try:
        url = urlsplit(request.text("uri"))
    except ValueError as error:
        raise Misplaced(request.at("uri"), "this is no URL") from error
    return OtherReply(
        method=request.text("method"), path=url.path or "/", query=url.query, reply=reply
    )


def _answer(interaction: Fields, exchange: Fields | None) -> OtherReply:
    response = interaction.fields("response")
    content = response.fields("body")
    body = content.value("string")
    raw = body if isinstance(body, bytes) else b""
    if not isinstance(body, bytes) and body is not None:
        raw = content.text("string").encode("utf-8", errors="surrogatepass")
    headers = _headers(response, raw)
    whole = exchange is None or exchange.value("ended") in (None, "whole")
    lengths = _lengths(exchange) if exchange is not None else []
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    streamed = kind.startswith("text/event-stream") or looks_like_a_stream(raw)
    pieces: bytes | tuple[bytes, ...] = raw
    if len(lengths) > 1 and sum(lengths) == len(raw):
        borders = pairwise(accumulate(lengths, initial=0))
        pieces = tuple(raw[start:end] for start, end in borders if start < end)
    elif streamed or not whole:
        pieces = events_of(raw)
    reply = HttpReply(
        status=read_status(response.fields("status"), "code"),
        headers=headers,
        body=pieces,
        ending=Ending.WHOLE if whole else Ending.CUT,
    )
    return _asked(interaction.fields("request"), reply)


def _lengths(exchange: Fields) -> list[int]:
    lengths = [one for one, _ in exchange.sequence("lengths")]
    return [one for one in lengths if isinstance(one, int) and one >= 0]


def _headers(response: Fields, raw: bytes) -> tuple[tuple[str, str], ...]:
    if "headers" not in response:
        return ()
    fields = response.fields("headers")
    left_out = (*_OF_THE_TRANSFER, *(() if _is_packed(raw) else ("content-encoding",)))
    headers: list[tuple[str, str]] = []
    for name in fields.names:
        if not HEADER_NAME.fullmatch(name):
            raise Misplaced(fields.at(name), "this can be no header")
        value = fields.value(name)
        several = fields.sequence(name) if isinstance(value, list) else [(value, fields.at(name))]
        if name.lower() not in left_out:
            headers += [(name, _header_value(*one)) for one in several]
    return tuple(headers)


def _header_value(value: object, place: str) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    text = str(value) if is_number else text_at(value, place)
    # A folded header was legal once; what follows a line end would be a header of its own now.
    return " ".join(text.splitlines()).encode("latin-1", "replace").decode("latin-1")


def _is_packed(raw: bytes) -> bool:
    """Tell whether a body is still compressed: vcrpy leaves that so unless it is told otherwise.

    No compressed body happens to be UTF-8: gzip's second byte is none to begin with.
    """
    try:
        raw.decode()
    except UnicodeDecodeError:
        return True
    return False
