"""A turn's request as the two back ends take it. Pure.

What they share and what they refuse is in wire-contract 2.3 to 2.6. Both are sent the same body
but for what a model without reasoning refuses; the ChatGPT side gets routing headers besides.
"""

import json

from codexctl.adapters.responses.fields import JsonObject
from codexctl.adapters.responses.item_codec import encode_item
from codexctl.domain.credentials import Credential, Subscription
from codexctl.domain.tools import ToolSpec
from codexctl.domain.turn import TurnRequest

_MODELS_WITHOUT_REASONING = ("gpt-3.5", "gpt-4", "chatgpt-4o", "ft:gpt-3.5", "ft:gpt-4")
"""These answer 400 to ``reasoning`` and to encrypted reasoning; every later model takes both."""


def build_body(request: TurnRequest, credential: Credential) -> bytes:
    """Return the JSON body of ``POST /responses``.

    Items keep their order, and the same items always give the same bytes, so that the next
    request begins with this one's input and the service's prompt cache hits.
    """
    body: dict[str, object] = {
        "model": request.model,
        "instructions": request.instructions,
        "input": [wire for item in request.items if (wire := encode_item(item)) is not None],
        "store": False,
        "stream": True,
        "prompt_cache_key": request.conversation_id,
    }
    if request.tools:  # an empty list is refused
        body["tools"] = [_encode_tool(spec) for spec in request.tools]
        body["tool_choice"] = "auto"
        body["parallel_tool_calls"] = True
    if not request.model.startswith(_MODELS_WITHOUT_REASONING):
        body["include"] = ["reasoning.encrypted_content"]
        body["reasoning"] = _reasoning(request, credential)
    return json.dumps(body, separators=(",", ":")).encode()


def build_headers(request: TurnRequest, credential: Credential) -> dict[str, str]:
    """Return the headers that depend on the request. The bearer is not among them."""
    headers = {
        "accept": "text/event-stream",
        "content-type": "application/json",
        # A compressing proxy would hold events back until it has enough of them.
        "accept-encoding": "identity",
    }
    if isinstance(credential, Subscription):
        headers["session-id"] = request.conversation_id
        if credential.account_id is not None:
            headers["chatgpt-account-id"] = credential.account_id
    return headers


def _encode_tool(spec: ToolSpec) -> JsonObject:
    return {
        "type": "function",
        "name": spec.name,
        "description": spec.description,
        # Left out, the service turns it on and refuses schemas with optional arguments.
        "strict": False,
        "parameters": spec.parameters,
    }


def _reasoning(request: TurnRequest, credential: Credential) -> JsonObject:
    reasoning: dict[str, object] = {}
    if request.options.effort is not None:
        reasoning["effort"] = request.options.effort
    # The API gives summaries to verified organisations only and refuses the request of others.
    if isinstance(credential, Subscription):
        reasoning["summary"] = "auto"
    return reasoning
