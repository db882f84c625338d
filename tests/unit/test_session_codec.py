"""The lines of a session's log."""

import json
from typing import Any

import pytest
from tests.fakes.session_values import BEGUN, ONE_OF_EACH, a_header, an_id

from codexctl.adapters.sessions.fields import Damaged
from codexctl.adapters.sessions.line_codec import (
    STEP_MARK,
    decode_header,
    decode_record,
    encode_header,
    encode_record,
)
from codexctl.domain.conversation import AssistantMessage, OutputText, ToolOutput, UserMessage
from codexctl.domain.session import CallBegun, ItemAdded, SessionRecord, StepEnded
from codexctl.domain.stream_events import Usage
from codexctl.domain.tools import ToolCall


def _json(line: bytes) -> Any:  # noqa: ANN401 (JSON)
    return json.loads(line)


def _bytes(value: object) -> bytes:
    return json.dumps(value).encode()


# What a log looks like: other programs read it, and newer versions of this one


def test_a_header_says_what_the_file_is_and_what_the_session_is() -> None:
    line = encode_header(a_header(1, name="work", forked_from=2))
    assert list(_json(line).items()) == [
        ("codexctl_session", 1),
        ("id", an_id(1)),
        ("created_at", "2026-11-21T04:14:24+00:00"),
        ("working_folder", "/work"),
        ("name", "work"),
        ("forked_from", an_id(2)),
    ]


def test_what_a_header_lacks_is_left_out() -> None:
    assert list(_json(encode_header(a_header()))) == [
        "codexctl_session",
        "id",
        "created_at",
        "working_folder",
    ]


@pytest.mark.parametrize(
    ("record", "fields"),
    [
        (CallBegun("call_1"), {"record": "call_begun", "call_id": "call_1"}),
        (
            StepEnded("openai/gpt-5.5", Usage(input_tokens=1, output_tokens=2)),
            {
                "record": "step",
                "model": "openai/gpt-5.5",
                "usage": {
                    "input_tokens": 1,
                    "cached_input_tokens": 0,
                    "cache_write_input_tokens": 0,
                    "output_tokens": 2,
                    "reasoning_output_tokens": 0,
                },
            },
        ),
        (
            ItemAdded(UserMessage("Hi")),
            {"record": "item", "item": {"type": "user_message", "text": "Hi"}},
        ),
        (
            ItemAdded(ToolCall(call_id="c", name="look", arguments="{}", item_id="fc_1")),
            {
                "record": "item",
                "item": {
                    "type": "tool_call",
                    "call_id": "c",
                    "name": "look",
                    "arguments": "{}",
                    "kind": "function",
                    "item_id": "fc_1",
                },
            },
        ),
    ],
    ids=["call begun", "step", "user", "call"],
)
def test_a_record_is_one_object_with_its_time(
    record: SessionRecord, fields: dict[str, object]
) -> None:
    assert _json(encode_record(record, BEGUN)) == {"at": "2026-11-21T04:13:24.000+00:00", **fields}


def test_a_picture_is_kept_as_base64() -> None:
    (item,) = [_json(encode_record(record, BEGUN))["item"] for record in ONE_OF_EACH[:1]]
    assert item["images"] == [{"media_type": "image/png", "data": "AP8K"}]


@pytest.mark.parametrize("record", ONE_OF_EACH)
def test_a_line_is_utf_8_with_one_line_end(record: SessionRecord) -> None:
    line = encode_record(record, BEGUN)
    assert (line.count(b"\n"), line[-1:]) == (1, b"\n")
    assert json.dumps(json.loads(line.decode()), ensure_ascii=False) == json.dumps(
        json.loads(line), ensure_ascii=False
    )


@pytest.mark.parametrize("record", ONE_OF_EACH)
def test_the_mark_of_a_step_stands_in_no_other_line(record: SessionRecord) -> None:
    assert (STEP_MARK in encode_record(record, BEGUN)) == isinstance(record, StepEnded)


def test_words_that_look_like_the_mark_of_a_step_are_none() -> None:
    item = ItemAdded(UserMessage(STEP_MARK.decode()))
    assert STEP_MARK not in encode_record(item, BEGUN)


@pytest.mark.parametrize("text", ["\ud800", "a\udcffb", "\udfff\ud800"])
def test_half_a_surrogate_pair_comes_back_and_makes_no_broken_file(text: str) -> None:
    line = encode_record(ItemAdded(UserMessage(text)), BEGUN)
    assert line.decode()
    assert decode_record(line) == ItemAdded(UserMessage(text))


# What newer versions may have added


