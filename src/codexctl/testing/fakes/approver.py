"""An ``Approver`` that answers as a test says."""

from codexctl.domain.approvals import Decision
from codexctl.domain.tools import ToolCall


class FakeApprover:
    """Says what it is told to say, in turn, and remembers what it was asked.

    ```python
    approver = FakeApprover(Decision.NO, Decision.ALWAYS)
    assert approver.decide(call) is Decision.NO
    assert approver.asked == [call]
    ```

    A question beyond the last decision is a mistake of the test and fails it: one that is made
    without decisions stands for a run that has nothing to ask.
    """

    def __init__(self, *decisions: Decision) -> None:
        self.asked: list[ToolCall] = []
        self._decisions = decisions

    def decide(self, call: ToolCall, /) -> Decision:
        """See :meth:`codexctl.domain.ports.Approver.decide`."""
        self.asked.append(call)
        if len(self.asked) > len(self._decisions):
            raise AssertionError(f"question {len(self.asked)}, {len(self._decisions)} decisions")
        return self._decisions[len(self.asked) - 1]
