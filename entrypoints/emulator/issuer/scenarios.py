"""The named faults of the issuer, and which request plays which."""

from collections.abc import Mapping, Sequence
from enum import Enum, auto
from types import MappingProxyType

from codexctl.entrypoints.emulator.scenario_plays import Plays, read_play


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
        self._plays = {kind: Plays() for kind in RequestKind}
        for text in written:
            play = read_play(text, _KINDS)
            if play is None:
                known = ", ".join(ISSUER_SCENARIO_NAMES)
                msg = f"there is no scenario of the issuer named {text!r}; there are {known}"
                raise ValueError(msg)
            self._plays[_KINDS[play.name]].add(play)

    def next(self, kind: RequestKind) -> str | None:
        """Give the name of the scenario that this request plays, None to go well."""
        return self._plays[kind].next()
