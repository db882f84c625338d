"""Events of the Responses API as they stand on the wire, for tests that speak bytes."""

import json
from collections.abc import Mapping
from typing import Any

Wire = Mapping[str, Any]
"""One event: a JSON object with a ``type``."""


def frame(event: Wire) -> bytes:
    """Return one server-sent event, named as the services name it."""
    name = event.get("type", "message")
    return f"event: {name}\ndata: {json.dumps(event)}\n\n".encode()


def frames(*events: Wire) -> bytes:
    """Return a stream of events."""
    return b"".join(map(frame, events))


def created(response_id: str = "resp_1", model: str = "gpt-5.5") -> Wire:
    """Return the first event of a response."""
    return {"type": "response.created", "response": {"id": response_id, "model": model}}


def text_delta(text: str, output_index: int = 0) -> Wire:
    """Return more of a message."""
    return {"type": "response.output_text.delta", "output_index": output_index, "delta": text}


def item_done(item: Wire, output_index: int = 0) -> Wire:
    """Return an item in its final form."""
    return {"type": "response.output_item.done", "output_index": output_index, "item": item}


def message_item(text: str) -> Wire:
    """Return a finished message, as an item."""
    content = [{"type": "output_text", "text": text}]
    return {"type": "message", "role": "assistant", "status": "completed", "content": content}


def call_item(call_id: str, name: str, arguments: str) -> Wire:
    """Return a finished function call, as an item."""
    return {
        "type": "function_call",
        "status": "completed",
        "call_id": call_id,
        "name": name,
        "arguments": arguments,
    }


def completed(response_id: str = "resp_1") -> Wire:
    """Return the terminal event of a whole response, its output left empty as ChatGPT does."""
    return {"type": "response.completed", "response": {"id": response_id, "output": []}}


ANSWER = frames(created(), text_delta("Hello"), item_done(message_item("Hello")), completed())
"""A whole response that says Hello."""
