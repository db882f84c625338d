"""The project's tapes: played by the command, by plain vcrpy and requests, and kept in order."""

import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
import requests
import vcr
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tapes import EXAMPLE, ROOT, TAPES, Tape
from tests.taping import complaints, play, record

from codexctl.adapters.cassettes.tape import TapedResponse
from codexctl.adapters.cassettes.tape_file import read_tape
from codexctl.adapters.cassettes.tape_text import tape_text
from codexctl.adapters.responses.sse import read_events
from codexctl.adapters.responses.wire_codec import decode_event
from codexctl.domain.stream_events import StreamEvent
from codexctl.domain.turn import FinishedTurn, TurnAssembler

BY_NAME = {tape.name: tape for tape in TAPES}
RETRY = BY_NAME["cassettes/runs/retry"]
RECORDED_EACH_TIME = (RETRY.name, "cassettes/runs/patch-and-command")

every_tape = pytest.mark.parametrize("tape", TAPES, ids=list(BY_NAME))


@every_tape
def test_the_command_plays_the_tape_and_says_what_its_row_says(tape: Tape, tmp_path: Path) -> None:
    ran = play(tape, tape.path, tmp_path)
    assert (ran.text, ran.stderr, ran.exit_code) == (tape.stdout, tape.stderr, tape.exit_code)
    assert list(tmp_path.iterdir()) == []  # a patch on the tape is not applied again


@every_tape
def test_as_json_lines_the_tape_says_the_same(tape: Tape, tmp_path: Path) -> None:
    ran = play(tape, tape.path, tmp_path, "--json")
    said = "".join(item["text"] for item in ran.items("agent_message"))
    assert (said.rstrip("\n"), ran.exit_code) == (tape.stdout.rstrip("\n"), tape.exit_code)
    assert ran.lines[-1]["type"] == ("turn.failed" if tape.exit_code else "turn.completed")


@every_tape
def test_plain_vcrpy_gives_requests_the_recorded_answers_byte_for_byte(tape: Tape) -> None:
    recorded = interactions(tape.path)
    assert ask_again(tape.path, recorded) == [
        (
            one["response"]["status"]["code"],
            one["response"]["headers"]["x-request-id"][0],
            one["response"]["body"]["string"].encode(),
        )
        for one in recorded
    ]


@every_tape
@settings(max_examples=20)
@given(data=st.data())
def test_any_cutting_of_a_tapes_streams_gives_the_same_events(
    tape: Tape, data: st.DataObject
) -> None:
    for body in streams(tape):
        cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=30).map(sorted))
        pieces = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]
        assert decoded(pieces) == decoded([body])


@pytest.mark.parametrize(
    "tape",
    [
        pytest.param(tape, id=name, marks=() if name in RECORDED_EACH_TIME else pytest.mark.slow)
        for name, tape in BY_NAME.items()
    ],
)
def test_recording_again_gives_the_same_bytes(tape: Tape, tmp_path: Path) -> None:
    ran = record(tape, tmp_path / "tape.yaml")
    assert (ran.text, ran.stderr, ran.exit_code) == (tape.stdout, tape.stderr, tape.exit_code)
    assert (tmp_path / "tape.yaml").read_bytes() == tape.path.read_bytes()


def test_every_tape_has_its_row_and_none_shows_a_secret() -> None:
    assert complaints(ROOT, TAPES) == []


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the project's folder that holds one tape."""
    path = tmp_path / f"{RETRY.name}.yaml"
    path.parent.mkdir(parents=True)
    shutil.copy(RETRY.path, path)
    assert complaints(tmp_path, [RETRY]) == []
    return path


@pytest.mark.parametrize("place", ["cassettes/new.yaml", f"{EXAMPLE}/tape-2.yaml"])
def test_a_tape_without_a_row_is_complained_of(place: str, copied: Path, tmp_path: Path) -> None:
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(copied, tmp_path / place)
    assert complaints(tmp_path, [RETRY]) == [f"{place} has no row in tests/tapes.py"]


def test_a_row_without_a_tape_is_complained_of(copied: Path, tmp_path: Path) -> None:
    copied.unlink()
    assert complaints(tmp_path, [RETRY]) == [f"{RETRY.name}.yaml is missing; make record"]


