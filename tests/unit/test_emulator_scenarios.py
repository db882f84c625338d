import json

import pytest

from codexctl.entrypoints.emulator import SCENARIO_NAMES
from codexctl.entrypoints.emulator.json_values import Json
from codexctl.entrypoints.emulator.model.output_items import (
    CustomCall,
    FunctionCall,
    Message,
    Reasoning,
    WebSearch,
)
from codexctl.entrypoints.emulator.model.request_reading import steps_taken
from codexctl.entrypoints.emulator.model.scenario_choice import ScenarioChoice
from codexctl.entrypoints.emulator.model.scenarios import plan

LIST_FILES: dict[str, Json] = {"type": "function", "name": "list_files"}
READ_FILE: dict[str, Json] = {"type": "function", "name": "read_file"}
CALL: dict[str, Json] = {
    "type": "function_call",
    "call_id": "call_tool_1_ab12",
    "name": "list_files",
    "arguments": "{}",
}
OUTPUT: dict[str, Json] = {
    "type": "function_call_output",
    "call_id": "call_tool_1_ab12",
    "output": "one\ntwo\nthree\nfour\nfive\nsix",
}


def said(text: str) -> dict[str, Json]:
    return {"role": "user", "content": [{"type": "input_text", "text": text}]}


def asking(
    *items: Json, tools: list[Json] | None = None, key: str | None = None
) -> dict[str, Json]:
    body: dict[str, Json] = {"input": [said("go"), *items]}
    if tools is not None:
        body["tools"] = tools
    if key is not None:
        body["prompt_cache_key"] = key
    return body


def test_the_first_scenarios_are_those_that_tapes_were_recorded_with() -> None:
    assert SCENARIO_NAMES[:5] == ("answer", "tool", "reasoning", "parallel", "unicode")


def test_answer_is_one_message() -> None:
    (item,) = plan("answer", asking(), 0)
    assert isinstance(item, Message)
    assert "emulator" in item.text


def test_tool_calls_list_files_first() -> None:
    assert plan("tool", asking(tools=[LIST_FILES]), 0) == (FunctionCall("list_files", "{}"),)


def test_tool_then_quotes_the_first_lines_of_the_output() -> None:
    body = asking(CALL, OUTPUT, tools=[LIST_FILES])
    assert plan("tool", body, steps_taken(body)) == (
        Message("list_files gave:\n\none\ntwo\nthree\nfour\nfive"),
    )


def test_an_output_made_of_parts_is_quoted_too() -> None:
    parts: Json = [{"type": "input_text", "text": "a\nb"}, {"type": "input_image"}]
    body = asking(CALL, {**OUTPUT, "output": parts})
    assert plan("tool", body, 1) == (Message("list_files gave:\n\na\nb"),)


@pytest.mark.parametrize(
    "body",
    [
        asking(),
        asking(tools=[READ_FILE]),
        {**asking(tools=[LIST_FILES]), "tool_choice": "none"},
    ],
)
def test_tool_says_so_when_the_tool_is_not_offered(body: dict[str, Json]) -> None:
    (item,) = plan("tool", body, 0)
    assert isinstance(item, Message)
    assert "no tool named list_files" in item.text


def test_tools_of_a_lite_request_are_seen() -> None:
    more: Json = {"type": "additional_tools", "role": "developer", "tools": [LIST_FILES]}
    assert plan("tool", {"input": [more, said("go")]}, 0) == (FunctionCall("list_files", "{}"),)


def test_reasoning_has_a_summary_of_two_parts_before_the_answer() -> None:
    first, second = plan("reasoning", asking(), 0)
    assert isinstance(first, Reasoning)
    assert len(first.summary) == 2
    assert isinstance(second, Message)


@pytest.mark.parametrize(
    ("prompt", "path"),
    [
        ("Read `docs/an example.md` please", "docs/an example.md"),
        ("Read something", "README.md"),
        ("Read `\u00fcber.txt`, then `b.txt`", "\u00fcber.txt"),
    ],
)
def test_parallel_makes_two_calls(prompt: str, path: str) -> None:
    body: dict[str, Json] = {"input": [said(prompt)], "tools": [READ_FILE, LIST_FILES]}
    first, second = plan("parallel", body, 0)
    assert first == FunctionCall("list_files", "{}")
    assert isinstance(second, FunctionCall)
    assert (second.name, json.loads(second.arguments)) == ("read_file", {"path": path})


def test_parallel_reads_the_readme_when_there_is_no_prompt() -> None:
    *_, item = plan("parallel", {"tools": [READ_FILE]}, 0)
    assert item == FunctionCall("read_file", '{"path": "README.md"}')


def test_parallel_calls_what_is_offered() -> None:
    (item,) = plan("parallel", asking(tools=[READ_FILE]), 0)
    assert isinstance(item, FunctionCall)
    assert item.name == "read_file"


def test_parallel_answers_with_both_outputs() -> None:
    calls: list[Json] = [{**CALL, "call_id": i, "name": n} for i, n in (("1", "a"), ("2", "b"))]
    outputs: list[Json] = [{**OUTPUT, "call_id": i, "output": i * 3} for i in ("1", "2")]
    body = asking(*calls, *outputs)
    assert steps_taken(body) == 1
    assert plan("parallel", body, 1) == (Message("a gave:\n\n111\n\nb gave:\n\n222"),)


