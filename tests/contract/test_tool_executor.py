"""The contract of ``codexctl.domain.ports.ToolExecutor``, for the registry and for the fake."""

import json
from collections.abc import Callable, Generator
from threading import Event
from typing import TypeAlias

import pytest

from codexctl.adapters.tools.registry import ToolRegistry
from codexctl.adapters.tools.tool import Arguments, Tool, ToolFailure, ToolResult
from codexctl.domain.conversation import Image
from codexctl.domain.ports import ToolExecutor
from codexctl.domain.tools import (
    CallKind,
    ChangeKind,
    FileChange,
    OutcomeStatus,
    ToolCall,
    ToolOutcome,
    ToolSpec,
)
from codexctl.testing.fakes.tool_executor import FakeToolExecutor, Scripted

_CHANGES = (FileChange("a", ChangeKind.ADD), FileChange("b", ChangeKind.DELETE))
_IMAGES = (Image("image/png", b"picture"),)
_NAMES = ("works", "gives_all", "refuses", "crashes", "hangs", "is_interrupted", "takes_text")


def _spec(name: str) -> ToolSpec:
    return ToolSpec(
        name=name,
        description=f"The {name} tool.",
        parameters={
            "type": "object",
            "properties": {"text": {"type": "string", "description": "Some text."}},
            "required": [] if name == "gives_all" else ["text"],
            "additionalProperties": False,
        },
        read_only=name != "takes_text",
        timeout_seconds=0.01 if name == "hangs" else 30,
    )


_SPECS = tuple(map(_spec, _NAMES))


def _works(_: Arguments) -> ToolResult:
    return ToolResult(text="done")


def _gives_all(_: Arguments) -> ToolResult:
    return ToolResult(
        text="some", status=OutcomeStatus.FAILED, exit_code=3, changes=_CHANGES, images=_IMAGES
    )


def _refuses(_: Arguments) -> ToolResult:
    raise ToolFailure("it is not there")


def _crashes(_: Arguments) -> ToolResult:
    raise LookupError("no such thing")


def _is_interrupted(_: Arguments) -> ToolResult:
    raise KeyboardInterrupt


def _takes_text(arguments: Arguments) -> ToolResult:
    return ToolResult(text=f"read: {arguments['text']}")


def _registry(over: Event) -> ToolExecutor:
    def hangs(_: Arguments) -> ToolResult:
        over.wait()
        return ToolResult(text="too late")

    runs = (_works, _gives_all, _refuses, _crashes, hangs, _is_interrupted, _takes_text)
    return ToolRegistry(
        Tool(spec=spec, run=run, free_text="text" if run is _takes_text else None)
        for spec, run in zip(_SPECS, runs, strict=True)
    )


def _fake(_: Event) -> ToolExecutor:
    return FakeToolExecutor(
        {
            "works": [Scripted("done")],
            "gives_all": [Scripted("some", OutcomeStatus.FAILED, 3, _CHANGES, _IMAGES)],
            "refuses": [Scripted("it is not there", OutcomeStatus.FAILED)],
            "crashes": [LookupError("no such thing")],
            "hangs": [Scripted("hangs timed out after 0.01 s", OutcomeStatus.FAILED)],
            "is_interrupted": [KeyboardInterrupt()],
            "takes_text": [Scripted("read: *** free {text")],
        },
        specs=_SPECS,
        free_text=["takes_text"],
    )


_Make: TypeAlias = Callable[[Event], ToolExecutor]


@pytest.fixture(name="executor", params=[_registry, _fake], ids=["registry", "fake"])
def _executor(request: pytest.FixtureRequest) -> Generator[ToolExecutor, None, None]:
    make: _Make = request.param
    over = Event()
    yield make(over)
    over.set()


def _call(name: str, arguments: str = '{"text": "x"}') -> ToolCall:
    return ToolCall(call_id="call_7", name=name, arguments=arguments)


def _failed(output: str) -> ToolOutcome:
    return ToolOutcome(call_id="call_7", output=output, status=OutcomeStatus.FAILED)


def test_specs_are_the_tools_in_the_order_given_each_time(executor: ToolExecutor) -> None:
    assert executor.specs() == _SPECS
    executor.execute(_call("works"))
    assert executor.specs() == _SPECS