@pytest.mark.parametrize(
    ("planted", "what"),
    [
        ("sk-proj-0123456789abcdefABCDEF", "api key"),
        ("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.c2lnbmF0dXJl", "jwt"),
        ("rt_0123456789abcdefABCDEF", "refresh token"),
        ("Bearer abcdefghijklmnopqrstuvwxyz", "bearer"),
        ("somebody@corp.example.com", "email"),
        ("made-up-token", "secret"),  # what the tapes themselves are recorded with
    ],
)
def test_what_looks_like_a_secret_is_complained_of(
    planted: str, what: str, copied: Path, tmp_path: Path
) -> None:
    text = copied.read_text(encoding="utf-8")
    copied.write_text(text.replace("A README and a note.", planted), encoding="utf-8")
    found = complaints(tmp_path, [RETRY])
    assert {one.partition(" shows ")[0] for one in found} == {f"{RETRY.name}.yaml"}
    assert any(f" shows {what} " in one for one in found)
    assert planted not in "".join(found)


def test_a_run_that_ends_before_its_tape_fails(copied: Path, tmp_path: Path) -> None:
    tape = read_tape(copied)
    longer = replace(tape, exchanges=(*tape.exchanges, tape.exchanges[-1]))
    copied.write_bytes(tape_text(longer).encode())
    ran = play(RETRY, copied, tmp_path)
    assert ran.exit_code == 8
    complaint = "The run is over, and the tape has one request more that it did not send."
    assert f"\ncodexctl: {complaint}\n" in ran.stderr


def test_a_run_that_asks_for_something_else_fails(copied: Path, tmp_path: Path) -> None:
    ran = play(replace(RETRY, words=("Something else.",)), copied, tmp_path)
    assert (ran.exit_code, ran.text) == (8, "")
    assert "$.input[1].content[0].text" in ran.stderr


def test_requests_that_leave_a_part_of_the_tape_unplayed_are_told_from_those_that_do_not() -> None:
    recorded = interactions(RETRY.path)
    with pytest.raises(AssertionError, match="2 of 3 were played"):
        ask_again(RETRY.path, recorded[:-1])


def test_a_request_that_is_not_on_the_tape_is_refused_by_vcrpy() -> None:
    first = interactions(RETRY.path)[0]
    first["request"]["body"] = first["request"]["body"].replace("this folder", "that folder")
    with pytest.raises(Exception, match="Can't play back"):
        ask_again(RETRY.path, [first])


def interactions(path: Path) -> list[dict[str, Any]]:
    """Return what is on a tape as YAML tells it, without any of our code."""
    tree = cast("dict[str, Any]", yaml.safe_load(path.read_bytes()))
    return tree["interactions"]


def ask_again(path: Path, recorded: list[dict[str, Any]]) -> list[tuple[int, str, bytes]]:
    """Send recorded requests with requests, and return what vcrpy answers from the tape."""
    player = vcr.VCR(record_mode="none", match_on=("method", "uri", "body"))
    answers: list[tuple[int, str, bytes]] = []
    with player.use_cassette(str(path)) as cassette:
        for one in recorded:
            sent = one["request"]
            answer = requests.request(
                sent["method"],
                sent["uri"],
                headers={name: values[0] for name, values in sent["headers"].items()},
                data=sent["body"].encode(),
                timeout=5,
            )
            answers.append((answer.status_code, answer.headers["x-request-id"], answer.content))
        count = f"{cassette.play_count} of {len(cassette.responses)} were played"
        assert cassette.all_played, count
    return answers


@cache
def streams(tape: Tape) -> list[bytes]:
    answers = [exchange.answer for exchange in read_tape(tape.path).exchanges]
    return [
        answer.body
        for answer in answers
        if isinstance(answer, TapedResponse) and answer.body.startswith(b"event: ")
    ]


def decoded(pieces: list[bytes]) -> tuple[list[StreamEvent], FinishedTurn | None]:
    events = [decode_event(frame.event, frame.data) for frame in read_events(pieces)]
    assembler = TurnAssembler()
    for event in events:
        assembler.take(event)
    turn = assembler.outcome()
    return events, turn if isinstance(turn, FinishedTurn) else None
