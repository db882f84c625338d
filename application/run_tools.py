"""Runs the calls of one finished turn, in order, each exactly once."""

from collections.abc import Generator

from codexctl.domain.conversation import ToolOutput
from codexctl.domain.ports import ToolExecutor
from codexctl.domain.run_events import RunEvent, ToolFinished, ToolStarted
from codexctl.domain.tools import ToolCall
from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class RunTools:
    """Turns calls into their outputs."""

    tools: ToolExecutor

    def __call__(
        self, calls: tuple[ToolCall, ...]
    ) -> Generator[RunEvent, None, tuple[ToolOutput, ...]]:
        """Yield what happens and return one output for each call, in the order of the calls.

        A call id that comes twice is run once and answered once.
        """
        outputs: dict[str, ToolOutput] = {}
        for call in calls:
            if call.call_id in outputs:
                continue
            yield ToolStarted(call)
            outcome = self.tools.execute(call)
            outputs[call.call_id] = ToolOutput(
                call_id=call.call_id, text=outcome.output, kind=call.kind
            )
            yield ToolFinished(call, outcome)
        return tuple(outputs.values())
