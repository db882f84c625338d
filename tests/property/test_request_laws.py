"""Laws of the request: whatever is asked, by whom and how, the service can take it."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NoReturn

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.values import API_KEY, LOOK, SUBSCRIPTION, a_request
from tests.property.strategies import ITEMS, TEXT, calls, outputs

from codexctl.adapters.responses.request_builder import BuiltRequest, build_request
from codexctl.adapters.responses.tool_names import ToolNames, wire_call_id
from codexctl.domain.conversation import (
    ConversationItem,
    Image,
    Reasoning,
    ToolOutput,
    UserMessage,
)
from codexctl.domain.credentials import Credential
from codexctl.domain.history import repaired
from codexctl.domain.models import Effort, ModelOptions, Summary, Verbosity
from codexctl.domain.tools import ToolCall, ToolSpec
from codexctl.domain.turn import TurnRequest
from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.responses.request_checks import check_body, check_headers

_PLAIN = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_ALWAYS = {"model", "input", "store", "stream", "prompt_cache_key"}
_OURS = {
    *(*_ALWAYS, "instructions", "tools", "tool_choice", "parallel_tool_calls", "include"),
    *("reasoning", "text"),
}
_ADDED = {
    Backend.CHATGPT: {"service_tier"},
    Backend.API_KEY: {
        *("service_tier", "max_output_tokens", "temperature", "top_p", "metadata", "truncation"),
        *("user", "safety_identifier", "prompt_cache_retention", "max_tool_calls"),
        *("top_logprobs", "stream_options"),
    },
}
_ITEM_KINDS = {
    *("message", "reasoning", "function_call", "function_call_output", "custom_tool_call"),
    *("custom_tool_call_output", "web_search_call", "additional_tools"),
}
_ID_PREFIXES = {
    "message": "msg_",
    "reasoning": "rs_",
    "function_call": "fc_",
    "custom_tool_call": "ctc_",
    "web_search_call": "ws_",
}

_MODELS = st.sampled_from(
    ["gpt-5.5", "gpt-5.2", "gpt-5.6-luna", "gpt-6.1-sol", "gpt-4o", "o3-mini", "gpt-4", "any"]
)
_NAMES = st.sampled_from(["look", "files.read", "files/read", "files_read_601e4eb6", ""]) | TEXT
_IDS = st.sampled_from(["call_1", "call_2", "a|b", "call_", "x" * 70]) | TEXT
_IMAGES = st.lists(st.builds(Image, st.just("image/gif"), st.binary(max_size=3)), max_size=2).map(
    tuple
)
_ITEM: st.SearchStrategy[ConversationItem] = st.one_of(
    ITEMS,
    st.builds(UserMessage, st.text(st.characters(), max_size=3), _IMAGES),
    calls(_IDS).flatmap(lambda call: _NAMES.map(lambda name: replace(call, name=name))),
    outputs(_IDS).flatmap(lambda output: _IMAGES.map(lambda new: replace(output, images=new))),
    st.builds(
        Reasoning,
        item_id=st.sampled_from([None, "rs_1", "rs_2"]),
        summary=st.just(()),
        encrypted_content=st.sampled_from([None, "sealed"]),
        model=st.none() | _MODELS,
    ),
)
_ITEMS = st.lists(_ITEM, max_size=8)
_SCHEMAS: st.SearchStrategy[dict[str, object]] = st.sampled_from(
    [
        dict(LOOK.parameters),
        {},
        {"type": "string"},
        {"type": "object", "anyOf": [{"required": ["at"]}]},
        {"type": "object", "properties": {"at": {"minimum": float("-inf")}}},
    ]
)


def _tool(name: str, parameters: dict[str, object]) -> ToolSpec:
    return replace(LOOK, name=name, parameters=parameters)


def _name_of(spec: ToolSpec) -> str:
    return spec.name


_TOOLS = st.lists(
    st.builds(_tool, _NAMES, _SCHEMAS),
    max_size=3,
    unique_by=_name_of,
).map(tuple)
_PARAMETERS: st.SearchStrategy[dict[str, object]] = st.fixed_dictionaries(
    {},
    optional={
        "max_output_tokens": st.integers(-5, 100),
        "temperature": st.floats(0, 2),
        "top_p": st.none() | st.floats(0, 1),
        "service_tier": st.sampled_from(["auto", "priority"]),
        "metadata": st.dictionaries(TEXT, TEXT, max_size=1) | st.just(float("nan")),
        "store": st.just(True),
        "stream": st.just(False),
        "tools": st.just([]),
        "input": st.just("mine"),
        "previous_response_id": st.just("resp_1"),
        "max_completion_tokens": st.just(1),
        "background": st.just(True),
    },
)
_OPTIONS = st.builds(
    ModelOptions,
    effort=st.none() | st.sampled_from(Effort),
    summary=st.none() | st.sampled_from(Summary),
    verbosity=st.none() | st.sampled_from(Verbosity),
    output_schema=st.none() | _SCHEMAS,
    web_search=st.booleans(),
    parameters=_PARAMETERS,
)
_CREDENTIALS = st.sampled_from([SUBSCRIPTION, API_KEY])


def _request(
    items: Sequence[ConversationItem],
    model: str,
    options: ModelOptions | None = None,
    tools: tuple[ToolSpec, ...] = (),
) -> TurnRequest:
    """Return a request as a run makes it."""
    made = replace(a_request(model=model, options=options, tools=tools), routing="us")
    return replace(made, items=repaired(items, model=model))


_some = settings(max_examples=40)  # whole requests take their time to make up
_REQUESTS = st.builds(_request, _ITEMS, _MODELS, _OPTIONS, _TOOLS)


def _backend(credential: Credential) -> Backend:
    return Backend.CHATGPT if credential is SUBSCRIPTION else Backend.API_KEY


def _parsed(built: BuiltRequest) -> dict[str, Any]:
    """Parse as the service does: without the NaN and the Infinity that Python lets through."""

    def refuse(name: str) -> NoReturn:
        raise AssertionError(f"{name} is not JSON")

    return json.loads(built.body.decode(), parse_constant=refuse)


def _input_bytes(built: BuiltRequest) -> bytes:
    """Return the array of the input as it is sent, without its closing bracket."""
    start = built.body.index(b'"input":[')
    return built.body[start : built.body.rindex(b'],"store":false,"stream":true')]


@_some
@given(_REQUESTS, _CREDENTIALS)
def test_a_request_has_the_fields_that_the_service_takes_and_no_others(
    request: TurnRequest, credential: Credential
) -> None:
    body = _parsed(build_request(request, credential))
    assert _ALWAYS <= body.keys() <= _OURS | _ADDED[_backend(credential)]
    assert (body["model"], body["store"], body["stream"]) == (request.model, False, True)


@_some
@given(_REQUESTS, _CREDENTIALS)
def test_the_emulator_takes_every_request(request: TurnRequest, credential: Credential) -> None:
    built = build_request(request, credential)
    headers = {**built.headers, "authorization": "Bearer token"}
    assert check_headers(_backend(credential), headers) is None
    assert check_body(_backend(credential), _parsed(built)) is None


@_some
@given(_REQUESTS, _CREDENTIALS)
def test_tools_are_named_only_where_there_are_some(
    request: TurnRequest, credential: Credential
) -> None:
    body = _parsed(build_request(request, credential))
    offered = [item["tools"] for item in body["input"] if item["type"] == "additional_tools"]
    offered += [body["tools"]] if "tools" in body else []
    assert len(offered) <= 1
    assert [] not in offered
    assert ("tool_choice" in body) == bool(offered)
    for tool in (tool for tools in offered for tool in tools if tool["type"] == "function"):
        assert tool["strict"] is False
        assert tool["parameters"]["type"] == "object"
        assert not tool["parameters"].keys() & {"anyOf", "oneOf", "allOf", "enum", "not"}


@_some
@given(_REQUESTS, _CREDENTIALS)
def test_items_are_of_a_kind_and_a_role_that_the_service_takes(
    request: TurnRequest, credential: Credential
) -> None:
    built = build_request(request, credential)
    is_lite = "x-openai-internal-codex-responses-lite" in built.headers
    roles = {"user", "assistant", "developer"} if is_lite else {"user", "assistant"}
    for item in _parsed(built)["input"]:
        assert item["type"] in _ITEM_KINDS
        assert item.get("role", "user") in roles
        assert item.get("content", "something") not in ([], "", None)


@_some
@given(_REQUESTS, _CREDENTIALS)
def test_ids_and_names_are_plain_and_item_ids_stand_once(
    request: TurnRequest, credential: Credential
) -> None:
    items = _parsed(build_request(request, credential))["input"]
    ids = [item["id"] for item in items if "id" in item]
    assert len(ids) == len(set(ids))
    for item in items:
        if "id" in item:
            assert item["id"].startswith(_ID_PREFIXES[item["type"]])
        for key in ("id", "call_id", "name"):
            assert _PLAIN.fullmatch(item.get(key, "plain"))


@_some
@given(_REQUESTS, _CREDENTIALS)
def test_every_call_has_one_output_of_its_kind_after_it(
    request: TurnRequest, credential: Credential
) -> None:
    waiting: dict[str, str] = {}
    seen: set[str] = set()
    for item in _parsed(build_request(request, credential))["input"]:
        if item["type"] in ("function_call", "custom_tool_call"):
            assert item["call_id"] not in seen
            seen.add(item["call_id"])
            waiting[item["call_id"]] = item["type"] + "_output"
        elif item["type"].endswith("_output"):
            assert waiting.pop(item["call_id"]) == item["type"]
    assert waiting == {}


@_some
@given(_REQUESTS, _CREDENTIALS)
def test_sealed_reasoning_that_the_repair_left_is_sent_back_as_it_came(
    request: TurnRequest, credential: Credential
) -> None:
    sealed = [
        item.encrypted_content
        for item in request.items
        if isinstance(item, Reasoning) and item.encrypted_content
    ]
    items = _parsed(build_request(request, credential))["input"]
    assert [i["encrypted_content"] for i in items if i["type"] == "reasoning"] == sealed


@_some
@given(_ITEMS, st.sampled_from(["o3-mini", "gpt-4"]), _CREDENTIALS)
def test_a_model_that_cannot_see_is_sent_no_picture(
    items: list[ConversationItem], model: str, credential: Credential
) -> None:
    assert b"input_image" not in build_request(_request(items, model), credential).body


@_some
@given(_REQUESTS, _CREDENTIALS)
def test_every_parameter_is_sent_or_told(request: TurnRequest, credential: Credential) -> None:
    built = build_request(request, credential)
    body = _parsed(built)
    for name, value in request.options.parameters.items():
        is_sent = name not in _OURS and name in body and body[name] == value
        is_told = any(name in sentence.split() for sentence in built.adjustments)
        assert is_sent or is_told or value is None


@given(_ITEMS, _MODELS, _CREDENTIALS)
def test_what_nobody_chose_is_not_told(
    items: list[ConversationItem], model: str, credential: Credential
) -> None:
    request = _request(items, model, tools=(LOOK,))
    assert build_request(request, credential).adjustments == ()


@given(_ITEMS, _ITEMS, _MODELS, _OPTIONS, _TOOLS, _CREDENTIALS)
def test_the_next_request_begins_with_the_bytes_of_this_one(
    items: list[ConversationItem],
    more: list[ConversationItem],
    model: str,
    options: ModelOptions,
    tools: tuple[ToolSpec, ...],
    credential: Credential,
) -> None:
    # A request is made when every call has been answered.
    made = [item for item in items if isinstance(item, ToolCall)]
    shorter = [*items, *[ToolOutput(call_id=call.call_id, text="late") for call in made]]
    before = build_request(_request(shorter, model, options, tools), credential)
    after = build_request(_request([*shorter, *more], model, options, tools), credential)
    assert _input_bytes(after).startswith(_input_bytes(before))


@given(st.text(st.characters(), max_size=70), st.text(max_size=70))
def test_a_conversation_has_one_key_of_its_own(one: str, other: str) -> None:
    built = build_request(a_request(conversation_id=one), SUBSCRIPTION)
    key = _parsed(built)["prompt_cache_key"]
    assert built.headers["session-id"] == key
    assert 0 < len(key) <= 64
    assert key.isascii()
    assert key.isprintable()
    second = build_request(a_request(conversation_id=other), SUBSCRIPTION)
    assert (second.headers["session-id"] == key) == (one == other)


@given(st.lists(st.text(st.characters()) | _NAMES, unique=True), st.randoms())
def test_every_tool_has_one_name_of_its_own_that_leads_back(
    names: list[str],
    random: Any,  # noqa: ANN401 (Hypothesis makes it)
) -> None:
    there = ToolNames.of(names)
    wire_names = [there.wire(name) for name in names]
    assert len(set(wire_names)) == len(names)
    assert all(_PLAIN.fullmatch(name) for name in wire_names)
    assert [there.own(name) for name in wire_names] == names
    shuffled = [*names]
    random.shuffle(shuffled)
    assert ToolNames.of(shuffled) == there


@given(st.text(st.characters(), max_size=100), st.text(st.characters(), max_size=100))
def test_call_ids_are_plain_and_stay_apart(one: str, other: str) -> None:
    assert _PLAIN.fullmatch(wire_call_id(one))
    assert wire_call_id(wire_call_id(one)) == wire_call_id(one)
    assert (wire_call_id(one) == wire_call_id(other)) == (one == other)
