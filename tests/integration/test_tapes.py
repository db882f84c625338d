"""The project's tapes, played by vcrpy through the real adapters, and kept in order."""

import re
from functools import cache
from pathlib import Path

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tapes import (
    BASE_URLS,
    CASSETTES,
    TAPES,
    Tape,
    bodies,
    follow,
    lay_out,
    messages,
    playing,
)

from codexctl.adapters.responses.sse import read_events
from codexctl.adapters.responses.wire_codec import decode_event
from codexctl.domain.conversation import Reasoning
from codexctl.domain.run_events import RunEvent, RunFinished, ToolFinished, TurnEnded
from codexctl.domain.stream_events import StreamEvent, TextDelta
from codexctl.domain.turn import FinishedTurn, TurnAssembler

SECRETS = re.compile(
    r"sk-[A-Za-z0-9]{8}|eyJ[A-Za-z0-9_-]{10}|rt_[A-Za-z0-9]{8}|Bearer (?!made-up)"
    r"|[\w.]+@[\w.]+\.\w+"
)


def named(scenario: str) -> pytest.MarkDecorator:
    """Run a test on both services' tapes of a scenario."""
    tapes = [tape for tape in TAPES if tape.scenario == scenario]
    return pytest.mark.parametrize("tape", tapes, ids=[tape.name for tape in tapes])


def play(tape: Tape, folder: Path) -> list[RunEvent]:
    """Play a tape to its end; every exchange on it must be asked for, and nothing else."""
    lay_out(folder)
    with playing(tape) as cassette:
        events = follow(tape, folder, BASE_URLS)
        assert cassette.all_played
    return events


@named("answer")
def test_a_plain_answer_comes_in_pieces_and_whole(tape: Tape, tmp_path: Path) -> None:
    events = play(tape, tmp_path)
    deltas = [event.text for event in events if isinstance(event, TextDelta)]
    assert len(deltas) > 20
    assert messages(events) == ["".join(deltas)]
    assert messages(events)[0].startswith("Hello from the codexctl emulator.")


@named("tool")
def test_a_call_is_run_and_its_output_is_in_the_answer(tape: Tape, tmp_path: Path) -> None:
    events = play(tape, tmp_path)
    outcomes = [event.outcome for event in events if isinstance(event, ToolFinished)]
    assert [outcome.output for outcome in outcomes] == ["README.md\nnotes/today.txt"]
    assert "notes/today.txt" in messages(events)[-1]


@named("reasoning")
def test_reasoning_has_a_summary_and_a_sealed_form(tape: Tape, tmp_path: Path) -> None:
    events = play(tape, tmp_path)
    turns = [event.turn for event in events if isinstance(event, TurnEnded)]
    reasoning = [item for item in turns[0].items if isinstance(item, Reasoning)]
    assert len(reasoning[0].summary) == 2
    assert reasoning[0].encrypted_content is not None


@named("parallel")
def test_two_calls_of_one_response_are_answered_in_order(tape: Tape, tmp_path: Path) -> None:
    events = play(tape, tmp_path)
    names = [event.call.name for event in events if isinstance(event, ToolFinished)]
    assert names == ["list_files", "read_file"]
    assert "Nothing yet." in messages(events)[-1]


@named("unicode")
def test_every_script_and_odd_line_end_comes_through(tape: Tape, tmp_path: Path) -> None:
    text = messages(play(tape, tmp_path))[-1]
    assert {"\u2028", "\u2029", "\u0085", "\u200d"} <= set(text)


@pytest.mark.parametrize("tape", TAPES, ids=[tape.name for tape in TAPES])
def test_the_usage_of_a_run_is_the_sum_of_its_responses(tape: Tape, tmp_path: Path) -> None:
    events = play(tape, tmp_path)
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    turns = [event.turn for event in events if isinstance(event, TurnEnded)]
    assert finished.usage.output_tokens == sum(turn.usage.output_tokens for turn in turns) > 0


@pytest.mark.parametrize("tape", TAPES, ids=[tape.name for tape in TAPES])
@settings(max_examples=30)
@given(data=st.data())
def test_any_cutting_of_a_tapes_streams_gives_the_same_events(
    tape: Tape, data: st.DataObject
) -> None:
    for body in streams(tape):
        cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=30).map(sorted))
        pieces = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]
        assert decoded(pieces) == decoded([body])


@cache
def streams(tape: Tape) -> list[bytes]:
    with playing(tape) as cassette:
        return bodies(cassette)


def decoded(pieces: list[bytes]) -> tuple[list[StreamEvent], FinishedTurn]:
    events = [decode_event(frame.event, frame.data) for frame in read_events(pieces)]
    assembler = TurnAssembler()
    for event in events:
        assembler.take(event)
    turn = assembler.outcome()
    assert isinstance(turn, FinishedTurn)
    return events, turn


def test_a_request_that_is_not_on_the_tape_is_refused(tmp_path: Path) -> None:
    with playing(TAPES[0]), pytest.raises(Exception, match="Can't play back"):
        requests.post("https://emulator.invalid/v1/elsewhere", json={}, timeout=5)


def test_every_tape_has_its_row_and_every_row_its_tape() -> None:
    lying_there = sorted(path.relative_to(CASSETTES) for path in CASSETTES.rglob("*.yaml"))
    assert lying_there == sorted(tape.path.relative_to(CASSETTES) for tape in TAPES)


@pytest.mark.parametrize("tape", TAPES, ids=[tape.name for tape in TAPES])
def test_a_tape_holds_nothing_that_looks_like_a_secret(tape: Tape) -> None:
    assert SECRETS.findall(tape.path.read_text(encoding="utf-8")) == []
