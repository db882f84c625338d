"""``codexctl inspect`` of tapes: ours, those of vcrpy, and those that are damaged."""

import gzip
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import vcr
from tests.command import Ran, run_command, run_here
from tests.corpus import recordings, require_corpus
from tests.fakes.stream_server import Reply, StreamServer
from tests.inspecting import (
    CALL,
    CALLS,
    CREATED,
    OUTCOME,
    OUTPUT,
    QUESTION,
    SAYS,
    URL,
    a_tape,
    answered,
    asked,
    failure,
    file_of,
)
from tests.tapes import TAPES
from tests.tapes import Tape as OwnTape
from tests.wire import message_done

from codexctl.adapters.cassettes.tape import (
    Exchange,
    Interrupted,
    RunFacts,
    Tape,
    TapedFailure,
    TapedNotice,
    TapedRequest,
    TapedResponse,
)
from codexctl.domain.conversation import Image
from codexctl.domain.tools import ChangeKind, FileChange, OutcomeStatus, ToolOutcome
from codexctl.entrypoints.cli.program import run
from codexctl.entrypoints.cli.surroundings import Surroundings

ACCOUNT = """\
tape
  recorded by      codexctl 0.1
  command          run
  working folder   /home/ann/project
  conversation id  0192-a
  services         openai (https://api.openai.com/v1)
  begun            2026-11-21 10:00:00+00:00
  exchanges        2

exchange 1  POST /v1/responses (api.openai.com)
  model: gpt-5.5, effort high
  instructions: Be brief.
  tools: shell, web_search
  input: 1 item
    user: What?
  200 OK, text/event-stream, 531 bytes in 2 pieces, the first after 310 ms, the last after 1,342 ms
  completed  resp_1 gpt-5.5
  events
         1  response.created
         1  response.output_item.done
         1  response.completed
  items
    function_call
      tool: shell
      call_id: c1
      arguments: {"command": "ls"}
  tokens: 10 in (0 cached), 5 out (0 reasoning)

exchange 2  POST /v1/responses (api.openai.com)
  model: gpt-5.5, effort high
  instructions: Be brief.
  tools: shell, web_search
  input: 3 items, 1 of them as before
    call c1: shell {"command": "ls"}
    output of c1: Exit code: 1 Output: no
  200 OK, text/event-stream, 509 bytes in 1 piece after 20 ms
  completed  resp_2 gpt-5.5
  events
         1  response.created
         1  response.output_item.done
         1  response.completed
  items
    message
      text: Nothing.
  tokens: 10 in (0 cached), 5 out (0 reasoning)

outcome 1  of c1: failed, exit code 1
  update a.txt
  | Exit code: 1
  | Output:
  | no

"""
NO_TOKENS = {
    "input_tokens": 0,
    "cached_input_tokens": 0,
    "cache_write_input_tokens": 0,
    "output_tokens": 0,
    "reasoning_output_tokens": 0,
}


def inspect(data: bytes, *words: str) -> Ran:
    return run_here("inspect", *words, "-", stdin=data)


def exchanges_of(*exchanges: Exchange) -> list[dict[str, Any]]:
    ran = inspect(file_of(a_tape(*exchanges)), "--json")
    assert (ran.exit_code, ran.stderr) == (0, "")
    return [line for line in ran.lines if line["type"] == "exchange"]


def lines_of(*exchanges: Exchange) -> list[str]:
    """The account of the first exchange, without its head."""
    text = inspect(file_of(a_tape(*exchanges, outcomes=()))).text
    return text.split("\n\n")[1].split("\n")[1:]


def test_a_tape_is_told_to_a_person() -> None:
    ran = inspect(file_of(a_tape()))
    assert (ran.exit_code, ran.text, ran.stderr) == (0, ACCOUNT, "")


@pytest.mark.parametrize("from_stdin", [True, False], ids=["stdin", "file"])
def test_the_installed_command_reads_a_tape_whatever_its_name(
    from_stdin: bool,  # noqa: FBT001
    tmp_path: Path,
) -> None:
    file = tmp_path / "tape.sse"
    file.write_bytes(file_of(a_tape()))
    ran = run_command("inspect", "-" if from_stdin else str(file), stdin=file.read_bytes())
    assert (ran.exit_code, ran.text, ran.stderr) == (0, ACCOUNT, "")


