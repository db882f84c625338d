"""openai-python against the emulator: what we play as the API is what its own client expects.

It is imported inside the tests, since that takes half a second.
"""

import ssl
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from codexctl.entrypoints.emulator import Emulator

if TYPE_CHECKING:
    from openai import OpenAI
    from openai.types.responses import FunctionToolParam, Response

    Tools = list[FunctionToolParam]

MODEL = "gpt-5.5"
PROMPT = "What is in `notes.txt`?"


@pytest.fixture(params=["http", "https"])
def tls(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "https")


@contextmanager
def client_of(emulator: Emulator) -> Generator["OpenAI"]:
    """Make a client that asks once, and trusts the emulator where there is something to trust."""
    from openai import DefaultHttpxClient, OpenAI

    context = ssl.create_default_context(cafile=emulator.ca_file)
    with OpenAI(
        base_url=emulator.api_base_url,
        api_key="sk-test-0123456789",
        max_retries=0,
        http_client=DefaultHttpxClient(verify=context, trust_env=False),
    ) as client:
        yield client


@contextmanager
def talking(*scenarios: str, faults: Sequence[str] = (), tls: bool = False) -> Generator["OpenAI"]:
    with (
        Emulator(scenarios=scenarios, faults=faults, tls=tls) as emulator,
        client_of(emulator) as client,
    ):
        yield client


def tools() -> "Tools":
    return [
        {
            "type": "function",
            "name": name,
            "parameters": {"type": "object", "properties": {}},
            "strict": False,
        }
        for name in ("list_files", "read_file")
    ]


def final(client: "OpenAI", **request: Any) -> "Response":  # noqa: ANN401 - what `stream` takes
    """Stream a response through the client's accumulator, and return what it makes of it."""
    with client.responses.stream(model=MODEL, store=False, **request) as stream:
        for _ in stream:
            pass
        return stream.get_final_response()


def test_a_stream_of_events_carries_the_text(*, tls: bool) -> None:
    with talking("unicode", tls=tls) as client:
        with client.responses.create(model=MODEL, input=PROMPT, stream=True) as stream:
            events = list(stream)
        whole = client.responses.create(model=MODEL, input=PROMPT)
    deltas = [one.delta for one in events if one.type == "response.output_text.delta"]
    assert "".join(deltas) == whole.output_text
    assert len(deltas) > 100
    assert (events[0].type, events[-1].type) == ("response.created", "response.completed")
    assert [event.sequence_number for event in events] == list(range(len(events)))


def test_the_accumulator_comes_to_what_the_last_event_says(*, tls: bool) -> None:
    from openai.types.responses import ResponseCompletedEvent

    with talking("reasoning", tls=tls) as client:
        with client.responses.create(model=MODEL, input=PROMPT, stream=True) as stream:
            *_, last = stream
        accumulated = final(client, input=PROMPT)
    assert isinstance(last, ResponseCompletedEvent)
    assert accumulated.output_text == last.response.output_text
    assert (accumulated.status, accumulated.usage) == ("completed", last.response.usage)


def test_calls_are_answered_with_what_their_tools_gave(*, tls: bool) -> None:
    with talking("parallel", tls=tls) as client:
        first = final(client, input=PROMPT, tools=tools())
        calls = [item for item in first.output if item.type == "function_call"]
        assert [(call.name, call.arguments) for call in calls] == [
            ("list_files", "{}"),
            ("read_file", '{"path": "notes.txt"}'),
        ]
        said = [item.to_dict() for item in first.output]
        for call in said:
            call.pop("parsed_arguments")  # the client's own, which the API does not know
        outputs = [
            {"type": "function_call_output", "call_id": call.call_id, "output": f"{call.name} ran"}
            for call in calls
        ]
        history = [{"role": "user", "content": PROMPT}, *said, *outputs]
        second = final(client, input=history, tools=tools())
    assert second.output_text == (
        "list_files gave:\n\nlist_files ran\n\nread_file gave:\n\nread_file ran"
    )


