"""Arguments of calls that come apart from their items, until the call they belong to is finished.

Most servers say them three times: in pieces, as a whole, and in the finished item. Some leave one
or two of these out, so all that came before the item is kept for it.
"""

from collections import deque
from dataclasses import field
from typing import TypeAlias

from codexctl.domain.stream_events import ArgumentsDelta, ArgumentsFinished
from codexctl.domain.tools import ToolCall
from codexctl.domain.values import dataclass

_Key: TypeAlias = int | str | None
"""Which call is meant: its position, else its item's id, else whichever is finished next."""


@dataclass(slots=True)
class CallArguments:
    """What was said of calls that are not finished yet."""

    _whole: dict[int | str, str] = field(default_factory=dict[int | str, str])
    _nameless: deque[str] = field(default_factory=deque[str])
    _pieces: dict[_Key, list[str]] = field(default_factory=dict[_Key, list[str]])

    def add_piece(self, event: ArgumentsDelta) -> None:
        """Take more of a call's arguments."""
        if event.text:
            self._pieces.setdefault(_key(event), []).append(event.text)

    def add_whole(self, event: ArgumentsFinished) -> None:
        """Take a call's arguments as a whole; they go before the pieces, unless they are empty."""
        key = _key(event)
        if event.arguments:
            self._pieces.pop(key, None)
        if key is None:
            self._nameless.append(event.arguments)
        else:
            self._whole[key] = event.arguments

    def claim(self, call: ToolCall, output_index: int | None) -> str:
        """Return what was said of a call, ``""`` if nothing was; it serves this call alone.

        Args:
            call: The finished call.
            output_index: Its position.
        """
        keys = [key for key in (output_index, call.item_id, call.call_id) if key is not None]
        wholes = [self._whole.pop(key, "") for key in keys]
        pieces = ["".join(self._pieces.pop(key, [])) for key in keys]
        if output_index is None and not any(wholes) and not any(pieces):
            wholes = [self._nameless.popleft() if self._nameless else ""]
            pieces = ["".join(self._pieces.pop(None, []))]
        return next(filter(None, [*wholes, *pieces]), "")


def _key(event: ArgumentsDelta | ArgumentsFinished) -> _Key:
    """Return the position, which some servers keep while they change the ids between events."""
    return event.output_index if event.output_index is not None else event.item_id
