"""A response that the service gives up: every code, in every shape it comes in (wire-contract 3.2).

The official client ignores ``{"type": "error"}`` events and waits for the end of the stream; here
they mean what ``response.failed`` means.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from tests.faults.endings import ALWAYS, BACK_OFF, ONCE
from tests.faults.running import Conditions, Manner, Told, run_against
from tests.faults.server import Answer, FaultServer, Say, Stall
from tests.faults.streams import (
    CALL_ID,
    FIRST_STEP,
    LAST_STEP,
    SAID_LAST,
    STDOUT,
    call_added,
    call_arguments,
    call_finished,
    chunk,
    created,
    head,
    in_chunks,
    message_added,
    message_finished,
    spoken,
)
from tests.wire import completed, frame, text_delta

Shape = Callable[[str | None, str], bytes]


def failed(code: str | None, message: str) -> bytes:
    error = {"code": code, "message": message}
    response = {"id": "resp_1", "status": "failed", "error": error}
    return frame({"type": "response.failed", "response": response})


def nested_error(code: str | None, message: str) -> bytes:
    return frame({"type": "error", "error": {"code": code, "message": message, "param": None}})


def flat_error(code: str | None, message: str) -> bytes:
    return frame({"type": "error", "code": code, "message": message, "param": None})


def wrapped_error(code: str | None, message: str) -> bytes:
    """Return an error as the WebSocket gives it, and as relays forward it (wire-contract 3.9)."""
    error = {"type": code, "message": message}
    return frame({"type": "error", "status": 500, "error": error, "headers": {}})


def bare_error(code: str | None, message: str) -> bytes:
    """Return an error without a type of event, as some relays send it (known bug 129)."""
    return frame({"type": "", "error": {"code": code, "message": message}}).replace(
        b'"type": "", ', b""
    )


SHAPES: list[Shape] = [failed, nested_error, flat_error, wrapped_error, bare_error]
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=[one.__name__ for one in SHAPES])


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A code, and what comes of it."""

    code: str | None
    exit_code: int
    kind: str
    requests: int = ONCE


ROWS = [
    Row(code="context_length_exceeded", exit_code=6, kind="ContextWindowExceeded"),
    Row(code="insufficient_quota", exit_code=4, kind="QuotaExhausted"),
    Row(code="usage_limit_reached", exit_code=4, kind="QuotaExhausted"),
    Row(code="usage_not_included", exit_code=4, kind="PlanExcludesService"),
    Row(code="cyber_policy", exit_code=6, kind="PolicyRefused"),
    Row(code="misalignment_policy_violation", exit_code=6, kind="PolicyRefused"),
    Row(code="bio_policy", exit_code=6, kind="PolicyRefused"),
    Row(code="invalid_prompt", exit_code=6, kind="InvalidRequest"),
    Row(code="server_is_overloaded", exit_code=5, kind="ServiceUnavailable", requests=ALWAYS),
    Row(code="slow_down", exit_code=5, kind="ServiceUnavailable", requests=ALWAYS),
    Row(code="rate_limit_exceeded", exit_code=4, kind="RateLimited", requests=ALWAYS),
    Row(code="server_error", exit_code=5, kind="ServiceUnavailable", requests=ALWAYS),
    Row(code="a_code_of_tomorrow", exit_code=5, kind="ServiceUnavailable", requests=ALWAYS),
    Row(code=None, exit_code=5, kind="ServiceUnavailable", requests=ALWAYS),
]


def run(*script: Answer, manner: Manner = Manner.JSON) -> Told:
    with FaultServer(script=script) as server:
        return run_against(server, Conditions(manner=manner))


@each_shape
@pytest.mark.parametrize("row", ROWS, ids=[str(row.code) for row in ROWS])
def test_a_code_ends_the_run_as_the_contract_says(row: Row, shape: Shape) -> None:
    told = run(in_chunks(created(), shape(row.code, "It did not work.")))
    assert (told.ran.exit_code, told.error["kind"]) == (row.exit_code, row.kind)
    assert "It did not work." in told.error["message"]
    assert (len(told.seen), told.waits) == (row.requests, BACK_OFF[: row.requests - 1])
    assert told.ran.stderr.startswith(f"codexctl: {told.error['message']}\n  ")


@each_shape
def test_the_request_id_of_a_response_that_failed_is_told(shape: Shape) -> None:
    told = run(
        in_chunks(created(), shape("invalid_prompt", "No."), headers=["x-request-id: req_7"])
    )
    assert told.ran.exit_code == 6
    assert told.ran.stderr.endswith("\n  Request id: req_7\n")


@each_shape
def test_a_failed_response_is_told_at_once_though_the_connection_stays_open(shape: Shape) -> None:
    # Known bug 126: the official client waits for the end of the stream.
    begun = head("transfer-encoding: chunked") + chunk(shape("invalid_prompt", "No."))
    told = run([Say(begun), Stall()])
    assert (told.ran.exit_code, len(told.seen)) == (6, 1)


