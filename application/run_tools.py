"""Runs the calls of one finished turn: each once, their outputs in their order."""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import field
from threading import Thread

from codexctl.domain.approvals import AskMode, Decision, needs_approval
from codexctl.domain.conversation import ToolOutput
from codexctl.domain.ports import Approver, SessionLog, ToolExecutor
from codexctl.domain.run_events import RunEvent, ToolFinished, ToolStarted
from codexctl.domain.session import CallBegun, ItemAdded
from codexctl.domain.tools import OutcomeStatus, SandboxMode, ToolCall, ToolOutcome, ToolSpec
from codexctl.domain.values import dataclass

_REFUSED = "The user refused this call, so it was not run. Ask, or find another way."
_UNASKED = "This call has to be approved and there is nobody to ask, so it was not run."
_ABORTED = "aborted by user"


class NobodyToAsk:
    """The :class:`~codexctl.domain.ports.Approver` where there is no terminal to ask at."""

    def decide(self, _call: ToolCall, /) -> Decision:
        """See :meth:`codexctl.domain.ports.Approver.decide`."""
        return Decision.NOBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRules:
    """What the user has to say on the tools of a run.

    Attributes:
        ask: When to ask before a call runs.
        sandbox: What tools may touch.
        approved: Names of tools that the user has approved for the rest of the run.
    """

    ask: AskMode = AskMode.NEVER
    sandbox: SandboxMode = SandboxMode.READ_ONLY
    approved: set[str] = field(default_factory=set[str])


@dataclass(frozen=True, slots=True)
class RunTools:
    """Turns calls into their outputs.

    Calls that only read run side by side with their neighbours that only read; every other call
    runs alone, in its place.

    Attributes:
        tools: What there is to run.
        approver: Makes what asks the user, when it is needed.
    """

    tools: ToolExecutor
    approver: Callable[[], Approver]

    def __call__(
        self, calls: Sequence[ToolCall], rules: ToolRules, log: SessionLog
    ) -> Generator[RunEvent, None, tuple[ToolOutput, ...]]:
        """Yield what happens and return one output for each call, in the order of the calls.

        A call id that comes twice is run once and answered once. What is about to run is in the log
        before it does, and its output before anybody is told.

        Raises:
            FileNotWritten: The log could not be kept; the call it was about has not run.
        """
        specs = {spec.name: spec for spec in self.tools.specs()}
        unique = list({call.call_id: call for call in reversed(calls)}.values())[::-1]
        outputs: list[ToolOutput] = []
        for group in _groups(unique, specs):
            for call in group:
                yield ToolStarted(call)
            for call, outcome in zip(group, self._outcomes(group, specs, rules, log), strict=True):
                output = _output(call, outcome)
                log.append(ItemAdded(output))
                outputs.append(output)
                yield ToolFinished(call, outcome)
        return tuple(outputs)

    def _outcomes(
        self,
        group: Sequence[ToolCall],
        specs: dict[str, ToolSpec],
        rules: ToolRules,
        log: SessionLog,
    ) -> Sequence[ToolOutcome]:
        if len(group) > 1:
            log.append(*(CallBegun(call.call_id) for call in group))
            return _side_by_side(self.tools, group)
        (call,) = group
        spec = specs.get(call.name)
        decision = Decision.YES if spec is None else self._decided(call, spec, rules)
        if decision in (Decision.NO, Decision.NOBODY):
            why = _REFUSED if decision is Decision.NO else _UNASKED
            return [_not_run(call, why, OutcomeStatus.DECLINED)]
        changes_something = spec is not None and not spec.read_only
        log.append(CallBegun(call.call_id), is_durable=changes_something)
        try:
            return [self.tools.execute(call)]
        except BaseException:
            log.append(ItemAdded(_output(call, _not_run(call, _ABORTED, OutcomeStatus.FAILED))))
            raise

    def _decided(self, call: ToolCall, spec: ToolSpec, rules: ToolRules) -> Decision:
        if not needs_approval(spec, rules.ask, rules.sandbox) or spec.name in rules.approved:
            return Decision.YES
        decision = self.approver().decide(call)
        if decision is Decision.ALWAYS:
            rules.approved.add(spec.name)
        return decision


def _groups(
    calls: Sequence[ToolCall], specs: dict[str, ToolSpec]
) -> Iterator[tuple[ToolCall, ...]]:
    """Yield the calls in their order, neighbours that may run side by side together."""
    readers: list[ToolCall] = []
    for call in calls:
        spec = specs.get(call.name)
        if spec is not None and spec.read_only:
            readers.append(call)
            continue
        if readers:
            yield tuple(readers)
            readers = []
        yield (call,)
    if readers:
        yield tuple(readers)


def _side_by_side(tools: ToolExecutor, calls: Sequence[ToolCall]) -> list[ToolOutcome]:
    """Run calls at once, each in a thread of its own, and return their outcomes in order."""
    outcomes: dict[str, ToolOutcome] = {}

    def run(call: ToolCall) -> None:
        outcomes[call.call_id] = tools.execute(call)

    # Daemons: a run that is interrupted does not wait for what only reads.
    threads = [Thread(target=run, args=(call,), daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [
        outcomes.get(call.call_id) or _not_run(call, _ABORTED, OutcomeStatus.FAILED)
        for call in calls
    ]


def _output(call: ToolCall, outcome: ToolOutcome) -> ToolOutput:
    return ToolOutput(
        call_id=call.call_id, text=outcome.output, kind=call.kind, images=outcome.images
    )


def _not_run(call: ToolCall, text: str, status: OutcomeStatus) -> ToolOutcome:
    return ToolOutcome(call_id=call.call_id, output=text, status=status)
