"""Laws of what is printed, for any text and any cut of it."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.screen import on_terminal, piped
from tests.fakes.values import a_call, a_message

from codexctl.domain.run_events import RunFinished, ToolStarted, TurnEnded
from codexctl.domain.stream_events import ItemFinished, TextDelta, Usage
from codexctl.domain.turn import FinishedTurn
from codexctl.entrypoints.rendering.json_lines import JsonReport
from codexctl.entrypoints.rendering.output import visible
from codexctl.entrypoints.rendering.text import TextReport

# Mostly what matters to lines, so that it comes up often; no half surrogate pairs.
TEXT = st.text(st.sampled_from("\n\n\n a✓\r\x1b\x85\u2028") | st.characters(codec="utf-8"))
MESSAGES = st.lists(st.tuples(TEXT, st.lists(st.integers(0, 20)), st.booleans()), max_size=5)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
Message = tuple[str, list[int], bool]


def cut(text: str, lengths: list[int]) -> list[str]:
    pieces: list[str] = []
    for length in lengths:
        pieces.append(text[:length])
        text = text[length:]
    return [*pieces, text]


def printed(messages: list[Message], *, with_places: bool) -> str:
    """Tell each message in pieces, some whole by deltas and some only when they are finished."""
    kept = piped()
    report = TextReport(kept.screen)
    for at, (text, lengths, by_deltas) in enumerate(messages):
        place = at if with_places else None
        pieces = cut(text, lengths)
        for piece in pieces if by_deltas else pieces[:-1]:
            report.show(TextDelta(piece, place))
        report.show(ItemFinished(a_message(text), place))
    report.show(RunFinished(Usage(), None))
    return kept.stdout


@given(MESSAGES, st.booleans())
def test_the_text_does_not_depend_on_how_it_was_cut(
    messages: list[Message],
    with_places: bool,  # noqa: FBT001
) -> None:
    whole = [text.rstrip("\n") for text, _, _ in messages]
    expected = "\n\n".join(text for text in whole if text)
    assert printed(messages, with_places=with_places) == (f"{expected}\n" if expected else "")


@given(MESSAGES)
def test_it_does_not_matter_in_which_response_a_message_comes(messages: list[Message]) -> None:
    kept = piped()
    report = TextReport(kept.screen)
    for text, lengths, _ in messages:
        for piece in cut(text, lengths):
            report.show(TextDelta(piece, 0))
        report.show(ItemFinished(a_message(text), 0))
        report.show(TurnEnded(FinishedTurn(items=(), usage=Usage())))
    report.show(RunFinished(Usage(), None))
    assert kept.stdout == printed(messages, with_places=True)


@given(TEXT)
def test_what_is_visible_has_no_control_character_but_tab_and_line_feed(text: str) -> None:
    assert CONTROL.findall(visible(text)) == []


@given(st.lists(TEXT, max_size=4))
def test_a_terminal_gets_no_sequence_but_ours_from_any_text(texts: list[str]) -> None:
    kept = on_terminal(colour=True)
    report = TextReport(kept.screen)
    for text in texts:
        report.show(TextDelta(text, 0))
        report.show(ToolStarted(a_call(name=text, arguments=text)))
    report.show(RunFinished(Usage(), None))
    rest = re.sub(r"\r?\x1b\[(K|2m|0m)", "", kept.stdout)
    assert CONTROL.findall(rest) == []


@given(TEXT, st.recursive(st.none() | st.floats() | TEXT, st.lists))
def test_every_line_of_json_reads_back(text: str, arguments: object) -> None:
    kept = piped()
    report = JsonReport(kept.screen)
    message = a_message(text)
    call = a_call(arguments=json.dumps(arguments))
    report.show(TurnEnded(FinishedTurn(items=(message,), usage=Usage())))
    report.show(ToolStarted(call))
    said, started, end = kept.stdout.split("\n")
    item = json.loads(started, parse_constant=lambda name: f"{name} is not JSON")["item"]
    assert (json.loads(said)["item"]["text"], end) == (text, "")
    assert item["arguments"] in (call.arguments, json.loads(call.arguments))
