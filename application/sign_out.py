"""Signing out: the tokens are revoked where that is possible, and forgotten in any case."""

from codexctl.domain.credentials import Subscription
from codexctl.domain.errors import CodexctlError
from codexctl.domain.ports import AuthorizationServer, CredentialStore, Notifier, ProfileLock
from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOut:
    """Removes a profile's login."""

    store: CredentialStore
    lock: ProfileLock
    server: AuthorizationServer
    notifier: Notifier

    def __call__(self, profile: str, *, revoke: bool) -> bool:
        """Forget the profile's login and return whether there was one.

        Args:
            profile: Whose.
            revoke: Also ask the issuer to make the tokens worthless. Best effort: that it failed
                is told, and the login is gone from this machine all the same.

        Raises:
            CodexctlError: The store cannot be read or written; the login is as it was.
        """
        if self.store.load(profile) is None:
            return False  # before the lock: its file would be made in a home that is not there
        with self.lock.held(profile):
            login = self.store.load(profile)
            if login is None:
                return False
            self.store.remove(profile)
        credential = login.credential
        if revoke and isinstance(credential, Subscription) and credential.is_ours:
            try:
                self.server.revoke(credential)
            except CodexctlError as error:
                self.notifier.tell(f"The tokens were not revoked at the issuer: {error.message}")
        return True