def test_sealed_reasoning_goes_back_as_it_came() -> None:
    include = ["reasoning.encrypted_content"]
    with talking("reasoning") as client:
        first = final(client, input=PROMPT, include=include, reasoning={"summary": "auto"})
        (thought,) = [item for item in first.output if item.type == "reasoning"]
        assert [part.text.partition("\n")[0] for part in thought.summary] == [
            "**Counting the crates**",
            "**Taking the lost apples off**",
        ]
        assert thought.encrypted_content
        history = [
            {"role": "user", "content": PROMPT},
            thought.to_dict(),
            {"role": "user", "content": "And now?"},
        ]
        assert final(client, input=history, include=include).status == "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """What the client raises.

    Attributes:
        error: The class.
        status: Of the reply, None where there was none.
        code: The back end's own word.
    """

    error: str
    status: int | None
    code: str | None


REFUSED = {
    "http-400": Raised(error="BadRequestError", status=400, code="invalid_value"),
    "http-401-api-key": Raised(error="AuthenticationError", status=401, code="invalid_api_key"),
    "http-403": Raised(error="PermissionDeniedError", status=403, code=None),
    "http-404-model": Raised(error="NotFoundError", status=404, code="model_not_found"),
    "http-408": Raised(error="APIStatusError", status=408, code=None),
    "http-413": Raised(error="APIStatusError", status=413, code=None),
    "http-422": Raised(error="UnprocessableEntityError", status=422, code=None),
    "http-429": Raised(error="RateLimitError", status=429, code="rate_limit_exceeded"),
    "http-429-insufficient-quota": Raised(
        error="RateLimitError", status=429, code="insufficient_quota"
    ),
    "http-500": Raised(error="InternalServerError", status=500, code=None),
    "http-502": Raised(error="InternalServerError", status=502, code=None),
    "http-503-overloaded": Raised(
        error="InternalServerError", status=503, code="server_is_overloaded"
    ),
    "cut-before-headers": Raised(error="APIConnectionError", status=None, code=None),
    "cut-in-text": Raised(error="APIConnectionError", status=None, code=None),
    "reset-in-text": Raised(error="APIConnectionError", status=None, code=None),
    "error-event": Raised(error="APIError", status=None, code="server_error"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_each_fault_is_raised_as_its_kind(fault: str, *, tls: bool) -> None:
    from openai import APIError

    with talking(faults=(fault,), tls=tls) as client, pytest.raises(APIError) as caught:
        final(client, input=PROMPT)
    error = caught.value
    assert REFUSED[fault] == Raised(
        error=type(error).__name__, status=getattr(error, "status_code", None), code=error.code
    )


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("failed-context-length-exceeded", "response.failed"),
        ("incomplete-max-output-tokens", "response.incomplete"),
        ("error-event-flat", "error"),
    ],
)
def test_a_response_that_fails_says_so_in_its_last_event(fault: str, kind: str) -> None:
    with (
        talking(faults=(fault,)) as client,
        client.responses.create(model=MODEL, input=PROMPT, stream=True) as stream,
    ):
        *_, last = stream
    assert last.type == kind


@pytest.mark.parametrize(
    "fault", ["unknown-events", "unknown-item", "keep-alives", "done-mark", "data-only", "crlf"]
)
def test_an_odd_stream_is_read_to_its_end(fault: str) -> None:
    with (
        talking(faults=(fault,)) as client,
        client.responses.create(model=MODEL, input=PROMPT, stream=True) as stream,
    ):
        *_, last = stream
    assert last.type == "response.completed"


def test_a_wrong_key_of_the_clients_own_is_told_with_the_id_of_the_request() -> None:
    from openai import BadRequestError

    with talking() as client, pytest.raises(BadRequestError) as caught:
        final(client, input=PROMPT, extra_body={"logprobs": True})
    assert (caught.value.code, caught.value.param) == ("unknown_parameter", "logprobs")
    assert caught.value.request_id == "req_emulator_00000001"


def test_the_models_are_listed() -> None:
    with talking() as client:
        assert MODEL in [model.id for model in client.models.list()]
