"""A turn's request as the two services take it. Pure.

What they share and what they refuse is in wire-contract 2.3 to 2.6. Both are sent the same body but
for what the user added to it; the ChatGPT side gets routing headers besides, and for some models
another dialect: with "responses-lite", tools and instructions are items of the input (2.4).
"""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import cast

from codexctl.adapters.responses.fields import JsonObject, as_object
from codexctl.adapters.responses.item_codec import encode_item
from codexctl.adapters.responses.json_body import json_body
from codexctl.adapters.responses.parameters import sent_parameters
from codexctl.adapters.responses.schemas import arguments_schema, is_strict
from codexctl.adapters.responses.tool_names import ToolNames, wire_call_id
from codexctl.domain.conversation import ConversationItem, ToolOutput
from codexctl.domain.credentials import Credential, Subscription, fits_a_header
from codexctl.domain.history import says_nothing
from codexctl.domain.model_traits import clamped, traits_of
from codexctl.domain.models import ModelOptions, Provider, Summary
from codexctl.domain.tools import ToolCall, ToolSpec
from codexctl.domain.turn import TurnRequest
from codexctl.domain.values import dataclass

_DEFAULT_INSTRUCTIONS = "You are a helpful assistant."
"""A request without any is refused: "Instructions are required" (wire-contract 2.6)."""

_NOT_STRICT = (
    "The answer may differ from the output schema: to be held to it, every object must have"
    " additionalProperties false and require all its properties."
)
_LONGEST_KEY = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltRequest:
    """A request, ready to be sent.

    Attributes:
        body: Its JSON.
        headers: The headers that depend on it; the bearer is not among them.
        adjustments: A sentence for each choice of the user that it does not carry, or not as it was
            made.
        names: What the tools are called in it.
    """

    body: bytes
    headers: dict[str, str]
    adjustments: tuple[str, ...]
    names: ToolNames


def build_request(request: TurnRequest, credential: Credential) -> BuiltRequest:
    """Return the request of ``POST /responses``.

    Items keep their order, and the same items always give the same bytes, so that the next
    request begins with this one's input and the service's prompt cache hits.

    Args:
        request: What to ask; its items repaired for the model.
        credential: Who asks, which is also whom.
    """
    provider = credential.provider
    options, clamps = clamped(request.options, request.model)
    parameters, refusals = sent_parameters(options, request.model, provider)
    names = ToolNames.of(spec.name for spec in request.tools)
    tools, losses = _tools(request.tools, names)
    if options.web_search:
        tools.append({"type": "web_search"})
    text, looseness = _text(options)
    is_lite = _is_lite(request, options, provider)
    instructions = request.instructions
    body: dict[str, object] = {
        "model": request.model,
        "instructions": instructions if instructions.strip() else _DEFAULT_INSTRUCTIONS,
        # Responses-lite takes no word on how closely to look at a picture (openai/codex#27246).
        "input": _input(request.items, names, picture_detail=None if is_lite else "auto"),
        "store": False,
        "stream": True,
        "prompt_cache_key": _key(request.conversation_id),
    }
    if tools:  # an empty list is refused
        body |= {"tools": tools, "tool_choice": "auto", "parallel_tool_calls": True}
    if traits_of(request.model).reasons:
        body["include"] = ["reasoning.encrypted_content"]
        body["reasoning"] = _reasoning(options, provider)
    if text:
        body["text"] = text
    body |= parameters
    return BuiltRequest(
        body=json_body(_in_lite_dialect(body) if is_lite else body),
        headers=_headers(request, credential, is_lite=is_lite),
        adjustments=(*clamps, *refusals, *losses, *looseness),
        names=names,
    )


def build_body(request: TurnRequest, credential: Credential) -> bytes:
    """Return the body of :func:`build_request` alone."""
    return build_request(request, credential).body


def build_headers(request: TurnRequest, credential: Credential) -> dict[str, str]:
    """Return the headers of :func:`build_request` alone."""
    return build_request(request, credential).headers


def _is_lite(request: TurnRequest, options: ModelOptions, provider: Provider) -> bool:
    # Responses-lite does not run hosted tools (openai/codex#26490); its models understand the
    # ordinary dialect too (evalstate/fast-agent, pydantic-ai), so a search is asked for in that.
    is_listed = traits_of(request.model).is_lite
    return is_listed and provider is Provider.CHATGPT and not options.web_search


