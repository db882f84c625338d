"""Every recorded error body and error stream: which error it is, and that it says what to do."""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import pytest
from tests.corpus import CORPUS, Recording, recordings, require_corpus

from codexctl.adapters.responses.fault_codec import fault_from_response
from codexctl.adapters.responses.wire_codec import decode_event
from codexctl.domain.errors import (
    CodexctlError,
    ContextWindowExceeded,
    GatewayBlocked,
    InvalidRequest,
    ModelUnavailable,
    PolicyRefused,
    QuotaExhausted,
    RateLimited,
    ServiceUnavailable,
    SignInRejected,
)
from codexctl.domain.faults import error_for
from codexctl.domain.turn import InterruptedTurn, TurnAssembler
from codexctl.entrypoints.cli.exit_codes import exit_code_for

pytestmark = pytest.mark.usefixtures("corpus")


@pytest.fixture
def corpus() -> None:
    require_corpus()


@dataclass(frozen=True, slots=True)
class Expected:
    """What an error has to come to.

    Attributes:
        kind: The error's class.
        exit_code: What the process exits with.
        message: A part of what the user is told happened.
        remedy: A part of what the user is told to do.
    """

    kind: type[CodexctlError]
    exit_code: int
    message: str
    remedy: str


def _invalid(message: str, remedy: str = "would be refused again") -> Expected:
    return Expected(InvalidRequest, 6, message, remedy)


def _no_model(message: str) -> Expected:
    return Expected(ModelUnavailable, 6, message, "another model with -m")


def _no_quota(status: str) -> Expected:
    return Expected(
        QuotaExhausted, 4, f"used up ({status}): You exceeded your current quota", "/billing"
    )


def _sign_in(message: str, remedy: str) -> Expected:
    return Expected(SignInRejected, 3, message, remedy)


_KEY = "Check that the key is complete"
_LOGIN = "codexctl login"
WRONG_KEY = _sign_in("Incorrect API key provided", _KEY)
"""By rule: of every recorded 401 whose body says so, and there are more than twenty."""

