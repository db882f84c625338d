"""The named faults of the issuer, and which request plays which."""

import re
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from types import MappingProxyType
from typing import NamedTuple

_WRITTEN = re.compile(r"([a-z0-9-]+)(\*([1-9][0-9]{0,5})?)?")


class RequestKind(Enum):
    """The kinds of requests that have scenarios of their own."""

    AUTHORIZE = auto()
    USER_CODE = auto()
    DEVICE_POLL = auto()
    REFRESH = auto()
    REVOKE = auto()


_KINDS: Mapping[str, RequestKind] = MappingProxyType(
    {
        "login-denied": RequestKind.AUTHORIZE,
        "login-not-entitled": RequestKind.AUTHORIZE,
        "device-not-enabled": RequestKind.USER_CODE,
        "device-declined": RequestKind.DEVICE_POLL,
        "device-slow-down": RequestKind.DEVICE_POLL,
        "device-expired": RequestKind.DEVICE_POLL,
        "refresh-500": RequestKind.REFRESH,
        "refresh-html": RequestKind.REFRESH,
        "refresh-429": RequestKind.REFRESH,
        "refresh-hangs": RequestKind.REFRESH,
        "refresh-answer-lost": RequestKind.REFRESH,
        "refresh-no-new-token": RequestKind.REFRESH,
        "refresh-invalid-grant": RequestKind.REFRESH,
        "refresh-token-expired": RequestKind.REFRESH,
        "refresh-garbage": RequestKind.REFRESH,
        "account-changes": RequestKind.REFRESH,
        "revoke-fails": RequestKind.REVOKE,
    }
)
ISSUER_SCENARIO_NAMES = tuple(_KINDS)
"""The names that `Emulator(issuer_scenarios=...)` takes, each with `*` or `*3` behind it too."""


class _Play(NamedTuple):
    """A scenario and how many requests still play it; None for all there will be."""

    name: str
    left: int | None


class IssuerScenarios:
    """Hands each request of a kind the scenario it plays.

    `NAME` is played by one request, `NAME*3` by three, `NAME*` by every one from then on. The
    scenarios of one kind are played in the order given; requests after the last go well.
    """

    def __init__(self, written: Sequence[str] = ()) -> None:
        """Check the names.

        Raises:
            ValueError: for a name that is no scenario, or a count that is none.
        """
        self._plays: dict[RequestKind, deque[_Play]] = {kind: deque() for kind in RequestKind}
        for text in written:
            play = _read(text)
            self._plays[_KINDS[play.name]].append(play)
        self._lock = threading.Lock()

    def next(self, kind: RequestKind) -> str | None:
        """Give the name of the scenario that this request plays, None to go well."""
        with self._lock:
            plays = self._plays[kind]
            if not plays:
                return None
            name, left = plays[0]
            if left == 1:
                plays.popleft()
            elif left is not None:
                plays[0] = _Play(name, left - 1)
            return name


def split_scenarios(written: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split scenarios into those for `scenarios` and those for `issuer_scenarios`, by name.

    A name that is neither ends up with the first, which refuse it.
    """
    of_issuer = tuple(text for text in written if text.partition("*")[0] in _KINDS)
    return tuple(text for text in written if text not in of_issuer), of_issuer


def _read(text: str) -> _Play:
    match = _WRITTEN.fullmatch(text)
    if match is None or match[1] not in _KINDS:
        known = ", ".join(ISSUER_SCENARIO_NAMES)
        msg = f"there is no scenario of the issuer named {text!r}; there are {known}"
        raise ValueError(msg)
    name, star, count = match.groups()
    if star is None:
        return _Play(name, 1)
    return _Play(name, None if count is None else int(count))
