"""The request as the two back ends take it."""

import json
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

from codexctl.adapters.responses.request_builder import build_body, build_headers
from codexctl.domain.conversation import ProviderItem, Reasoning, ToolOutput, UserMessage
from codexctl.domain.credentials import Credential, Secret, Subscription
from codexctl.domain.models import Effort, ModelOptions
from codexctl.domain.turn import TurnRequest


def _body(request: TurnRequest, credential: Credential = SUBSCRIPTION) -> dict[str, Any]:
    return json.loads(build_body(request, credential))


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
    assert build_body(request, API_KEY) == build_body(request, API_KEY)


_COMMON = {
    "accept": "text/event-stream",
    "content-type": "application/json",
    "accept-encoding": "identity",
}


def test_a_subscription_names_its_session_and_its_account() -> None:
    assert build_headers(a_request(), SUBSCRIPTION) == {
        **_COMMON,
        "session-id": CONVERSATION_ID,
        "chatgpt-account-id": "account-1",
    }


def test_a_subscription_of_an_unknown_account_names_none() -> None:
    unnamed = Subscription(
        access_token=Secret("token"), account_id=None, expires_at=None, origin="a test"
    )
    headers = {**_COMMON, "session-id": CONVERSATION_ID}
    assert build_headers(a_request(), unnamed) == headers


def test_an_api_key_names_neither() -> None:
    assert build_headers(a_request(), API_KEY) == _COMMON


@pytest.mark.parametrize("credential", [SUBSCRIPTION, API_KEY])
def test_the_bearer_is_not_among_the_headers(credential: Credential) -> None:
    bearers = (SUBSCRIPTION.access_token.reveal(), API_KEY.key.reveal())
    shown = repr(build_headers(a_request(), credential)).lower()
    assert [bearer for bearer in (*bearers, "authorization") if bearer in shown] == []
