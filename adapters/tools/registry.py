"""The tools of a run behind one port: looked up, checked, run, and their output kept in bounds."""

from collections.abc import Iterable

from codexctl.adapters.tools.arguments import Check, compile_check, parse_arguments
from codexctl.adapters.tools.budget import fit
from codexctl.adapters.tools.tool import Tool, ToolFailure
from codexctl.domain.tools import CallKind, OutcomeStatus, ToolCall, ToolOutcome, ToolSpec


class ToolRegistry:
    """Runs the tools it is given. A ``codexctl.domain.ports.ToolExecutor``.

    Calls may come from several threads at once; whether two tools may run side by side is for the
    caller to decide.

    Args:
        tools: In the order in which the model is told of them.

    Raises:
        ValueError: Two of them have one name.
    """

    def __init__(self, tools: Iterable[Tool]) -> None:
        ordered = tuple(tools)
        self._specs = tuple(tool.spec for tool in ordered)
        self._tools = {tool.spec.name: tool for tool in ordered}
        self._checks: dict[str, Check] = {}
        if len(self._tools) < len(ordered):
            raise ValueError("two tools have one name")

    def specs(self) -> tuple[ToolSpec, ...]:
        """Return the tools a model may call, in a constant order."""
        return self._specs

    def execute(self, call: ToolCall) -> ToolOutcome:
        """Run one call and return its one outcome; a failure is an outcome too.

        The output is at most 40,000 bytes of UTF-8, and a marker where something was left out.
        """
        try:
            output, status = self._run(call), OutcomeStatus.COMPLETED
        except ToolFailure as exc:
            output, status = str(exc), OutcomeStatus.FAILED
        except Exception as exc:  # noqa: BLE001 - a tool that crashes must not end the run
            output = f"{call.name} failed unexpectedly: {type(exc).__name__}: {exc}"
            status = OutcomeStatus.FAILED
        return ToolOutcome(call_id=call.call_id, output=fit(output), status=status)

    def _run(self, call: ToolCall) -> str:
        # Our tools all take JSON; free text for one of them is a tool that we do not have.
        if call.kind is CallKind.CUSTOM:
            raise ToolFailure(f"unsupported custom tool call: {call.name}")
        tool = self._tools.get(call.name)
        if tool is None:
            raise ToolFailure(f"unsupported call: {call.name}")
        arguments = parse_arguments(call.arguments)
        self._check_of(tool.spec)(arguments)
        return tool.run(arguments)

    def _check_of(self, spec: ToolSpec) -> Check:
        # Two threads may both compile it; they get the same, so no lock.
        if spec.name not in self._checks:
            self._checks[spec.name] = compile_check(spec)
        return self._checks[spec.name]
