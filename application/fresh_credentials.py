"""Who asks: the first credential of three places, and always one that is good for a request."""

from collections.abc import Callable

from codexctl.application.renew_login import RenewLogin
from codexctl.domain.credentials import ApiKey, Credential, Subscription
from codexctl.domain.errors import CodexctlError, NotSignedIn
from codexctl.domain.models import Provider
from codexctl.domain.ports import Clock, CredentialSource, CredentialStore
from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshCredentials:
    """The :class:`~codexctl.domain.ports.CredentialSource` of a run.

    A ready token from the environment goes before the stored login, and that before an API key
    from the environment. A stored login that is broken is an error, never a silent fall to the key.

    Attributes:
        profile: Whose login.
        environment: Knows the token and the key.
        store: Tells whether there is a login.
        renew_login: Makes what knows the stored login and how to renew it, when it is needed.
        clock: Tells when a token ends.
    """

    profile: str
    environment: CredentialSource
    store: CredentialStore
    renew_login: Callable[[], RenewLogin]
    clock: Clock

    def credential_for(self, provider: Provider | None) -> Credential:
        """See :meth:`codexctl.domain.ports.CredentialSource.credential_for`."""
        if provider is not Provider.API and (token := self._ready_token()) is not None:
            return token
        stored = self._stored(provider)
        if stored is not None:
            return stored
        return self.environment.credential_for(provider)

    def renewed(self, rejected: Credential) -> Credential | None:
        """See :meth:`codexctl.domain.ports.CredentialSource.renewed`."""
        if not isinstance(rejected, Subscription) or rejected.refresh_token is None:
            return None
        return self.renew_login()(rejected, after_rejection=True)

    def _ready_token(self) -> Credential | None:
        try:
            return self.environment.credential_for(Provider.CHATGPT)
        except NotSignedIn:
            return None

    def _stored(self, provider: Provider | None) -> Credential | None:
        if self._is_empty():
            return None  # before anything that could renew it is built
        renew_login = self.renew_login()
        login = renew_login.stored()
        if login is None:
            return None
        match login.credential:
            case ApiKey() as key:
                return key if provider is not Provider.CHATGPT else None
            case Subscription() as subscription if provider is not Provider.API:
                if subscription.is_expired(self.clock.now()):
                    return renew_login(subscription, after_rejection=False)
                return subscription
            case _:
                return None

    def _is_empty(self) -> bool:
        try:
            return self.store.load(self.profile) is None
        except CodexctlError:
            return False  # what may remember a newer login says whether that matters