def test_a_tape_is_a_line_of_json_for_each_record() -> None:
    tape = a_tape(notices=(TapedNotice("A token was renewed.", None), TapedNotice("Slow.", 1)))
    told, first, second, outcome, *notices = inspect(file_of(tape), "--json").lines
    assert told == {
        "type": "tape",
        "recorded_by": "codexctl 0.1",
        "command": "run",
        "working_folder": "/home/ann/project",
        "conversation_id": "0192-a",
        "services": [{"provider": "openai", "base_url": "https://api.openai.com/v1"}],
        "started_at": "2026-11-21T10:00:00+00:00",
        "failure": None,
        "exchanges": 2,
        "outcomes": 1,
    }
    assert first == {
        "type": "exchange",
        "number": 1,
        "request": {
            "method": "POST",
            "url": URL,
            "bytes": 434,
            "model": "gpt-5.5",
            "instructions": "Be brief.",
            "options": {"effort": "high"},
            "tools": ["shell", "web_search"],
            "items": 1,
            "kept_items": 0,
            "dropped_items": 0,
            "new_items": [{"type": "user", "text": "What?"}],
        },
        "answer": {
            "status": 200,
            "reason": "OK",
            "media_type": "text/event-stream",
            "bytes": 531,
            "began_at_ms": None,
            "pieces": 2,
            "first_byte_ms": 310,
            "last_byte_ms": 1342,
            "responses": [
                {
                    "status": "completed",
                    "events": {
                        "response.created": 1,
                        "response.output_item.done": 1,
                        "response.completed": 1,
                    },
                    "items": [
                        {
                            "type": "function_call",
                            "tool": "shell",
                            "call_id": "c1",
                            "arguments": '{"command": "ls"}',
                        }
                    ],
                    "usage": {**NO_TOKENS, "input_tokens": 10, "output_tokens": 5},
                    "response_id": "resp_1",
                    "model": "gpt-5.5",
                    "notices": [],
                }
            ],
            "error": None,
            "text": None,
        },
        "failure": None,
    }
    assert second["request"]["new_items"] == [
        {
            "type": "function_call",
            "text": '{"command": "ls"}',
            "name": "shell",
            "call_id": "c1",
        },
        {"type": "function_call_output", "text": "Exit code: 1\nOutput:\nno", "call_id": "c1"},
    ]
    assert outcome == {
        "type": "outcome",
        "number": 1,
        "call_id": "c1",
        "status": "failed",
        "exit_code": 1,
        "output": "Exit code: 1\nOutput:\nno",
        "changes": [{"path": "a.txt", "kind": "update"}],
        "images": 0,
    }
    assert notices == [
        {"type": "notice", "text": "A token was renewed.", "requests": None},
        {"type": "notice", "text": "Slow.", "requests": 1},
    ]


def test_what_ended_the_run_and_what_the_user_was_told_are_in_the_head() -> None:
    tape = a_tape(
        facts=RunFacts(ended=failure("NotSignedIn", "Nobody\nis signed in.")),
        notices=(TapedNotice("Before.", None), TapedNotice("Later.", 2)),
    )
    assert inspect(file_of(tape)).text.split("\n\n")[0].split("\n") == [
        "tape",
        "  recorded by      codexctl 0.1",
        "  command          run",
        "  exchanges        2",
        "  ended by         NotSignedIn: Nobody is signed in.",
        "  notice, before the run: Before.",
        "  notice, after request 2: Later.",
    ]


def test_the_frames_of_all_streams_are_shown_one_by_one() -> None:
    tape = file_of(a_tape())
    raw = inspect(CALLS + SAYS, "--frames", "--json")
    assert inspect(tape, "--frames", "--json").lines == raw.lines
    assert inspect(tape, "--frames").text == inspect(CALLS + SAYS, "--frames").text
    assert len(raw.lines) == 6


def test_what_is_no_stream_has_no_frames() -> None:
    page = answered(b"data: no\n\n", status=502, headers=(("content-type", "text/html"),))
    alone = Exchange(asked(QUESTION), failure())
    ran = inspect(file_of(a_tape(alone, Exchange(asked(), page))), "--frames", "--json")
    assert (ran.exit_code, ran.lines) == (0, [])