BODIES: dict[str, Expected] = {
    # By the end of the file's name, which says what was done.
    "list_models_rejected_key_reports_api_error_with_context.json": _sign_in(
        "Your api key: ****-key is invalid", _KEY
    ),
    "blocking_audio_part_reaches_the_wire.json": _invalid("unknown variant `input_audio`"),
    "embedding_matrix__error_preserves_provider_body.json": _no_model("does not exist or you do"),
    "nonexistent_model_error_preserves_status_and_body.json": _no_model("does not exist."),
    "chat_completions_validation_error_carries_identity.json": _invalid("Invalid 'temperature'"),
    "nonexistent_previous_response_reference_carries_identity.json": _invalid(
        "not found. (previous_response_id)"
    ),
    "additional_params_invalid_background_is_rejected.json": _invalid("'auto'. (background)"),
    "image_params_matrix__additional_params_override_prompt.json": _invalid("Invalid 'prompt'"),
    "caller_can_reinstate_response_format.json": _invalid("Unknown parameter: 'response_format'"),
    "xai__response_identity__auth_rejection_classifies_with_contract.json": WRONG_KEY,
    "provider_error_classifies_with_contract_but_reports_no_id.json": _no_model("Model not found"),
    "error__openai_completions_post_4ce6ce50.json": _no_model("not allowed to sample"),
    "error__openai_embeddings_post_cd7b3e2b.json": _no_model("not allowed to generate"),
    "error__v1__response_create_error.json": _no_model("'invalid-model' does not exist"),
    "handles-optional-properties-in-strict-mode.json": _invalid("Invalid schema for function"),
    "encodes-thoughts-as-text-for-model-consumption.json": _invalid("'minimal' is not supported"),
    "error__test_model_call_with_tools.1.json": _invalid("Missing 'unit'. (tools[0].parameters)"),
    "error__OpenAIErrorHandling.0.json": _no_quota("HTTP 400"),
    "error__messages_modify.2.json": _invalid("Invalid type for 'metadata.modified'"),
    "error__vector_store_file_batches_list.0.json": Expected(
        ServiceUnavailable,
        5,
        "high demand just now (HTTP 500): The server had an error",
        "Try again",
    ),
    "azure_grok-4-1-fast-non-reasoning_raises_appropriate_auth_error.json": _sign_in(
        "invalid subscription key", _KEY
    ),
    "openrouter_claude-haiku-4-5_raises_appropriate_auth_error.json": _sign_in(
        "Missing Authentication header", _LOGIN
    ),
    "azure_grok-4-1-fast-non-reasoning_handles_context_length_exceeded_errors.json": Expected(
        RateLimited, 4, "exceeded rate limit", "Wait a moment"
    ),
    "openai_gpt-5-nano_handles_context_length_exceeded_errors.json": Expected(
        ContextWindowExceeded, 6, "exceeds the context window", "shorter prompt"
    ),
    "chatgpt-401-invalid_jwt.json": _sign_in("Could not parse your authentication token", _LOGIN),
    "codex-400-empty-model.json": _no_model("The '' model is not supported"),
    "codex-400-unsupported-parameter-temperature.json": _invalid(
        "(HTTP 400): Unsupported parameter: temperature"
    ),
    "codex-401-token_revoked.json": _sign_in("invalidated oauth token", _LOGIN),
    "codex-401-unauthorized.json": _sign_in("(HTTP 401): Unauthorized", _LOGIN),
    "codex-403-cloudflare-challenge-truncated.txt": Expected(
        GatewayBlocked, 5, "Cloudflare stopped the request", "The sign-in is fine."
    ),
    "codex-429-usage_limit_reached-plus-wrapped.json": Expected(
        QuotaExhausted, 4, "The 5-hour limit of the plus plan is used up.", "Upgrade to Pro"
    ),
    "openai-400-invalid_encrypted_content-reason.json": _invalid(
        "could not be verified", "new conversation"
    ),
    "openai-400-invalid_encrypted_content.json": _invalid(
        "could not be verified", "new conversation"
    ),
    "openai-400-invalid_prompt.json": Expected(
        PolicyRefused, 6, "violating our usage policy", "Change the prompt"
    ),
    "openai-401-account_deactivated.json": _sign_in("has been deactivated", "another account"),
    "openai-401-missing_scope.json": _sign_in(
        "Missing scopes: api.responses.write", "an API key openai/ models alone"
    ),
    "error_conversation_not_found__response.json": _invalid("conv_nonexistent123"),
    "error_invalid_json__response.json": _invalid("failed to parse JSON value"),
    "error_item_not_found__response.json": _invalid("not found in conversation"),
    "mutual_exclusive_error__response.json": _invalid("Mutually exclusive parameters"),
    "azure__mai_ds_r1__object_basic.json": _invalid(
        "(HTTP 422): invalid input error (body.tool_choice: Input should be a valid string)"
    ),
    "error__gpt_5_chat_latest__reasoning_basic.json": _invalid("'reasoning.effort'"),
    "error__text_embedding_3_large__basic.json": _no_model("not allowed to sample"),
    "error__ResponsesTests__CanDeleteResponse.3.json": _invalid("not found"),
    "rejects_interleaved_function_calls.json": _invalid("No tool output found", "new conversation"),
    "matrix-direct-url_force_download-audio-openai_respon.2.json": _invalid("Invalid file data"),
    "matrix-tool_return_content-url_force_download-audio-.2.json": _invalid("Invalid file data"),
    "thinking_with_modified_history.1.json": _invalid("of type 'reasoning'", "new conversation"),
    "error__gpt_5_codex__object_streaming.json": _invalid("'tools[0].name'"),
    "error__o1_mini__usage.json": _invalid("Invalid 'max_output_tokens'"),
    "error__o1_pro__tool_round_trip_2.json": _invalid("'user'. (input[2])"),
    "error__o3_deep_research__multi_tool.json": _invalid("'file_search' tools."),
    "error__xai__grok_beta__basic.json": _no_model("no longer accessible"),
    "error__test_azure__test_chat_reasoning.1.json": _no_model("API deployment"),
    "error__openai-error.1.json": _no_quota("HTTP 429"),
    "error__reasoning-model-temperature-error.json": _invalid("'temperature' is not supported"),
}

STREAMS: dict[str, Expected] = {
    "OpenAIStreamingErrorHandling.0.sse": Expected(
        QuotaExhausted, 4, "used up: You exceeded your current quota", "/billing"
    ),
    "partial_then_error.sse": Expected(ServiceUnavailable, 5, "Upstream failure", "Try again"),
    "OpenAIResponseClientTests.124.sse": Expected(
        RateLimited, 4, "Rate limit exceeded", "Wait a moment"
    ),
    "codex-stream-failed-server_is_overloaded.sse": Expected(
        ServiceUnavailable, 5, "The model is at capacity just now: Our servers", "another model"
    ),
    "openai-stream-error-rate_limit_exceeded.sse": Expected(
        RateLimited, 4, "Rate limit reached for o4-mini", "Wait 2 seconds"
    ),
    "stream-unknown-error-responses-1.sse": Expected(ServiceUnavailable, 5, "Foobar", "Try again"),
}
LATER_FAULTS: dict[str, Expected] = {
    # Where the ``response.failed`` that follows the first ``error`` says something else.
    "stream-unknown-error-responses-1.sse": Expected(
        QuotaExhausted, 4, "larger than the account's rate limit: Request too large", "Send less"
    ),
}


