"""An ``AuthorizationServer`` in memory: codes and refresh tokens are good once."""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

from codexctl.domain.credentials import Secret, Subscription, TokenGrant
from codexctl.domain.errors import CodexctlError, SignInFailed
from codexctl.domain.ports import Clock
from codexctl.domain.refusals import SPENT, refresh_refused
from codexctl.domain.sign_in import AuthorizationRequest
from codexctl.domain.values import dataclass
from codexctl.testing.fakes.clock import FakeClock

ACCOUNT_ID = "account-1"
LIFETIME = timedelta(days=10)


@dataclass(frozen=True, slots=True)
class SeenRefresh:
    """A refresh as it was asked for."""

    refresh_token: Secret
    after_rejection: bool


class FakeAuthorizationServer:
    """Hands out ``access-1`` with ``refresh-1``, then ``access-2`` with ``refresh-2``, and so on.

    ```python
    server = FakeAuthorizationServer()
    request = server.authorization_request("http://127.0.0.1:1455/auth/callback")
    code = server.approve(request)  # what the user does in the browser
    grant = server.exchange(
        code=code, verifier=request.verifier, redirect_uri=request.redirect_uri
    )
    server.next_refreshes(AnswerLost("lost", remedy="again"))  # plays once, then all goes well
    ```

    ``accept`` makes it know a refresh token that it has not handed out. ``during_refresh`` is
    called while a refresh is under way. ``exchanged``, ``refreshed`` and ``revoked`` record what
    was asked.
    """

    def __init__(
        self, clock: Clock | None = None, during_refresh: Callable[[], None] = lambda: None
    ) -> None:
        self.account_id: str | None = ACCOUNT_ID
        self.during_refresh = during_refresh
        self.exchanged: list[Secret] = []
        self.refreshed: list[SeenRefresh] = []
        self.revoked: list[Subscription] = []
        self._clock: Clock = clock if clock is not None else FakeClock()
        self._numbers = count(1)
        self._asked = count(1)
        self._codes: dict[Secret, AuthorizationRequest] = {}
        self._good: set[Secret] = set()
        self._spent: set[Secret] = set()
        self._script: dict[str, deque[CodexctlError | TokenGrant]] = {
            name: deque() for name in ("exchange", "refresh", "revoke")
        }

    def approve(self, request: AuthorizationRequest) -> Secret:
        """Return the code that the issuer gives the browser for a request."""
        code = Secret(f"code-{len(self._codes) + 1}")
        self._codes[code] = request
        return code

    def accept(self, refresh_token: Secret) -> None:
        """Know a refresh token as one that is good."""
        self._good.add(refresh_token)
        self._spent.discard(refresh_token)

    def next_exchanges(self, *outcomes: CodexctlError | TokenGrant) -> None:
        """Give these for the next exchanges."""
        self._script["exchange"].extend(outcomes)

    def next_refreshes(self, *outcomes: CodexctlError | TokenGrant) -> None:
        """Give these for the next refreshes."""
        self._script["refresh"].extend(outcomes)

    def next_revocations(self, *outcomes: CodexctlError) -> None:
        """Raise these for the next revocations."""
        self._script["revoke"].extend(outcomes)

    def authorization_request(self, redirect_uri: str) -> AuthorizationRequest:
        """See :meth:`codexctl.domain.ports.AuthorizationServer.authorization_request`."""
        number = next(self._asked)
        return AuthorizationRequest(
            url=f"https://issuer.test/oauth/authorize?state=state-{number}",
            redirect_uri=redirect_uri,
            state=Secret(f"state-{number}"),
            verifier=Secret(f"verifier-{number}"),
        )

    def exchange(self, *, code: Secret, verifier: Secret, redirect_uri: str) -> TokenGrant:
        """See :meth:`codexctl.domain.ports.AuthorizationServer.exchange`."""
        self.exchanged.append(code)
        if (scripted := self._scripted("exchange")) is not None:
            return scripted
        request = self._codes.pop(code, None)
        if request is None or (request.verifier, request.redirect_uri) != (verifier, redirect_uri):
            raise SignInFailed("The code is not good.", remedy="Sign in again.")
        return self._grant()

    def refresh(self, refresh_token: Secret, *, after_rejection: bool) -> TokenGrant:
        """See :meth:`codexctl.domain.ports.AuthorizationServer.refresh`."""
        self.refreshed.append(SeenRefresh(refresh_token, after_rejection))
        self.during_refresh()
        if (scripted := self._scripted("refresh")) is not None:
            return scripted
        if refresh_token in self._spent:
            raise refresh_refused(SPENT)
        if refresh_token not in self._good:
            raise refresh_refused("refresh_token_invalidated")
        self._good.remove(refresh_token)
        self._spent.add(refresh_token)
        return self._grant()

    def revoke(self, subscription: Subscription) -> None:
        """See :meth:`codexctl.domain.ports.AuthorizationServer.revoke`."""
        self.revoked.append(subscription)
        self._scripted("revoke")
        if subscription.refresh_token is not None:
            self._good.discard(subscription.refresh_token)

    def _scripted(self, method: str) -> TokenGrant | None:
        outcome = self._script[method].popleft() if self._script[method] else None
        if isinstance(outcome, CodexctlError):
            raise outcome
        return outcome

    def _grant(self) -> TokenGrant:
        number = next(self._numbers)
        refresh_token = Secret(f"refresh-{number}")
        self._good.add(refresh_token)
        return TokenGrant(
            access_token=Secret(f"access-{number}"),
            refresh_token=refresh_token,
            account_id=self.account_id,
            plan="plus",
            expires_at=self._ends_at(),
        )

    def _ends_at(self) -> datetime:
        return self._clock.now() + LIFETIME
