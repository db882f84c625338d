"""A log as far as it can be read, wherever it comes from: what is damaged is told, not fatal.

For people who look into a file. What goes on with a session reads it with ``store``, which takes
nothing that is not whole.
"""

from collections.abc import Iterator
from datetime import datetime

from codexctl.adapters.sessions.complaints import no_log
from codexctl.adapters.sessions.fields import Damaged
from codexctl.adapters.sessions.line_codec import decode_header, decode_timed_record
from codexctl.domain.session import SessionHeader, SessionRecord
from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """A line behind the first.

    Attributes:
        number: Which one, from 1.
        at: When it was added, aware; None if it does not tell.
        record: What was added; None if it is damaged.
        damage: What is wrong with it, as the end of a sentence; None if it is whole.
    """

    number: int
    at: datetime | None = None
    record: SessionRecord | None = None
    damage: str | None = None


@dataclass(frozen=True, slots=True)
class LogContent:
    """What a log holds.

    Attributes:
        header: Its first line.
        lines: The others, in order; those of types that a newer version has added are left out.
    """

    header: SessionHeader
    lines: tuple[LogLine, ...]


def read_content(content: bytes, name: str) -> LogContent:
    """Read a log.

    Args:
        content: The bytes of its file.
        name: What to call it in an error.

    Raises:
        SessionUnreadable: Its first line is damaged, or of a newer version.
    """
    first, *others = content.split(b"\n")
    try:
        header = decode_header(first)
    except Damaged as damage:
        raise no_log(name, damage) from None
    return LogContent(header, tuple(_lines(others)))


def _lines(lines: list[bytes]) -> Iterator[LogLine]:
    for number, line in enumerate(lines, 2):
        if number == len(lines) + 1:  # what is behind the last line end: nothing, as a rule
            if line:
                yield LogLine(number=number, damage="its end is missing")
            return
        try:
            at, record = decode_timed_record(line)
        except Damaged as damage:
            yield LogLine(number=number, damage=damage.reason)
            continue
        if record is not None:
            yield LogLine(number=number, at=at, record=record)