@dataclass(frozen=True, slots=True)
class Body:
    """One recorded error body."""

    name: str
    status: int
    headers: Mapping[str, str]
    content: bytes


@cache
def _bodies() -> tuple[Body, ...]:
    if not CORPUS.is_dir():
        return ()
    with (CORPUS / "INDEX.tsv").open(encoding="utf-8", newline="") as index:
        rows = list(csv.DictReader(index, delimiter="\t", quoting=csv.QUOTE_NONE))
    headers = _headers()
    return tuple(
        Body(
            row["file"],
            int(row["status"]),
            headers.get(row["file"], {}),
            (CORPUS / row["file"]).read_bytes(),
        )
        for row in rows
        if row["kind"] == "error"
    )


def _headers() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for line in (CORPUS / "HEADERS.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        values: dict[str, str | list[str]] = row["headers"]
        found[row["file"]] = {
            name.lower(): value if isinstance(value, str) else ", ".join(value)
            for name, value in values.items()
        }
    return found


def _rows_for(name: str, table: Mapping[str, Expected]) -> list[Expected]:
    return [row for end, row in table.items() if name.endswith(end)]


def _expected(body: Body) -> Expected:
    rows = _rows_for(body.name, BODIES)
    if not rows and body.status == 401 and b"Incorrect API key provided" in body.content:
        rows = [WRONG_KEY]
    assert len(rows) == 1, "the table has to have one row for each recorded error"
    return rows[0]


def _assert_told(error: CodexctlError, expected: Expected) -> None:
    assert (type(error), exit_code_for(error)) == (expected.kind, expected.exit_code)
    assert expected.message in error.message
    assert expected.remedy in error.remedy
    assert len(error.message.splitlines()) == 1


def _bodies_named() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("body", _bodies(), ids=[body.name for body in _bodies()])


@_bodies_named()
def test_a_recorded_error_says_what_happened_and_what_to_do(body: Body) -> None:
    fault = fault_from_response(body.status, body.headers, body.content)
    _assert_told(error_for(fault), _expected(body))


@_bodies_named()
def test_the_request_id_of_a_recorded_error_is_kept(body: Body) -> None:
    fault = fault_from_response(body.status, body.headers, body.content)
    names = ("x-request-id", "x-oai-request-id", "cf-ray")
    request_id = next((body.headers[name] for name in names if name in body.headers), None)
    assert error_for(fault).request_id == request_id


def test_each_row_of_the_table_is_of_a_recorded_error() -> None:
    names = [body.name for body in _bodies()]
    assert [end for end in BODIES if not any(name.endswith(end) for name in names)] == []


def test_the_recorded_limit_says_when_it_resets() -> None:
    body = next(body for body in _bodies() if "usage_limit_reached" in body.name)
    error = error_for(fault_from_response(body.status, body.headers, body.content))
    assert isinstance(error, QuotaExhausted)
    assert error.resets_at == datetime(2026, 5, 4, 23, 16, 8, tzinfo=UTC)


_FAILURES = ("error", "response.error", "response.failed")
_FAILED = [one for one in recordings() if one.terminal in _FAILURES]
_failed_named = pytest.mark.parametrize("recording", _FAILED, ids=[one.name for one in _FAILED])


def _error_of(recording: Recording, kinds: tuple[str, ...]) -> CodexctlError | None:
    """Return what the recording comes to, without those failures that are not of these kinds."""
    assembler = TurnAssembler()
    for event in recording.events:
        if event["type"] in kinds or event["type"] not in _FAILURES:
            assembler.take(decode_event("message", json.dumps(event)))
    turn = assembler.outcome()
    return turn.error if isinstance(turn, InterruptedTurn) and assembler.is_over else None


@_failed_named
def test_a_recorded_stream_that_fails_says_what_happened_and_what_to_do(
    recording: Recording,
) -> None:
    error = _error_of(recording, _FAILURES)
    assert error is not None
    (expected,) = _rows_for(recording.name, STREAMS)
    _assert_told(error, expected)


@_failed_named
def test_the_failed_response_that_follows_a_recorded_error_says_the_same_or_more(
    recording: Recording,
) -> None:
    error = _error_of(recording, ("response.failed",))
    if error is not None:
        (expected,) = _rows_for(recording.name, {**STREAMS, **LATER_FAULTS})
        _assert_told(error, expected)


def test_each_row_of_the_streams_is_of_a_recorded_stream_that_fails() -> None:
    names = [one.name for one in _FAILED]
    assert [end for end in STREAMS if not any(name.endswith(end) for name in names)] == []
