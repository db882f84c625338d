"""A reply of a script that stands there whole: status, headers, body."""

import re

from codexctl.entrypoints.emulator.http.messages import Ending, HttpReply
from codexctl.entrypoints.emulator.json_values import dump_json
from codexctl.entrypoints.emulator.sources.mistakes import Misplaced
from codexctl.entrypoints.emulator.sources.yaml_fields import Fields, json_at

ENDINGS = tuple(ending.name.lower() for ending in Ending)

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
_OF_THE_TRANSFER = ("content-length", "transfer-encoding", "connection")
_NO_BODY = (204, 304)


def read_ready_reply(fields: Fields) -> HttpReply:
    """Give the reply that `status`, `headers`, `body` and `ending` make.

    Raises:
        Misplaced: one of them does not fit.
    """
    status = read_status(fields, "status")
    kind, body = _body(fields)
    if body and status in _NO_BODY:
        raise Misplaced(fields.at("body"), f"a reply with status {status} has none")
    headers = _headers(fields)
    if kind and all(name.lower() != "content-type" for name, _ in headers):
        headers = (("content-type", kind), *headers)
    return HttpReply(status=status, headers=headers, body=body, ending=read_ending(fields))


def read_status(fields: Fields, name: str) -> int:
    """Give a status that ends an exchange; one below 200 would have another behind it.

    Raises:
        Misplaced: it is none.
    """
    status = fields.whole_number(name)
    if not 200 <= status <= 599:
        raise Misplaced(fields.at(name), "a status from 200 to 599 is expected")
    return status


def read_ending(fields: Fields) -> Ending:
    """Give what `ending` says, which may be left out."""
    if "ending" not in fields:
        return Ending.WHOLE
    return Ending[fields.choice("ending", "ending", ENDINGS).upper()]


def _body(fields: Fields) -> tuple[str, bytes]:
    if "body" not in fields:
        return "", b""
    body = json_at(fields.value("body"), fields.at("body"))
    if isinstance(body, str):
        return "text/plain", body.encode("utf-8", errors="replace")
    return "application/json", dump_json(body).encode("utf-8", errors="replace")


def _headers(fields: Fields) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    for name, value in fields.json_object("headers").items():
        place = f"{fields.at('headers')}.{name}"
        is_plain = isinstance(value, str | int) and not isinstance(value, bool)
        if not is_plain or not _VALUE.fullmatch(str(value)) or not HEADER_NAME.fullmatch(name):
            raise Misplaced(place, "this can be no header")
        if name.lower() in _OF_THE_TRANSFER:
            raise Misplaced(place, "the emulator sets it by itself")
        headers.append((name, str(value)))
    return tuple(headers)
