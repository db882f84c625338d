"""How the requests of a workspace are routed: found out where it can be, and never fatal.

The official client asks before every turn and gives up when it gets no answer, which is one of its
most reported failures (wire-contract 2.2). Requests go through without in most workspaces, so here
an answer is used for a day, and going on without one is a warning.
"""

from dataclasses import field

from codexctl.domain.credentials import Credential, Secret, Subscription
from codexctl.domain.errors import CodexctlError, SignInRejected
from codexctl.domain.ports import Clock, Notifier, RoutingMemory, WorkspaceRouting
from codexctl.domain.routing import KnownRouting
from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRequests:
    """Tells what the requests of a credential have to name as their routing.

    One for the life of the process: it remembers what it has learned, so that each run asks at
    most once for an account.

    Attributes:
        routing: Knows it.
        memory: Remembers it from run to run.
        clock: Tells how old an answer is.
        notifier: Told once if it could not be found out.
    """

    routing: WorkspaceRouting
    memory: RoutingMemory
    clock: Clock
    notifier: Notifier
    _learned: dict[str, KnownRouting] = field(
        default_factory=dict[str, KnownRouting], init=False, repr=False
    )
    # Tokens that the service would not hear the question from; another one may ask again.
    _rejected: set[Secret] = field(default_factory=set[Secret], init=False, repr=False)
    _warnings: list[str] = field(default_factory=list[str], init=False, repr=False)

    def __call__(self, credential: Credential) -> str | None:
        """Return what to name, or None for nothing. Only an interrupt by the user is raised."""
        if not isinstance(credential, Subscription) or credential.account_id is None:
            return None
        return self._of(credential, credential.account_id)

    def _of(self, subscription: Subscription, account_id: str) -> str | None:
        if (learned := self._learned.get(account_id)) is not None:
            return learned.override
        now = self.clock.now()
        before = self.memory.recall(account_id)
        if before is not None and before.holds_at(now):
            self._learned[account_id] = before
            return before.override
        known = before.override if before is not None else None
        if subscription.access_token in self._rejected:
            return known
        try:
            answer = KnownRouting(override=self.routing.override_for(subscription), asked_at=now)
        except SignInRejected:
            # That is about the token, not the routing, and the request itself will tell.
            self._rejected.add(subscription.access_token)
            return known
        except CodexctlError as error:
            answer = KnownRouting(override=known, asked_at=now, failed=True)
            self._warn(error, known)
        self._learned[account_id] = answer
        self.memory.keep(account_id, answer)
        return answer.override

    def _warn(self, error: CodexctlError, known: str | None) -> None:
        if self._warnings:
            return
        instead = "without it" if known is None else "with what it was before"
        warning = (
            f"The workspace's routing could not be found out ({error.message.rstrip('.')});"
            f" going on {instead}."
        )
        self._warnings.append(warning)
        self.notifier.tell(warning)
