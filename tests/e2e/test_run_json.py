"""``run --json``: one JSON object a line, in the order of what happens, with one last line."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.asking import ask, refusal
from tests.command import Ran, run_command
from tests.wire import (
    call_done,
    completed,
    failed,
    frame,
    item_done,
    message_done,
    text_delta,
)

ANSWER = [text_delta("Hello"), message_done("Hello"), completed()]
REASONING = item_done(
    {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "One."}, {"type": "summary_text", "text": ""}],
    }
)
NO_TOKENS = {
    "input_tokens": 0,
    "cached_input_tokens": 0,
    "cache_write_input_tokens": 0,
    "output_tokens": 0,
    "reasoning_output_tokens": 0,
}
TOKENS = {**NO_TOKENS, "input_tokens": 10, "output_tokens": 5}


def message_line(item_id: str, text: str) -> dict[str, Any]:
    item = {"id": item_id, "type": "agent_message", "text": text}
    return {"type": "item.completed", "item": item}


def delta_line(item_id: str, text: str) -> dict[str, Any]:
    item = {"id": item_id, "type": "agent_message"}
    return {"type": "item.delta", "item": item, "delta": text}


def call_line(when: str, item_id: str, **fields: object) -> dict[str, Any]:
    return {"type": f"item.{when}", "item": {"id": item_id, "type": "tool_call", **fields}}


def lines_after_the_start(ran: Ran) -> list[dict[str, Any]]:
    """All lines but the first two, which are the same for every run but for the thread's id."""
    started, turn_started, *rest = ran.lines
    assert (set(started), started["type"]) == ({"type", "thread_id"}, "thread.started")
    assert turn_started == {"type": "turn.started"}
    return rest


def test_the_thread_is_the_conversation_that_the_service_is_told_of() -> None:
    asked = ask("--json", "hi", script=[ANSWER])
    assert asked.ran.lines[0]["thread_id"] == asked.seen[0].body["prompt_cache_key"]


def test_what_is_told_before_the_run_starts_comes_after_its_first_lines(tmp_path: Path) -> None:
    document = tmp_path / "AGENTS.md"
    document.write_text("x" * 40_000)
    notice, *_, last = lines_after_the_start(
        ask("--json", "-C", str(tmp_path), "hi", script=[ANSWER]).ran
    )
    assert (notice["type"], last["type"]) == ("notice", "turn.completed")
    assert notice["message"].startswith(f"{document} is more than ")


def test_a_run_with_all_it_can_have_gives_each_line_in_order() -> None:
    call = call_done("list_files", '{"path": "/nowhere", "limit": 1}', output_index=2)
    first = [REASONING, text_delta("Look", 1), message_done("Looking.", 1), call, completed()]
    ran = ask("--json", "hi", script=[first, ANSWER]).ran
    arguments = {"path": "/nowhere", "limit": 1}
    started, finished = lines_after_the_start(ran)[2:4]
    output = finished["item"]["output"]
    assert ran.exit_code == 0
    assert started == call_line(
        "started",
        "item_2",
        tool="list_files",
        arguments=arguments,
        output=None,
        status="in_progress",
    )
    assert finished == call_line(
        "completed",
        "item_2",
        tool="list_files",
        arguments=arguments,
        output=output,
        status="failed",
    )
    assert lines_after_the_start(ran) == [
        {"type": "item.completed", "item": {"id": "item_0", "type": "reasoning", "text": "One."}},
        message_line("item_1", "Looking."),
        started,
        finished,
        message_line("item_3", "Hello"),
        {
            "type": "turn.completed",
            "usage": {**TOKENS, "input_tokens": 20, "output_tokens": 10},
        },
    ]


def test_usage_is_summed_over_the_turns() -> None:
    usage = {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 7},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 11},
    }
    script = [[call_done("nothing", "{}"), completed(usage=usage)], [completed(usage=usage)]]
    ran = ask("--json", "hi", script=script).ran
    assert ran.lines[-1]["usage"] == {
        "input_tokens": 200,
        "cached_input_tokens": 120,
        "cache_write_input_tokens": 14,
        "output_tokens": 40,
        "reasoning_output_tokens": 22,
    }


