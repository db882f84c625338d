"""The calls of a turn, run once each."""

from collections.abc import Generator
from threading import Barrier

import pytest
from tests.fakes.values import LOOK, a_call

from codexctl.application.run_tools import NobodyToAsk, RunTools, ToolRules
from codexctl.domain.approvals import AskMode, Decision
from codexctl.domain.conversation import ToolOutput
from codexctl.domain.errors import FileNotWritten
from codexctl.domain.ports import ToolExecutor
from codexctl.domain.run_events import RunEvent, ToolFinished, ToolStarted
from codexctl.domain.session import CallBegun, ItemAdded, SessionRecord
from codexctl.domain.tools import CallKind, OutcomeStatus, ToolCall, ToolOutcome, ToolSpec
from codexctl.testing.fakes.approver import FakeApprover
from codexctl.testing.fakes.tool_executor import FakeToolExecutor, Scripted


class Log:
    """A session log that keeps records, and which of them were to outlive a loss of power."""

    def __init__(self) -> None:
        self.records: list[SessionRecord] = []
        self.durable: list[SessionRecord] = []

    def append(self, *records: SessionRecord, is_durable: bool = False) -> None:
        self.records.extend(records)
        if is_durable:
            self.durable.extend(records)

    def close(self) -> None:
        """Nothing is held."""


def _nobody() -> FakeApprover:
    raise AssertionError("nobody is to be asked")


def _run(
    tools: ToolExecutor,
    *calls: ToolCall,
    rules: ToolRules | None = None,
    approver: FakeApprover | None = None,
    log: Log | None = None,
) -> tuple[list[RunEvent], tuple[ToolOutput, ...]]:
    outputs: list[ToolOutput] = []
    run_tools = RunTools(tools, _nobody if approver is None else lambda: approver)

    def run() -> Generator[RunEvent, None, None]:
        outputs.extend((yield from run_tools(calls, rules or ToolRules(), log or Log())))

    return list(run()), tuple(outputs)


def _changing(name: str) -> ToolSpec:
    return ToolSpec(name=name, description="d", parameters={}, read_only=False, timeout_seconds=30)


def _changer(*steps: Scripted | BaseException) -> FakeToolExecutor:
    """Return a tool named ``change`` beside the ``look`` that only reads."""
    scripts = {"look": [Scripted("seen")], "change": list(steps) or [Scripted("changed")]}
    return FakeToolExecutor(scripts, specs=[LOOK, _changing("change")])


def _seen(call_id: str, output: str) -> ToolOutcome:
    return ToolOutcome(call_id=call_id, output=output, status=OutcomeStatus.COMPLETED)


def test_calls_run_in_order_and_each_has_its_output() -> None:
    tools = _changer(Scripted("first"), Scripted("second"))
    one, two = a_call("b", "change"), a_call("a", "change")
    events, outputs = _run(tools, one, two)
    assert outputs == (
        ToolOutput(call_id="b", text="first"),
        ToolOutput(call_id="a", text="second"),
    )
    assert events == [
        ToolStarted(one),
        ToolFinished(one, _seen("b", "first")),
        ToolStarted(two),
        ToolFinished(two, _seen("a", "second")),
    ]


def test_a_call_is_announced_before_it_runs() -> None:
    tools = FakeToolExecutor({"look": [Scripted("seen")]})
    events = RunTools(tools, _nobody)((a_call(),), ToolRules(), Log())
    assert next(events) == ToolStarted(a_call())
    assert tools.calls == []


class Gathering:
    """Tools of which each waits until all have begun: alone, one would wait for ever."""

    def __init__(self, together: int) -> None:
        self._all_have_begun = Barrier(together, timeout=30)

    def specs(self) -> tuple[ToolSpec, ...]:
        return (LOOK,)

    def execute(self, call: ToolCall) -> ToolOutcome:
        self._all_have_begun.wait()
        return _seen(call.call_id, f"seen by {call.call_id}")

    def close(self) -> None:
        """Nothing is held."""


def test_calls_that_only_read_run_side_by_side_and_are_answered_in_order() -> None:
    events, outputs = _run(Gathering(3), a_call("c"), a_call("a"), a_call("b"))
    assert [output.text for output in outputs] == ["seen by c", "seen by a", "seen by b"]
    assert [type(event) for event in events] == [ToolStarted] * 3 + [ToolFinished] * 3


def test_what_changes_something_runs_alone_in_its_place() -> None:
    calls = (a_call("a"), a_call("b", "change"), a_call("c"), a_call("d"))
    events, _ = _run(_changer(), *calls)
    order = [
        (type(event), event.call.call_id)
        for event in events
        if isinstance(event, ToolStarted | ToolFinished)
    ]
    assert order == [
        (ToolStarted, "a"),
        (ToolFinished, "a"),
        (ToolStarted, "b"),
        (ToolFinished, "b"),
        (ToolStarted, "c"),
        (ToolStarted, "d"),
        (ToolFinished, "c"),
        (ToolFinished, "d"),
    ]


