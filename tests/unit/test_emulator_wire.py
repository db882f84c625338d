import json
from collections import defaultdict
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codexctl.entrypoints.emulator import SCENARIO_NAMES
from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.json_values import Json
from codexctl.entrypoints.emulator.model.generation import Generation
from codexctl.entrypoints.emulator.model.output_items import FunctionCall, Message, OutputItem
from codexctl.entrypoints.emulator.model.scenarios import plan
from codexctl.entrypoints.emulator.model.wire import frame, split_into_tokens, stream_events

Event = dict[str, Any]

REQUEST: dict[str, Json] = {
    "model": "gpt-5.5",
    "instructions": "Be brief.",
    "input": [{"role": "user", "content": "Read `a file.txt`"}],
    "tools": [
        {"type": "function", "name": "list_files", "parameters": {"type": "object"}},
        {"type": "function", "name": "read_file", "parameters": {}, "strict": False},
    ],
    "include": ["reasoning.encrypted_content"],
}
OPENING = ["response.created", "response.in_progress"]
MESSAGE = [
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
]
CALL = [
    "response.output_item.added",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.output_item.done",
]
SUMMARY_PART = [
    "response.reasoning_summary_part.added",
    "response.reasoning_summary_text.delta",
    "response.reasoning_summary_text.done",
    "response.reasoning_summary_part.done",
]
REASONING = [
    "response.output_item.added",
    *SUMMARY_PART,
    *SUMMARY_PART,
    "response.output_item.done",
]
BOTH = pytest.mark.parametrize("backend", list(Backend))
EACH = pytest.mark.parametrize("scenario", SCENARIO_NAMES)


def generation(
    backend: Backend, items: tuple[OutputItem, ...], request: dict[str, Json] | None = None
) -> Generation:
    return Generation(
        backend=backend, request=request or REQUEST, items=items, label="tool_1", serial=7
    )


def events_of(backend: Backend, items: tuple[OutputItem, ...]) -> list[Event]:
    return list(stream_events(generation(backend, items)))


def played(backend: Backend, scenario: str) -> list[Event]:
    return events_of(backend, plan(scenario, REQUEST, 0))


@BOTH
@pytest.mark.parametrize(
    ("scenario", "middle"),
    [
        ("answer", MESSAGE),
        ("tool", CALL),
        ("reasoning", [*REASONING, *MESSAGE]),
        ("parallel", [*CALL, *CALL]),
        ("unicode", MESSAGE),
    ],
)
def test_events_come_in_the_recorded_order(
    backend: Backend, scenario: str, middle: list[str]
) -> None:
    kinds = [event["type"] for event in played(backend, scenario)]
    assert [kind for kind, _ in groupby(kinds)] == [*OPENING, *middle, "response.completed"]


@BOTH
@EACH
def test_sequence_numbers_count_from_zero(backend: Backend, scenario: str) -> None:
    numbers = [event["sequence_number"] for event in played(backend, scenario)]
    assert numbers == list(range(len(numbers)))


@BOTH
@EACH
def test_deltas_join_to_the_done_text(backend: Backend, scenario: str) -> None:
    joined: dict[tuple[str, int, int], str] = defaultdict(str)
    done: dict[tuple[str, int, int], str] = {}
    for event in played(backend, scenario):
        family, _, last = event["type"].rpartition(".")
        place = (family, event.get("output_index", -1), event.get("summary_index", -1))
        if last == "delta":
            joined[place] += event["delta"]
        elif last == "done":
            for field in {"text", "arguments", "input"} & event.keys():
                done[place] = event[field]
    assert joined == done


@BOTH
@EACH
def test_every_event_of_an_item_names_it(backend: Backend, scenario: str) -> None:
    ids: dict[int, str] = {}
    for event in played(backend, scenario):
        if event["type"] == "response.output_item.added":
            ids[event["output_index"]] = event["item"]["id"]
        elif "item" in event:
            assert event["item"]["id"] == ids[event["output_index"]]
        elif "output_index" in event:
            assert event["item_id"] == ids[event["output_index"]]
    assert len(set(ids.values())) == len(ids)


@EACH
def test_the_chatgpt_side_leaves_the_completed_output_empty(scenario: str) -> None:
    assert played(Backend.CHATGPT, scenario)[-1]["response"]["output"] == []


@EACH
def test_the_api_side_lists_the_whole_output(scenario: str) -> None:
    events = played(Backend.API_KEY, scenario)
    done = [e["item"] for e in events if e["type"] == "response.output_item.done"]
    listed = events[-1]["response"]["output"]
    for item in (*done, *listed):
        item.pop("encrypted_content", None)
    assert listed == done


@pytest.mark.parametrize(("backend", "phase"), [(Backend.CHATGPT, True), (Backend.API_KEY, False)])
def test_messages_have_a_phase_on_the_chatgpt_side(backend: Backend, *, phase: bool) -> None:
    items = [event["item"] for event in played(backend, "answer") if "item" in event]
    assert ["phase" in item for item in items] == [phase, phase]


