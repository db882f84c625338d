"""The lines of a log: what a session begins with, and what happens in it. Pure.

A log is UTF-8, one JSON object a line. The first line is the header and holds the version of the
form; fields and types of records that a newer program has added without raising the version are
passed over.
"""

import json
from datetime import datetime
from typing import assert_never, cast

from codexctl.adapters.sessions.fields import (
    Damaged,
    JsonObject,
    as_object,
    count,
    optional_text,
    present,
    text,
)
from codexctl.adapters.sessions.item_codec import decode_item, encode_item
from codexctl.domain.session import CallBegun, ItemAdded, SessionHeader, SessionRecord, StepEnded
from codexctl.domain.stream_events import Usage

VERSION = 1

_FIRST_YEAR, _LAST_YEAR = 1970, 9000
"""Beyond them a time cannot be shown in every time zone."""

STEP_MARK = b'"record":"step"'
"""Stands in the line of a :class:`StepEnded` and in no other: inside a text, quotes are escaped."""


def encode_header(header: SessionHeader) -> bytes:
    """Return the first line, with its line end."""
    return _line(
        present(
            codexctl_session=VERSION,
            id=header.session_id,
            created_at=header.created_at.isoformat(),
            working_folder=header.working_folder,
            name=header.name,
            forked_from=header.forked_from,
        )
    )


def decode_header(line: bytes) -> SessionHeader:
    """Read a first line.

    Raises:
        Damaged: It is none, or of a newer version.
    """
    fields = _fields(line)
    version = fields.get("codexctl_session")
    if version != VERSION or isinstance(version, bool):
        is_newer = isinstance(version, int) and version > VERSION
        raise Damaged(
            f"it is of version {version}" if is_newer else "it is no session of codexctl",
            is_newer=is_newer,
        )
    return SessionHeader(
        session_id=text(fields, "id"),
        created_at=_moment(text(fields, "created_at")),
        working_folder=text(fields, "working_folder"),
        name=optional_text(fields, "name"),
        forked_from=optional_text(fields, "forked_from"),
    )


def encode_record(record: SessionRecord, at: datetime) -> bytes:
    """Return the line of a record, with its line end.

    Args:
        record: What happened.
        at: When it did.
    """
    moment = at.isoformat(timespec="milliseconds")
    match record:
        case ItemAdded(item):
            fields: dict[str, object] = {"record": "item", "item": encode_item(item)}
        case CallBegun(call_id):
            fields = {"record": "call_begun", "call_id": call_id}
        case StepEnded(model, usage):
            fields = {"record": "step", "model": model, "usage": _encode_usage(usage)}
        case _:
            assert_never(record)
    return _line({"at": moment, **fields})


def decode_record(line: bytes) -> SessionRecord | None:
    """Read the line of a record; None if it is of a type that a newer version has added.

    Raises:
        Damaged: It is no record.
    """
    return _record(_fields(line))


def decode_timed_record(line: bytes) -> tuple[datetime | None, SessionRecord | None]:
    """Read the line of a record as :func:`decode_record` does, with the moment it tells, if any.

    Raises:
        Damaged: It is no record.
    """
    fields = _fields(line)
    try:
        at = _moment(text(fields, "at"))
    except Damaged:
        at = None
    return at, _record(fields)


def _record(fields: JsonObject) -> SessionRecord | None:
    match text(fields, "record"):
        case "item":
            item = decode_item(as_object(fields.get("item")))
            return None if item is None else ItemAdded(item)
        case "call_begun":
            return CallBegun(text(fields, "call_id"))
        case "step":
            return StepEnded(
                text(fields, "model"), _decode_usage(as_object(fields.get("usage", {})))
            )
        case _:
            return None


def _encode_usage(usage: Usage) -> dict[str, object]:
    return {
        "input_tokens": usage.input_tokens,
        "cached_input_tokens": usage.cached_input_tokens,
        "cache_write_input_tokens": usage.cache_write_input_tokens,
        "output_tokens": usage.output_tokens,
        "reasoning_output_tokens": usage.reasoning_output_tokens,
    }


def _decode_usage(fields: JsonObject) -> Usage:
    return Usage(
        input_tokens=count(fields, "input_tokens"),
        cached_input_tokens=count(fields, "cached_input_tokens"),
        cache_write_input_tokens=count(fields, "cache_write_input_tokens"),
        output_tokens=count(fields, "output_tokens"),
        reasoning_output_tokens=count(fields, "reasoning_output_tokens"),
    )


def _moment(word: str) -> datetime:
    try:
        moment = datetime.fromisoformat(word)
    except ValueError:
        raise Damaged("its time is none") from None
    if moment.utcoffset() is None:
        raise Damaged("its time has no time zone")
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise Damaged("its time is not one of ours")
    return moment


def _line(fields: dict[str, object]) -> bytes:
    try:
        return _json(fields, ensure_ascii=False)
    except UnicodeEncodeError:
        # Half a surrogate pair, as in the name of a folder that is not UTF-8: escaped, it can be
        # written and comes back as it was.
        return _json(fields, ensure_ascii=True)


def _json(fields: dict[str, object], *, ensure_ascii: bool) -> bytes:
    written = json.dumps(fields, ensure_ascii=ensure_ascii, separators=(",", ":"))
    return written.encode() + b"\n"


def _fields(line: bytes) -> JsonObject:
    try:
        return as_object(cast("object", json.loads(line.decode())))
    except (ValueError, RecursionError):
        # Not chained: the error of the JSON reader carries the whole line.
        raise Damaged("it is not JSON") from None
