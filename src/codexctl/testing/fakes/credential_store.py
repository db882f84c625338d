"""A ``CredentialStore`` in memory that fails when it is told to."""

from codexctl.adapters.token_store.memory import InMemoryStore
from codexctl.domain.credentials import StoredLogin
from codexctl.domain.errors import CodexctlError


class FakeCredentialStore(InMemoryStore):
    """Logins in memory, what was saved, and failures at will.

    ```python
    store = FakeCredentialStore({"default": login})
    store.fail_save(2, FileNotWritten("The disk is full.", remedy="Free some space."))
    store.save("default", first)
    with pytest.raises(FileNotWritten):
        store.save("default", second)  # nothing has changed
    assert store.load("default") == first
    assert store.saved == [("default", first)]
    ```

    Saves and loads are counted from one, from the making of the fake. ``fail_always`` stands for a
    file that is damaged or sealed: each method raises.
    """

    def __init__(self, logins: dict[str, StoredLogin] | None = None) -> None:
        super().__init__()
        self.saved: list[tuple[str, StoredLogin]] = []
        self._save_failures: dict[int, CodexctlError] = {}
        self._load_failures: dict[int, CodexctlError] = {}
        self._failure: CodexctlError | None = None
        self._saves = 0
        self._loads = 0
        for profile, login in (logins or {}).items():
            super().save(profile, login)

    def fail_save(self, number: int, error: CodexctlError) -> None:
        """Make the save of this number raise and change nothing."""
        self._save_failures[number] = error

    def fail_load(self, number: int, error: CodexctlError) -> None:
        """Make the load of this number raise."""
        self._load_failures[number] = error

    def fail_always(self, error: CodexctlError | None) -> None:
        """Make every method raise from now on; None ends it."""
        self._failure = error

    def load(self, profile: str) -> StoredLogin | None:
        """See :meth:`codexctl.domain.ports.CredentialStore.load`."""
        self._loads += 1
        self._raise_if(self._load_failures.get(self._loads))
        return super().load(profile)

    def save(self, profile: str, login: StoredLogin) -> None:
        """See :meth:`codexctl.domain.ports.CredentialStore.save`."""
        self._saves += 1
        self._raise_if(self._save_failures.get(self._saves))
        super().save(profile, login)
        self.saved.append((profile, login))

    def remove(self, profile: str) -> None:
        """See :meth:`codexctl.domain.ports.CredentialStore.remove`."""
        self._raise_if(None)
        super().remove(profile)

    def profiles(self) -> tuple[str, ...]:
        """See :meth:`codexctl.domain.ports.CredentialStore.profiles`."""
        self._raise_if(None)
        return super().profiles()

    def _raise_if(self, error: CodexctlError | None) -> None:
        error = self._failure or error
        if error is not None:
            raise error
