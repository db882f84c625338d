"""The named scenarios: pure functions from a request and its step to what the model says.

A step is one request of a turn: step 0 carries the prompt, step 1 the outputs of the first calls.
"""

import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from codexctl.entrypoints.emulator.json_values import JsonObject
from codexctl.entrypoints.emulator.model.output_items import (
    CustomCall,
    FunctionCall,
    Message,
    OutputItem,
    Reasoning,
    WebSearch,
)
from codexctl.entrypoints.emulator.model.request_reading import (
    AnsweredCall,
    answered_calls,
    offered_functions,
    prompt_of,
)

Scenario: TypeAlias = Callable[[JsonObject, int], tuple[OutputItem, ...]]

DEFAULT = "default"
"""What runs when nobody named a scenario; it stands for `tool` or `answer`."""

_QUOTED_LINES = 5
_QUOTED_LINE_LENGTH = 200

_ANSWER = (
    "Hello from the codexctl emulator. No model wrote this text: it was put together on your own "
    "machine, so it costs nothing and says the same every time. It arrives in many small pieces, "
    "as a real answer does, so that a client can be watched while it streams."
)
_REASONED_ANSWER = (
    "Twelve crates of nine apples are 108 apples; with the 4 that rolled away, 104 are left."
)
_SUMMARY = (
    "**Counting the crates**\n\nTwelve crates hold nine apples each, so I multiply first.",
    "**Taking the lost apples off**\n\nFour rolled away, so I subtract them and check the result.",
)
# Each part is here because some client broke on it: clusters of several code points, text that runs
# from right to left, and the three characters that `str.splitlines` takes for line ends.
_UNICODE_ANSWER = (
    "A family \U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466, "
    "a rainbow flag \U0001f3f3\ufe0f\u200d\U0001f308, "
    "a thumb \U0001f44d\U0001f3fd, a flag \U0001f1eb\U0001f1ee. "
    "Combined marks: cafe\u0301, a\u0323\u0308, \u1112\u1161\u11ab. "
    "Right to left: \u05e9\u05dc\u05d5\u05dd, \u0645\u0631\u062d\u0628\u0627. "
    "Line ends that are none:\u2028one\u2029two\u0085three. "
    "\u65e5\u672c\u8a9e, \u4e2d\u6587, \ud55c\uad6d\uc5b4."
)
_PATCH = """*** Begin Patch
*** Add File: hello-from-the-emulator.txt
+No model wrote this file.
*** End Patch
"""


def plan(name: str, body: JsonObject, step: int) -> tuple[OutputItem, ...]:
    """Give what the model says in one step of a scenario.

    Args:
        name: one of `SCENARIO_NAMES`.
        body: the request's parsed body.
        step: how many rounds of calls and outputs the turn has behind it.

    Raises:
        KeyError: for a name that is none of them.
    """
    return _SCENARIOS[name](body, step)


def resolve(name: str, body: JsonObject) -> str:
    """Replace `DEFAULT` by the scenario it stands for in this request."""
    if name != DEFAULT:
        return name
    return "tool" if "list_files" in offered_functions(body) else "answer"


def _answer(_body: JsonObject, _step: int) -> tuple[OutputItem, ...]:
    return (Message(_ANSWER),)


def _reasoning(_body: JsonObject, _step: int) -> tuple[OutputItem, ...]:
    return Reasoning(_SUMMARY), Message(_REASONED_ANSWER)


def _unicode(_body: JsonObject, _step: int) -> tuple[OutputItem, ...]:
    return (Message(_UNICODE_ANSWER, by_code_point=True),)


def _tool(body: JsonObject, step: int) -> tuple[OutputItem, ...]:
    return _call_then_quote(body, step, (FunctionCall("list_files", "{}"),))


def _parallel(body: JsonObject, step: int) -> tuple[OutputItem, ...]:
    return _call_then_quote(body, step, (FunctionCall("list_files", "{}"), _reading(body)))


def _three_calls(body: JsonObject, step: int) -> tuple[OutputItem, ...]:
    search = FunctionCall("search_files", '{"pattern": "emulator"}')
    return _call_then_quote(body, step, (FunctionCall("list_files", "{}"), _reading(body), search))


def _shell(body: JsonObject, step: int) -> tuple[OutputItem, ...]:
    call = FunctionCall("shell", '{"command": "echo hello from the emulator"}')
    return _call_then_quote(body, step, (call,))


def _patch(body: JsonObject, step: int) -> tuple[OutputItem, ...]:
    """Call `apply_patch` as the function it is offered as, else as the official custom tool."""
    if "apply_patch" in offered_functions(body):
        arguments = json.dumps({"input": _PATCH})
        return _call_or_quote(body, step, FunctionCall("apply_patch", arguments))
    return _custom_patch(body, step)


def _custom_patch(body: JsonObject, step: int) -> tuple[OutputItem, ...]:
    return _call_or_quote(body, step, CustomCall("apply_patch", _PATCH))


def _unknown_tool(body: JsonObject, step: int) -> tuple[OutputItem, ...]:
    return _call_or_quote(body, step, FunctionCall("tool_of_tomorrow", '{"much": [1, 2]}'))


def _broken_arguments(body: JsonObject, step: int) -> tuple[OutputItem, ...]:
    return _call_or_quote(body, step, FunctionCall("read_file", '{"path": "README.m'))


def _web_search(_body: JsonObject, _step: int) -> tuple[OutputItem, ...]:
    return WebSearch("codexctl emulator"), Message(_ANSWER)


def _reading(body: JsonObject) -> FunctionCall:
    path = json.dumps({"path": _path_in(prompt_of(body))}, ensure_ascii=False)
    return FunctionCall("read_file", path)


def _call_or_quote(
    body: JsonObject, step: int, call: FunctionCall | CustomCall
) -> tuple[OutputItem, ...]:
    """Make a call whether its tool is offered or not, then answer with what it gave."""
    return (_quotes(body),) if step > 0 else (call,)


def _call_then_quote(
    body: JsonObject, step: int, calls: tuple[FunctionCall, ...]
) -> tuple[OutputItem, ...]:
    """Call those tools that are offered, then answer with what they gave."""
    if step > 0:
        return (_quotes(body),)
    offered = offered_functions(body)
    possible = tuple(call for call in calls if call.name in offered)
    if possible:
        return possible
    names = " or ".join(call.name for call in calls)
    return (Message(f"This request offers no tool named {names}, so there is nothing to call."),)


def _quotes(body: JsonObject) -> Message:
    return Message("\n\n".join(_quote(call) for call in answered_calls(body)))


def _quote(call: AnsweredCall) -> str:
    lines = [line[:_QUOTED_LINE_LENGTH] for line in call.output.split("\n")[:_QUOTED_LINES]]
    return f"{call.name or 'The tool'} gave:\n\n" + "\n".join(lines)


def _path_in(prompt: str) -> str:
    named = re.search(r"`([^`\n]+)`", prompt)
    return named.group(1) if named else "README.md"


_SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        "answer": _answer,
        "tool": _tool,
        "reasoning": _reasoning,
        "parallel": _parallel,
        "unicode": _unicode,
        "three-calls": _three_calls,
        "shell": _shell,
        "patch": _patch,
        "custom-patch": _custom_patch,
        "unknown-tool": _unknown_tool,
        "broken-arguments": _broken_arguments,
        "web-search": _web_search,
    }
)
SCENARIO_NAMES = tuple(_SCENARIOS)
"""The names that `Emulator(scenarios=...)` takes."""
