"""What takes the place of a secret: the same for the same, and told apart by kind. Pure.

A stand-in is a word like ``account-0002``. None of them looks like what it stands for: a
``Bearer …``, an ``sk-…`` or an e-mail address on a tape would set off every scanner of secrets, and
whoever looks would have to trust that it is a made-up one.
"""

import re
from enum import StrEnum


class Kind(StrEnum):
    """What a secret is; the value is what its stand-ins begin with."""

    BEARER = "bearer"
    ACCESS_TOKEN = "access-token"  # noqa: S105 (what begins a stand-in)
    REFRESH_TOKEN = "refresh-token"  # noqa: S105
    ID_TOKEN = "id-token"  # noqa: S105
    API_KEY = "api-key"
    JWT = "jwt"
    PRIVATE_KEY = "private-key"
    COOKIE = "cookie"
    CODE = "code"
    VERIFIER = "verifier"
    STATE = "state"
    DEVICE = "device"
    ACCOUNT = "account"
    USER = "user"
    ORGANIZATION = "organization"
    PROJECT = "project"
    NAME = "name"
    EMAIL = "email"
    ADDRESS = "address"
    SESSION = "session"
    SEALED = "sealed"
    SECRET = "secret"  # noqa: S105


_KINDS = "|".join(Kind)
STAND_IN = re.compile(rf"(?<![A-Za-z0-9-])({_KINDS})-(\d{{4,8}})(?![A-Za-z0-9-])")
"""A stand-in, wherever it stands."""

STAND_IN_ANYWHERE = re.compile(rf"(?:{_KINDS})-\d{{4}}")
"""The same also within a word, where a secret stood within one."""


def is_stand_in(value: str) -> bool:
    """Tell whether a value is a stand-in and nothing else."""
    return STAND_IN.fullmatch(value) is not None


class StandIns:
    """Gives the same stand-in for the same value, and counts those of a kind."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()
        self._counts: dict[Kind, int] = {}

    def take(self, text: str) -> None:
        """Give none of the stand-ins that stand in this text already."""
        self._taken.update(found[0] for found in STAND_IN.finditer(text))

    def given(self, kind: Kind, value: str) -> str:
        """Return the stand-in for a value; ``kind`` counts when the value comes first."""
        key = value.casefold() if kind is Kind.EMAIL else value
        if key not in self._given:
            self._given[key] = self._next(kind)
        return self._given[key]

    def _next(self, kind: Kind) -> str:
        while True:
            number = self._counts[kind] = self._counts.get(kind, 0) + 1
            if (name := f"{kind}-{number:04}") not in self._taken:
                return name
