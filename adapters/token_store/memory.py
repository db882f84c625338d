"""Logins in memory, for a process that is to leave nothing behind."""

import threading

from codexctl.domain.credentials import StoredLogin


class InMemoryStore:
    """The :class:`~codexctl.domain.ports.CredentialStore` that ends with the process."""

    def __init__(self) -> None:
        self._logins: dict[str, StoredLogin] = {}
        self._lock = threading.Lock()

    def load(self, profile: str) -> StoredLogin | None:
        """See :meth:`codexctl.domain.ports.CredentialStore.load`."""
        with self._lock:
            return self._logins.get(profile)

    def save(self, profile: str, login: StoredLogin) -> None:
        """See :meth:`codexctl.domain.ports.CredentialStore.save`."""
        with self._lock:
            self._logins[profile] = login

    def remove(self, profile: str) -> None:
        """See :meth:`codexctl.domain.ports.CredentialStore.remove`."""
        with self._lock:
            self._logins.pop(profile, None)

    def profiles(self) -> tuple[str, ...]:
        """See :meth:`codexctl.domain.ports.CredentialStore.profiles`."""
        with self._lock:
            return tuple(sorted(self._logins))
