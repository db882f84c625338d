"""The wire shape of an output item, unfinished and finished."""

from typing import assert_never

from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.json_values import JsonObject
from codexctl.entrypoints.emulator.model.generation import Generation
from codexctl.entrypoints.emulator.model.output_items import (
    CustomCall,
    FunctionCall,
    Message,
    OutputItem,
    Reasoning,
    WebSearch,
)
from codexctl.entrypoints.emulator.model.request_reading import wants_encrypted_reasoning


def item_added(generation: Generation, index: int, item: OutputItem) -> JsonObject:
    """Give the item as `response.output_item.added` carries it: named, and still empty."""
    match item:
        case Message():
            return _message(generation, index, "in_progress", [])
        case Reasoning():
            return _reasoning(generation, index, "added", ())
        case FunctionCall(name):
            return _call(generation, index, "in_progress", FunctionCall(name, ""))
        case CustomCall(name):
            return _custom_call(generation, index, "in_progress", CustomCall(name, ""))
        case WebSearch():
            return _search(generation, index, "in_progress")
        case _:
            assert_never(item)


def item_done(generation: Generation, index: int, item: OutputItem) -> JsonObject:
    """Give the item as `response.output_item.done` carries it: whole."""
    return _whole(generation, index, item, "done")


def completed_output(generation: Generation) -> list[JsonObject]:
    """Give the `output` of `response.completed`.

    Recorded ChatGPT streams leave it empty whatever was said, so a client must collect the items
    of `response.output_item.done`; with an API key it is the full list, with the reasoning sealed
    once more.
    """
    if generation.backend is Backend.CHATGPT:
        return []
    return [
        _whole(generation, index, item, "completed") for index, item in enumerate(generation.items)
    ]


def text_part(text: str) -> JsonObject:
    """Give the content part of a message."""
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


def summary_part(text: str) -> JsonObject:
    """Give a part of a reasoning summary."""
    return {"type": "summary_text", "text": text}


def _whole(generation: Generation, index: int, item: OutputItem, stage: str) -> JsonObject:
    match item:
        case Message(text):
            return _message(generation, index, "completed", [text_part(text)])
        case Reasoning(summary):
            return _reasoning(generation, index, stage, summary)
        case FunctionCall():
            return _call(generation, index, "completed", item)
        case CustomCall():
            return _custom_call(generation, index, "completed", item)
        case WebSearch(query):
            action: JsonObject = {"type": "search", "queries": [query], "query": query}
            return {**_search(generation, index, "completed"), "action": action}
        case _:
            assert_never(item)


def _message(
    generation: Generation, index: int, status: str, content: list[JsonObject]
) -> JsonObject:
    shape: JsonObject = {
        "id": generation.item_id("msg", index),
        "type": "message",
        "status": status,
        "content": [*content],
    }
    if generation.backend is Backend.CHATGPT:
        shape["phase"] = "final_answer"
    return {**shape, "role": "assistant"}


def _reasoning(
    generation: Generation, index: int, stage: str, summary: tuple[str, ...]
) -> JsonObject:
    shape: JsonObject = {
        "id": generation.item_id("rs", index),
        "type": "reasoning",
        "content": [],
        "summary": [summary_part(text) for text in summary],
    }
    if wants_encrypted_reasoning(generation.request):
        shape["encrypted_content"] = generation.encrypted_content(index, stage)
    return shape


def _call(generation: Generation, index: int, status: str, call: FunctionCall) -> JsonObject:
    return {
        "id": generation.item_id("fc", index),
        "type": "function_call",
        "status": status,
        "arguments": call.arguments,
        "call_id": generation.item_id("call", index),
        "name": call.name,
    }


def _custom_call(generation: Generation, index: int, status: str, call: CustomCall) -> JsonObject:
    return {
        "id": generation.item_id("ctc", index),
        "type": "custom_tool_call",
        "status": status,
        "call_id": generation.item_id("call", index),
        "input": call.input,
        "name": call.name,
    }


def _search(generation: Generation, index: int, status: str) -> JsonObject:
    return {"id": generation.item_id("ws", index), "type": "web_search_call", "status": status}