def test_a_request_that_was_refused_is_told_in_our_words() -> None:
    body = json.dumps({"error": {"code": "rate_limit_exceeded", "message": "Slow down."}})
    refused = answered(
        body.encode(),
        5,
        status=429,
        reason="Too Many Requests",
        headers=(("content-type", "application/json"), ("x-request-id", "req_1")),
    )
    (exchange,) = exchanges_of(Exchange(asked(QUESTION), refused))
    assert exchange["answer"]["error"]["kind"] == "RateLimited"
    head, error = lines_of(Exchange(asked(QUESTION), refused))[-2:]
    assert head == "  429 Too Many Requests, application/json, 83 bytes in 1 piece after 5 ms"
    assert error == f"  RateLimited: {exchange['answer']['error']['message']} (request req_1)"


@pytest.mark.parametrize(
    ("body", "changes", "kind"),
    [
        pytest.param(
            b"<html><title>Bad gateway</title></html>",
            {"status": 200, "headers": (("content-type", "text/html"),)},
            "GatewayBlocked",
            id="a page under the status of success",
        ),
        pytest.param(
            b'{"error": {"code": "invalid_prompt", "message": "no"}}',
            {"headers": (("content-type", "application/json"),)},
            "InvalidRequest",
            id="a fault under the status of success",
        ),
        pytest.param(b"", {"status": 401, "reason": ""}, "SignInRejected", id="no body"),
    ],
)
def test_every_answer_that_is_no_stream_has_its_error(
    body: bytes, changes: dict[str, Any], kind: str
) -> None:
    (exchange,) = exchanges_of(Exchange(asked(QUESTION), answered(body, **changes)))
    assert (exchange["answer"]["error"]["kind"], exchange["answer"]["responses"]) == (kind, [])


def test_a_stream_that_broke_off_says_once_why() -> None:
    broken = answered(CREATED + message_done("Half"), ending=failure("NetworkFailed", "Reset."))
    (exchange,) = exchanges_of(Exchange(asked(QUESTION), broken))
    (response,) = exchange["answer"]["responses"]
    reason = {"kind": "NetworkFailed", "message": "Reset."}
    assert (response["status"], response["error"]) == ("interrupted", reason)
    assert exchange["failure"] == reason
    lines = lines_of(Exchange(asked(QUESTION), broken))
    assert [line for line in lines if "Reset." in line] == ["  NetworkFailed: Reset."]
    assert "      text: Half" in lines


def test_an_answer_that_was_cut_by_the_end_of_the_recording_says_so() -> None:
    cut = Exchange(asked(QUESTION), answered(CREATED, ending=Interrupted()))
    (exchange,) = exchanges_of(cut)
    assert exchange["failure"] == {
        "kind": "Interrupted",
        "message": "The recording ended before the answer did.",
    }
    assert lines_of(cut)[-1] == "  Interrupted: The recording ended before the answer did."


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (failure(), "  NetworkFailed: It failed."),
        (Interrupted(), "  Interrupted: The recording ended before an answer began."),
    ],
)
def test_a_request_without_an_answer_says_why(
    answer: TapedFailure | Interrupted, told: str
) -> None:
    exchange = Exchange(asked(QUESTION), answer)
    assert lines_of(exchange)[-2:] == ["    user: What?", told]
    (line,) = exchanges_of(exchange)
    kind, _, message = told.strip().partition(": ")
    assert (line["answer"], line["failure"]) == (None, {"kind": kind, "message": message})


def test_a_request_that_asks_no_model_is_told_by_its_size_and_its_answer() -> None:
    models = Exchange(
        TapedRequest(method="GET", url="https://api.openai.com/v1/models?a=1"),
        answered(b'{"data": []}', headers=(("content-type", "application/json"),)),
    )
    form = Exchange(
        TapedRequest(method="POST", url="/oauth/token", body=b"a=b"),
        TapedResponse(status=204, reason=""),
    )
    assert inspect(file_of(a_tape(models, form, outcomes=()))).text.split("\n\n")[1:3] == [
        (
            "exchange 1  GET /v1/models?a=1 (api.openai.com)\n"
            "  200 OK, application/json, 16 bytes\n"
            '  body: { "data": [] }'
        ),
        "exchange 2  POST /oauth/token\n  3 bytes sent\n  204, 0 bytes",
    ]


