"""What the user may choose about an answer, as the two services take it."""

import json
from typing import Any

import pytest
from tests.fakes.values import API_KEY, SUBSCRIPTION, a_request

from codexctl.adapters.responses.request_builder import build_request
from codexctl.domain.credentials import Credential
from codexctl.domain.models import Effort, ModelOptions, Summary, Verbosity
from codexctl.domain.turn import TurnRequest

STRICT: dict[str, object] = {
    "type": "object",
    "properties": {"at": {"type": "string"}},
    "required": ["at"],
    "additionalProperties": False,
}


def _body(request: TurnRequest, credential: Credential = SUBSCRIPTION) -> dict[str, Any]:
    return json.loads(build_request(request, credential).body)


def _told(
    options: ModelOptions, credential: Credential = SUBSCRIPTION, model: str = "gpt-5.5"
) -> tuple[str, ...]:
    return build_request(a_request(options=options, model=model), credential).adjustments


def _with_parameters(**parameters: object) -> ModelOptions:
    return ModelOptions(parameters=parameters)


@pytest.mark.parametrize("credential", [SUBSCRIPTION, API_KEY])
def test_a_summary_that_was_asked_for_is_sent_to_both(credential: Credential) -> None:
    options = ModelOptions(summary=Summary.DETAILED)
    assert _body(a_request(options=options), credential)["reasoning"] == {"summary": "detailed"}


def test_no_summary_is_what_it_says() -> None:
    options = ModelOptions(summary=Summary.NONE)
    assert _body(a_request(options=options))["reasoning"] == {}


def test_an_effort_that_the_model_does_not_take_is_told() -> None:
    options = ModelOptions(effort=Effort.MINIMAL)
    assert _body(a_request(options=options))["reasoning"]["effort"] == "low"
    assert _told(options) == ("effort minimal is not one of gpt-5.5's; low is used.",)


def test_how_long_and_in_which_shape_to_answer_is_about_the_text() -> None:
    options = ModelOptions(verbosity=Verbosity.LOW, output_schema=STRICT)
    assert _body(a_request(options=options))["text"] == {
        "verbosity": "low",
        "format": {
            "type": "json_schema",
            "strict": True,
            "schema": STRICT,
            "name": "codex_output_schema",
        },
    }
    assert _told(options) == ()


@pytest.mark.parametrize("schema", [{**STRICT, "required": []}, {"type": "string"}])
def test_a_schema_that_cannot_be_held_to_is_sent_all_the_same(schema: dict[str, object]) -> None:
    options = ModelOptions(output_schema=schema)
    sent = _body(a_request(options=options))["text"]["format"]
    assert (sent["strict"], sent["schema"]) == (False, schema)
    words = (
        "The answer may differ from the output schema: to be held to it, every object must have"
        " additionalProperties false and require all its properties."
    )
    assert _told(options) == (words,)


def test_a_subscription_takes_a_service_tier_and_no_other_parameter() -> None:
    options = _with_parameters(service_tier="priority", temperature=0.5, max_output_tokens=100)
    assert _body(a_request(options=options)) == {**_body(a_request()), "service_tier": "priority"}
    assert _told(options) == (
        "max_output_tokens is not sent: the ChatGPT back end refuses it.",
        "temperature is not sent: the ChatGPT back end refuses it.",
    )


def test_an_api_key_takes_more() -> None:
    options = _with_parameters(
        service_tier="flex",
        max_output_tokens=100,
        metadata={"a": "b"},
        truncation="auto",
        user="u",
        safety_identifier="s",
        prompt_cache_retention="24h",
        max_tool_calls=3,
        stream_options={"include_obfuscation": False},
    )
    plain = _body(a_request(), API_KEY)
    assert _body(a_request(options=options), API_KEY) == {**plain, **options.parameters}
    assert _told(options, API_KEY) == ()


def test_a_parameter_that_nobody_knows_is_told() -> None:
    options = _with_parameters(max_completion_tokens=100)
    assert _body(a_request(options=options), API_KEY) == _body(a_request(), API_KEY)
    assert _told(options, API_KEY) == ("max_completion_tokens is not sent: the API refuses it.",)


@pytest.mark.parametrize("credential", [SUBSCRIPTION, API_KEY])
@pytest.mark.parametrize("name", ["store", "stream", "input", "model", "tools", "include", "text"])
def test_a_parameter_that_is_ours_is_not_overridden(name: str, credential: Credential) -> None:
    options = _with_parameters(**{name: True})
    assert _body(a_request(options=options), credential) == _body(a_request(), credential)
    assert _told(options, credential) == (f"{name} is not sent: codexctl sets it itself.",)


def test_a_parameter_without_a_value_is_none() -> None:
    options = _with_parameters(temperature=None, store=None)
    assert _body(a_request(options=options)) == _body(a_request())
    assert _told(options) == ()


@pytest.mark.parametrize("value", [float("nan"), {"a": {1, 2}}, object()])
def test_a_value_that_json_cannot_say_is_not_sent(value: object) -> None:
    options = _with_parameters(metadata=value)
    assert _body(a_request(options=options), API_KEY) == _body(a_request(), API_KEY)
    assert _told(options, API_KEY) == ("metadata is not sent: its value is not JSON.",)


@pytest.mark.parametrize("limit", [15, 0, -1])
def test_a_limit_below_the_least_is_raised_to_it(limit: int) -> None:
    options = _with_parameters(max_output_tokens=limit)
    assert _body(a_request(options=options), API_KEY)["max_output_tokens"] == 16
    assert _told(options, API_KEY) == (
        f"max_output_tokens {limit} is less than the API takes; 16 is used.",
    )


@pytest.mark.parametrize(
    ("model", "effort"),
    [
        ("gpt-4o", None),
        ("gpt-5.2", None),
        ("gpt-5.2", Effort.NONE),
        ("gpt-5.5", Effort.NONE),
        ("any", Effort.HIGH),
    ],
)
def test_an_answer_without_reasoning_may_be_sampled(model: str, effort: Effort | None) -> None:
    options = ModelOptions(effort=effort, parameters={"temperature": 0.5, "top_p": 0.5})
    body = _body(a_request(model=model, options=options), API_KEY)
    assert (body["temperature"], body["top_p"]) == (0.5, 0.5)
    assert _told(options, API_KEY, model) == ()


@pytest.mark.parametrize(
    ("model", "effort", "reason"),
    [
        ("gpt-5.5", None, "gpt-5.5 takes it with effort none only"),
        ("gpt-5.2", Effort.LOW, "gpt-5.2 takes it with effort none only"),
        ("o3", None, "o3 does not take it"),
    ],
)
def test_an_answer_that_is_reasoned_about_is_not_sampled(
    model: str, effort: Effort | None, reason: str
) -> None:
    options = ModelOptions(effort=effort, parameters={"temperature": 0.5})
    assert "temperature" not in _body(a_request(model=model, options=options), API_KEY)
    assert _told(options, API_KEY, model) == (f"temperature is not sent: {reason}.",)
