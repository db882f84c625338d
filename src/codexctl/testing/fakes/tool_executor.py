"""A ``ToolExecutor`` that does what a script says."""

import json
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import cast

from codexctl.domain.conversation import Image
from codexctl.domain.tools import (
    CallKind,
    FileChange,
    OutcomeStatus,
    ToolCall,
    ToolOutcome,
    ToolSpec,
)
from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class Scripted:
    """What one call of a tool gives."""

    output: str
    status: OutcomeStatus = OutcomeStatus.COMPLETED
    exit_code: int | None = None
    changes: tuple[FileChange, ...] = ()
    images: tuple[Image, ...] = ()


class FakeToolExecutor:
    """Tools without a machine: each name has a script, each call plays its next step.

    >>> tools = FakeToolExecutor({"look": [Scripted("first"), Scripted("then")]})
    >>> tools.execute(ToolCall(call_id="c1", name="look", arguments="{}")).output
    'first'
    >>> tools.count("look"), tools.calls[0].call_id
    (1, 'c1')

    The last step of a script is played again for every further call. A step may be an exception:
    a crash becomes a failed outcome, as the port demands, while KeyboardInterrupt is raised. Every
    call is recorded in ``calls``, also those of unknown tools and with broken arguments. Tools
    take any object unless ``specs`` says what they take; of a schema only ``required`` and
    ``additionalProperties: false`` are looked at. Those in ``free_text`` take custom calls too.
    """

    def __init__(
        self,
        scripts: Mapping[str, Sequence[Scripted | BaseException]],
        *,
        specs: Sequence[ToolSpec] | None = None,
        free_text: Sequence[str] = (),
    ) -> None:
        self.calls: list[ToolCall] = []
        self.is_closed = False
        self._scripts = {name: tuple(steps) for name, steps in scripts.items()}
        self._specs = tuple(specs) if specs is not None else tuple(map(_spec, scripts))
        self._free_text = frozenset(free_text)
        self._played: dict[str, int] = {}
        self._lock = Lock()

    def count(self, name: str) -> int:
        """Return how often a tool was called, whatever came of it."""
        return sum(call.name == name for call in self.calls)

    def specs(self) -> tuple[ToolSpec, ...]:
        """See :meth:`codexctl.domain.ports.ToolExecutor.specs`."""
        return self._specs

    def execute(self, call: ToolCall) -> ToolOutcome:
        """See :meth:`codexctl.domain.ports.ToolExecutor.execute`."""
        with self._lock:
            self.calls.append(call)
        spec = next((one for one in self._specs if one.name == call.name), None)
        is_custom = call.kind is CallKind.CUSTOM
        if spec is None or (is_custom and spec.name not in self._free_text):
            return _failed(call, f"unsupported {'custom tool ' * is_custom}call: {call.name}")
        if not is_custom and (fault := _fault_in(call.arguments, spec)):
            return _failed(call, fault)
        match self._next_step(call.name):
            case Scripted() as step:
                return ToolOutcome(
                    call_id=call.call_id,
                    output=step.output,
                    status=step.status,
                    exit_code=step.exit_code,
                    changes=step.changes,
                    images=step.images,
                )
            case Exception() as crash:
                kind = type(crash).__name__
                return _failed(call, f"{call.name} failed unexpectedly: {kind}: {crash}")
            case interrupt:
                raise interrupt

    def close(self) -> None:
        """See :meth:`codexctl.domain.ports.ToolExecutor.close`."""
        self.is_closed = True

    def _next_step(self, name: str) -> Scripted | BaseException:
        with self._lock:
            number = self._played.get(name, 0)
            self._played[name] = number + 1
        steps = self._scripts[name]
        return steps[min(number, len(steps) - 1)]


def _spec(name: str) -> ToolSpec:
    return ToolSpec(
        name=name,
        description=f"Scripted {name}.",
        parameters={"type": "object"},
        read_only=True,
        timeout_seconds=30,
    )


def _failed(call: ToolCall, output: str) -> ToolOutcome:
    return ToolOutcome(call_id=call.call_id, output=output, status=OutcomeStatus.FAILED)


def _fault_in(text: str, spec: ToolSpec) -> str | None:
    try:
        value = _value_of(text)
        if isinstance(value, str):
            value = _value_of(value)
    except (ValueError, RecursionError) as exc:
        return f"failed to parse function arguments: {exc}"
    if not isinstance(value, dict):
        return "failed to parse function arguments: expected a JSON object"
    given = set(cast("dict[str, object]", value))
    required = cast("list[str]", spec.parameters.get("required", []))
    if missing := [name for name in required if name not in given]:
        return f'invalid arguments for {spec.name}: "{missing[0]}" is missing'
    known = cast("dict[str, object]", spec.parameters.get("properties", {}))
    unknown = sorted(given.difference(known))
    if spec.parameters.get("additionalProperties") is False and unknown:
        return f'invalid arguments for {spec.name}: "{unknown[0]}" is not known'
    return None


def _value_of(text: str) -> object:
    value: object = json.loads(text) if text.strip() else None
    return {} if value is None else value
