"""A stored login, an issuer that knows it, and processes that share both."""

from datetime import timedelta

from codexctl.application.renew_login import RenewLogin
from codexctl.domain.credentials import Credential, Secret, StoredLogin, Subscription
from codexctl.domain.errors import AnswerLost, FileNotWritten, ServiceUnavailable
from codexctl.domain.ports import ProfileLock
from codexctl.testing.fakes.authorization_server import LIFETIME, FakeAuthorizationServer
from codexctl.testing.fakes.clock import FakeClock
from codexctl.testing.fakes.credential_store import FakeCredentialStore
from codexctl.testing.fakes.notifier import FakeNotifier
from codexctl.testing.fakes.profile_lock import FakeProfileLock

PROFILE = "default"
START = FakeClock().now()

TOKEN = Subscription(
    access_token=Secret("access-0"),
    account_id="account-1",
    expires_at=START + timedelta(hours=1),
    origin="a test",
    refresh_token=Secret("refresh-0"),
    plan="team",
)
"""What is stored at first. It has an hour."""

THEIRS = Subscription(
    access_token=Secret("access-theirs"),
    account_id="account-1",
    expires_at=START + timedelta(days=20),
    origin="another process",
    refresh_token=Secret("refresh-theirs"),
    plan="plus",
)
"""What another process may have renewed it to."""

BUSY = ServiceUnavailable("The issuer is busy.", remedy="Wait.")
LOST = AnswerLost("The answer was lost.", remedy="Try again.")
FULL = FileNotWritten("The disk is full.", remedy="Free some space.")


def renewed(number: int, renewed_after_seconds: float = 0) -> Subscription:
    """Return the token as the issuer renewed it for the n-th time."""
    return Subscription(
        access_token=Secret(f"access-{number}"),
        account_id="account-1",
        expires_at=START + timedelta(seconds=renewed_after_seconds) + LIFETIME,
        origin="a test",
        refresh_token=Secret(f"refresh-{number}"),
        plan="plus",
    )


class Renewing:
    """One profile with its stored login.

    Args:
        credential: The stored credential; None if nobody is signed in.
        lock: What keeps renewals apart.
    """

    def __init__(
        self, credential: Credential | None = TOKEN, lock: ProfileLock | None = None
    ) -> None:
        logins = {} if credential is None else {PROFILE: StoredLogin(credential=credential)}
        self.clock = FakeClock()
        self.store = FakeCredentialStore(logins)
        self.lock = FakeProfileLock()
        self.server = FakeAuthorizationServer(self.clock)
        self.server.accept(Secret("refresh-0"))
        self.notifier = FakeNotifier()
        self._lock = lock or self.lock
        self.renew = self.process()

    def process(self) -> RenewLogin:
        """Return what another process would renew with."""
        return RenewLogin(
            profile=PROFILE,
            store=self.store,
            lock=self._lock,
            server=self.server,
            clock=self.clock,
            notifier=self.notifier,
        )

    def early(self) -> Subscription:
        """Renew the stored token before its end."""
        return self.renew(TOKEN, after_rejection=False)

    def rejected(self) -> Subscription:
        """Renew the stored token because the service refused it."""
        return self.renew(TOKEN, after_rejection=True)

    def let_it_end(self) -> None:
        """Wait until the stored token has ended."""
        self.clock.sleep(3600)

    @property
    def kept(self) -> StoredLogin | None:
        """What is on disk."""
        return self.store.load(PROFILE)

    @property
    def presented(self) -> list[str]:
        """The refresh tokens that the issuer was shown."""
        return [seen.refresh_token.reveal() for seen in self.server.refreshed]
