"""A response up to some place in it: what has been said when a connection fails there."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from codexctl.entrypoints.emulator.json_values import JsonObject, as_object, as_text
from codexctl.entrypoints.emulator.model.generation import Generation
from codexctl.entrypoints.emulator.model.output_items import FunctionCall, Message
from codexctl.entrypoints.emulator.model.scenarios import plan
from codexctl.entrypoints.emulator.model.wire import frame, stream_events

_CALL = FunctionCall("read_file", '{"path": "README.md"}')
_TEXT_DELTA = "response.output_text.delta"
_ARGUMENTS_DELTA = "response.function_call_arguments.delta"
_ITEM_DONE = "response.output_item.done"

_SaidSoFar: TypeAlias = Callable[[Generation], list[bytes]]


class Place(NamedTuple):
    """A place in a response.

    Attributes:
        where: in words, `in the middle of the text`.
        said_so_far: gives the pieces before it.
    """

    where: str
    said_so_far: _SaidSoFar


def with_message(generation: Generation) -> Generation:
    """Give a response with a message, which is the same one if it has one."""
    if any(isinstance(item, Message) for item in generation.items):
        return generation
    return replace(generation, items=plan("answer", generation.request, 0))


def with_text(generation: Generation) -> Generation:
    """Give a response with a text that has a middle, which is the same one if it has one."""
    if any(isinstance(item, Message) and item.text for item in generation.items):
        return generation
    return replace(generation, items=plan("answer", generation.request, 0))


def with_call(generation: Generation) -> Generation:
    """Give a response with a call, which is the same one if it has one."""
    if any(isinstance(item, FunctionCall) for item in generation.items):
        return generation
    return replace(generation, items=(_CALL,))


def half_of_the_text(generation: Generation) -> list[JsonObject]:
    """Give the events up to the middle of a message's text."""
    return _up_to_half_of(_TEXT_DELTA, with_text(generation))


def _nothing(_generation: Generation) -> list[bytes]:
    return []


def _created(generation: Generation) -> list[bytes]:
    return [frame(next(stream_events(generation)))]


def _half_of_the_text(generation: Generation) -> list[bytes]:
    return _framed(half_of_the_text(generation))


def _half_a_frame(generation: Generation) -> list[bytes]:
    *before, last = _half_of_the_text(generation)
    return [*before, last[: len(last) // 2]]


def _half_of_the_arguments(generation: Generation) -> list[bytes]:
    # Always this call: the arguments of others may be a single delta, which has no middle.
    return _framed(_up_to_half_of(_ARGUMENTS_DELTA, replace(generation, items=(_CALL,))))


def _one_message(generation: Generation) -> list[bytes]:
    return _framed(_up_to_the_item("message", with_message(generation)))


def _one_call(generation: Generation) -> list[bytes]:
    return _framed(_up_to_the_item("function_call", with_call(generation)))


def _all_but_the_last(generation: Generation) -> list[bytes]:
    return _framed(list(stream_events(generation))[:-1])


def _up_to_half_of(kind: str, generation: Generation) -> list[JsonObject]:
    events = list(stream_events(generation))
    places = [number for number, event in enumerate(events) if event["type"] == kind]
    return events[: places[len(places) // 2]]


def _up_to_the_item(kind: str, generation: Generation) -> list[JsonObject]:
    said: list[JsonObject] = []
    for event in stream_events(generation):
        said.append(event)
        if event["type"] == _ITEM_DONE and as_text(as_object(event["item"]).get("type")) == kind:
            break
    return said


def _framed(events: list[JsonObject]) -> list[bytes]:
    return [frame(event) for event in events]


PLACES: Mapping[str, Place] = MappingProxyType(
    {
        "after-headers": Place("behind the headers", _nothing),
        "after-created": Place("behind response.created", _created),
        "in-text": Place("in the middle of a message", _half_of_the_text),
        "in-frame": Place("in the middle of an event of a message", _half_a_frame),
        "in-arguments": Place("in the middle of a call's arguments", _half_of_the_arguments),
        "after-message": Place("behind a finished message", _one_message),
        "after-call": Place("behind a finished call", _one_call),
        "before-completed": Place("where response.completed should be", _all_but_the_last),
    }
)
"""The places by the names they have in the names of faults."""
