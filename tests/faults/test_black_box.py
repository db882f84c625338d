"""The scenarios that the official client was put through, and what this one makes of them.

Rows of wire-contract 6.3, in its order. Where this client means to do better, the row says so.
"""

import itertools

import pytest
from tests.faults.endings import BACK_OFF
from tests.faults.running import Conditions, Manner, Told, run_against
from tests.faults.server import Answer, Cut, FaultServer, Reset, Say
from tests.faults.streams import (
    CALL_ID,
    FIRST_STEP,
    LAST_STEP,
    MESSAGES,
    SAID_LAST,
    STDOUT,
    TOOL,
    call_arguments,
    call_finished,
    chunk,
    created,
    error_body,
    head,
    in_chunks,
    message_finished,
    refused,
)
from tests.wire import call_done, completed, failed, frame, item_done


def run(*script: Answer, manner: Manner = Manner.JSON, retries: int = 5) -> Told:
    with FaultServer(script=script) as server:
        return run_against(server, Conditions(manner=manner, retries=retries))


def outputs(told: Told, number: int) -> list[str]:
    """The ids of the calls that the n-th request has outputs for."""
    items = told.seen[number].input
    return [one["call_id"] for one in items if one["type"] == "function_call_output"]


def cut_after(*frames: bytes) -> Answer:
    return [Say(head("transfer-encoding: chunked") + b"".join(map(chunk, frames))), Cut()]


def test_a_plain_answer() -> None:
    told = run(LAST_STEP, manner=Manner.TEXT)
    assert (told.ran.exit_code, told.ran.text, len(told.seen)) == (0, f"{SAID_LAST}\n", 1)


def test_each_call_has_one_output_in_the_order_of_the_calls() -> None:
    calls = [
        call_done(TOOL, "{}", "c", 0),
        call_done("unknown", "{}", "a", 1),
        call_done(TOOL, '{"cut', "d", 2),
        call_done(TOOL, "{}", "b", 3),
    ]
    told = run(in_chunks(created(), *calls, completed()), LAST_STEP)
    assert (told.ran.exit_code, outputs(told, 1), len(told.seen)) == (0, ["c", "a", "d", "b"], 2)
    assert sorted(told.tool_runs) == ["a", "b", "c", "d"]


def test_an_end_before_the_terminal_event_every_time() -> None:
    told = run(cut_after(created()))
    assert (told.ran.exit_code, told.error["kind"]) == (5, "StreamInterrupted")
    assert (len(told.seen), told.waits) == (6, BACK_OFF)


def test_an_end_after_a_message_was_finished() -> None:
    # The official client keeps the message and prints a second one; here it is void.
    told = run(cut_after(created(), message_finished("Half.")), LAST_STEP)
    assert (told.ran.exit_code, told.messages, len(told.seen)) == (0, [SAID_LAST], 2)
    assert told.seen[1].body == told.seen[0].body


def test_an_end_after_a_call_was_finished() -> None:
    # The official client has run the tool by then and sends its output; here a call of a broken
    # response is never run, and the one of the whole response is run once.
    told = run(cut_after(created(), *call_arguments(), call_finished()), FIRST_STEP, LAST_STEP)
    assert (told.ran.exit_code, told.messages, told.tool_runs) == (0, MESSAGES, [CALL_ID])
    assert [outputs(told, number) for number in range(3)] == [[], [], [CALL_ID]]


def test_an_end_between_two_calls() -> None:
    both = [call_done(TOOL, "{}", "call_1", 0), call_done(TOOL, "{}", "call_2", 1)]
    told = run(cut_after(created(), both[0]), in_chunks(created(), *both, completed()), LAST_STEP)
    assert (told.ran.exit_code, sorted(told.tool_runs)) == (0, ["call_1", "call_2"])
    assert outputs(told, 2) == ["call_1", "call_2"]


def test_a_call_that_comes_with_another_id_the_next_time() -> None:
    first, second = (call_done(TOOL, "{}", call_id, 0) for call_id in ("call_1", "call_2"))
    told = run(cut_after(created(), first), in_chunks(created(), second, completed()), LAST_STEP)
    assert (told.ran.exit_code, told.tool_runs, outputs(told, 2)) == (0, ["call_2"], ["call_2"])


def test_a_call_that_does_not_come_again() -> None:
    told = run(cut_after(created(), call_finished(0)), LAST_STEP)
    assert (told.ran.exit_code, told.messages, told.tool_runs) == (0, [SAID_LAST], [])


def test_a_rate_limit_that_says_when() -> None:
    told = run(in_chunks(failed("rate_limit_exceeded", "Please try again in 1.5s.")), LAST_STEP)
    assert (told.ran.exit_code, len(told.seen), told.waits) == (0, 2, [1.5])


@pytest.mark.parametrize(
    ("code", "exit_code", "requests"),
    [
        ("context_length_exceeded", 6, 1),
        ("insufficient_quota", 4, 1),
        ("invalid_prompt", 6, 1),
        # The official client gives up at once; an overload passes more often than not.
        ("server_is_overloaded", 5, 6),
    ],
)
def test_a_response_that_failed(code: str, exit_code: int, requests: int) -> None:
    told = run(in_chunks(failed(code)))
    assert (told.ran.exit_code, len(told.seen)) == (exit_code, requests)


