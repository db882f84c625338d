"""What a recorded request asks, in few values: the way back from ``request_builder``. Pure.

For people who look at tapes, of whichever client: both dialects are read (wire-contract
2.3 to 2.5), and what is missing or of the wrong type counts as not there.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import cast

from codexctl.adapters.responses.fields import (
    JsonObject,
    as_object,
    as_objects,
    as_optional_text,
    as_text,
)
from codexctl.adapters.responses.item_decoder import as_arguments
from codexctl.domain.values import dataclass

_TOLD_ELSEWHERE = frozenset({"model", "instructions", "input", "tools", "prompt_cache_key"})
_ALWAYS_THE_SAME: tuple[tuple[str, object], ...] = (
    ("store", False),
    ("stream", True),
    ("tool_choice", "auto"),
    ("parallel_tool_calls", True),
    ("include", ["reasoning.encrypted_content"]),
)
"""What our requests say one like the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentItem:
    """An item of a request's input.

    Attributes:
        kind: Its ``type``; of a message, the role of who says it.
        text: What it says: words, arguments, an output, the summary of a reasoning.
        name: The tool that is called, if it is a call.
        call_id: What a call and its output go by.
        images: How many pictures it holds.
    """

    kind: str
    text: str = ""
    name: str | None = None
    call_id: str | None = None
    images: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRequest:
    """What was asked.

    Attributes:
        model: Of which model.
        instructions: What the model was told about its task.
        options: How it was to answer, each by its name: ``effort``, ``summary``, ``verbosity``,
            and every other field that does not say the same in all our requests.
        tools: The names of the tools it could call; of hosted ones, their types.
        input: The items of the conversation, as JSON.
    """

    model: str | None
    instructions: str
    options: Mapping[str, object]
    tools: tuple[str, ...]
    input: tuple[JsonObject, ...]

    def kept_from(self, before: "SentRequest | None") -> int:
        """Return how many items at the beginning are those of another request."""
        if before is None:
            return 0
        pairs = zip(before.input, self.input, strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

    def items_from(self, start: int) -> tuple[SentItem, ...]:
        """Return the items from a place on."""
        return tuple(map(_item, self.input[start:]))


def sent_request(body: bytes) -> SentRequest | None:
    """Return what a request asks, by its body; None if it asks no model."""
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    fields = as_object(value)
    if "input" not in fields:
        return None
    told = fields["input"]
    if isinstance(told, str):  # the API takes a plain question too
        told = [{"type": "message", "role": "user", "content": told}]
    items = as_objects(told)
    # Responses-lite has tools and instructions at the beginning of the input.
    is_lite = bool(items) and items[0].get("type") == "additional_tools"
    tools = items[0].get("tools") if is_lite else fields.get("tools")
    return SentRequest(
        model=as_optional_text(fields.get("model")),
        instructions=as_text(fields.get("instructions")),
        options=dict(_options(fields)),
        tools=tuple(
            as_text(tool.get("name")) or as_text(tool.get("type")) for tool in as_objects(tools)
        ),
        input=tuple(items[1:] if is_lite else items),
    )


def _options(fields: JsonObject) -> Iterator[tuple[str, object]]:
    for name, value in fields.items():
        if name in _TOLD_ELSEWHERE or (name, value) in _ALWAYS_THE_SAME:
            continue
        if name in ("reasoning", "text") and isinstance(value, dict):
            yield from cast("JsonObject", value).items()
        else:
            yield name, value


def _item(item: JsonObject) -> SentItem:
    kind = as_text(item.get("type")) or "message"  # a message may leave it out
    call_id = as_optional_text(item.get("call_id"))
    match kind:
        case "message":
            text, images = _content(item.get("content"))
            return SentItem(kind=as_text(item.get("role")) or kind, text=text, images=images)
        case "reasoning":
            return SentItem(kind=kind, text=_content(item.get("summary"))[0])
        case "function_call" | "custom_tool_call":
            told = item.get("arguments", item.get("input"))
            name = as_optional_text(item.get("name"))
            return SentItem(kind=kind, text=as_arguments(told), name=name, call_id=call_id)
        case "function_call_output" | "custom_tool_call_output":
            text, images = _content(item.get("output"))
            return SentItem(kind=kind, text=text, call_id=call_id, images=images)
        case _:
            return SentItem(kind=kind, call_id=call_id)


def _content(value: object) -> tuple[str, int]:
    """Return the text of a content and the number of its pictures."""
    if isinstance(value, str):
        return value, 0
    parts = as_objects(value)
    texts = (as_text(part.get("text", part.get("refusal"))) for part in parts)
    return "\n".join(filter(None, texts)), sum("image_url" in part for part in parts)
