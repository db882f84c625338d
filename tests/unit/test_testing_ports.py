"""What ``codexctl.testing`` offers by name, and the main job on fakes."""

import ast
from pathlib import Path

import pytest

from codexctl import testing
from codexctl.application.run_conversation import Task
from codexctl.application.run_tools import ToolRules
from codexctl.domain import ports
from codexctl.domain.approvals import AskMode, Decision
from codexctl.domain.run_events import RunEvent, RunFinished, ToolFinished
from codexctl.domain.stream_events import Usage
from codexctl.domain.tools import OutcomeStatus, ToolOutcome, ToolSpec
from codexctl.testing import (
    FakeApprover,
    FakeModelStream,
    FakeNotifier,
    FakeToolExecutor,
    Ports,
    Scripted,
    calls,
    says,
)

CHANGE = ToolSpec(
    name="change",
    description="Changes something.",
    parameters={"type": "object"},
    read_only=False,
    timeout_seconds=30,
)


def _events(given: Ports, rules: ToolRules | None = None) -> list[RunEvent]:
    task = Task(prompt="Hi", instructions="Be brief.", rules=rules or ToolRules())
    return list(given.run_conversation()(task))


def _outcomes(events: list[RunEvent]) -> list[ToolOutcome]:
    return [event.outcome for event in events if isinstance(event, ToolFinished)]


def test_every_port_has_a_fake_by_its_name() -> None:
    tree = ast.parse(Path(ports.__file__).read_text(encoding="utf-8"))
    names = [f"Fake{node.name}" for node in tree.body if isinstance(node, ast.ClassDef)]
    assert [name for name in names if name not in testing.__all__] == []


def test_every_public_name_is_there() -> None:
    assert [name for name in testing.__all__ if not hasattr(testing, name)] == []
    assert set(testing.__all__) <= set(dir(testing))


def test_type_checkers_and_programs_find_the_same_names() -> None:
    tree = ast.parse(Path(testing.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.name: f"{node.module}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and f"{node.module}".startswith("codexctl.testing.")
        for alias in node.names
    }
    assert sorted(imported) == testing.__all__
    assert [name for name in imported if getattr(testing, name).__module__ != imported[name]] == []


def test_there_is_no_other_name() -> None:
    assert not hasattr(testing, "FakeWeather")


def test_a_model_that_says_something_is_done() -> None:
    model = FakeModelStream(says("Hello", usage=Usage(input_tokens=3)))
    finished = _events(Ports(model=model))[-1]
    assert isinstance(finished, RunFinished)
    assert finished.last_message is not None
    assert (finished.usage, finished.last_message.text) == (Usage(input_tokens=3), "Hello")


def test_a_call_reaches_the_tool_with_its_arguments() -> None:
    tools = FakeToolExecutor({"look": [Scripted("blue")]})
    model = FakeModelStream(calls("look", {"at": "the sky"}, call_id="call_9"), says("Blue."))
    events = _events(Ports(model=model, tools=tools))
    expected = ToolOutcome(call_id="call_9", output="blue", status=OutcomeStatus.COMPLETED)
    assert _outcomes(events) == [expected]
    assert [call.arguments for call in tools.calls] == ['{"at": "the sky"}']


def test_a_call_without_arguments_has_an_empty_object() -> None:
    tools = FakeToolExecutor({"look": [Scripted("blue")]})
    _events(Ports(model=FakeModelStream(calls("look"), says("Blue.")), tools=tools))
    assert [call.arguments for call in tools.calls] == ["{}"]


def test_the_given_approver_is_asked() -> None:
    approver = FakeApprover(Decision.NO)
    tools = FakeToolExecutor({"change": [Scripted("changed")]}, specs=[CHANGE])
    model = FakeModelStream(calls("change"), says("Well then."))
    given = Ports(model=model, tools=tools, approver=approver)
    events = _events(given, ToolRules(ask=AskMode.ALWAYS))
    assert [outcome.status for outcome in _outcomes(events)] == [OutcomeStatus.DECLINED]
    assert [call.name for call in approver.asked] == ["change"]


def test_without_a_script_the_first_request_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="request 1, but 0 scripts"):
        _events(Ports())


def test_each_set_of_ports_has_fakes_of_its_own() -> None:
    one, another = Ports(), Ports()
    one.notifier.tell("Something.")
    assert isinstance(another.notifier, FakeNotifier)
    assert another.notifier.told == []