def test_reasoning_is_sealed_anew_at_every_stage() -> None:
    events = played(Backend.API_KEY, "reasoning")
    sealed = [
        *(
            e["item"]["encrypted_content"]
            for e in events
            if e.get("output_index") == 0 and "item" in e
        ),
        events[-1]["response"]["output"][0]["encrypted_content"],
    ]
    assert len(set(sealed)) == 3


def test_reasoning_is_sealed_only_when_asked_for() -> None:
    request = {name: value for name, value in REQUEST.items() if name != "include"}
    given = generation(Backend.CHATGPT, plan("reasoning", request, 0), request)
    assert not any("encrypted_content" in event.get("item", {}) for event in events(given))


def events(given: Generation) -> list[Event]:
    return list(stream_events(given))


def test_arguments_are_cut_in_the_middle_of_words() -> None:
    arguments = '{"path":"a very long name.txt"}'
    stream = events_of(Backend.CHATGPT, (FunctionCall("read_file", arguments),))
    deltas = [event["delta"] for event in stream if "delta" in event]
    assert "".join(deltas) == arguments
    assert not any("path" in delta for delta in deltas)


def test_a_call_without_arguments_is_one_delta() -> None:
    stream = events_of(Backend.CHATGPT, (FunctionCall("list_files", "{}"),))
    assert [event["delta"] for event in stream if "delta" in event] == ["{}"]


def test_unicode_is_cut_inside_clusters_and_sent_raw() -> None:
    stream = played(Backend.CHATGPT, "unicode")
    deltas = [event["delta"] for event in stream if "delta" in event]
    assert {"\u200d", "\u0301", "\U0001f3fd", "\u2028", "\u0085"} <= set(deltas)
    framed = b"".join(frame(event) for event in stream)
    assert "\u2028".encode() in framed
    assert "\u0085".encode() in framed
    assert b"\\u" not in framed


def test_obfuscation_pads_deltas_unless_it_is_turned_off() -> None:
    padded = played(Backend.API_KEY, "answer")
    assert all(bool(event.get("obfuscation")) == ("delta" in event) for event in padded)
    request: dict[str, Json] = {**REQUEST, "stream_options": {"include_obfuscation": False}}
    bare = events(generation(Backend.API_KEY, (Message("Hello there."),), request))
    assert not any("obfuscation" in event for event in bare)


def test_tools_come_back_strict_unless_they_were_sent_otherwise() -> None:
    tools = played(Backend.CHATGPT, "answer")[0]["response"]["tools"]
    assert tools == [
        {
            "type": "function",
            "name": "list_files",
            "parameters": {"type": "object", "additionalProperties": False},
            "strict": True,
        },
        {"type": "function", "name": "read_file", "parameters": {}, "strict": False},
    ]


def test_usage_counts_a_delta_as_a_token() -> None:
    stream = played(Backend.API_KEY, "reasoning")
    usage = stream[-1]["response"]["usage"]
    deltas = [event["type"] for event in stream if "delta" in event]
    assert usage["output_tokens"] == len(deltas)
    assert usage["output_tokens_details"]["reasoning_tokens"] == deltas.count(
        "response.reasoning_summary_text.delta"
    )
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert stream[0]["response"]["usage"] is None


def test_the_same_serial_gives_the_same_bytes_and_another_gives_other_ids() -> None:
    def framed(serial: int) -> bytes:
        one = Generation(
            backend=Backend.CHATGPT,
            request=REQUEST,
            items=plan("parallel", REQUEST, 0),
            label="parallel_1",
            serial=serial,
        )
        return b"".join(frame(event) for event in stream_events(one))

    assert framed(1) == framed(1)
    assert framed(1) != framed(2)


def test_ids_tell_kind_scenario_and_step() -> None:
    items = [e["item"] for e in played(Backend.CHATGPT, "tool") if "item" in e]
    assert items[0]["id"].startswith("fc_tool_1_")
    assert items[0]["call_id"].startswith("call_tool_1_")
    assert len(items[0]["call_id"]) <= 64


def test_a_frame_is_an_event_line_a_data_line_and_a_blank_line() -> None:
    text = frame({"type": "a.b", "delta": "x\r\ny\n"}).decode()
    assert text == 'event: a.b\ndata: {"type":"a.b","delta":"x\\r\\ny\\n"}\n\n'


def test_half_a_surrogate_pair_does_not_break_the_frame() -> None:
    _, data, *_ = frame({"type": "a", "delta": "\ud83d!"}).decode().split("\n")
    assert json.loads(data.removeprefix("data: "))["delta"] == "?!"


@given(st.text())
def test_tokens_join_to_the_text(text: str) -> None:
    assert "".join(split_into_tokens(text)) == text
