"""The inside of the credential file: the logins of all profiles, and what newer versions added."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from codexctl.adapters.token_store.complaints import UnusableContent
from codexctl.adapters.token_store.login_codec import decode_login, encode_login
from codexctl.domain.credentials import StoredLogin


@dataclass(frozen=True, slots=True)
class Vault:
    """All logins. An entry is understood when it is asked for, so one odd one spoils no other.

    Attributes:
        document: The JSON object, unknown fields included. Holds secrets; hidden in ``repr``.
    """

    document: Mapping[str, Any] = field(default_factory=lambda: {"profiles": {}}, repr=False)

    @classmethod
    def parse(cls, plaintext: bytes) -> "Vault":
        """Read what :meth:`serialise` wrote.

        Raises:
            UnusableContent: It is something else.
        """
        try:
            document: Any = json.loads(plaintext.decode("utf-8", "surrogatepass"))
        except (ValueError, RecursionError):
            # Not chained: the error of the JSON reader carries the whole text.
            raise UnusableContent("what it holds is not JSON") from None
        match document:
            case {"profiles": dict()}:
                return cls(document)
            case _:
                raise UnusableContent("what it holds has no profiles", is_newer=True)

    def serialise(self) -> bytes:
        """Return the JSON; it holds the secrets in the clear."""
        # Not escaped to ASCII: JSON's escapes would join two halves of a surrogate pair into one
        # character, and another profile would come back than was saved.
        text = json.dumps(self.document, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "surrogatepass")

    def login(self, profile: str) -> StoredLogin | None:
        """Return a profile's login.

        Raises:
            UnusableContent: This version does not know its shape.
        """
        entry = self._entries().get(profile)
        return None if entry is None else decode_login(entry)

    def profiles(self) -> tuple[str, ...]:
        """Return the profiles that have a login, sorted."""
        return tuple(sorted(name for name, entry in self._entries().items() if entry is not None))

    def with_login(self, profile: str, login: StoredLogin) -> "Vault":
        """Return the logins with one replaced; what a newer version put beside it stays."""
        beside: Any = self._entries().get(profile)
        if not isinstance(beside, dict):
            beside = {}
        return self._with_entries({**self._entries(), profile: {**beside, **encode_login(login)}})

    def without(self, profile: str) -> "Vault":
        """Return the logins without one; the same object if there is none."""
        if profile not in self._entries():
            return self
        return self._with_entries(
            {name: entry for name, entry in self._entries().items() if name != profile}
        )

    def _entries(self) -> dict[str, Any]:
        entries: dict[str, Any] = self.document["profiles"]
        return entries

    def _with_entries(self, entries: dict[str, Any]) -> "Vault":
        return Vault({**self.document, "profiles": entries})