def test_fields_that_a_newer_version_added_are_passed_over() -> None:
    header = {**_json(encode_header(a_header())), "colour": "blue"}
    assert decode_header(_bytes(header)) == a_header()
    for record in ONE_OF_EACH:
        fields = _json(encode_record(record, BEGUN))
        assert decode_record(_bytes({**fields, "colour": ["blue"]})) == record
        if "item" in fields:
            item = {**fields["item"], "colour": {"blue": 1}}
            assert decode_record(_bytes({**fields, "item": item})) == record


@pytest.mark.parametrize(
    "fields", [{"record": "mood"}, {"record": "item", "item": {"type": "hologram", "text": 5}}]
)
def test_records_and_items_that_a_newer_version_added_are_passed_over(fields: object) -> None:
    assert decode_record(_bytes(fields)) is None


def test_a_part_of_a_message_that_a_newer_version_added_is_passed_over() -> None:
    parts = [{"type": "song"}, {"type": "text", "text": "Hi"}]
    item = {"type": "assistant_message", "parts": parts}
    assert decode_record(_bytes({"record": "item", "item": item})) == ItemAdded(
        AssistantMessage(parts=(OutputText("Hi"),))
    )


@pytest.mark.parametrize(
    ("version", "is_newer"), [(2, True), (0, False), ("1", False), (True, False)]
)
def test_another_version_is_refused(version: object, *, is_newer: bool) -> None:
    header = {**_json(encode_header(a_header())), "codexctl_session": version}
    with pytest.raises(Damaged) as refused:
        decode_header(_bytes(header))
    assert refused.value.is_newer is is_newer


# What is no line of ours

_HEADER: dict[str, object] = _json(encode_header(a_header()))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"\xff",
        b"\x00" * 20,
        b"[]",
        b"[" * 100_000,
        b"{}",
        _bytes({**_HEADER, "id": None}),
        _bytes({**_HEADER, "id": 1}),
        _bytes({**_HEADER, "created_at": "soon"}),
        _bytes({**_HEADER, "created_at": "2026-11-21T04:13:24"}),
        _bytes({**_HEADER, "created_at": "0001-01-01T00:00:00+00:00"}),
        _bytes({**_HEADER, "working_folder": ["/"]}),
        _bytes({**_HEADER, "name": 1}),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_what_is_no_header_is_refused(line: bytes) -> None:
    with pytest.raises(Damaged):
        decode_header(line)


_NO_ADDRESS = {"type": "text", "text": "", "citations": [{"title": "A page"}]}


def _item(**fields: object) -> dict[str, object]:
    return {"record": "item", "item": fields}


@pytest.mark.parametrize(
    "value",
    [
        None,
        "record",
        {},
        {"record": 1},
        {"record": "item"},
        {"record": "item", "item": []},
        {"record": "call_begun"},
        {"record": "step"},
        {"record": "step", "model": "m", "usage": 5},
        {"record": "step", "model": "m", "usage": {"input_tokens": "5"}},
        {"record": "step", "model": "m", "usage": {"input_tokens": True}},
        _item(),
        _item(type="user_message"),
        _item(type="user_message", text=5),
        _item(type="user_message", text="", images={}),
        _item(type="user_message", text="", images=["data"]),
        _item(type="user_message", text="", images=[{"media_type": "image/png"}]),
        _item(type="user_message", text="", images=[{"media_type": "", "data": "A"}]),
        _item(type="user_message", text="", images=[{"media_type": "", "data": "ü==="}]),
        _item(type="assistant_message", parts="Hi"),
        _item(type="assistant_message", parts=[{"text": "Hi"}]),
        _item(type="assistant_message", parts=[{"type": "text", "text": "", "citations": [1]}]),
        _item(type="assistant_message", parts=[_NO_ADDRESS]),
        _item(type="reasoning", summary=[1]),
        _item(type="reasoning", summary="thought"),
        _item(type="reasoning", encrypted_content=1),
        _item(type="tool_call", call_id="c", name="n"),
        _item(type="tool_call", call_id="c", name="n", arguments="", kind="telepathy"),
        _item(type="tool_output", text=""),
        _item(type="provider_item", kind="x"),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_what_is_no_record_is_refused(value: object) -> None:
    with pytest.raises(Damaged):
        decode_record(_bytes(value))


def test_what_is_wrong_is_told_without_the_words_of_the_conversation() -> None:
    line = _bytes(_item(type="user_message", text=["canary"]))
    for damaged in (line, line[:-3]):
        with pytest.raises(Damaged) as refused:
            decode_record(damaged)
        assert "canary" not in f"{refused.value} {refused.value.__cause__}"
        assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_what_may_be_left_out_may_be_null_as_well() -> None:
    fields = _item(type="tool_output", call_id="c", text="t", kind=None)
    assert decode_record(_bytes(fields)) == ItemAdded(ToolOutput(call_id="c", text="t"))
