"""A keyring, by the extension point that the ``keyring`` library documents for its backends."""

import json
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class FakeKeyring(KeyringBackend):
    """A keyring in memory; in a file where it has to outlive the process that uses it.

    ```python
    backend = FakeKeyring()
    backend.set_password("service", "user", "password")
    backend.failure = KeyringLocked("...")  # from now on it raises that
    backend.is_forgetful = True  # from now on it takes entries and keeps none
    ```
    """

    priority = 5  # pyright: ignore[reportAssignmentType]

    def __init__(self, file: Path | None = None) -> None:
        super().__init__()
        self.failure: Exception | None = None
        self.is_forgetful = False
        self._file = file
        self._memory: dict[str, str] = {}

    def entries(self) -> dict[str, str]:
        """Return everything that is kept, by ``service/user``."""
        if self._file is None:
            return dict(self._memory)
        return json.loads(self._file.read_bytes()) if self._file.exists() else {}

    def add(self, service: str, username: str, password: str) -> None:
        """Put an entry there as somebody else might."""
        self._keep({**self.entries(), f"{service}/{username}": password})

    def get_password(self, service: str, username: str) -> str | None:
        self._fail()
        return self.entries().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._fail()
        if not self.is_forgetful:
            self.add(service, username, password)

    def delete_password(self, service: str, username: str) -> None:
        self._fail()
        entries = self.entries()
        if entries.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError("there is no such entry")
        self._keep(entries)

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure

    def _keep(self, entries: dict[str, str]) -> None:
        if self._file is None:
            self._memory = entries
            return
        temporary = self._file.with_suffix(".new")
        temporary.write_text(json.dumps(entries))
        temporary.replace(self._file)