def test_a_call_id_that_comes_twice_is_run_once() -> None:
    tools = FakeToolExecutor({"look": [Scripted("first"), Scripted("second")]})
    _, outputs = _run(tools, a_call("a"), a_call("a", arguments='{"at": 2}'))
    assert tools.calls == [a_call("a")]
    assert outputs == (ToolOutput(call_id="a", text="first"),)


def test_a_call_of_a_custom_tool_is_answered_in_kind() -> None:
    call = ToolCall(call_id="a", name="patch", arguments="text", kind=CallKind.CUSTOM)
    _, outputs = _run(FakeToolExecutor({}), call)
    assert outputs == (
        ToolOutput(call_id="a", text="unsupported custom tool call: patch", kind=CallKind.CUSTOM),
    )


def test_a_call_that_fails_does_not_stop_the_next_one() -> None:
    tools = _changer(LookupError("nowhere"), Scripted("done"))
    _, outputs = _run(tools, a_call("a", "change"), a_call("b", "change"))
    assert outputs == (
        ToolOutput(call_id="a", text="change failed unexpectedly: LookupError: nowhere"),
        ToolOutput(call_id="b", text="done"),
    )


def test_an_interrupt_by_the_user_ends_it() -> None:
    tools, log = _changer(KeyboardInterrupt()), Log()
    calls = (a_call("a", "change"), a_call("b", "change"))
    with pytest.raises(KeyboardInterrupt):
        _run(tools, *calls, log=log)
    assert tools.calls == [calls[0]]
    aborted = ToolOutput(call_id="a", text="aborted by user")
    assert log.records == [CallBegun("a"), ItemAdded(aborted)]


def test_without_calls_nothing_happens() -> None:
    assert _run(FakeToolExecutor({})) == ([], ())


def test_what_is_about_to_change_something_is_on_disk_before_it_runs() -> None:
    tools, log = _changer(), Log()
    call = a_call("a", "change")
    events = RunTools(tools, _nobody)((call,), ToolRules(), log)
    next(events)
    next(events)
    output = ToolOutput(call_id="a", text="changed")
    assert (log.durable, log.records) == ([CallBegun("a")], [CallBegun("a"), ItemAdded(output)])


def test_a_call_that_cannot_be_noted_is_not_run() -> None:
    class Full(Log):
        def append(self, *records: SessionRecord, is_durable: bool = False) -> None:
            raise FileNotWritten("full", remedy="free some space")

    tools = _changer()
    with pytest.raises(FileNotWritten):
        _run(tools, a_call("a", "change"), log=Full())
    assert tools.calls == []


def test_a_call_that_the_user_refuses_is_told_to_the_model_and_not_run() -> None:
    tools, approver = _changer(), FakeApprover(Decision.NO, Decision.YES)
    calls = (a_call("a", "change"), a_call("b", "change"))
    _, outputs = _run(tools, *calls, rules=ToolRules(ask=AskMode.ALWAYS), approver=approver)
    assert [output.text for output in outputs] == [
        "The user refused this call, so it was not run. Ask, or find another way.",
        "changed",
    ]
    assert (tools.calls, approver.asked) == ([calls[1]], list(calls))


def test_a_tool_that_is_approved_for_the_run_is_not_asked_about_again() -> None:
    rules = ToolRules(ask=AskMode.ALWAYS)
    approver = FakeApprover(Decision.ALWAYS)
    calls = (a_call("a", "change"), a_call("b", "change"))
    _run(_changer(), *calls, rules=rules, approver=approver)
    _run(_changer(), a_call("c", "change"), rules=rules, approver=approver)
    assert approver.asked == [calls[0]]


def test_what_only_reads_and_what_does_not_exist_is_not_asked_about() -> None:
    rules = ToolRules(ask=AskMode.ALWAYS)
    _, outputs = _run(_changer(), a_call("a"), a_call("b", "vanish"), rules=rules)
    assert [output.text for output in outputs] == ["seen", "unsupported call: vanish"]


def test_where_nobody_can_be_asked_the_model_is_told_so() -> None:
    tools = _changer()
    run_tools = RunTools(tools, NobodyToAsk)
    calls = (a_call("a", "change"),)
    events = list(run_tools(calls, ToolRules(ask=AskMode.ALWAYS), Log()))
    said = "This call has to be approved and there is nobody to ask, so it was not run."
    declined = ToolOutcome(call_id="a", output=said, status=OutcomeStatus.DECLINED)
    assert (events, tools.calls) == ([ToolStarted(*calls), ToolFinished(*calls, declined)], [])