def test_an_answer_that_is_too_long() -> None:
    response = {"incomplete_details": {"reason": "max_output_tokens"}}
    told = run(in_chunks(frame({"type": "response.incomplete", "response": response})))
    assert (told.ran.exit_code, told.error["kind"], len(told.seen)) == (6, "IncompleteAnswer", 1)


def test_an_error_event() -> None:
    # Ignored by the official client, which asks six times.
    told = run(in_chunks(frame({"type": "error", "code": "invalid_prompt", "message": "No."})))
    assert (told.ran.exit_code, told.error["kind"], len(told.seen)) == (6, "InvalidRequest", 1)


@pytest.mark.parametrize(
    ("status", "body", "exit_code", "requests"),
    [
        ("400 Bad Request", error_body("odd"), 6, 1),
        ("400 Bad Request", '{"detail": "It is odd."}', 6, 1),
        # The official client asks six times for what will not go away.
        ("402 Payment Required", error_body("odd"), 4, 1),
        ("403 Forbidden", error_body("odd"), 6, 1),
        ("404 Not Found", error_body("odd"), 6, 1),
        ("429 Too Many Requests", '{"error": {"type": "usage_limit_reached"}}', 4, 1),
        # Its budgets multiply: 30 requests, and 5 where it is overloaded.
        ("500 Internal Server Error", error_body("odd"), 5, 6),
        ("503 Service Unavailable", error_body("server_is_overloaded"), 5, 6),
    ],
)
def test_a_status(status: str, body: str, exit_code: int, requests: int) -> None:
    told = run(refused(status, body))
    assert (told.ran.exit_code, len(told.seen)) == (exit_code, requests)
    assert told.waits == BACK_OFF[: requests - 1]


def test_a_rate_limit_with_a_wait() -> None:
    told = run(refused("429 Too Many Requests", "", "retry-after: 1"))
    assert (told.ran.exit_code, len(told.seen), told.waits) == (4, 6, [1.0] * 5)


def test_an_end_of_turn_that_is_none() -> None:
    first = in_chunks(created(), message_finished("Wait."), completed(end_turn=False))
    told = run(first, LAST_STEP)
    assert (told.ran.exit_code, told.messages, len(told.seen)) == (0, ["Wait.", SAID_LAST], 2)


def test_an_item_that_nobody_knows() -> None:
    odd = item_done({"type": "item_of_tomorrow", "id": "x_1", "much": [1, 2]})
    told = run(in_chunks(created(), odd, call_finished(), completed()), LAST_STEP)
    assert (told.ran.exit_code, told.messages, told.tool_runs) == (0, [SAID_LAST], [CALL_ID])
    assert [item["type"] for item in told.seen[1].input[len(told.seen[0].input) :]] == [
        "function_call",
        "function_call_output",
    ]


FAULTS: dict[str, Answer] = {
    "cut": [Cut()],
    "reset": [Reset()],
    "half": cut_after(created()),
    "failed": in_chunks(failed("server_error")),
    "limited": in_chunks(failed("rate_limit_exceeded")),
    "500": refused("500 Internal Server Error"),
    "broken": in_chunks(b"data: {\n\n"),
}


def test_one_budget_serves_every_kind_of_fault() -> None:
    told = run(*FAULTS.values())
    assert (told.ran.exit_code, len(told.seen), told.waits) == (5, 6, BACK_OFF)


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(FAULTS, 2)))
def test_two_faults_one_after_another_are_got_over(first: str, second: str) -> None:
    told = run(FAULTS[first], FAULTS[second], FIRST_STEP, LAST_STEP, manner=Manner.TEXT)
    assert (told.ran.exit_code, told.ran.text, told.tool_runs) == (0, STDOUT, [CALL_ID])
    assert (len(told.seen), told.waits) == (4, [0.2, 0.4])


def test_each_step_has_its_own_budget() -> None:
    busy = refused("503 Service Unavailable")
    told = run(*[busy] * 5, FIRST_STEP, *[busy] * 5, LAST_STEP)
    assert (told.ran.exit_code, told.messages, told.tool_runs) == (0, MESSAGES, [CALL_ID])
    assert (len(told.seen), told.waits) == (12, BACK_OFF + BACK_OFF)


@pytest.mark.parametrize("retries", [0, 1, 3])
@pytest.mark.parametrize("fault", FAULTS)
def test_the_user_sets_the_budget(fault: str, retries: int) -> None:
    told = run(FAULTS[fault], retries=retries)
    assert (told.ran.exit_code in (4, 5), len(told.seen)) == (True, retries + 1)
    assert told.waits == BACK_OFF[:retries]


def test_a_fault_that_lasts_is_told_with_what_came_before() -> None:
    told = run(FIRST_STEP, refused("400 Bad Request", error_body("odd")), manner=Manner.TEXT)
    assert (told.ran.exit_code, told.ran.text) == (6, "Löoking.\n")
    assert (told.tool_runs, len(told.seen)) == ([CALL_ID], 2)
