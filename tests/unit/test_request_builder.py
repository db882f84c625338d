"""The request as the two back ends take it."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from tests.fakes.values import (
    API_KEY,
    CONVERSATION_ID,
    LOOK,
    SUBSCRIPTION,
    a_call,
    a_message,
    a_request,
)

from codexctl.adapters.responses.request_builder import build_request
from codexctl.adapters.responses.tool_names import ToolNames
from codexctl.domain.conversation import (
    AssistantMessage,
    ConversationItem,
    Image,
    ProviderItem,
    Reasoning,
    ToolOutput,
    UserMessage,
)
from codexctl.domain.credentials import Credential, Secret, Subscription
from codexctl.domain.models import Effort, ModelOptions
from codexctl.domain.tools import ToolSpec
from codexctl.domain.turn import TurnRequest


def _body(request: TurnRequest, credential: Credential = SUBSCRIPTION) -> dict[str, Any]:
    return json.loads(build_request(request, credential).body)


def _sent(*items: ConversationItem) -> list[dict[str, Any]]:
    return _body(a_request(*items))["input"]


def _tool(name: str = "look", **parameters: object) -> ToolSpec:
    return replace(LOOK, name=name, parameters=parameters or LOOK.parameters)


def test_a_request_of_a_subscription_is() -> None:
    request = a_request(UserMessage("Hi"), options=ModelOptions(effort=Effort.HIGH), tools=(LOOK,))
    assert _body(request) == {
        "model": "gpt-5.5",
        "instructions": "Answer briefly.",
        "input": [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
        ],
        "store": False,
        "stream": True,
        "prompt_cache_key": CONVERSATION_ID,
        "tools": [
            {
                "type": "function",
                "name": "look",
                "description": "Looks at something.",
                "strict": False,
                "parameters": {"type": "object", "properties": {"at": {"type": "string"}}},
            }
        ],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "include": ["reasoning.encrypted_content"],
        "reasoning": {"effort": "high", "summary": "auto"},
    }


def test_a_request_of_an_api_key_differs_in_the_summary_alone() -> None:
    request = a_request(options=ModelOptions(effort=Effort.HIGH), tools=(LOOK,))
    expected = {**_body(request), "reasoning": {"effort": "high"}}
    assert _body(request, API_KEY) == expected


def test_without_tools_nothing_is_said_of_them() -> None:
    assert _body(a_request()).keys() & {"tools", "tool_choice", "parallel_tool_calls"} == set()


def test_an_effort_that_nobody_chose_is_left_to_the_service() -> None:
    assert _body(a_request(), API_KEY)["reasoning"] == {}


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4.1-mini", "gpt-3.5-turbo", "ft:gpt-4o:org::id"])
def test_a_model_without_reasoning_is_asked_for_none(model: str) -> None:
    body = _body(a_request(model=model, options=ModelOptions(effort=Effort.HIGH)), API_KEY)
    assert body.keys() & {"include", "reasoning"} == set()


def test_what_the_service_does_not_take_back_is_left_out() -> None:
    request = a_request(
        UserMessage("Hi"),
        Reasoning(item_id="rs_1", summary=(), encrypted_content=None),
        ProviderItem("hologram", '{"type": "hologram"}'),
        a_message("Hello"),
        a_call(),
        ToolOutput(call_id="call_1", text="seen"),
    )
    assert [item["type"] for item in _body(request)["input"]] == [
        "message",
        "message",
        "function_call",
        "function_call_output",
    ]


def test_the_same_request_always_has_the_same_bytes() -> None:
    request = a_request(tools=(LOOK,))
    assert build_request(request, API_KEY) == build_request(request, API_KEY)


@pytest.mark.parametrize("instructions", ["", " \n"])
def test_a_request_never_goes_without_instructions(instructions: str) -> None:
    request = replace(a_request(), instructions=instructions)
    assert _body(request)["instructions"] == "You are a helpful assistant."


def test_a_plain_request_is_sent_as_it_was_meant() -> None:
    assert build_request(a_request(tools=(LOOK,)), SUBSCRIPTION).adjustments == ()


def test_a_search_of_the_services_own_is_a_tool() -> None:
    request = a_request(options=ModelOptions(web_search=True), tools=(LOOK,))
    assert [tool["type"] for tool in _body(request)["tools"]] == ["function", "web_search"]


def test_a_search_may_be_the_only_tool() -> None:
    body = _body(a_request(options=ModelOptions(web_search=True)))
    assert (body["tools"], body["tool_choice"], body["parallel_tool_calls"]) == (
        [{"type": "web_search"}],
        "auto",
        True,
    )


PICTURE = Image("image/png", b"a picture")
_WIRE_PICTURE = {
    "type": "input_image",
    "image_url": "data:image/png;base64,YSBwaWN0dXJl",
    "detail": "auto",
}


def test_pictures_go_with_what_the_user_says() -> None:
    assert _sent(UserMessage("Look", (PICTURE, PICTURE)), UserMessage("", (PICTURE,))) == [
        {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "Look"}, _WIRE_PICTURE, _WIRE_PICTURE],
        },
        {"type": "message", "role": "user", "content": [_WIRE_PICTURE]},
    ]


def test_pictures_go_with_what_a_tool_brings() -> None:
    output = ToolOutput(call_id="call_1", text="Here", images=(PICTURE,))
    assert _sent(a_call(), output)[1] == {
        "type": "function_call_output",
        "call_id": "call_1",
        "output": [{"type": "input_text", "text": "Here"}, _WIRE_PICTURE],
    }


def test_a_message_that_says_nothing_is_not_sent() -> None:
    assert _sent(UserMessage("Hi"), UserMessage(""), AssistantMessage(parts=())) == _sent(
        UserMessage("Hi")
    )


def test_an_item_id_is_sent_once_and_of_its_kind_only() -> None:
    items = (
        replace(a_message("a"), item_id="msg_1"),
        replace(a_message("b"), item_id="msg_1"),
        replace(a_message("c"), item_id="rs_1"),
        replace(a_message("d"), item_id="msg_" + "x" * 60),
        replace(a_message("e"), item_id="msg_" + "x" * 61),
        replace(a_message("f"), item_id="msg_a.b"),
        ProviderItem("web_search_call", '{"type": "web_search_call", "id": "ws_1"}'),
        ProviderItem("web_search_call", '{"type": "web_search_call", "id": "ws_1"}'),
        ProviderItem("web_search_call", '{"type": "web_search_call", "id": 7}'),
    )
    assert [item.get("id") for item in _sent(*items)] == [
        *("msg_1", None, None, "msg_" + "x" * 60, None, None),
        *("ws_1", None, None),
    ]


@pytest.mark.parametrize(
    "payload", ["not JSON", "[]", "{}", '{"type": "message", "role": "system"}']
)
def test_a_search_that_is_none_is_not_sent(payload: str) -> None:
    assert _sent(UserMessage("Hi"), ProviderItem("web_search_call", payload)) == _sent(
        UserMessage("Hi")
    )


def test_a_call_and_its_output_have_one_id_that_the_service_takes() -> None:
    call_id = "call_1|fc_" + "x" * 64
    call, output = _sent(a_call(call_id), ToolOutput(call_id=call_id, text="seen"))
    assert call["call_id"] == output["call_id"] == "call_cac3a18c208917d4c3d512b8908ea9ec"


def test_a_tool_is_called_by_the_same_name_wherever_it_is_named() -> None:
    request = a_request(a_call(name="files.read"), tools=(_tool("files.read"), LOOK))
    body = _body(request)
    name = body["tools"][0]["name"]
    assert name == body["input"][0]["name"] == "files_read_601e4eb6"
    names = build_request(request, API_KEY).names
    assert names == ToolNames({"files.read": name})
    assert names.own(name) == "files.read"


def test_a_tool_whose_arguments_are_no_object_is_not_offered() -> None:
    built = build_request(a_request(tools=(_tool("odd", type="string"), LOOK)), API_KEY)
    assert [tool["name"] for tool in json.loads(built.body)["tools"]] == ["look"]
    assert built.adjustments == ("The tool odd is not offered: its arguments are no JSON object.",)


LITE = "gpt-5.6-luna"


def test_a_lite_model_finds_tools_and_instructions_in_its_input() -> None:
    items = (UserMessage("Look", (PICTURE,)),)
    ordinary = _body(
        a_request(*items, tools=(LOOK,), options=ModelOptions(effort=Effort.MAX), model="gpt-5.6")
    )
    request = a_request(*items, tools=(LOOK,), options=ModelOptions(effort=Effort.MAX), model=LITE)
    assert _body(request) == {
        "model": LITE,
        "input": [
            {"type": "additional_tools", "role": "developer", "tools": ordinary["tools"]},
            {
                "type": "message",
                "role": "developer",
                "content": [{"type": "input_text", "text": "Answer briefly."}],
            },
            {
                "type": "message",
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "Look"},
                    {"type": "input_image", "image_url": _WIRE_PICTURE["image_url"]},
                ],
            },
        ],
        "store": False,
        "stream": True,
        "prompt_cache_key": CONVERSATION_ID,
        "tool_choice": "auto",
        "parallel_tool_calls": False,
        "include": ["reasoning.encrypted_content"],
        "reasoning": {"effort": "max", "summary": "auto", "context": "all_turns"},
    }


def test_a_lite_model_without_tools_is_told_of_none() -> None:
    body = _body(a_request(model=LITE))
    assert [item["type"] for item in body["input"]] == ["message", "message"]
    assert "tool_choice" not in body


@pytest.mark.parametrize(
    ("credential", "options"),
    [(API_KEY, ModelOptions()), (SUBSCRIPTION, ModelOptions(web_search=True))],
    ids=["of the API", "with a search of the service's"],
)
def test_a_lite_model_can_be_asked_like_others(
    credential: Credential, options: ModelOptions
) -> None:
    request = a_request(model=LITE, options=options, tools=(LOOK,))
    built = build_request(request, credential)
    body = json.loads(built.body)
    assert (body["instructions"], body["parallel_tool_calls"]) == ("Answer briefly.", True)
    assert "x-openai-internal-codex-responses-lite" not in built.headers


def test_half_a_surrogate_pair_is_no_reason_to_be_refused() -> None:
    assert _sent(UserMessage("a\udcffb 😀"))[0]["content"][0]["text"] == "a\ufffdb 😀"


def test_a_number_that_json_cannot_say_is_sent_as_null() -> None:
    tool = _tool(type="object", properties={"at": {"maximum": float("inf")}})
    (sent,) = _body(a_request(tools=(tool,)))["tools"]
    assert sent["parameters"]["properties"] == {"at": {"maximum": None}}


def _headers(request: TurnRequest, credential: Credential = SUBSCRIPTION) -> dict[str, str]:
    return build_request(request, credential).headers


_COMMON = {
    "accept": "text/event-stream",
    "content-type": "application/json",
    "accept-encoding": "identity",
}


def test_a_subscription_names_its_session_and_its_account() -> None:
    assert _headers(a_request()) == {
        **_COMMON,
        "session-id": CONVERSATION_ID,
        "chatgpt-account-id": "account-1",
    }


def test_a_subscription_of_an_unknown_account_names_none() -> None:
    unnamed = Subscription(
        access_token=Secret("token"), account_id=None, expires_at=None, origin="a test"
    )
    headers = {**_COMMON, "session-id": CONVERSATION_ID}
    assert _headers(a_request(), unnamed) == headers


def test_an_api_key_names_neither() -> None:
    assert _headers(a_request(), API_KEY) == _COMMON


@pytest.mark.parametrize("credential", [SUBSCRIPTION, API_KEY])
def test_the_bearer_is_not_among_the_headers(credential: Credential) -> None:
    bearers = (SUBSCRIPTION.access_token.reveal(), API_KEY.key.reveal())
    shown = repr(_headers(a_request(), credential)).lower()
    assert [bearer for bearer in (*bearers, "authorization") if bearer in shown] == []


@pytest.mark.parametrize("conversation_id", ["x" * 65, "", "two words", "é", "a\nb"])
def test_an_odd_conversation_is_known_by_a_digest_to_cache_and_session(
    conversation_id: str,
) -> None:
    built = build_request(a_request(conversation_id=conversation_id), SUBSCRIPTION)
    key = json.loads(built.body)["prompt_cache_key"]
    assert built.headers["session-id"] == key
    assert key == hashlib.sha256(conversation_id.encode()).hexdigest()


def test_a_conversation_is_known_by_its_id_if_it_fits() -> None:
    assert _headers(a_request(conversation_id="x" * 64))["session-id"] == "x" * 64


def test_a_workspace_is_routed_as_it_has_to_be() -> None:
    routed = replace(a_request(), routing="us")
    assert _headers(routed)["x-openai-account-routing-override"] == "us"
    assert _headers(routed, API_KEY) == _COMMON


def test_a_lite_model_is_asked_by_a_header_too() -> None:
    assert _headers(a_request(model=LITE)) == {
        **_headers(a_request()),
        "x-openai-internal-codex-responses-lite": "true",
    }
