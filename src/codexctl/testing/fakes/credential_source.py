"""A ``CredentialSource`` that a test fills."""

from collections.abc import Mapping

from codexctl.domain.credentials import Credential
from codexctl.domain.errors import CodexctlError, NotSignedIn, SignInRejected
from codexctl.domain.models import Provider


class FakeCredentialSource:
    """Credentials from a mapping, which may be changed while a run goes on.

    ```python
    source = FakeCredentialSource({Provider.CHATGPT: subscription})
    source.held[Provider.CHATGPT] = SignInRejected("expired", remedy="sign in again")
    ```

    Asked for any provider it gives the one that comes first in ``held``. ``asked`` records what it
    was asked for, so that a test can see that each step asks anew. ``renewals`` says what to give
    in place of a credential that was refused, and is raised where it is an error.
    """

    def __init__(self, held: Mapping[Provider, Credential | SignInRejected]) -> None:
        self.held = dict(held)
        self.asked: list[Provider | None] = []
        self.renewals: list[Credential | CodexctlError] = []
        self.rejected: list[Credential] = []

    def credential_for(self, provider: Provider | None) -> Credential:
        """See :meth:`codexctl.domain.ports.CredentialSource.credential_for`."""
        self.asked.append(provider)
        wanted = provider if provider is not None else next(iter(self.held), None)
        found = self.held.get(wanted) if wanted is not None else None
        if found is None:
            raise NotSignedIn("There is no credential.", remedy="Put one into the fake.")
        if isinstance(found, SignInRejected):
            raise found
        return found

    def renewed(self, rejected: Credential) -> Credential | None:
        """See :meth:`codexctl.domain.ports.CredentialSource.renewed`."""
        self.rejected.append(rejected)
        if not self.renewals:
            return None
        renewal = self.renewals.pop(0)
        if isinstance(renewal, CodexctlError):
            raise renewal
        return renewal
