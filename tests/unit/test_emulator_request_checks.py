from typing import Any

import pytest

from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.json_values import Json
from codexctl.entrypoints.emulator.responses.request_checks import check_body, check_headers

HEADERS = {"authorization": "Bearer something", "content-type": "application/json"}
PROMPT: dict[str, Json] = {"role": "user", "content": [{"type": "input_text", "text": "hi"}]}
BODY: dict[str, Json] = {
    "model": "gpt-5.5",
    "instructions": "Be brief.",
    "input": [PROMPT],
    "store": False,
    "stream": True,
}
CALL: dict[str, Json] = {
    "type": "function_call",
    "call_id": "call_1",
    "name": "look",
    "arguments": "{}",
}
OUTPUT: dict[str, Json] = {"type": "function_call_output", "call_id": "call_1", "output": "seen"}
CUSTOM_CALL: dict[str, Json] = {
    "type": "custom_tool_call",
    "call_id": "call_1",
    "name": "patch",
    "input": "",
}
BOTH = pytest.mark.parametrize("backend", list(Backend))


def with_input(*items: Json) -> dict[str, Json]:
    return {**BODY, "input": [PROMPT, *items]}


def without(name: str) -> dict[str, Json]:
    return {key: value for key, value in BODY.items() if key != name}


def error_of(backend: Backend, body: Json) -> tuple[int, dict[str, Any]]:
    refusal = check_body(backend, body)
    assert refusal is not None
    error: Any = refusal.body["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    return refusal.status, error


@BOTH
@pytest.mark.parametrize(
    "body",
    [
        BODY,
        {**BODY, "reasoning": {"effort": "low"}, "include": ["reasoning.encrypted_content"]},
        {**BODY, "tools": [{"type": "function", "name": "a-B_9"}, {"type": "web_search"}]},
        with_input(CALL, OUTPUT),
        with_input({**CALL, "id": "fc_1"}, {**OUTPUT, "id": "fco_1"}),
        with_input({**CUSTOM_CALL, "id": "ctc_1"}, {**OUTPUT, "type": "custom_tool_call_output"}),
        with_input({"type": "reasoning", "id": "rs_1", "summary": []}),
        with_input({"type": "compaction", "id": "anything"}),
        with_input({"role": "assistant", "content": "as bare text"}),
        with_input({"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}),
        with_input({"role": "developer", "content": "be kind"}),
    ],
)
def test_a_well_formed_request_passes(backend: Backend, body: dict[str, Json]) -> None:
    assert check_body(backend, body) is None


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({**BODY, "store": True}, "Store must be set to false"),
        ({**BODY, "store": None}, "Store must be set to false"),
        ({**BODY, "store": 0}, "Store must be set to false"),
        (without("store"), "Store must be set to false"),
        ({**BODY, "stream": False}, "Stream must be set to true"),
        (without("stream"), "Stream must be set to true"),
        ({**BODY, "instructions": ""}, "Instructions are required"),
        ({**BODY, "instructions": None}, "Instructions are required"),
        (without("instructions"), "Instructions are required"),
        ({**BODY, "input": "hi"}, "Input must be a list"),
        (without("input"), "Input must be a list"),
        (with_input({"role": "system", "content": "x"}), "System messages are not allowed"),
        (
            without("model"),
            "The '' model is not supported when using Codex with a ChatGPT account.",
        ),
    ],
)
def test_the_chatgpt_side_refuses_with_a_detail(body: dict[str, Json], text: str) -> None:
    assert check_body(Backend.CHATGPT, body) == (400, {"detail": text})


@pytest.mark.parametrize(
    "name",
    [
        "max_output_tokens",
        "max_completion_tokens",
        "temperature",
        "top_p",
        "truncation",
        "prompt_cache_retention",
        "safety_identifier",
        "previous_response_id",
        "stream_options",
        "metadata",
        "user",
        "background",
        "logprobs",
    ],
)
def test_the_chatgpt_side_refuses_the_parameter(name: str) -> None:
    body: dict[str, Json] = {**BODY, name: None}
    assert check_body(Backend.CHATGPT, body) == (400, {"detail": f"Unsupported parameter: {name}"})


def test_a_developer_message_does_for_instructions_as_the_official_client_sends_it() -> None:
    developer: Json = {"role": "developer", "content": "x"}
    body: dict[str, Json] = {**without("instructions"), "input": [developer, PROMPT]}
    assert check_body(Backend.CHATGPT, body) is None


def test_the_chatgpt_side_refuses_an_empty_list_of_tools() -> None:
    status, error = error_of(Backend.CHATGPT, {**BODY, "tools": []})
    assert (status, error["param"], error["code"]) == (400, "tools", "empty_array")


def test_the_api_side_takes_an_empty_list_of_tools() -> None:
    assert check_body(Backend.API_KEY, {**BODY, "tools": []}) is None


@BOTH
@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({**BODY, "prompt_cache_key": "k" * 65}, "prompt_cache_key", "string_above_max_length"),
        (
            {**BODY, "tools": [{"type": "function", "name": "a.b"}]},
            "tools[0].name",
            "invalid_value",
        ),
        (
            {**BODY, "tools": [{"type": "function", "name": "a\n"}]},
            "tools[0].name",
            "invalid_value",
        ),
        (
            {**BODY, "tools": [{"type": "web_search"}, {"type": "function", "name": "n" * 65}]},
            "tools[1].name",
            "string_above_max_length",
        ),
        ({**BODY, "tools": [{"type": "custom"}]}, "tools[0].name", "missing_required_parameter"),
        (with_input("text"), "input[1]", "invalid_type"),
        (
            with_input({**CALL, "call_id": "c" * 65}, {**OUTPUT, "call_id": "c" * 65}),
            "input[1].call_id",
            "string_above_max_length",
        ),
        (with_input({**CALL, "call_id": ""}), "input[1].call_id", "empty_string"),
        (with_input({**CALL, "name": "a b"}, OUTPUT), "input[1].name", "invalid_value"),
        (with_input({"role": "tool", "content": "x"}), "input[1].role", "invalid_value"),
        (
            with_input({"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}),
            "input[1].content[0]",
            "invalid_value",
        ),
    ],
)
def test_both_sides_refuse_with_a_nested_error(
    backend: Backend, body: dict[str, Json], param: str, code: str
) -> None:
    status, error = error_of(backend, body)
    assert (status, error["param"], error["code"]) == (400, param, code)


@BOTH
@pytest.mark.parametrize(
    ("item", "prefix"),
    [
        ({"role": "assistant", "content": "x", "id": "item_1"}, "msg"),
        ({"role": "assistant", "content": "x", "id": "msg"}, "msg"),
        ({"type": "reasoning", "id": "msg_1", "summary": []}, "rs"),
        ({**CALL, "id": "call_1"}, "fc"),
        ({**OUTPUT, "id": "fcx_1"}, "fc"),
        ({**CUSTOM_CALL, "id": "fc_1"}, "ctc"),
    ],
)
def test_an_item_id_with_a_wrong_beginning_is_refused(
    backend: Backend, item: dict[str, Json], prefix: str
) -> None:
    _, error = error_of(backend, with_input(item))
    given = item["id"]
    assert error["message"] == (
        f"Invalid 'input[1].id': '{given}'. Expected an ID that begins with '{prefix}'."
    )


@BOTH
@pytest.mark.parametrize(
    ("items", "text"),
    [
        ([CALL], "No tool output found for function call call_1."),
        ([CUSTOM_CALL], "No tool output found for custom tool call call_1."),
        ([OUTPUT], "No tool call found for function call output with call_id call_1."),
        ([OUTPUT, CALL], "No tool call found for function call output with call_id call_1."),
        (
            [CUSTOM_CALL, OUTPUT],
            "No tool call found for function call output with call_id call_1.",
        ),
        (
            [CALL, {**CALL, "call_id": "call_2"}, OUTPUT],
            "No tool output found for function call call_2.",
        ),
    ],
)
def test_calls_and_outputs_must_pair_up(backend: Backend, items: list[Json], text: str) -> None:
    status, error = error_of(backend, with_input(*items))
    assert (status, error["message"], error["param"]) == (400, text, "input")


@pytest.mark.parametrize("body", [[], "text", 1, None, True])
def test_a_body_that_is_no_object_is_refused_in_each_sides_shape(body: Json) -> None:
    chatgpt = check_body(Backend.CHATGPT, body)
    assert chatgpt is not None
    assert (chatgpt.status, list(chatgpt.body)) == (400, ["detail"])
    assert error_of(Backend.API_KEY, body)[1]["code"] == "invalid_json"


@pytest.mark.parametrize(
    "extra",
    [
        {"temperature": 0.7},
        {"temperature": 2},
        {"max_output_tokens": 16},
        {"top_p": 0.5, "metadata": {}, "truncation": "auto"},
        {"store": True, "stream": False, "instructions": None},
        {"input": "just text"},
        {"previous_response_id": None},
    ],
)
def test_the_api_side_takes_what_the_chatgpt_side_does_not(extra: dict[str, Json]) -> None:
    assert check_body(Backend.API_KEY, {**BODY, **extra}) is None


def test_the_api_side_takes_system_messages() -> None:
    assert check_body(Backend.API_KEY, with_input({"role": "system", "content": "x"})) is None


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({**BODY, "logprobs": True}, "logprobs", "unknown_parameter"),
        ({**BODY, "max_completion_tokens": 99}, "max_completion_tokens", "unknown_parameter"),
        ({**BODY, "max_output_tokens": 15}, "max_output_tokens", "integer_below_min_value"),
        ({**BODY, "max_output_tokens": 15.5}, "max_output_tokens", "invalid_type"),
        ({**BODY, "max_output_tokens": True}, "max_output_tokens", "invalid_type"),
        ({**BODY, "temperature": 2.1}, "temperature", "decimal_above_max_value"),
        ({**BODY, "temperature": -1}, "temperature", "decimal_below_min_value"),
        ({**BODY, "temperature": "warm"}, "temperature", "invalid_type"),
        (without("model"), "model", "missing_required_parameter"),
        (without("input"), "input", "missing_required_parameter"),
        (
            {**BODY, "previous_response_id": "resp_1"},
            "previous_response_id",
            "previous_response_not_found",
        ),
    ],
)
def test_the_api_side_refuses(body: dict[str, Json], param: str, code: str) -> None:
    status, error = error_of(Backend.API_KEY, body)
    assert (status, error["param"], error["code"]) == (400, param, code)


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer  ", "Basic dXNlcg=="])
def test_a_request_without_a_bearer_is_refused_in_each_sides_shape(given: str | None) -> None:
    headers = {**HEADERS, "authorization": given or ""}
    if given is None:
        del headers["authorization"]
    assert check_headers(Backend.CHATGPT, headers) == (
        401,
        {"detail": "Could not parse your authentication token. Please try signing in again."},
    )
    api = check_headers(Backend.API_KEY, headers)
    assert api is not None
    error: Any = api.body["error"]
    assert (api.status, error["code"], error["param"]) == (401, "invalid_api_key", None)


@pytest.mark.parametrize(
    ("backend", "headers", "status"),
    [
        (Backend.CHATGPT, {}, None),
        (Backend.API_KEY, {}, None),
        (Backend.CHATGPT, {"content-type": "application/json; charset=utf-8"}, 400),
        (Backend.API_KEY, {"content-type": "application/json; charset=utf-8"}, None),
        (Backend.CHATGPT, {"content-type": "text/plain"}, 400),
        (Backend.API_KEY, {"content-type": ""}, 400),
        (Backend.CHATGPT, {"session-id": "s" * 64}, None),
        (Backend.CHATGPT, {"session-id": "s" * 65}, 400),
        (Backend.API_KEY, {"session_id": "s" * 65}, 400),
    ],
)
def test_headers_are_checked(backend: Backend, headers: dict[str, str], status: int | None) -> None:
    refusal = check_headers(backend, {**HEADERS, **headers})
    assert (refusal.status if refusal else None) == status