def _in_lite_dialect(body: dict[str, object]) -> dict[str, object]:
    """Return the body with tools and instructions as the first items of its input."""
    lite = dict(body)
    first: list[JsonObject] = []
    if "tools" in lite:
        first.append({"type": "additional_tools", "role": "developer", "tools": lite.pop("tools")})
    content = [{"type": "input_text", "text": lite.pop("instructions")}]
    first.append({"type": "message", "role": "developer", "content": content})
    items = cast("list[JsonObject]", lite["input"])
    lite |= {"input": [*first, *items], "parallel_tool_calls": False}
    lite["reasoning"] = {**as_object(lite.get("reasoning")), "context": "all_turns"}
    return lite


def _headers(request: TurnRequest, credential: Credential, *, is_lite: bool) -> dict[str, str]:
    headers = {
        "accept": "text/event-stream",
        "content-type": "application/json",
        # A compressing proxy would hold events back until it has enough of them.
        "accept-encoding": "identity",
    }
    if isinstance(credential, Subscription):
        headers["session-id"] = _key(request.conversation_id)
        if credential.account_id is not None:
            headers["chatgpt-account-id"] = credential.account_id
        if request.routing is not None:
            headers["x-openai-account-routing-override"] = request.routing
        if is_lite:
            headers["x-openai-internal-codex-responses-lite"] = "true"
    return headers


def _key(conversation_id: str) -> str:
    """Return what the prompt cache knows a conversation by; also a header, so both must fit."""
    if len(conversation_id) <= _LONGEST_KEY and fits_a_header(conversation_id):
        return conversation_id
    return sha256(conversation_id.encode(errors="surrogatepass")).hexdigest()


def _input(
    items: Sequence[ConversationItem], names: ToolNames, *, picture_detail: str | None
) -> list[JsonObject]:
    sent: list[JsonObject] = []
    seen_ids: set[object] = set()
    for item in items:
        if says_nothing(item):
            continue
        wire = encode_item(_renamed(item, names), picture_detail=picture_detail)
        if wire is None:
            continue
        if (item_id := wire.get("id")) in seen_ids:
            del wire["id"]  # "Duplicate item found with id …"
        elif item_id is not None:
            seen_ids.add(item_id)
        sent.append(wire)
    return sent


def _renamed(item: ConversationItem, names: ToolNames) -> ConversationItem:
    match item:
        case ToolCall():
            call_id, name = wire_call_id(item.call_id), names.wire(item.name)
            if (call_id, name) != (item.call_id, item.name):
                return replace(item, call_id=call_id, name=name)
        case ToolOutput() if (call_id := wire_call_id(item.call_id)) != item.call_id:
            return replace(item, call_id=call_id)
        case _:
            pass
    return item


def _tools(specs: Sequence[ToolSpec], names: ToolNames) -> tuple[list[JsonObject], tuple[str, ...]]:
    tools: list[JsonObject] = []
    losses: list[str] = []
    for spec in specs:
        parameters = arguments_schema(spec.parameters)
        if parameters is None:
            losses.append(f"The tool {spec.name} is not offered: its arguments are no JSON object.")
            continue
        tools.append(
            {
                "type": "function",
                "name": names.wire(spec.name),
                "description": spec.description,
                # Left out, the service turns it on and refuses schemas with optional arguments.
                "strict": False,
                "parameters": parameters,
            }
        )
    return tools, tuple(losses)


def _reasoning(options: ModelOptions, provider: Provider) -> JsonObject:
    reasoning: dict[str, object] = {}
    if options.effort is not None:
        reasoning["effort"] = options.effort
    summary = options.summary
    # The API gives summaries to verified organisations only and refuses the request of others, so
    # there they have to be asked for.
    if summary is None and provider is Provider.CHATGPT:
        summary = Summary.AUTO
    if summary not in (None, Summary.NONE):
        reasoning["summary"] = summary
    return reasoning


def _text(options: ModelOptions) -> tuple[JsonObject, tuple[str, ...]]:
    text: dict[str, object] = {}
    if options.verbosity is not None:
        text["verbosity"] = options.verbosity
    if options.output_schema is None:
        return text, ()
    strict = is_strict(options.output_schema)
    text["format"] = {
        "type": "json_schema",
        "strict": strict,
        "schema": dict(options.output_schema),
        "name": "codex_output_schema",
    }
    if strict:
        return text, ()
    return text, (_NOT_STRICT,)
