"""The tools of a run behind one port: looked up, checked, run, and their output kept in bounds."""

from collections.abc import Callable, Iterable
from functools import partial

from codexctl.adapters.tools.arguments import Check, compile_check, parse_arguments, without_nulls
from codexctl.adapters.tools.budget import fit
from codexctl.adapters.tools.deadlines import TimeUp, run_within
from codexctl.adapters.tools.tool import Arguments, Tool, ToolFailure, ToolResult
from codexctl.domain.tools import CallKind, OutcomeStatus, ToolCall, ToolOutcome, ToolSpec


class ToolRegistry:
    """Runs the tools it is given. A ``codexctl.domain.ports.ToolExecutor``.

    Calls may come from several threads at once; whether two tools may run side by side is for the
    caller to decide.

    Args:
        tools: In the order in which the model is told of them.
        let_go: Lets go of what the tools work with.

    Raises:
        ValueError: Two of them have one name.
    """

    def __init__(self, tools: Iterable[Tool], let_go: Callable[[], None] | None = None) -> None:
        ordered = tuple(tools)
        self._let_go = let_go
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
            result = self._run(call)
        except ToolFailure as exc:
            result = _failed(str(exc))
        except Exception as exc:  # noqa: BLE001 - a tool that crashes must not end the run
            result = _failed(f"{call.name} failed unexpectedly: {type(exc).__name__}: {exc}")
        return ToolOutcome(
            call_id=call.call_id,
            output=fit(result.text),
            status=result.status,
            exit_code=result.exit_code,
            changes=result.changes,
            images=result.images,
        )

    def close(self) -> None:
        """See :meth:`codexctl.domain.ports.ToolExecutor.close`."""
        if self._let_go is not None:
            self._let_go()

    def _run(self, call: ToolCall) -> ToolResult:
        tool = self._tools.get(call.name)
        if call.kind is CallKind.CUSTOM:
            if tool is None or tool.free_text is None:
                raise ToolFailure(f"unsupported custom tool call: {call.name}")
            arguments: Arguments = {tool.free_text: call.arguments}
        elif tool is None:
            raise ToolFailure(f"unsupported call: {call.name}")
        else:
            arguments = without_nulls(parse_arguments(call.arguments), tool.spec)
        self._check_of(tool.spec)(arguments)
        if not tool.spec.read_only:
            return tool.run(arguments)
        seconds = tool.spec.timeout_seconds
        try:
            return run_within(seconds, partial(tool.run, arguments))
        except TimeUp:
            raise ToolFailure(f"{call.name} timed out after {seconds:g} s") from None

    def _check_of(self, spec: ToolSpec) -> Check:
        # Two threads may both compile it; they get the same, so no lock.
        if spec.name not in self._checks:
            self._checks[spec.name] = compile_check(spec)
        return self._checks[spec.name]


def _failed(text: str) -> ToolResult:
    return ToolResult(text=text, status=OutcomeStatus.FAILED)