@pytest.mark.parametrize(
    "arguments",
    [
        '{"a": 1',
        "",
        "not JSON",
        '{"a": NaN}',
        '{"a": 1e999}',
        pytest.param("[" * 100_000, id="too deep"),
        pytest.param("[" * 990 + "]" * 990, id="just too deep to be written"),
        pytest.param('{"a": ' + "9" * 5_000 + "}", id="a number too long"),
    ],
)
def test_arguments_that_are_no_json_stay_the_text_that_they_are(arguments: str) -> None:
    script = [[call_done("nothing", arguments), completed()], ANSWER]
    ran = ask("--json", "hi", script=script).ran
    items = [line["item"] for line in strictly(ran) if line["type"] == "item.started"]
    shown = items[0]["arguments"]
    assert ran.exit_code == 0
    assert shown == arguments or json.dumps(shown, separators=(",", ":")) == arguments


def strictly(ran: Ran) -> list[dict[str, Any]]:
    """The lines as a parser reads them that takes no ``NaN``."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    return [json.loads(line, parse_constant=refuse) for line in ran.text.split("\n") if line]


def test_a_custom_call_keeps_its_input_as_text() -> None:
    item = {"type": "custom_tool_call", "call_id": "c1", "name": "patch", "input": '{"a": 1}'}
    asked = ask("--json", "hi", script=[[item_done(item), completed()], ANSWER])
    assert [item["arguments"] for item in asked.ran.items("tool_call")] == ['{"a": 1}']
    assert asked.seen[1].input[-1] == {
        "type": "custom_tool_call_output",
        "call_id": "c1",
        "output": "unsupported custom tool call: patch",
    }


def test_lines_are_ended_by_line_feeds_alone_and_read_back_as_they_were() -> None:
    text = "a\u2028b\u0085c\r\n\x1b[31m 👩\u200d👧 \x7f\x9b"
    ran = ask("--json", "hi", script=[[message_done(text), completed()]]).ran
    assert [item["text"] for item in ran.items("agent_message")] == [text]
    assert ran.stdout.endswith(b"}\n")
    assert b"\x1b" not in ran.stdout


def test_half_a_surrogate_pair_leaves_valid_json() -> None:
    item = (
        b'data: {"type":"response.output_item.done","output_index":0,"item":{"type":"message",'
        b'"role":"assistant","content":[{"type":"output_text","text":"a\\ud83d!"}]}}\n\n'
    )
    ran = ask("--json", "hi", script=[[item, completed()]]).ran
    assert [item["text"] for item in ran.items("agent_message")] == ["a\ufffd!"]


def test_deltas_come_first_and_share_the_id_of_their_message() -> None:
    pieces = [
        text_delta("Hel"),
        text_delta("lo"),
        text_delta("second", 1),
        message_done("Hello"),
        message_done("second", 1),
        completed(),
    ]
    ran = ask("--json", "--deltas", "hi", script=[pieces]).ran
    assert lines_after_the_start(ran) == [
        delta_line("item_0", "Hel"),
        delta_line("item_0", "lo"),
        delta_line("item_1", "second"),
        message_line("item_0", "Hello"),
        message_line("item_1", "second"),
        {"type": "turn.completed", "usage": TOKENS},
    ]


def test_without_deltas_none_are_written() -> None:
    ran = ask("--json", "hi", script=[ANSWER]).ran
    assert lines_after_the_start(ran) == [
        message_line("item_0", "Hello"),
        {"type": "turn.completed", "usage": TOKENS},
    ]


def test_the_service_that_counts_nothing_gives_zeros() -> None:
    ran = ask("--json", "hi", script=[[completed(usage=None)]]).ran
    assert lines_after_the_start(ran) == [{"type": "turn.completed", "usage": NO_TOKENS}]


def test_a_failed_run_ends_with_an_error_and_one_failed_turn() -> None:
    ran = ask("--json", "hi", script=[[*ANSWER[:2], failed("invalid_prompt", "no")]]).ran
    text = "The provider refused the request: no"
    error = {"message": text, "kind": "InvalidRequest", "exit_code": 6}
    assert ran.exit_code == 6
    assert lines_after_the_start(ran) == [
        message_line("item_0", "Hello"),
        {"type": "error", "message": text},
        {"type": "turn.failed", "error": error},
    ]


def test_what_is_told_on_standard_error_is_told_there_with_json_too() -> None:
    ran = ask("--json", "hi", script=[refusal("400 Bad Request", '{"detail": "no"}')]).ran
    assert ran.stderr == (
        "codexctl: The provider refused the request (HTTP 400): no\n"
        "  Change what the message names; it would be refused again as it is.\n"
    )


def test_a_retry_is_a_notice_and_no_message_comes_twice() -> None:
    cut = [message_done("Hello"), text_delta("more", 1)]
    ran = ask("--json", "--retries", "1", "hi", script=[cut, ANSWER]).ran
    notice = lines_after_the_start(ran)[0]
    assert notice == {"type": "notice", "message": notice["message"]}
    assert notice["message"].startswith("Reconnecting 1/1 in 0.2 s: The stream ended before")
    assert lines_after_the_start(ran)[1:] == [
        message_line("item_0", "Hello"),
        {"type": "turn.completed", "usage": TOKENS},
    ]


def test_with_deltas_a_retry_continues_what_was_shown() -> None:
    asked = ask("--json", "--deltas", "hi", script=[[text_delta("Hel")], ANSWER])
    assert (asked.ran.exit_code, len(asked.seen)) == (0, 2)
    assert [line["delta"] for line in asked.ran.lines if "delta" in line] == ["Hel", "lo"]
    assert {line["item"]["id"] for line in asked.ran.lines if "item" in line} == {"item_0"}


def test_with_deltas_a_retry_that_differs_ends_the_run() -> None:
    asked = ask("--json", "--deltas", "hi", script=[[text_delta("Hal")], ANSWER])
    assert (asked.ran.exit_code, len(asked.seen)) == (5, 2)
    assert asked.ran.lines[-1]["error"]["kind"] == "AnswerDiffers"


def test_what_could_not_be_kept_is_a_notice() -> None:
    added = {
        "type": "response.output_item.added",
        "output_index": 0,
        "item": {"type": "function_call", "name": "shell", "call_id": "c1"},
    }
    ran = ask("--json", "hi", script=[[frame(added), completed()]]).ran
    text = "The call of shell was announced but never finished, so it was not run."
    assert lines_after_the_start(ran)[0] == {"type": "notice", "message": text}


def test_a_last_message_that_cannot_be_written_fails_the_turn() -> None:
    ran = ask("--json", "-o", "/dev/full", "hi", script=[ANSWER]).ran
    assert (ran.exit_code, ran.lines[-1]["type"]) == (9, "turn.failed")
    assert ran.lines[-1]["error"]["kind"] == "FileNotWritten"
    assert last_lines(ran) == ["turn.failed"]


def last_lines(ran: Ran) -> list[str]:
    """The kinds of the lines that can end a run."""
    return [line["type"] for line in ran.lines if line["type"] in ("turn.completed", "turn.failed")]


def test_final_only_changes_nothing_about_json() -> None:
    here, there = (
        ask("--json", *more, "hi", script=[ANSWER]).ran for more in ((), ("--final-only",))
    )
    assert lines_after_the_start(here) == lines_after_the_start(there)


def test_the_installed_command_writes_the_same_lines() -> None:
    ran = ask("--json", "--quiet", "hi", script=[ANSWER], run=run_command).ran
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert lines_after_the_start(ran) == [
        message_line("item_0", "Hello"),
        {"type": "turn.completed", "usage": TOKENS},
    ]