def test_items_that_a_request_leaves_out_are_counted() -> None:
    first = Exchange(asked(QUESTION, CALL, OUTPUT), answered(SAYS))
    other = {"role": "user", "content": "Else?"}
    second = Exchange(asked(QUESTION, other, tools=[], reasoning={}), answered(SAYS))
    text = inspect(file_of(a_tape(first, second))).text.split("\n\n")[2]
    assert text.split("\n")[1:5] == [
        "  model: gpt-5.5",
        "  instructions: Be brief.",
        "  input: 2 items, 1 of them as before; 2 of before are gone",
        "    user: Else?",
    ]


def test_what_is_not_the_same_in_all_requests_counts_as_an_option() -> None:
    request = asked(
        QUESTION,
        tool_choice="none",
        text={"verbosity": "low"},
        service_tier="priority",
        include=["reasoning.encrypted_content"],
        parallel_tool_calls=False,
    )
    assert lines_of(Exchange(request, failure()))[0] == (
        "  model: gpt-5.5, effort high, tool_choice none, verbosity low, service_tier priority,"
        " parallel_tool_calls false"
    )


def test_pictures_are_counted_and_outcomes_shortened() -> None:
    picture = {"type": "input_image", "image_url": "data:image/png;base64,AA=="}
    asks = {"role": "user", "content": [{"type": "input_text", "text": "See"}, picture]}
    outcome = ToolOutcome(
        call_id="c1",
        output="\n".join(f"line {number} " + "x" * 300 for number in range(9)) + "\n",
        status=OutcomeStatus.COMPLETED,
        images=(Image("image/png", b"12"),),
    )
    tape = a_tape(Exchange(asked(asks), answered(SAYS)), outcomes=(outcome,))
    _, exchange, told, _ = inspect(file_of(tape)).text.split("\n\n")
    assert "    user: See [pictures: 1]" in exchange.split("\n")
    lines = told.split("\n")
    assert lines[:2] == ["outcome 1  of c1: completed", "  [picture: image/png, 2 bytes]"]
    assert [len(line) for line in lines[2:7]] == [204] * 5
    assert lines[7:] == ["  | … and 4 lines more"]


def test_a_tape_without_exchanges_is_told() -> None:
    ran = inspect(file_of(Tape()))
    assert (ran.exit_code, ran.text) == (0, "tape\n  exchanges        0\n\n")


@pytest.mark.parametrize("tape", TAPES, ids=[tape.name for tape in TAPES])
def test_the_projects_own_tapes_are_told_to_their_end(tape: OwnTape) -> None:
    ran = run_here("inspect", "--json", str(tape.path))
    first, *others = ran.lines
    assert (ran.exit_code, first["type"], first["recorded_by"]) == (0, "tape", "codexctl")
    exchanges = [line for line in others if line["type"] == "exchange"]
    assert len(exchanges) == first["exchanges"] > 0
    responses = exchanges[-1]["answer"]["responses"]
    assert [response["status"] for response in responses] == (
        ["interrupted" if tape.exit_code else "completed"]
    )


@pytest.mark.parametrize("serializer", ["yaml", "json"])
def test_a_tape_of_vcrpy_is_read(serializer: str, tmp_path: Path) -> None:
    file = tmp_path / f"foreign.{serializer}"
    # vcrpy's JSON holds no bytes, and so no compressed body.
    is_compressed = serializer == "yaml"
    body = gzip.compress(CALLS) if is_compressed else CALLS
    coding = ("content-encoding: gzip",) if is_compressed else ()
    make: Any = vcr.VCR  # it leaves its types open
    recorder = make(serializer=serializer)
    reply = Reply(pieces=[body], headers=("content-type: text/event-stream", *coding))
    with (
        StreamServer(lambda _number, _seen: reply) as server,
        recorder.use_cassette(str(file)),
    ):
        base_url = server.base_url
        requests.post(f"{base_url}/responses", data=asked(QUESTION, CALL, OUTPUT).body, timeout=10)
    told, exchange, outcome = run_here("inspect", "--json", str(file)).lines
    service = {"provider": "openai", "base_url": base_url}
    assert (told["recorded_by"], told["services"]) == (None, [service])
    assert exchange["answer"]["responses"][0]["items"][0]["call_id"] == "c1"
    assert (outcome["call_id"], outcome["output"]) == ("c1", OUTPUT["output"])


