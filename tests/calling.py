"""Lets the model call tools in a run of the whole command, and shows what it was told."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.asking import Asked, Script, ask
from tests.command import Ran, run_here
from tests.fakes.stream_server import Seen
from tests.wire import answer, call_done, completed


@dataclass(frozen=True, slots=True)
class Call:
    """A call as the model writes it.

    Attributes:
        tool: The name of the tool.
        arguments: Its arguments, as JSON or not.
    """

    tool: str
    arguments: str


def call(tool: str, **arguments: object) -> Call:
    """Return a call with its arguments as JSON."""
    return Call(tool, json.dumps(arguments))


def shell(command: str, **more: object) -> Call:
    """Return the call of a command."""
    return call("shell", command=command, **more)


def step(*calls: Call, first: int = 1) -> list[bytes]:
    """Return a response that holds the calls, with the ids ``call_1`` and so on."""
    return [
        *(
            call_done(one.tool, one.arguments, f"call_{first + at}", at)
            for at, one in enumerate(calls)
        ),
        completed(),
    ]


def told(seen: Seen) -> dict[str, str]:
    """Return the outputs in a request by the ids of their calls, in the order of the outputs.

    Fails where a call has more than one.
    """
    outputs = [item for item in seen.input if item.get("type") == "function_call_output"]
    found = {item["call_id"]: _text(item["output"]) for item in outputs}
    assert len(found) == len(outputs), "a call was answered twice"
    return found


def outputs_of(
    *calls: Call,
    words: tuple[str, ...] = (),
    environment: Mapping[str, str] | None = None,
    run: Callable[..., Ran] = run_here,
) -> list[str]:
    """Run one step with the calls, and return what the next request says of each.

    Fails unless each has exactly one output, in the order of the calls, and the run goes on to its
    end.
    """
    script: Script = [step(*calls), answer("Done.")]
    asked = ask(*words, "go", script=script, environment=environment, run=run)
    return checked(asked, len(calls))


def checked(asked: Asked, calls: int) -> list[str]:
    """Return the outputs of a run of one step; see :func:`outputs_of`."""
    assert (asked.ran.exit_code, len(asked.seen)) == (0, 2), asked.ran.stderr
    outputs = told(asked.seen[1])
    assert list(outputs) == [f"call_{number + 1}" for number in range(calls)]
    return list(outputs.values())


def _text(output: object) -> str:
    """Return an output as text; a picture comes as a list of parts, which is shown as JSON."""
    return output if isinstance(output, str) else json.dumps(output)
