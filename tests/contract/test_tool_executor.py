"""The contract of ``codexctl.domain.ports.ToolExecutor``, for the registry and for the fake."""

from collections.abc import Callable
from typing import TypeAlias

import pytest
from tests.fakes.tool_executor import FakeToolExecutor, Scripted

from codexctl.adapters.tools.registry import ToolRegistry
from codexctl.adapters.tools.tool import Arguments, Tool, ToolFailure
from codexctl.domain.ports import ToolExecutor
from codexctl.domain.tools import CallKind, OutcomeStatus, ToolCall, ToolOutcome, ToolSpec


def _spec(name: str) -> ToolSpec:
    return ToolSpec(
        name=name,
        description=f"The {name} tool.",
        parameters={
            "type": "object",
            "properties": {"text": {"type": "string", "description": "Some text."}},
            "required": ["text"],
            "additionalProperties": False,
        },
        read_only=True,
        timeout_seconds=30,
    )


_SPECS = tuple(_spec(name) for name in ("works", "refuses", "crashes", "is_interrupted"))


def _works(_: Arguments) -> str:
    return "done"


def _refuses(_: Arguments) -> str:
    raise ToolFailure("it is not there")


def _crashes(_: Arguments) -> str:
    raise LookupError("no such thing")


def _is_interrupted(_: Arguments) -> str:
    raise KeyboardInterrupt


def _registry() -> ToolExecutor:
    runs = (_works, _refuses, _crashes, _is_interrupted)
    return ToolRegistry(Tool(spec, run) for spec, run in zip(_SPECS, runs, strict=True))


def _fake() -> ToolExecutor:
    return FakeToolExecutor(
        {
            "works": [Scripted("done")],
            "refuses": [Scripted("it is not there", OutcomeStatus.FAILED)],
            "crashes": [LookupError("no such thing")],
            "is_interrupted": [KeyboardInterrupt()],
        },
        specs=_SPECS,
    )


_Make: TypeAlias = Callable[[], ToolExecutor]


@pytest.fixture(params=[_registry, _fake], ids=["registry", "fake"])
def executor(request: pytest.FixtureRequest) -> ToolExecutor:
    make: _Make = request.param
    return make()


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


def test_a_failure_of_the_tool_is_a_failed_outcome_with_its_words(executor: ToolExecutor) -> None:
    assert executor.execute(_call("refuses")) == _failed("it is not there")


def test_a_crash_of_the_tool_is_a_failed_outcome(executor: ToolExecutor) -> None:
    words = "crashes failed unexpectedly: LookupError: no such thing"
    assert executor.execute(_call("crashes")) == _failed(words)


def test_an_interrupt_by_the_user_is_raised(executor: ToolExecutor) -> None:
    with pytest.raises(KeyboardInterrupt):
        executor.execute(_call("is_interrupted"))


def test_an_unknown_tool_is_a_failed_outcome(executor: ToolExecutor) -> None:
    assert executor.execute(_call("toolbox")) == _failed("unsupported call: toolbox")


def test_a_custom_call_is_a_failed_outcome(executor: ToolExecutor) -> None:
    call = ToolCall(call_id="call_7", name="works", arguments="free text", kind=CallKind.CUSTOM)
    assert executor.execute(call) == _failed("unsupported custom tool call: works")


@pytest.mark.parametrize(
    "arguments",
    ["", "{", "text", "[]", "null", '"x"', "7", "[" * 200_000, '{"text": ' + "9" * 5000 + "}"],
    ids=["none", "cut", "bare", "array", "null", "string", "number", "deep", "digits"],
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
