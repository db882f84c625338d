"""What a script expects of a request, and the first thing that is otherwise."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from codexctl.entrypoints.emulator.json_values import (
    Json,
    JsonObject,
    as_text,
    dump_json,
    objects_in,
)
from codexctl.entrypoints.emulator.model.request_reading import (
    CALL_KINDS,
    OUTPUT_KINDS,
    input_items,
    kind_of,
    text_of,
)

_SHOWN = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What has to be in a request; whatever else is in it does not matter.

    Attributes:
        model: the model's name.
        instructions: a text within the instructions.
        prompt: a text within the last user message.
        tools: names of tools that are offered; a tool without a name goes by its type.
        outputs: name of a tool to a text within the last output the request has for it.
        body: members of the body, at any depth; a list has as many elements as the request's.
    """

    model: str | None = None
    instructions: str | None = None
    prompt: str | None = None
    tools: tuple[str, ...] = ()
    outputs: tuple[tuple[str, str], ...] = ()
    body: JsonObject = field(default_factory=dict["str", "Json"])

    def difference(self, body: JsonObject) -> str | None:
        """Tell the first difference between this and a request, or None.

        Returns:
            `at $.model the script has "gpt-5.5", the request has "gpt-5.4"`, the place as a JSON
            path.
        """
        return next(self._differences(body), None)

    def _differences(self, body: JsonObject) -> Iterator[str]:
        if self.model is not None:
            yield from _within("$.model", self.model, body.get("model"))
        if self.instructions is not None:
            given = as_text(body.get("instructions"))
            yield from _containing("$.instructions", self.instructions, given)
        if self.prompt is not None:
            yield from _containing(*_prompt(body, self.prompt))
        offered = _offered(body)
        for name in self.tools:
            if name not in offered:
                yield _told("$.tools", f"a tool named {_shown(name)}", _shown([*offered]))
        for name, text in self.outputs:
            yield from _output_differences(body, name, text)
        yield from _within("$", self.body, body)


def _within(path: str, expected: Json, given: Json) -> Iterator[str]:
    """Compare what is expected; an object may hold more than that."""
    if isinstance(expected, dict) and isinstance(given, dict):
        for name, value in expected.items():
            if name in given:
                yield from _within(f"{path}.{name}", value, given[name])
            else:
                yield _told(f"{path}.{name}", _shown(value), "nothing")
    elif isinstance(expected, list) and isinstance(given, list) and len(expected) == len(given):
        for number, (one, other) in enumerate(zip(expected, given, strict=True)):
            yield from _within(f"{path}[{number}]", one, other)
    # In Python 1 equals true, in JSON it does not.
    elif dump_json(expected) != dump_json(given) and not _same_number(expected, given):
        yield _told(path, _shown(expected), _shown(given))


def _same_number(one: Json, other: Json) -> bool:
    both = (one, other)
    return one == other and all(
        isinstance(n, int | float) and not isinstance(n, bool) for n in both
    )


def _containing(path: str, text: str, given: str) -> Iterator[str]:
    if text not in given:
        yield _told(path, f"a text with {_shown(text)} in it", _shown(given))


def _prompt(body: JsonObject, expected: str) -> tuple[str, str, str]:
    items = input_items(body)
    for number in range(len(items) - 1, -1, -1):
        item = items[number]
        if kind_of(item) == "message" and item.get("role") == "user":
            return f"$.input[{number}].content", expected, text_of(item.get("content"))
    return "$.input", expected, ""


def _offered(body: JsonObject) -> list[str]:
    # Clients of lite models send their tools as an item of the input.
    holders = [body, *(i for i in input_items(body) if kind_of(i) == "additional_tools")]
    tools = [tool for holder in holders for tool in objects_in(holder.get("tools"))]
    return [as_text(tool.get("name")) or as_text(tool.get("type")) for tool in tools]


def _output_differences(body: JsonObject, name: str, text: str) -> Iterator[str]:
    items = input_items(body)
    called = {as_text(item.get("call_id")) for item in items if _is_call_of(item, name)}
    for number in range(len(items) - 1, -1, -1):
        item = items[number]
        if kind_of(item) in OUTPUT_KINDS and as_text(item.get("call_id")) in called:
            path = f"$.input[{number}].output"
            yield from _containing(path, text, text_of(item.get("output")))
            return
    yield _told("$.input", f"an output of {_shown(name)}", "none")


def _is_call_of(item: JsonObject, name: str) -> bool:
    return kind_of(item) in CALL_KINDS and item.get("name") == name


def _told(path: str, expected: str, given: str) -> str:
    return f"at {path} the script has {expected}, the request has {given}"


def _shown(value: Json) -> str:
    text = dump_json(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
