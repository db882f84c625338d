"""``codexctl inspect`` of session logs, wherever they lie and however they are damaged."""

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.command import Ran, run_command, run_here
from tests.fakes.session_values import ANSWERED, ASKED, ONE_OF_EACH, STEP, a_header, an_id
from tests.fakes.values import a_call

from codexctl.adapters.sessions.line_codec import encode_header, encode_record
from codexctl.adapters.sessions.store import FileSessionStore
from codexctl.domain.conversation import ToolOutput
from codexctl.domain.session import CallBegun, ItemAdded, SessionRecord
from codexctl.testing.fakes.clock import FakeClock

AT = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
HEADER = {
    "type": "session",
    "id": an_id(1),
    "created_at": "2026-11-21T04:14:24+00:00",
    "working_folder": "/work",
    "name": None,
    "forked_from": None,
}
QUESTION = {"type": "user_message", "text": "How are you?", "images": 0}


def log_of(*records: SessionRecord) -> bytes:
    lines = (encode_record(record, AT) for record in records)
    return encode_header(a_header()) + b"".join(lines)


def inspect(data: bytes, *words: str) -> Ran:
    return run_here("inspect", *words, "-", stdin=data)


def test_a_log_is_told_as_sessions_show_tells_it(tmp_path: Path) -> None:
    records = (*ONE_OF_EACH, ItemAdded(a_call("c9")), CallBegun("c9"))
    with closing(FileSessionStore(tmp_path, FakeClock()).create(a_header())) as log:
        log.append(*records)
    (file,) = (tmp_path / "sessions").iterdir()
    environment = {"CODEXCTL_HOME": str(tmp_path)}
    shown = run_here("sessions", "show", an_id(1), environment=environment)
    told = run_here("inspect", str(file))

    def without_change(ran: Ran) -> list[str]:
        return [line for line in ran.text.split("\n") if not line.startswith("changed ")]

    assert (told.exit_code, told.stderr, without_change(told)) == (0, "", without_change(shown))


def test_the_last_record_tells_when_a_log_was_changed(tmp_path: Path) -> None:
    file = tmp_path / "any.name"
    file.write_bytes(log_of(ASKED, ANSWERED, STEP))
    ran = run_command("inspect", str(file), environment={"TZ": "UTC"})
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.text == (
        f"session      {an_id(1)}\n"
        "begun        2026-11-21 04:14\n"
        "changed      2026-11-21 10:30\n"
        "folder       /work\n"
        "model        openai-codex/gpt-5.5\n"
        "\nuser:\nHow are you?\n"
        "\nassistant:\nWell.\n"
        "\ntokens: 12 in, 3 out\n"
    )


def test_a_log_is_a_line_of_json_for_each_of_its_lines() -> None:
    output = ToolOutput(call_id="c1", text="seen")
    call = a_call("c1")
    ran = inspect(
        log_of(ASKED, ItemAdded(call), CallBegun("c1"), ItemAdded(output), STEP), "--json"
    )
    at = "2026-11-21T10:30:00+00:00"
    fields = {"type": "function_call", "tool": "look", "call_id": "c1", "arguments": "{}"}
    told = {"type": "tool_output", "call_id": "c1", "text": "seen", "images": 0}
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.lines == [
        HEADER,
        {"type": "item", "at": at, "item": QUESTION},
        {"type": "item", "at": at, "item": fields},
        {"type": "call_begun", "at": at, "call_id": "c1"},
        {"type": "item", "at": at, "item": told},
        {
            "type": "step",
            "at": at,
            "model": "openai-codex/gpt-5.5",
            "usage": {
                "input_tokens": 12,
                "cached_input_tokens": 0,
                "cache_write_input_tokens": 0,
                "output_tokens": 3,
                "reasoning_output_tokens": 0,
            },
        },
    ]


@pytest.mark.parametrize(
    ("end", "damages"),
    [
        pytest.param(b'{"at": "2026', [(3, "its end is missing")], id="a half line"),
        pytest.param(b"no\n", [(3, "it is not JSON")], id="no JSON"),
        pytest.param(b"\0" * 8, [(3, "its end is missing")], id="zeros after a loss of power"),
        pytest.param(b'{"record":"item"}\n', [(3, "an object is missing")], id="no item"),
        pytest.param(
            b"\xff\n{}\n", [(3, "it is not JSON"), (4, "its record is missing")], id="two lines"
        ),
    ],
)
def test_a_damaged_end_is_told_and_not_fatal(end: bytes, damages: list[tuple[int, str]]) -> None:
    ran = inspect(log_of(ASKED) + end, "--json")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.lines[2:] == [
        {"type": "damage", "line": number, "reason": reason} for number, reason in damages
    ]
    ran = inspect(log_of(ASKED) + end)
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert "\nuser:\nHow are you?\n" in ran.text
    assert ran.text.endswith(
        "".join(f"line {number} is damaged: {reason}\n" for number, reason in damages)
    )


def test_what_follows_a_damaged_line_is_read() -> None:
    whole = log_of(ASKED, ANSWERED)
    lines = whole.split(b"\n")
    ran = inspect(b"\n".join([lines[0], b"{", *lines[1:]]), "--json")
    assert [line["type"] for line in ran.lines] == ["session", "damage", "item", "item"]


def test_a_line_without_a_moment_and_one_of_a_newer_version_are_no_damage() -> None:
    record = json.loads(encode_record(ASKED.__class__(ASKED.item), AT))
    del record["at"]
    newer = b'{"at": "2026-11-21T10:30:00+00:00", "record": "dream"}\n'
    ran = inspect(log_of() + newer + json.dumps(record).encode() + b"\n", "--json")
    assert ran.lines == [HEADER, {"type": "item", "at": None, "item": QUESTION}]


def test_a_log_that_holds_nothing_yet_is_told() -> None:
    assert inspect(log_of(), "--json").lines == [HEADER]
    assert inspect(log_of()).exit_code == 0


@pytest.mark.parametrize(
    ("line", "complaint", "remedy"),
    [
        (
            b'{"codexctl_session": 2, "id": "x"}\n',
            "Standard input was written by a newer codexctl: it is of version 2.",
            "Upgrade codexctl: pip install --upgrade codexctl-cli",
        ),
        (
            b'{"codexctl_session": 1, "id": "x"}\n',
            "Standard input is a session log that is damaged at line 1: its created_at is missing.",
            "Look at it with a text editor; without that line nothing is known of the others.",
        ),
        (
            b'{"codexctl_session": 1, "id"',
            "Standard input is a session log that is damaged at line 1: it is not JSON.",
            "Look at it with a text editor; without that line nothing is known of the others.",
        ),
    ],
)
@pytest.mark.parametrize("words", [(), ("--json",)], ids=" ".join)
def test_a_first_line_that_cannot_be_read_is_fatal(
    words: tuple[str, ...], line: bytes, complaint: str, remedy: str
) -> None:
    ran = inspect(line, *words)
    assert (ran.exit_code, ran.text, ran.stderr) == (
        9,
        "",
        f"codexctl: {complaint}\n  {remedy}\n",
    )


def test_a_log_has_no_frames() -> None:
    ran = inspect(log_of(ASKED), "--frames")
    assert (ran.exit_code, ran.text) == (2, "")
    assert ran.stderr == (
        "codexctl: Standard input is a session log, which holds no server-sent events.\n"
        "  Leave out --frames.\n"
    )