def test_a_call_gets_one_outcome_that_names_it(executor: ToolExecutor) -> None:
    outcome = executor.execute(_call("works"))
    expected = ToolOutcome(call_id="call_7", output="done", status=OutcomeStatus.COMPLETED)
    assert outcome == expected


def test_the_same_call_can_be_made_again(executor: ToolExecutor) -> None:
    assert executor.execute(_call("works")) == executor.execute(_call("works"))


def test_all_that_came_of_a_call_is_in_its_outcome(executor: ToolExecutor) -> None:
    assert executor.execute(_call("gives_all")) == ToolOutcome(
        call_id="call_7",
        output="some",
        status=OutcomeStatus.FAILED,
        exit_code=3,
        changes=_CHANGES,
        images=_IMAGES,
    )


def test_a_failure_of_the_tool_is_a_failed_outcome_with_its_words(executor: ToolExecutor) -> None:
    assert executor.execute(_call("refuses")) == _failed("it is not there")


def test_a_crash_of_the_tool_is_a_failed_outcome(executor: ToolExecutor) -> None:
    words = "crashes failed unexpectedly: LookupError: no such thing"
    assert executor.execute(_call("crashes")) == _failed(words)


def test_a_tool_that_takes_too_long_is_a_failed_outcome(executor: ToolExecutor) -> None:
    assert executor.execute(_call("hangs")) == _failed("hangs timed out after 0.01 s")


def test_an_interrupt_by_the_user_is_raised(executor: ToolExecutor) -> None:
    with pytest.raises(KeyboardInterrupt):
        executor.execute(_call("is_interrupted"))


def test_an_unknown_tool_is_a_failed_outcome(executor: ToolExecutor) -> None:
    assert executor.execute(_call("toolbox")) == _failed("unsupported call: toolbox")


@pytest.mark.parametrize("name", ["works", "toolbox"])
def test_a_custom_call_of_a_tool_that_takes_no_text_is_a_failed_outcome(
    executor: ToolExecutor, name: str
) -> None:
    call = ToolCall(call_id="call_7", name=name, arguments="free text", kind=CallKind.CUSTOM)
    assert executor.execute(call) == _failed(f"unsupported custom tool call: {name}")


def test_a_custom_call_hands_over_its_text_as_it_is(executor: ToolExecutor) -> None:
    text = "*** free {text"
    call = ToolCall(call_id="call_7", name="takes_text", arguments=text, kind=CallKind.CUSTOM)
    expected = ToolOutcome(call_id="call_7", output=f"read: {text}", status=OutcomeStatus.COMPLETED)
    assert executor.execute(call) == expected


@pytest.mark.parametrize("arguments", ["", " \n", "null", '""', '"null"'])
def test_no_arguments_may_be_written_as_nothing_or_null(
    executor: ToolExecutor, arguments: str
) -> None:
    assert executor.execute(_call("gives_all", arguments)).output == "some"
    assert '"text" is missing' in executor.execute(_call("works", arguments)).output


def test_arguments_in_a_json_string_are_understood(executor: ToolExecutor) -> None:
    twice = json.dumps(json.dumps({"text": "x"}))
    assert executor.execute(_call("works", twice)) == executor.execute(_call("works"))


@pytest.mark.parametrize(
    "arguments",
    [
        *("{", "text", "[]", '"x"', '"[]"', "7", "[" * 200_000),
        *('{"text": ' + "9" * 5000 + "}", json.dumps(json.dumps(json.dumps({"text": "x"})))),
    ],
    ids=["cut", "bare", "array", "string", "inner", "number", "deep", "digits", "thrice"],
)
def test_arguments_that_are_no_json_object_are_a_failed_outcome(
    executor: ToolExecutor, arguments: str
) -> None:
    outcome = executor.execute(_call("works", arguments))
    assert (outcome.call_id, outcome.status) == ("call_7", OutcomeStatus.FAILED)
    assert outcome.output.startswith("failed to parse function arguments: ")


@pytest.mark.parametrize(
    ("arguments", "named"), [("{}", '"text" is missing'), ('{"text": "", "x": 1}', '"x" is not')]
)
def test_arguments_that_break_the_schema_are_a_failed_outcome_that_names_them(
    executor: ToolExecutor, arguments: str, named: str
) -> None:
    outcome = executor.execute(_call("works", arguments))
    assert (outcome.call_id, outcome.status) == ("call_7", OutcomeStatus.FAILED)
    assert named in outcome.output
