"""What the model says in a reply of a script."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from codexctl.entrypoints.emulator.json_values import dump_json
from codexctl.entrypoints.emulator.model.output_items import (
    CustomCall,
    FunctionCall,
    Message,
    OutputItem,
    Reasoning,
    WebSearch,
)
from codexctl.entrypoints.emulator.sources.mistakes import Misplaced
from codexctl.entrypoints.emulator.sources.yaml_fields import Fields, text_at


def read_items(reply: Fields) -> tuple[OutputItem, ...]:
    """Give the items of a reply.

    Raises:
        Misplaced: something is no item.
    """
    items = tuple(_item(Fields(*one)) for one in reply.sequence("items"))
    if not items:
        raise Misplaced(reply.at("items"), "there are none")
    return items


def _item(fields: Fields) -> OutputItem:
    named = [name for name in fields.names if name in _KINDS]
    if not named:
        fields.only([*_KINDS, "arguments", "input"])
    if len(named) != 1:
        raise Misplaced(fields.place, f"an item has one of {', '.join(_KINDS)}")
    return _KINDS[named[0]](fields)


def _message(fields: Fields) -> Message:
    fields.only(["message"])
    return Message(fields.text("message"))


def _reasoning(fields: Fields) -> Reasoning:
    fields.only(["reasoning"])
    if isinstance(fields.value("reasoning"), str):
        return Reasoning((fields.text("reasoning"),))
    return Reasoning(tuple(text_at(*one) for one in fields.sequence("reasoning")))


def _call(fields: Fields) -> FunctionCall:
    fields.only(["call", "arguments"])
    given = fields.value("arguments")
    # A text goes as it is, so that a script can send arguments that are no JSON.
    text = given if isinstance(given, str) else dump_json(fields.json_object("arguments"))
    return FunctionCall(fields.text("call"), text)


def _custom(fields: Fields) -> CustomCall:
    fields.only(["custom", "input"])
    return CustomCall(fields.text("custom"), fields.text("input"))


def _search(fields: Fields) -> WebSearch:
    fields.only(["search"])
    return WebSearch(fields.text("search"))


_KINDS: Mapping[str, Callable[[Fields], OutputItem]] = MappingProxyType(
    {
        "message": _message,
        "reasoning": _reasoning,
        "call": _call,
        "custom": _custom,
        "search": _search,
    }
)
