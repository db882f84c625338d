"""How often a scenario is played: `NAME` by one request, `NAME*3` by three, `NAME*` by all."""

import re
import threading
from collections import deque
from collections.abc import Container
from typing import NamedTuple

_WRITTEN = re.compile(r"([a-z0-9-]+)(\*([1-9][0-9]{0,5})?)?")


class Play(NamedTuple):
    """A scenario and how many requests still play it; None for all there will be."""

    name: str
    left: int | None


class Plays:
    """Scenarios that requests of one kind play, in the order given."""

    def __init__(self) -> None:
        self._plays: deque[Play] = deque()
        self._lock = threading.Lock()

    def add(self, play: Play) -> None:
        """Play this one when those before it have been played."""
        with self._lock:
            self._plays.append(play)

    def next(self) -> str | None:
        """Give the name of the scenario that this request plays, None when there is none left."""
        with self._lock:
            if not self._plays:
                return None
            name, left = self._plays[0]
            if left == 1:
                self._plays.popleft()
            elif left is not None:
                self._plays[0] = Play(name, left - 1)
            return name


def read_play(text: str, names: Container[str]) -> Play | None:
    """Read a scenario as it is written, None for what is none of the names, or no count."""
    match = _WRITTEN.fullmatch(text)
    if match is None or match[1] not in names:
        return None
    name, star, count = match.groups()
    if star is None:
        return Play(name, 1)
    return Play(name, None if count is None else int(count))
