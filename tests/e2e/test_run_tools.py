"""The tool loop: each call gets exactly one output, in order, in the next request."""

from pathlib import Path
from typing import Any

import pytest
from tests.asking import Asked, ask
from tests.wire import call_done, completed, item_done, message_done, text_delta

ALL_TOOLS = ["shell", "read_file", "list_files", "search_files", "apply_patch", "view_image"]
ANSWER = [text_delta("Done."), message_done("Done."), completed()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with a few files."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "README.md").write_text("# Title\nText ✓\n", encoding="utf-8")
    (tmp_path / "notes" / "today.txt").write_text("nothing yet", encoding="utf-8")
    return tmp_path


def outputs(asked: Asked, number: int = 1) -> list[tuple[str, str]]:
    """Call id and text of each output in a request."""
    items = asked.seen[number].input
    return [
        (item["call_id"], item["output"])
        for item in items
        if item["type"] == "function_call_output"
    ]


def call_of(folder: Path, name: str, arguments: str) -> tuple[str, str]:
    """Run one call for real; return its output and its status."""
    script = [[call_done(name, arguments), completed()], ANSWER]
    asked = ask("--json", "-C", str(folder), "hi", script=script)
    assert asked.ran.exit_code == 0
    (item,) = asked.ran.items("tool_call")
    assert outputs(asked) == [("call_1", item["output"])]
    return item["output"], item["status"]


@pytest.mark.parametrize(
    ("name", "arguments", "output"),
    [
        ("read_file", '{"path": "README.md"}', "     1\t# Title\n     2\tText ✓\n"),
        ("read_file", '{"path": "README.md", "offset": 2}', "     2\tText ✓\n"),
        ("list_files", "{}", "README.md\nnotes/today.txt"),
        ("list_files", '{"path": "notes"}', "notes/today.txt"),
    ],
)
def test_a_tool_works_in_the_folder_that_it_is_given(
    name: str, arguments: str, output: str, folder: Path
) -> None:
    said, status = call_of(folder, name, arguments)
    assert (said.rstrip("\n"), status) == (output.rstrip("\n"), "completed")


@pytest.mark.parametrize(
    ("name", "arguments", "start"),
    [
        pytest.param("vanish", "{}", "unsupported call: vanish", id="unknown tool"),
        pytest.param("", "{}", "unsupported call: ", id="no name"),
        pytest.param("read_file", '{"path": ', "failed to parse function arguments: ", id="cut"),
        pytest.param("read_file", "", 'invalid arguments for read_file: "path"', id="empty"),
        pytest.param("read_file", "[]", "failed to parse function arguments: ", id="no object"),
        pytest.param(
            "read_file", '{"file": "a"}', "invalid arguments for read_file: ", id="schema breach"
        ),
        pytest.param("read_file", '{"path": "missing"}', '"missing" ', id="missing file"),
    ],
)
def test_a_call_that_cannot_be_done_is_answered_with_why(
    name: str, arguments: str, start: str, folder: Path
) -> None:
    said, status = call_of(folder, name, arguments)
    assert (said.startswith(start) or start.strip('" ') in said, status) == (True, "failed"), said


def test_several_calls_of_one_response_are_answered_in_their_order(folder: Path) -> None:
    calls = [
        call_done("nothing", "{}", "c", 0),
        call_done("read_file", '{"path": "notes/today.txt"}', "a", 1),
        call_done("read_file", '{"path": ', "b", 2),
        call_done("list_files", '{"path": "notes"}', "d", 3),
    ]
    asked = ask("--json", "-C", str(folder), "hi", script=[[*calls, completed()], ANSWER])
    items = asked.ran.items("tool_call")
    assert asked.ran.exit_code == 0
    assert [item["status"] for item in items] == ["failed", "completed", "failed", "completed"]
    assert outputs(asked) == [
        (call_id, item["output"]) for call_id, item in zip("cabd", items, strict=True)
    ]


def test_the_next_request_repeats_what_was_said_and_adds_the_outputs(folder: Path) -> None:
    reasoning = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "Hm."}],
        "encrypted_content": "sealed",
    }
    call = call_done("read_file", ' {"path": "nope" ', "c1", 2)
    first = [item_done(reasoning), message_done("Looking.", 1), call, completed()]
    asked = ask("-C", str(folder), "Look!", script=[first, ANSWER])
    sent, said = asked.seen[0].input, asked.seen[1].input
    text = [{"type": "output_text", "text": "Looking."}]
    assert said[: len(sent)] == sent
    assert said[len(sent) : -1] == [
        reasoning,
        {"type": "message", "role": "assistant", "id": "msg_1", "content": text},
        {
            "type": "function_call",
            "id": "fc_c1",
            "call_id": "c1",
            "name": "read_file",
            "arguments": ' {"path": "nope" ',
        },
    ]
    assert (said[-1]["type"], said[-1]["call_id"]) == ("function_call_output", "c1")
    rest = [{name: seen.body[name] for name in seen.body if name != "input"} for seen in asked.seen]
    assert rest[0] == rest[1]


def test_a_call_id_that_comes_twice_is_run_once_and_answered_once(folder: Path) -> None:
    calls = [call_done("list_files", "{}", "same", at) for at in (0, 1)]
    asked = ask("--json", "-C", str(folder), "hi", script=[[*calls, completed()], ANSWER])
    assert (asked.ran.exit_code, len(asked.ran.items("tool_call"))) == (0, 1)
    assert [call_id for call_id, _ in outputs(asked)] == ["same"]


