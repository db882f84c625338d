"""A reply as the sequence of events both back ends stream, and as bytes.

Order and shapes are those of recorded streams of chatgpt.com and api.openai.com.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import TypeAlias, assert_never

from codexctl.entrypoints.emulator.json_values import JsonObject, as_text, dump_json
from codexctl.entrypoints.emulator.model.generation import Generation
from codexctl.entrypoints.emulator.model.item_shapes import (
    item_added,
    item_done,
    summary_part,
    text_part,
)
from codexctl.entrypoints.emulator.model.output_items import (
    CustomCall,
    FunctionCall,
    Message,
    OutputItem,
    Reasoning,
    WebSearch,
)
from codexctl.entrypoints.emulator.model.request_reading import wants_obfuscation
from codexctl.entrypoints.emulator.model.response_object import (
    response_completed,
    response_in_progress,
)

_Event: TypeAlias = tuple[str, JsonObject]

_SEARCH_STAGES = ("in_progress", "searching", "completed")

# A word with the blank before it, longer ones cut in the middle: how tokens fall, and why a client
# that treats a delta as a whole word, or partial arguments as JSON, goes wrong.
_TOKEN = re.compile(r"\s*\S{1,4}|\s+")


def stream_events(generation: Generation) -> Iterator[JsonObject]:
    """Give the events of a reply in order, each with its `type` and `sequence_number`."""
    padded = wants_obfuscation(generation.request)
    number = 0
    for kind, fields in _events_before_the_last(generation):
        event: JsonObject = {"type": kind, "sequence_number": number, **fields}
        if padded and "delta" in fields:
            event["obfuscation"] = generation.padding(number, as_text(fields["delta"]))
        yield event
        number += 1
    response = completed_response(generation)
    yield {"type": "response.completed", "sequence_number": number, "response": response}


def completed_response(generation: Generation) -> JsonObject:
    """Give the finished response, which is the whole answer to a request that does not stream."""
    kinds = Counter(
        kind for kind, fields in _events_before_the_last(generation) if "delta" in fields
    )
    reasoned = kinds["response.reasoning_summary_text.delta"]
    return response_completed(generation, kinds.total() - reasoned, reasoned)


def frame(event: JsonObject) -> bytes:
    """Frame an event as a server-sent event.

    Half of a surrogate pair, which a client can send but UTF-8 cannot hold, becomes `?`.
    """
    text = f"event: {as_text(event.get('type'))}\ndata: {dump_json(event)}\n\n"
    return text.encode("utf-8", errors="replace")


def split_into_tokens(text: str) -> list[str]:
    """Cut a text into pieces of the size of tokens; joined, they are the text again."""
    return _TOKEN.findall(text)


def _events_before_the_last(generation: Generation) -> Iterator[_Event]:
    yield "response.created", {"response": response_in_progress(generation)}
    yield "response.in_progress", {"response": response_in_progress(generation)}
    for index, item in enumerate(generation.items):
        added = item_added(generation, index, item)
        place: JsonObject = {"output_index": index}
        yield "response.output_item.added", {**place, "item": added}
        place["item_id"] = added["id"]
        for kind, fields in _content_events(item):
            yield kind, {**place, **fields}
        done = item_done(generation, index, item)
        yield "response.output_item.done", {"output_index": index, "item": done}


def _content_events(item: OutputItem) -> Iterator[_Event]:
    match item:
        case Message():
            return _message_events(item)
        case Reasoning():
            return _reasoning_events(item)
        case FunctionCall():
            return _call_events(item)
        case CustomCall():
            return _custom_call_events(item)
        case WebSearch():
            return _search_events()
        case _:
            assert_never(item)


def _message_events(message: Message) -> Iterator[_Event]:
    pieces = list(message.text) if message.by_code_point else split_into_tokens(message.text)
    yield "response.content_part.added", {"content_index": 0, "part": text_part("")}
    for piece in pieces:
        yield "response.output_text.delta", {"content_index": 0, "delta": piece, "logprobs": []}
    text = message.text
    yield "response.output_text.done", {"content_index": 0, "logprobs": [], "text": text}
    yield "response.content_part.done", {"content_index": 0, "part": text_part(text)}


def _reasoning_events(reasoning: Reasoning) -> Iterator[_Event]:
    for number, text in enumerate(reasoning.summary):
        place: JsonObject = {"summary_index": number}
        yield "response.reasoning_summary_part.added", {**place, "part": summary_part("")}
        for piece in split_into_tokens(text):
            yield "response.reasoning_summary_text.delta", {**place, "delta": piece}
        yield "response.reasoning_summary_text.done", {**place, "text": text}
        yield "response.reasoning_summary_part.done", {**place, "part": summary_part(text)}


def _call_events(call: FunctionCall) -> Iterator[_Event]:
    for piece in split_into_tokens(call.arguments):
        yield "response.function_call_arguments.delta", {"delta": piece}
    yield "response.function_call_arguments.done", {"arguments": call.arguments}


def _custom_call_events(call: CustomCall) -> Iterator[_Event]:
    for piece in split_into_tokens(call.input):
        yield "response.custom_tool_call_input.delta", {"delta": piece}
    yield "response.custom_tool_call_input.done", {"input": call.input}


def _search_events() -> Iterator[_Event]:
    for stage in _SEARCH_STAGES:
        yield f"response.web_search_call.{stage}", {}