def test_three_calls_read_and_do_no_more() -> None:
    tools: list[Json] = [
        {"type": "function", "name": name} for name in ("list_files", "read_file", "search_files")
    ]
    assert plan("three-calls", asking(tools=tools), 0) == (
        FunctionCall("list_files", "{}"),
        FunctionCall("read_file", '{"path": "README.md"}'),
        FunctionCall("search_files", '{"pattern": "emulator"}'),
    )


def test_shell_calls_the_shell() -> None:
    body = asking(tools=[{"type": "function", "name": "shell"}])
    (item,) = plan("shell", body, 0)
    assert item == FunctionCall("shell", '{"command": "echo hello from the emulator"}')


def test_a_patch_comes_as_the_kind_of_tool_that_is_offered() -> None:
    (as_function,) = plan("patch", asking(tools=[{"type": "function", "name": "apply_patch"}]), 0)
    (as_custom,) = plan("patch", asking(tools=[{"type": "custom", "name": "apply_patch"}]), 0)
    assert isinstance(as_function, FunctionCall)
    assert isinstance(as_custom, CustomCall)
    assert json.loads(as_function.arguments) == {"input": as_custom.input}
    assert as_custom.input.startswith("*** Begin Patch\n*** Add File: ")


@pytest.mark.parametrize("scenario", ["custom-patch", "unknown-tool", "broken-arguments"])
def test_a_call_that_cannot_work_is_made_whatever_is_offered(scenario: str) -> None:
    (call,) = plan(scenario, asking(), 0)
    assert isinstance(call, FunctionCall | CustomCall)
    assert plan(scenario, asking(CALL, OUTPUT), 1) == (
        Message("list_files gave:\n\none\ntwo\nthree\nfour\nfive"),
    )


def test_broken_arguments_are_no_json() -> None:
    (call,) = plan("broken-arguments", asking(), 0)
    assert isinstance(call, FunctionCall)
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(call.arguments)


def test_a_web_search_comes_before_the_answer() -> None:
    search, message = plan("web-search", asking(), 0)
    assert isinstance(search, WebSearch)
    assert isinstance(message, Message)


def test_unicode_holds_what_breaks_clients() -> None:
    (item,) = plan("unicode", asking(), 0)
    assert isinstance(item, Message)
    assert item.by_code_point
    for needed in "\u200d\ufe0f\u0301\u05e9\u0645\u2028\u2029\u0085\u4e2d\U0001f469":
        assert needed in item.text


def test_steps_count_from_the_last_user_message() -> None:
    assert steps_taken(asking()) == 0
    assert steps_taken(asking(CALL, OUTPUT)) == 1
    assert steps_taken(asking(CALL, OUTPUT, CALL, OUTPUT, OUTPUT)) == 2
    assert steps_taken(asking(CALL, OUTPUT, said("and now?"))) == 0


def test_each_new_conversation_takes_the_next_scenario_and_the_last_repeats() -> None:
    choice = ScenarioChoice(("reasoning", "unicode"))
    taken = [choice.choose(asking(key=key)) for key in ("a", "b", "c")]
    assert taken == ["reasoning", "unicode", "unicode"]


def test_a_conversation_with_a_cache_key_keeps_its_scenario() -> None:
    choice = ScenarioChoice(("tool", "parallel"))
    assert choice.choose(asking(key="a")) == "tool"
    assert choice.choose(asking(key="b")) == "parallel"
    assert choice.choose(asking(key="a")) == "tool"
    assert choice.choose(asking(CALL, OUTPUT, key="b")) == "parallel"


@pytest.mark.parametrize(
    "item",
    [CALL, {"role": "assistant", "content": "x", "id": "msg_tool_2_ab12"}],
)
def test_a_conversation_without_a_key_is_known_by_its_ids(item: dict[str, Json]) -> None:
    choice = ScenarioChoice(("answer", "unicode"))
    assert choice.choose(asking()) == "answer"
    assert choice.choose(asking(item)) == "tool"
    assert choice.choose(asking()) == "unicode"


def test_a_conversation_that_tells_nothing_plays_what_was_handed_out_last() -> None:
    choice = ScenarioChoice(("answer", "reasoning", "unicode"))
    foreign: Json = {"role": "assistant", "content": "x"}
    assert choice.choose(asking(foreign)) == "answer"
    assert choice.choose(asking()) == "reasoning"
    assert choice.choose(asking(foreign)) == "reasoning"


def test_what_is_foreseen_is_handed_out_to_the_next_that_chooses() -> None:
    choice = ScenarioChoice(("reasoning", "unicode"))
    assert [choice.foresee(asking(key="a")), choice.foresee(asking())] == ["reasoning"] * 2
    assert [choice.choose(asking(key="a")), choice.foresee(asking())] == ["reasoning", "unicode"]
    assert choice.foresee(asking(key="a")) == "reasoning"


def test_without_names_the_offer_of_list_files_decides() -> None:
    choice = ScenarioChoice()
    assert choice.choose(asking(tools=[LIST_FILES])) == "tool"
    assert choice.choose(asking(tools=[READ_FILE])) == "answer"


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'nap'.*answer, tool, reasoning, parallel, unicode"):
        ScenarioChoice(("answer", "nap"))
