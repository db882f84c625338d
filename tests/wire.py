"""Events as the service frames them, for tests that script a stream by hand."""

import json
from typing import Any


def frame(event: dict[str, Any]) -> bytes:
    """Return one event as the service sends it: its type as the name, its JSON as the data."""
    data = json.dumps(event, ensure_ascii=False)
    return f"event: {event['type']}\ndata: {data}\n\n".encode()


def text_delta(text: str, output_index: int = 0) -> bytes:
    """Return a piece of a message."""
    return frame(
        {"type": "response.output_text.delta", "output_index": output_index, "delta": text}
    )


def item_done(item: dict[str, Any], output_index: int = 0) -> bytes:
    """Return a finished item."""
    return frame({"type": "response.output_item.done", "output_index": output_index, "item": item})


def message_done(text: str, output_index: int = 0) -> bytes:
    """Return a finished message."""
    content = [{"type": "output_text", "text": text}]
    return item_done(
        {"type": "message", "role": "assistant", "id": "msg_1", "content": content}, output_index
    )


def call_done(name: str, arguments: str, call_id: str = "call_1", output_index: int = 0) -> bytes:
    """Return a finished function call."""
    return item_done(
        {
            "type": "function_call",
            "id": f"fc_{call_id}",
            "call_id": call_id,
            "name": name,
            "arguments": arguments,
            "status": "completed",
        },
        output_index,
    )


def completed(**response: object) -> bytes:
    """Return the terminal event of a response that went well."""
    usage = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
    return frame(
        {
            "type": "response.completed",
            "response": {"id": "resp_1", "output": [], "usage": usage, **response},
        }
    )


def failed(code: str | None, message: str = "it failed") -> bytes:
    """Return the terminal event of a response that the service gave up."""
    error = {"code": code, "message": message}
    return frame({"type": "response.failed", "response": {"id": "resp_1", "error": error}})


def answer(text: str) -> list[bytes]:
    """Return a whole response that says one thing."""
    return [text_delta(text), message_done(text), completed()]
