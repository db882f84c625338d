"""``codexctl inspect`` of raw streams, to a person and as JSON lines; and of what is nothing."""

from pathlib import Path
from typing import Any

import pytest
from tests.command import Ran, run_command, run_here
from tests.wire import call_done, completed, failed, frame, item_done, message_done, text_delta

CREATED = frame({"type": "response.created", "response": {"id": "resp_1", "model": "gpt-5.5"}})
WHOLE = b"".join(
    [
        CREATED,
        item_done({"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]}),
        text_delta("Two\nlines", 1),
        message_done("Two\nlines", 1),
        call_done("read_file", '{"path": "a"}', "c1", 2),
        item_done({"type": "web_search_call", "id": "ws_1"}, 3),
        completed(usage={"input_tokens": 1200, "output_tokens": 5}),
    ]
)
WHOLE_EVENTS = {
    "response.created": 1,
    "response.output_item.done": 4,
    "response.output_text.delta": 1,
    "response.completed": 1,
}
ACCOUNT = """\
response 1
  completed  resp_1 gpt-5.5
  events
         1  response.created
         4  response.output_item.done
         1  response.output_text.delta
         1  response.completed
  items
    reasoning
      summary: Hm.
    message
      text: Two
      text: lines
    function_call
      tool: read_file
      call_id: c1
      arguments: {"path": "a"}
    web_search_call
  tokens: 1,200 in (0 cached), 5 out (0 reasoning)

"""
NO_TOKENS = {
    "input_tokens": 0,
    "cached_input_tokens": 0,
    "cache_write_input_tokens": 0,
    "output_tokens": 0,
    "reasoning_output_tokens": 0,
}
CUT_TEXT = "The stream ended before the response was complete."
NOT_JSON = "The service sent an event that is not JSON."


def inspect(stream: bytes, *words: str) -> Ran:
    return run_here("inspect", *words, "-", stdin=stream)


def error_of(stream: bytes) -> dict[str, Any]:
    ran = inspect(stream, "--json")
    (line,) = ran.lines
    assert (ran.exit_code, line["status"]) == (0, "interrupted")
    return line["error"]


def test_a_whole_response_is_told_to_a_person() -> None:
    ran = inspect(WHOLE)
    assert (ran.exit_code, ran.text, ran.stderr) == (0, ACCOUNT, "")


def test_a_whole_response_is_one_line_of_json() -> None:
    ran = inspect(WHOLE, "--json")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.lines == [
        {
            "type": "response",
            "status": "completed",
            "events": WHOLE_EVENTS,
            "items": [
                {"type": "reasoning", "summary": "Hm."},
                {"type": "message", "text": "Two\nlines"},
                {
                    "type": "function_call",
                    "tool": "read_file",
                    "call_id": "c1",
                    "arguments": '{"path": "a"}',
                },
                {"type": "web_search_call"},
            ],
            "usage": {**NO_TOKENS, "input_tokens": 1200, "output_tokens": 5},
            "response_id": "resp_1",
            "model": "gpt-5.5",
            "notices": [],
        }
    ]


def test_a_response_that_was_cut_says_so_and_shows_what_came() -> None:
    ran = inspect(CREATED + message_done("Half") + b"data: {")
    assert ran.exit_code == 0
    assert ran.text == (
        "response 1\n"
        f"  StreamInterrupted: {CUT_TEXT}\n"
        "  events\n"
        "         1  response.created\n"
        "         1  response.output_item.done\n"
        "  items\n"
        "    message\n"
        "      text: Half\n"
        "  tokens: 0 in (0 cached), 0 out (0 reasoning)\n"
        "\n"
    )


@pytest.mark.parametrize(
    ("stream", "error"),
    [
        pytest.param(CREATED, {"kind": "StreamInterrupted", "message": CUT_TEXT}, id="cut"),
        pytest.param(
            CREATED + failed("invalid_prompt", "no"),
            {"kind": "InvalidRequest", "message": "The provider refused the request: no"},
            id="failed",
        ),
        pytest.param(
            b"data: nonsense\n\n", {"kind": "ProtocolError", "message": NOT_JSON}, id="no"
        ),
        pytest.param(
            CREATED + b"data: {\n\n" + completed(),
            {"kind": "ProtocolError", "message": NOT_JSON},
            id="a broken frame in the middle",
        ),
    ],
)
def test_a_response_that_did_not_complete_has_its_error(
    stream: bytes, error: dict[str, str]
) -> None:
    assert error_of(stream) == error


def test_several_responses_in_one_file_are_told_one_by_one() -> None:
    second = CREATED.replace(b"resp_1", b"resp_2") + message_done("Two") + completed(id="resp_2")
    ran = inspect(WHOLE + second + CREATED, "--json")
    assert [(line["status"], line.get("response_id")) for line in ran.lines] == [
        ("completed", "resp_1"),
        ("completed", "resp_2"),
        ("interrupted", None),
    ]
    assert [line for line in inspect(WHOLE + second).text.split("\n") if "response " in line] == [
        "response 1",
        "response 2",
    ]


def test_frames_are_shown_one_by_one() -> None:
    stream = b": comment\nid: 7\nevent: one\ndata: a\ndata: b\n\nretry: 5\ndata: c\n\n"
    assert inspect(stream, "--frames").text == "one\n    a\n    b\nmessage\n    c\n"
    assert inspect(stream, "--frames", "--json").lines == [
        {"event": "one", "data": "a\nb", "id": "7", "retry": None},
        {"event": "message", "data": "c", "id": "7", "retry": 5},
    ]


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        b"\n\n",
        b'{"a": 1}\n',
        b"\x89PNG\r\n\x1a\n\0\0",
        b": a\n\n",
        b"name: value\nversion: 1\n",
        b"version: 1\n",
        b"- a\n- b\n",
    ],
)
def test_what_is_none_of_the_three_is_told(stream: bytes) -> None:
    ran = inspect(stream)
    assert (ran.exit_code, ran.text) == (2, "")
    assert ran.stderr == (
        "codexctl: Standard input is no tape, no event stream and no session log.\n"
        "  inspect reads what run --record writes, a raw stream of event: and data: lines, and the"
        " files in sessions/.\n"
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing", "No such file or directory"),
        (".", "Is a directory"),
    ],
)
@pytest.mark.parametrize("words", [(), ("--json",), ("--frames",)], ids=" ".join)
def test_a_file_that_cannot_be_read_is_told(
    words: tuple[str, ...], name: str, reason: str, tmp_path: Path
) -> None:
    file = tmp_path / name
    ran = run_here("inspect", *words, str(file))
    assert (ran.exit_code, ran.text) == (2, "")
    assert ran.stderr == (
        f"codexctl: {file} cannot be read: {reason}.\n  Name a file, or - for stdin.\n"
    )


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="there is no such file here")
def test_a_file_that_breaks_while_it_is_read_is_told() -> None:
    ran = run_here("inspect", "/proc/self/mem")
    assert (ran.exit_code, ran.text) == (2, "")
    assert ran.stderr.startswith("codexctl: /proc/self/mem cannot be read: ")


def test_a_stream_that_begins_with_fields_of_no_meaning_is_still_one() -> None:
    for line in (b"version: 1\n", b"{\n", b"codexctl : no\n", b"# interactions\n", b"\n\n"):
        assert inspect(line + WHOLE).text == ACCOUNT


def test_standard_input_that_is_closed_is_told() -> None:
    ran = run_here("inspect", "-")
    assert (ran.exit_code, ran.stderr) == (
        2,
        "codexctl: Standard input is closed.\n  Give the text another way.\n",
    )


@pytest.mark.parametrize("from_stdin", [True, False], ids=["stdin", "file"])
def test_the_installed_command_reads_both_a_file_and_standard_input(
    from_stdin: bool,  # noqa: FBT001
    tmp_path: Path,
) -> None:
    file = tmp_path / "whole.sse"
    file.write_bytes(WHOLE)
    ran = run_command("inspect", "-" if from_stdin else str(file), stdin=WHOLE)
    assert (ran.exit_code, ran.text, ran.stderr) == (0, ACCOUNT, "")
