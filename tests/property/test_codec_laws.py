"""Laws of the codecs: nothing the service says is a crash, nothing it forbids is ever sent."""

import json
from contextlib import suppress
from typing import Any, NoReturn

from hypothesis import example, given
from hypothesis import strategies as st
from tests.fakes.values import API_KEY, LOOK, SUBSCRIPTION, a_request
from tests.property.strategies import ITEM_KINDS, ITEMS, JSON, JSON_OBJECTS, KINDS, TEXT, calls

from codexctl.adapters.responses.fault_codec import fault_from, fault_from_response
from codexctl.adapters.responses.item_codec import encode_item
from codexctl.adapters.responses.item_decoder import decode_item
from codexctl.adapters.responses.request_builder import build_body
from codexctl.adapters.responses.wire_codec import decode_event, kind_of
from codexctl.domain.conversation import ConversationItem, Reasoning
from codexctl.domain.credentials import Credential
from codexctl.domain.errors import ProtocolError
from codexctl.domain.faults import error_for
from codexctl.domain.models import Effort, ModelOptions
from codexctl.domain.tools import ToolCall, ToolSpec
from codexctl.domain.turn import TurnAssembler, TurnRequest

_FORBIDDEN = {
    *("max_output_tokens", "max_completion_tokens", "max_tokens", "temperature", "top_p"),
    *("truncation", "metadata", "user", "background", "previous_response_id", "conversation"),
    *("stream_options", "prompt_cache_retention", "safety_identifier", "service_tier"),
    *("logprobs", "top_logprobs", "messages", "functions"),
}
_ALWAYS = {"model", "instructions", "input", "store", "stream", "prompt_cache_key"}
_SOMETIMES = {"tools", "tool_choice", "parallel_tool_calls", "include", "reasoning"}

_TOOLS = st.sampled_from([(), (LOOK,)])
_CREDENTIALS = st.sampled_from([SUBSCRIPTION, API_KEY])
_CONVERSATIONS = st.lists(ITEMS, min_size=1, max_size=6)


@st.composite
def _typed(draw: st.DrawFn, kinds: st.SearchStrategy[str]) -> dict[str, Any]:
    """Return an object whose type means something to us, and whose item may."""
    body = {**draw(JSON_OBJECTS), "type": draw(kinds)}
    if draw(st.booleans()):
        body["item"] = {**draw(JSON_OBJECTS), "type": draw(ITEM_KINDS)}
    return body


@st.composite
def _requests(draw: st.DrawFn) -> TurnRequest:
    return a_request(
        *draw(_CONVERSATIONS),
        model=draw(st.sampled_from(["gpt-5.5", "gpt-4o", "any"])),
        options=ModelOptions(effort=draw(st.sampled_from([None, Effort.NONE, Effort.HIGH]))),
        tools=draw(_TOOLS),
    )


def _strictly_parsed(body: bytes) -> dict[str, Any]:
    """Parse as the service does: without the NaN and the Infinity that Python lets through."""

    def refuse(name: str) -> NoReturn:
        raise AssertionError(f"{name} is not JSON")

    return json.loads(body, parse_constant=refuse)


@given(KINDS | TEXT, JSON | _typed(KINDS))
def test_any_json_is_an_event_or_an_error_we_name(name: str, value: object) -> None:
    assembler = TurnAssembler()
    with suppress(ProtocolError):
        assembler.take(decode_event(name, json.dumps(value)))
    str(assembler.outcome())


@given(st.text(), st.text() | st.sampled_from(["[DONE]", "[DONE] ", "NaN", "null", '"x"']))
def test_any_text_is_an_event_or_an_error_we_name(name: str, data: str) -> None:
    with suppress(ProtocolError):
        decode_event(name, data)
    with suppress(ProtocolError):
        kind_of(name, data)


@given(st.integers(1, 3000), st.sampled_from(["[]", '{"a":}']))
@example(990, "[]")  # about where Python gives up
def test_any_depth_of_nesting_is_an_event_or_an_error_we_name(depth: int, brackets: str) -> None:
    middle = len(brackets) - 1
    nested = brackets[:middle] * depth + "1" + brackets[middle:] * depth
    item = f'{{"type": "hologram", "depth": {nested}}}'
    with suppress(ProtocolError):
        decode_event("response.output_item.done", f'{{"item": {item}}}')


@given(JSON_OBJECTS)
def test_any_object_is_a_fault_with_an_error(body: dict[str, Any]) -> None:
    str(error_for(fault_from(body)))


@given(
    st.integers(100, 599),
    st.dictionaries(
        st.sampled_from(["retry-after", "retry-after-ms", "content-type", "x-request-id"]), TEXT
    ),
    st.binary() | JSON.map(lambda value: json.dumps(value).encode()),
)
def test_any_answer_is_a_fault_with_an_error_on_one_line(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    message = error_for(fault_from_response(status, headers, body)).message
    assert len(message.splitlines()) == 1
    message.encode()


@given(_typed(ITEM_KINDS))
def test_any_object_is_an_item_that_can_be_sent_or_left_out(body: dict[str, Any]) -> None:
    _strictly_parsed(json.dumps(encode_item(decode_item(body))).encode())


@given(calls())
def test_a_call_comes_back_with_its_id_and_its_arguments_unchanged(call: ToolCall) -> None:
    wire = encode_item(call)
    assert wire is not None
    again = decode_item(wire)
    assert isinstance(again, ToolCall)
    assert (again.call_id, again.name, again.arguments, again.kind) == (
        call.call_id,
        call.name,
        call.arguments,
        call.kind,
    )
    assert encode_item(again) == wire


@given(st.text(min_size=1), st.lists(TEXT))
def test_sealed_reasoning_comes_back_with_its_seal_unbroken(seal: str, summary: list[str]) -> None:
    item = Reasoning(item_id="rs_1", summary=tuple(summary), encrypted_content=seal)
    wire = encode_item(item)
    assert wire is not None
    assert wire["encrypted_content"] == seal
    assert decode_item(wire) == item


@given(_requests(), _CREDENTIALS)
def test_a_request_says_what_it_must_and_never_what_it_must_not(
    request: TurnRequest, credential: Credential
) -> None:
    body = _strictly_parsed(build_body(request, credential))
    assert body.keys() & _FORBIDDEN == set()
    assert _ALWAYS <= body.keys() <= _ALWAYS | _SOMETIMES
    assert (body["store"], body["stream"]) == (False, True)
    assert body["instructions"]
    assert body.get("tools") != []


@given(_requests(), _CREDENTIALS)
def test_no_message_of_a_request_has_the_role_of_the_system(
    request: TurnRequest, credential: Credential
) -> None:
    items = _strictly_parsed(build_body(request, credential))["input"]
    assert {item.get("role", "user") for item in items} <= {"user", "assistant"}


@given(_CONVERSATIONS, _CONVERSATIONS, _TOOLS, _CREDENTIALS)
def test_a_longer_conversation_begins_with_the_bytes_of_the_shorter_one(
    items: list[ConversationItem],
    more: list[ConversationItem],
    tools: tuple[ToolSpec, ...],
    credential: Credential,
) -> None:
    shorter = build_body(a_request(*items, tools=tools), credential)
    longer = build_body(a_request(*items, *more, tools=tools), credential)
    end_of_input = shorter.rindex(b'],"store":false,"stream":true')
    assert longer.startswith(shorter[:end_of_input])
