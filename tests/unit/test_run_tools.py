"""The calls of a turn, run once each."""

from collections.abc import Generator

import pytest
from tests.fakes.tool_executor import FakeToolExecutor, Scripted
from tests.fakes.values import a_call

from codexctl.application.run_tools import RunTools
from codexctl.domain.conversation import ToolOutput
from codexctl.domain.run_events import RunEvent, ToolFinished, ToolStarted
from codexctl.domain.tools import CallKind, OutcomeStatus, ToolCall, ToolOutcome


def _run(
    tools: FakeToolExecutor, *calls: ToolCall
) -> tuple[list[RunEvent], tuple[ToolOutput, ...]]:
    outputs: list[ToolOutput] = []

    def run() -> Generator[RunEvent, None, None]:
        outputs.extend((yield from RunTools(tools)(calls)))

    return list(run()), tuple(outputs)


def _seen(call_id: str, output: str) -> ToolOutcome:
    return ToolOutcome(call_id=call_id, output=output, status=OutcomeStatus.COMPLETED)


def test_calls_run_in_order_and_each_has_its_output() -> None:
    tools = FakeToolExecutor({"look": [Scripted("first"), Scripted("second")]})
    events, outputs = _run(tools, a_call("b"), a_call("a"))
    assert outputs == (
        ToolOutput(call_id="b", text="first"),
        ToolOutput(call_id="a", text="second"),
    )
    assert events == [
        ToolStarted(a_call("b")),
        ToolFinished(a_call("b"), _seen("b", "first")),
        ToolStarted(a_call("a")),
        ToolFinished(a_call("a"), _seen("a", "second")),
    ]


def test_a_call_is_announced_before_it_runs() -> None:
    tools = FakeToolExecutor({"look": [Scripted("seen")]})
    events = RunTools(tools)((a_call(),))
    assert next(events) == ToolStarted(a_call())
    assert tools.calls == []


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
    tools = FakeToolExecutor({"look": [LookupError("nowhere"), Scripted("seen")]})
    _, outputs = _run(tools, a_call("a"), a_call("b"))
    assert outputs == (
        ToolOutput(call_id="a", text="look failed unexpectedly: LookupError: nowhere"),
        ToolOutput(call_id="b", text="seen"),
    )


def test_an_interrupt_by_the_user_ends_it() -> None:
    tools = FakeToolExecutor({"look": [KeyboardInterrupt()]})
    with pytest.raises(KeyboardInterrupt):
        _run(tools, a_call("a"), a_call("b"))
    assert tools.calls == [a_call("a")]


def test_without_calls_nothing_happens() -> None:
    assert _run(FakeToolExecutor({})) == ([], ())
