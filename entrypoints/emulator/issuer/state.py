"""What a test may ask about the issuer."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerState:
    """What the issuer knew at one instant; it does not change afterwards.

    Attributes:
        refresh_tokens_spent: each spent refresh token, in the order in which they were spent, with
            how often it was presented: 1 is right, more is reuse.
        refreshes_succeeded: how many refreshes were carried out, those whose answer was lost too.
        tokens_revoked: the tokens that clients revoked, in order, unknown ones too.
        user_codes_asked: the user codes of the device flow, in the order of their making.
    """

    refresh_tokens_spent: Mapping[str, int]
    refreshes_succeeded: int
    tokens_revoked: tuple[str, ...]
    user_codes_asked: tuple[str, ...]
