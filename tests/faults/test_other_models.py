"""A model that cannot answer, and those that are asked in its place: one budget for all of them."""

from dataclasses import dataclass

import pytest
from tests.faults.running import Conditions, Manner, Told, run_against
from tests.faults.server import Answer, Cut, FaultServer, Say
from tests.faults.streams import (
    CALL_ID,
    FIRST_STEP,
    LAST_STEP,
    MESSAGES,
    chunk,
    created,
    error_body,
    head,
    in_chunks,
    refused,
)
from tests.wire import failed, text_delta

MODELS = ("openai/first", "openai/second", "openai/third")
NO_SUCH_MODEL = refused("404 Not Found", error_body("model_not_found"))
BUSY = refused("503 Service Unavailable", error_body("server_is_overloaded"))
RETRIES = 2


def run(*script: Answer, manner: Manner = Manner.JSON, models: tuple[str, ...] = MODELS) -> Told:
    with FaultServer(script=script) as server:
        conditions = Conditions(manner=manner, retries=RETRIES, models=models)
        return run_against(server, conditions)


def asked(told: Told) -> list[str]:
    return [seen.body["model"] for seen in told.seen]


def test_a_model_that_is_not_there_is_passed_over() -> None:
    told = run(NO_SUCH_MODEL, FIRST_STEP, LAST_STEP)
    assert (told.ran.exit_code, told.messages, told.tool_runs) == (0, MESSAGES, [CALL_ID])
    assert (asked(told), told.waits) == (["first", "second", "second"], [])


def test_a_model_that_is_busy_for_good_is_passed_over() -> None:
    told = run(*[BUSY] * (RETRIES + 1), FIRST_STEP, LAST_STEP)
    assert (told.ran.exit_code, told.messages, told.tool_runs) == (0, MESSAGES, [CALL_ID])
    assert asked(told) == [*["first"] * (RETRIES + 1), "second", "second"]


def test_models_that_are_all_busy_share_one_budget() -> None:
    told = run(BUSY)
    assert (told.ran.exit_code, told.error["kind"]) == (5, "ServiceUnavailable")
    assert asked(told) == [*["first"] * (RETRIES + 1), "second", "third"]
    assert told.waits == [0.2, 0.4]


def test_models_of_which_none_is_there_are_asked_once_each() -> None:
    told = run(NO_SUCH_MODEL)
    assert (told.ran.exit_code, told.error["kind"]) == (6, "ModelUnavailable")
    assert (asked(told), told.waits) == (["first", "second", "third"], [])


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What no other model could mend."""

    answer: Answer
    exit_code: int
    requests: int = 1


_HALF = Say(head("transfer-encoding: chunked") + chunk(created()) + chunk(text_delta("Half")))
FINAL: dict[str, Row] = {
    "invalid request": Row(answer=refused("400 Bad Request", error_body("odd")), exit_code=6),
    "rejected key": Row(answer=refused("401 Unauthorized"), exit_code=3),
    "quota of the key": Row(
        answer=refused("429 Too Many Requests", error_body("insufficient_quota")), exit_code=4
    ),
    "policy": Row(answer=in_chunks(failed("cyber_policy")), exit_code=6),
    "context window": Row(answer=in_chunks(failed("context_length_exceeded")), exit_code=6),
    "gateway": Row(answer=refused("403 Forbidden", "<html>"), exit_code=5),
    "no connection": Row(answer=[Cut()], exit_code=5, requests=RETRIES + 1),
    "rate limit": Row(answer=refused("429 Too Many Requests"), exit_code=4, requests=RETRIES + 1),
    "text was shown": Row(answer=[_HALF, Cut()], exit_code=5, requests=RETRIES + 1),
    "text was shown and refused": Row(
        answer=[_HALF, Say(chunk(failed("model_not_found"))), Cut()], exit_code=6
    ),
}


@pytest.mark.parametrize("row", FINAL.values(), ids=FINAL.keys())
def test_what_another_model_could_not_mend_is_final(row: Row) -> None:
    told = run(row.answer, manner=Manner.TEXT)
    assert (told.ran.exit_code, asked(told)) == (row.exit_code, ["first"] * row.requests)


def test_a_model_that_fails_in_a_later_step_is_not_replaced() -> None:
    told = run(FIRST_STEP, NO_SUCH_MODEL)
    assert (told.ran.exit_code, told.tool_runs) == (6, [CALL_ID])
    assert asked(told) == ["first", "first"]
