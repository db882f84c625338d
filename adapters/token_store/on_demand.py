"""A store that costs nothing while there is nothing in it."""

import os
from collections.abc import Callable
from dataclasses import field
from pathlib import Path

from codexctl.domain.credentials import StoredLogin
from codexctl.domain.ports import CredentialStore
from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class StoreOnDemand:
    """A :class:`~codexctl.domain.ports.CredentialStore` that opens another one when it is needed.

    A run with an API key asks whether there is a login, and mostly there is none: then the modules
    of the real store are not even imported.

    Attributes:
        find_path: Tells the file without which the store is empty.
        open_store: Makes the real store.
    """

    find_path: Callable[[], Path]
    open_store: Callable[[], CredentialStore]
    _opened: list[CredentialStore] = field(
        default_factory=list[CredentialStore], init=False, repr=False
    )

    def load(self, profile: str) -> StoredLogin | None:
        """See :meth:`codexctl.domain.ports.CredentialStore.load`."""
        return None if self._is_empty() else self._store().load(profile)

    def save(self, profile: str, login: StoredLogin) -> None:
        """See :meth:`codexctl.domain.ports.CredentialStore.save`."""
        self._store().save(profile, login)

    def remove(self, profile: str) -> None:
        """See :meth:`codexctl.domain.ports.CredentialStore.remove`."""
        if not self._is_empty():
            self._store().remove(profile)

    def profiles(self) -> tuple[str, ...]:
        """See :meth:`codexctl.domain.ports.CredentialStore.profiles`."""
        return () if self._is_empty() else self._store().profiles()

    def _is_empty(self) -> bool:
        try:
            os.lstat(self.find_path())
        except FileNotFoundError:
            return True
        except OSError:
            return False  # it may be there: let the real store say what is wrong
        return False

    def _store(self) -> CredentialStore:
        if not self._opened:
            self._opened.append(self.open_store())
        return self._opened[0]
