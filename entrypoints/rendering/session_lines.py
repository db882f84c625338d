"""A session's log as objects of JSON. The user guide has their fields."""

from dataclasses import asdict
from datetime import datetime
from typing import assert_never

from codexctl.domain.session import CallBegun, ItemAdded, SessionHeader, SessionRecord, StepEnded
from codexctl.entrypoints.inspected_stream import item_fields


def header_object(header: SessionHeader) -> dict[str, object]:
    """Return what is known of a session from its start."""
    return {
        "type": "session",
        "id": header.session_id,
        "created_at": header.created_at.isoformat(),
        "working_folder": header.working_folder,
        "name": header.name,
        "forked_from": header.forked_from,
    }


def record_object(record: SessionRecord, at: datetime | None) -> dict[str, object]:
    """Return a record.

    Args:
        record: What was added.
        at: When, aware; None if that is not known.
    """
    moment = None if at is None else at.isoformat()
    match record:
        case ItemAdded(item):
            return {"type": "item", "at": moment, "item": item_fields(item)}
        case CallBegun(call_id):
            return {"type": "call_begun", "at": moment, "call_id": call_id}
        case StepEnded(model, usage):
            return {"type": "step", "at": moment, "model": model, "usage": asdict(usage)}
        case _:
            assert_never(record)


def damage_object(number: int, reason: str) -> dict[str, object]:
    """Return a line of the log, by its number, that says nothing, and why."""
    return {"type": "damage", "line": number, "reason": reason}