@each_shape
@pytest.mark.parametrize("manner", [Manner.TEXT, Manner.JSON])
def test_a_response_that_failed_in_passing_is_asked_for_again(shape: Shape, manner: Manner) -> None:
    told = run(
        in_chunks(created(), shape("server_error", "Oops.")), FIRST_STEP, LAST_STEP, manner=manner
    )
    assert (told.ran.exit_code, told.tool_runs, len(told.seen)) == (0, [CALL_ID], 3)
    assert manner is Manner.JSON or told.ran.text == STDOUT


@pytest.mark.parametrize(
    ("message", "wait"),
    [
        ("Rate limit reached. Please try again in 28ms.", 0.028),
        ("Rate limit reached. Please try again in 1.5s. Visit …", 1.5),
        ("Try again in 35 seconds.", 35.0),
        ("Please TRY AGAIN IN 2 second", 2.0),
        ("Please try again in 4000s.", 60.0),
        ("Please try again in 1m30s.", 0.2),
        ("Please try again later.", 0.2),
    ],
)
@each_shape
def test_a_rate_limit_is_waited_for_as_long_as_it_says(
    shape: Shape, message: str, wait: float
) -> None:
    told = run(in_chunks(shape("rate_limit_exceeded", message)), LAST_STEP)
    assert (told.ran.exit_code, told.messages) == (0, [SAID_LAST])
    assert (told.waits, len(told.seen)) == ([wait], 2)


def test_a_wait_in_the_text_of_another_code_is_no_wait() -> None:
    told = run(in_chunks(failed("server_error", "Please try again in 30s.")), LAST_STEP)
    assert (told.ran.exit_code, told.waits) == (0, [0.2])


@each_shape
@pytest.mark.parametrize(
    ("manner", "said"),
    [(Manner.TEXT, "Half of it\n"), (Manner.FINAL_ONLY, "")],
    ids=["text", "final only"],
)
def test_what_had_been_said_before_a_refusal_stands(
    shape: Shape, manner: Manner, said: str
) -> None:
    script = in_chunks(created(), text_delta("Half of it"), shape("cyber_policy", "Flagged."))
    told = run(script, manner=manner)
    assert (told.ran.exit_code, told.ran.text, len(told.seen)) == (6, said, 1)


@each_shape
def test_a_call_of_a_response_that_failed_is_not_run(shape: Shape) -> None:
    frames = (created(), call_added(0), *call_arguments(0), call_finished(0))
    told = run(in_chunks(*frames, shape("server_error", "Oops.")), LAST_STEP)
    assert (told.ran.exit_code, told.tool_runs, told.messages) == (0, [], [SAID_LAST])
    assert len(told.seen) == 2


def incomplete(reason: str | None) -> bytes:
    details = None if reason is None else {"reason": reason}
    response = {"id": "resp_1", "status": "incomplete", "incomplete_details": details}
    return frame({"type": "response.incomplete", "response": response})


@pytest.mark.parametrize("reason", ["max_output_tokens", "content_filter", None])
@pytest.mark.parametrize("manner", [Manner.TEXT, Manner.JSON])
def test_an_incomplete_answer_is_shown_as_far_as_it_came(
    reason: str | None, manner: Manner
) -> None:
    half = message_finished("Half of it", status="incomplete")
    frames = (created(), message_added(), text_delta("Half of it"), half, incomplete(reason))
    told = run(in_chunks(*frames), LAST_STEP, manner=manner)
    assert (told.ran.exit_code, len(told.seen), told.waits) == (6, 1, [])
    assert (reason or "unknown") in told.ran.stderr
    if manner is Manner.JSON:
        assert (told.messages, told.error["kind"]) == (["Half of it"], "IncompleteAnswer")
    else:
        assert told.ran.text == "Half of it\n"


def test_a_call_of_an_incomplete_answer_is_not_run() -> None:
    frames = (created(), call_added(0), *call_arguments(0), call_finished(0))
    told = run(in_chunks(*frames, incomplete("max_output_tokens")), LAST_STEP)
    assert (told.ran.exit_code, told.tool_runs, len(told.seen)) == (6, [], 1)


def test_an_error_event_after_the_terminal_one_means_nothing() -> None:
    late = failed("server_error", "Oops.")
    told = run(in_chunks(*spoken("All is", " well."), late), manner=Manner.TEXT)
    assert (told.ran.exit_code, told.ran.text, len(told.seen)) == (0, f"{SAID_LAST}\n", 1)


def test_end_turn_false_asks_for_more() -> None:
    # Verified with the official client (wire-contract 3.1).
    first = [created(), message_finished("Wait."), completed(end_turn=False)]
    told = run(in_chunks(*first), LAST_STEP)
    assert (told.ran.exit_code, told.messages, len(told.seen)) == (0, ["Wait.", SAID_LAST], 2)
    assert told.seen[1].input[-1]["content"] == [{"type": "output_text", "text": "Wait."}]
