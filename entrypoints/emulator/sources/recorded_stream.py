"""A stream as it was recorded: its bytes, cut between events."""

import re

_EVENT = re.compile(rb".*?(?:\r\n\r\n|\n\n|\r\r|\Z)", re.DOTALL)
_FIRST_LINE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:event|data|id|retry)?:")


def events_of(raw: bytes) -> tuple[bytes, ...]:
    """Cut a stream behind the blank lines; joined, the pieces are the stream again."""
    return tuple(piece for piece in _EVENT.findall(raw) if piece)


def looks_like_a_stream(raw: bytes) -> bool:
    """Tell whether the first line is one of server-sent events."""
    return _FIRST_LINE.match(raw) is not None
