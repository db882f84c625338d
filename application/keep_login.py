"""Keeping a new login: the old one goes only when the new one is safe on disk."""

from codexctl.domain.credentials import Credential, StoredLogin, Subscription
from codexctl.domain.errors import CodexctlError
from codexctl.domain.ports import AuthorizationServer, CredentialStore, Notifier, ProfileLock
from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepLogin:
    """Saves a credential as the profile's login and revokes the one it replaces."""

    profile: str
    store: CredentialStore
    lock: ProfileLock
    server: AuthorizationServer
    notifier: Notifier

    def check(self) -> None:
        """Find out now, before the user goes to the trouble, that the store can be used.

        Raises:
            CodexctlError: It cannot.
        """
        with self.lock.held(self.profile):
            self.store.load(self.profile)

    def __call__(self, credential: Credential) -> None:
        """Keep the credential.

        Raises:
            CodexctlError: It could not be saved; the old login is as it was.
        """
        with self.lock.held(self.profile):
            old = self.store.load(self.profile)
            self.store.save(self.profile, StoredLogin(credential=credential))
        if old is not None and old.credential != credential:
            self._revoke(old.credential)

    def _revoke(self, old: Credential) -> None:
        if not isinstance(old, Subscription) or not old.is_ours:
            return
        try:
            self.server.revoke(old)
        except CodexctlError as error:
            self.notifier.tell(f"The sign-in before this one was not revoked: {error.message}")
