"""A ``QuotaSource`` that a test fills."""

from codexctl.domain.credentials import Subscription
from codexctl.domain.errors import CodexctlError
from codexctl.domain.quota import Quota


class FakeQuotaSource:
    """Answers with what it was given, and raises it where it is an error.

    ```python
    source = FakeQuotaSource(Quota(plan="plus", windows=()))
    assert source.quota(subscription).plan == "plus"
    assert source.asked == [subscription]
    ```
    """

    def __init__(self, answer: Quota | CodexctlError) -> None:
        self.answer = answer
        self.asked: list[Subscription] = []

    def quota(self, subscription: Subscription) -> Quota:
        """See :meth:`codexctl.domain.ports.QuotaSource.quota`."""
        self.asked.append(subscription)
        if isinstance(self.answer, CodexctlError):
            raise self.answer
        return self.answer