def test_the_loop_goes_on_until_nothing_is_called(folder: Path) -> None:
    script = [
        [call_done("list_files", "{}", "c1"), completed()],
        [call_done("read_file", '{"path": "README.md"}', "c2"), completed()],
        ANSWER,
    ]
    asked = ask("-C", str(folder), "hi", script=script)
    assert (asked.ran.exit_code, asked.ran.text) == (0, "Done.\n")
    assert [call_id for call_id, _ in outputs(asked, 2)] == ["c1", "c2"]


def test_the_service_may_ask_for_another_request_without_a_call() -> None:
    script = [[message_done("Wait."), completed(end_turn=False)], ANSWER]
    asked = ask("hi", script=script)
    assert (asked.ran.exit_code, asked.ran.text, len(asked.seen)) == (0, "Wait.\n\nDone.\n", 2)


def names(asked: Asked) -> list[str] | None:
    tools: list[dict[str, Any]] | None = asked.seen[0].body.get("tools")
    return None if tools is None else [tool["name"] for tool in tools]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ((), ALL_TOOLS),
        (("--tools", "all"), ALL_TOOLS),
        (("--tools", "list_files"), ["list_files"]),
        (("--tools", "list_files, read_file"), ["read_file", "list_files"]),
        (("--tools", "none"), None),
    ],
)
def test_the_model_is_offered(words: tuple[str, ...], offered: list[str] | None) -> None:
    assert names(ask(*words, "hi", script=[ANSWER])) == offered


def test_without_tools_nothing_of_tools_is_sent() -> None:
    body = ask("--tools", "none", "hi", script=[ANSWER]).seen[0].body
    assert {name for name in body if "tool" in name} == set()


def test_a_tool_that_is_not_offered_is_not_run(folder: Path) -> None:
    script = [[call_done("read_file", '{"path": "README.md"}'), completed()], ANSWER]
    asked = ask("--tools", "list_files", "-C", str(folder), "hi", script=script)
    assert outputs(asked) == [("call_1", "unsupported call: read_file")]


@pytest.mark.parametrize("tools", ["shel", "list_files,nope", "", "all,list_files"])
def test_a_name_that_is_no_tool_is_told_before_any_request(tools: str) -> None:
    asked = ask("--tools", tools, "hi", script=[ANSWER])
    unknown = tools.removeprefix("list_files,").removesuffix(",list_files")
    assert (asked.ran.exit_code, asked.ran.text, asked.seen) == (2, "", [])
    assert asked.ran.stderr == (
        f"codexctl: There is no tool named {unknown!r}.\n"
        f"  Name some of {', '.join(ALL_TOOLS)}, or give all or none by itself.\n"
    )


@pytest.mark.parametrize("name", ["missing", "README.md", "a" * 5_000])
def test_a_folder_that_is_none_is_told_before_any_request(name: str, folder: Path) -> None:
    asked = ask("-C", str(folder / name), "hi", script=[ANSWER])
    assert (asked.ran.exit_code, asked.seen) == (2, [])
    assert asked.ran.stderr == (
        f"codexctl: {folder / name} is not a folder.\n  Name an existing folder with -C.\n"
    )


class TestMaxTurns:
    """``--max-turns``."""

    def test_a_call_in_the_last_turn_is_not_run(self, folder: Path) -> None:
        script = [[message_done("Looking."), call_done("list_files", "{}", "c", 1), completed()]]
        asked = ask("--json", "--max-turns", "1", "-C", str(folder), "hi", script=script)
        assert (asked.ran.exit_code, len(asked.seen)) == (7, 1)
        assert asked.ran.items("tool_call") == []
        assert asked.ran.lines[-1] == {
            "type": "turn.failed",
            "error": {
                "message": "The run reached its limit of 1 turns.",
                "kind": "TurnLimitReached",
                "exit_code": 7,
            },
        }

    def test_what_was_said_is_printed_and_the_limit_told(self) -> None:
        script = [[message_done("Looking."), call_done("list_files", "{}", "c", 1), completed()]]
        ran = ask("--max-turns", "2", "--quiet", "hi", script=script).ran
        assert (ran.exit_code, ran.text) == (7, "Looking.\n\nLooking.\n")
        assert ran.stderr == (
            "codexctl: The run reached its limit of 2 turns.\n"
            "  Allow more with --max-turns, or ask for less at once.\n"
        )

    def test_an_answer_in_the_last_turn_is_fine(self) -> None:
        asked = ask("--max-turns", "1", "hi", script=[ANSWER])
        assert (asked.ran.exit_code, asked.ran.text) == (0, "Done.\n")


class TestUnfinishedResponses:
    """A call runs only when its response has come to its end."""

    def test_a_call_in_a_stream_that_breaks_is_run_once_by_the_retry(self, folder: Path) -> None:
        call = call_done("list_files", "{}")
        asked = ask("--json", "-C", str(folder), "hi", script=[[call], [call, completed()], ANSWER])
        assert (asked.ran.exit_code, len(asked.seen)) == (0, 3)
        assert len(asked.ran.items("tool_call")) == 1
        assert asked.seen[1].body == asked.seen[0].body

    def test_a_call_that_was_cut_short_is_not_run(self, folder: Path) -> None:
        item = {
            "type": "function_call",
            "call_id": "c1",
            "name": "list_files",
            "arguments": "{}",
            "status": "incomplete",
        }
        asked = ask("-C", str(folder), "hi", script=[[item_done(item), completed()]])
        assert (asked.ran.exit_code, len(asked.seen)) == (0, 1)
        assert asked.ran.stderr == (
            "note: The call of list_files was cut short, so it was not run.\ntokens: 10 in, 5 out\n"
        )
