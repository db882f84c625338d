"""A ``RedirectReceiver`` at which answers arrive as a test says."""

from collections.abc import Callable

from codexctl.domain.credentials import Secret
from codexctl.domain.errors import CodexctlError, SignInFailed
from codexctl.domain.sign_in import AuthorizationRequest
from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class Arrival:
    """What arrives: a code or a no, and the state that it brings back."""

    outcome: Secret | SignInFailed
    state: Secret | None


class FakeRedirectReceiver:
    """Takes the first answer that brings the request's state back.

    ```python
    receiver = FakeRedirectReceiver.approving(server.approve)
    receiver = FakeRedirectReceiver.denying(SignInFailed("no", remedy="again"))
    ```

    ``received`` records the requests, ``concluded`` how they went, ``is_closed`` whether it was
    closed. Without a fitting answer it has taken too long.
    """

    def __init__(self, arrivals: Callable[[AuthorizationRequest], list[Arrival]]) -> None:
        self.received: list[AuthorizationRequest] = []
        self.concluded: list[CodexctlError | None] = []
        self.is_closed = False
        self._arrivals = arrivals

    @classmethod
    def approving(cls, approve: Callable[[AuthorizationRequest], Secret]) -> "FakeRedirectReceiver":
        """Return one at which the right answer arrives."""
        return cls(lambda request: [Arrival(approve(request), request.state)])

    @classmethod
    def denying(cls, failure: SignInFailed) -> "FakeRedirectReceiver":
        """Return one at which the issuer's no arrives."""
        return cls(lambda request: [Arrival(failure, request.state)])

    @property
    def redirect_uri(self) -> str:
        """See :meth:`codexctl.domain.ports.RedirectReceiver.redirect_uri`."""
        return "http://127.0.0.1:1455/auth/callback"

    def receive(self, request: AuthorizationRequest) -> Secret:
        """See :meth:`codexctl.domain.ports.RedirectReceiver.receive`."""
        self.received.append(request)
        for arrival in self._arrivals(request):
            if arrival.state == request.state:
                if isinstance(arrival.outcome, SignInFailed):
                    raise arrival.outcome
                return arrival.outcome
        raise SignInFailed("It took too long.", remedy="Sign in again.")

    def conclude(self, failure: CodexctlError | None) -> None:
        """See :meth:`codexctl.domain.ports.RedirectReceiver.conclude`."""
        self.concluded.append(failure)

    def close(self) -> None:
        """See :meth:`codexctl.domain.ports.RedirectReceiver.close`."""
        self.is_closed = True
