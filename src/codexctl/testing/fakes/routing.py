"""A ``WorkspaceRouting`` that a test fills, and a ``RoutingMemory`` that forgets at its end."""

from codexctl.domain.credentials import Subscription
from codexctl.domain.errors import CodexctlError
from codexctl.domain.routing import KnownRouting


class FakeWorkspaceRouting:
    """Answers with what it was given, and raises it where it is an error.

    ```python
    routing = FakeWorkspaceRouting("us")
    assert routing.override_for(subscription) == "us"
    assert routing.asked == [subscription]
    ```

    A subscription without an account id is told None and not counted, as no service is asked.
    """

    def __init__(self, answer: str | CodexctlError | KeyboardInterrupt | None = None) -> None:
        self.answer = answer
        self.asked: list[Subscription] = []

    def override_for(self, subscription: Subscription) -> str | None:
        """See :meth:`codexctl.domain.ports.WorkspaceRouting.override_for`."""
        if subscription.account_id is None:
            return None
        self.asked.append(subscription)
        if isinstance(self.answer, CodexctlError | KeyboardInterrupt):
            raise self.answer
        return self.answer


class FakeRoutingMemory:
    """Remembers for as long as it lives.

    ```python
    memory = FakeRoutingMemory()
    memory.keep("account-1", known)
    assert memory.recall("account-1") == known
    ```
    """

    def __init__(self) -> None:
        self.kept: dict[str, KnownRouting] = {}

    def recall(self, account_id: str) -> KnownRouting | None:
        """See :meth:`codexctl.domain.ports.RoutingMemory.recall`."""
        return self.kept.get(account_id)

    def keep(self, account_id: str, known: KnownRouting) -> None:
        """See :meth:`codexctl.domain.ports.RoutingMemory.keep`."""
        self.kept[account_id] = known