def test_an_answer_that_was_no_stream_is_folded_all_the_same() -> None:
    item = {"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}
    told = {"object": "response", "id": "r", "model": "m", "status": "completed", "output": [item]}
    body = json.dumps(told | {"error": None}).encode()
    whole = Exchange(asked(QUESTION), answered(body, headers=()))
    (exchange,) = exchanges_of(whole)
    (response,) = exchange["answer"]["responses"]
    assert (response["status"], response["model"]) == ("completed", "m")
    assert (response["events"], response["items"]) == ({}, [{"type": "message", "text": "Hi"}])
    assert lines_of(whole)[-5:] == [
        "  completed  r m",
        "  items",
        "    message",
        "      text: Hi",
        "  tokens: 0 in (0 cached), 0 out (0 reasoning)",
    ]


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        pytest.param(
            file_of(a_tape())[:900],
            "Standard input cannot be played: it is cut short: its end is missing.",
            id="ours, cut short",
        ),
        pytest.param(
            b"interactions:\n- request:\n    body: 'half",
            "Standard input cannot be played: it is cut short, or no YAML.",
            id="another's, cut short",
        ),
        pytest.param(
            file_of(a_tape()).replace(b"tape: 1\n", b"tape: 2\n", 1),
            "Standard input cannot be played: it is a tape of version 2, which this codexctl does"
            " not know.",
            id="newer",
        ),
        pytest.param(
            b"- request:\n    uri: /\n",
            "Standard input cannot be played: it is a cassette of an old version of vcrpy, which"
            " vcrpy can migrate.",
            id="old",
        ),
        pytest.param(
            b"interactions:\n- request: {method: GET, uri: 'http://['}\n  response: {}\n",
            "Standard input cannot be played: interactions[0].request.uri is no address.",
            id="an address that is none",
        ),
        pytest.param(
            b"interactions: [\x00\n",
            "Standard input cannot be played: it is no YAML.",
            id="binary",
        ),
    ],
)
@pytest.mark.parametrize("words", [(), ("--json",), ("--frames",)], ids=" ".join)
def test_a_tape_that_cannot_be_read_is_told(
    words: tuple[str, ...], data: bytes, complaint: str
) -> None:
    ran = inspect(data, *words)
    assert (ran.exit_code, ran.text) == (8, "")
    assert ran.stderr.split("\n")[0] == f"codexctl: {complaint}"


def test_every_recorded_stream_says_on_a_tape_what_it_says_by_itself() -> None:
    require_corpus()
    for recording in [one for one in recordings() if len(one.body) < 40_000][::40]:
        raw = inspect(recording.body, "--json").lines
        (exchange,) = exchanges_of(Exchange(asked(QUESTION), answered(recording.body)))
        on_tape = exchange["answer"]["responses"]
        assert [{"type": "response", **response} for response in on_tape] == raw, recording.name


class Terminal(io.BytesIO):
    """Standard output that a person looks at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("words", [(), ("--frames",)], ids=" ".join)
def test_control_sequences_on_a_tape_are_shown_and_not_executed(words: tuple[str, ...]) -> None:
    evil = "\x1b[2J\x9b31m"
    says = {"role": "user", "content": evil}
    answer = answered(CREATED + message_done(evil) + b"event: \x1b[1m\ndata: {}\n\n", reason=evil)
    request = asked(says, model=evil, instructions=evil, service_tier=evil)
    outcome = replace(OUTCOME, output=evil, changes=(FileChange(evil, ChangeKind.ADD),))
    tape = a_tape(Exchange(request, answer), recorded_by=evil, outcomes=(outcome,))
    out = Terminal()
    exit_code = run(
        ("inspect", *words, "-"),
        Surroundings(environment={}, stdin=io.BytesIO(file_of(tape)), stdout=out, stderr=None),
    )
    assert exit_code == 0
    assert set(out.getvalue().decode()) & {"\x1b", "\x9b"} == set()
    assert b"\\x1b" in out.getvalue()


def test_when_the_headers_came_is_told_where_the_tape_tells() -> None:
    later = Exchange(asked(QUESTION), answered(SAYS, 20, began_at_milliseconds=1510))
    (exchange,) = exchanges_of(later)
    assert exchange["answer"]["began_at_ms"] == 1510
    assert "  headers after 1,510 ms of the run" in lines_of(later)


def test_an_outcome_keeps_its_whole_output_in_json() -> None:
    lines = inspect(file_of(a_tape()), "--json").lines
    assert [one["output"] for one in lines if one["type"] == "outcome"] == [OUTCOME.output]
