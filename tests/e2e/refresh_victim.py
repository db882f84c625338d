"""Renews the stored login and is killed at one step of it. Run as a program.

``python -m tests.e2e.refresh_victim STEP``, in the environment of a command. Without being killed
it prints the names of the steps that there are.
"""

import os
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace

from codexctl.application.fresh_credentials import FreshCredentials
from codexctl.domain.credentials import Secret, StoredLogin, Subscription, TokenGrant
from codexctl.domain.ports import AuthorizationServer, CredentialStore, ProfileLock
from codexctl.domain.sign_in import AuthorizationRequest
from codexctl.entrypoints.account_composition import open_account
from codexctl.entrypoints.settings import read_settings


@dataclass(frozen=True, slots=True)
class Steps:
    """Counts the steps, and kills this process at the one asked for.

    Attributes:
        fatal: The number of the step that is not survived; none of them if it is negative.
        names: Those passed.
    """

    fatal: int
    names: list[str] = field(default_factory=list[str])

    def __call__(self, name: str) -> None:
        """Pass a step, or die."""
        if len(self.names) == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        self.names.append(name)


@dataclass(frozen=True, slots=True)
class DyingStore:
    """A :class:`~codexctl.domain.ports.CredentialStore` with a step before and after each call."""

    store: CredentialStore
    step: Callable[[str], None]

    def load(self, profile: str) -> StoredLogin | None:
        """See :meth:`codexctl.domain.ports.CredentialStore.load`."""
        self.step("before a load")
        login = self.store.load(profile)
        self.step("after a load")
        return login

    def save(self, profile: str, login: StoredLogin) -> None:
        """See :meth:`codexctl.domain.ports.CredentialStore.save`."""
        what = "the mark" if login.refresh_sent_at is not None else "the new login"
        self.step(f"before {what} is saved")
        self.store.save(profile, login)
        self.step(f"after {what} is saved")

    def remove(self, profile: str) -> None:
        """See :meth:`codexctl.domain.ports.CredentialStore.remove`."""
        self.store.remove(profile)

    def profiles(self) -> tuple[str, ...]:
        """See :meth:`codexctl.domain.ports.CredentialStore.profiles`."""
        return self.store.profiles()


@dataclass(frozen=True, slots=True)
class DyingServer:
    """An :class:`~codexctl.domain.ports.AuthorizationServer` with a step around a refresh."""

    server: AuthorizationServer
    step: Callable[[str], None]

    def authorization_request(self, redirect_uri: str) -> AuthorizationRequest:
        """See :meth:`codexctl.domain.ports.AuthorizationServer.authorization_request`."""
        return self.server.authorization_request(redirect_uri)

    def exchange(self, *, code: Secret, verifier: Secret, redirect_uri: str) -> TokenGrant:
        """See :meth:`codexctl.domain.ports.AuthorizationServer.exchange`."""
        return self.server.exchange(code=code, verifier=verifier, redirect_uri=redirect_uri)

    def refresh(self, refresh_token: Secret, *, after_rejection: bool) -> TokenGrant:
        """See :meth:`codexctl.domain.ports.AuthorizationServer.refresh`."""
        self.step("before it is sent")
        grant = self.server.refresh(refresh_token, after_rejection=after_rejection)
        self.step("after the answer")
        return grant

    def revoke(self, subscription: Subscription) -> None:
        """See :meth:`codexctl.domain.ports.AuthorizationServer.revoke`."""
        self.server.revoke(subscription)


@dataclass(frozen=True, slots=True)
class DyingLock:
    """A :class:`~codexctl.domain.ports.ProfileLock` with steps where it is taken and let go."""

    lock: ProfileLock
    step: Callable[[str], None]

    def held(self, profile: str) -> AbstractContextManager[None]:
        """See :meth:`codexctl.domain.ports.ProfileLock.held`."""
        return self._held(profile)

    @contextmanager
    def _held(self, profile: str) -> Generator[None, None, None]:
        self.step("before the lock")
        with self.lock.held(profile):
            self.step("with the lock")
            yield
            self.step("before the lock is let go")
        self.step("after the lock")


@dataclass(frozen=True, slots=True)
class Nobody:
    """A notifier that tells nobody."""

    def tell(self, text: str) -> None:
        """See :meth:`codexctl.domain.ports.Notifier.tell`."""


def main() -> None:
    """Renew, and die on the way."""
    step = Steps(int(sys.argv[1]))
    account = open_account(read_settings(os.environ), Nobody())
    credentials = account.credentials
    assert isinstance(credentials, FreshCredentials)
    renew_login = credentials.renew_login()
    dying = replace(
        renew_login,
        store=DyingStore(renew_login.store, step),
        server=DyingServer(renew_login.server, step),
        lock=DyingLock(renew_login.lock, step),
    )
    replace(credentials, renew_login=lambda: dying).credential_for(None)
    sys.stdout.write("\n".join(step.names))


if __name__ == "__main__":
    main()
