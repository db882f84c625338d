"""However often an answer breaks off, what is shown of it is the answer once."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.values import a_message

from codexctl.domain.continuation import ShownText
from codexctl.domain.conversation import AssistantMessage
from codexctl.domain.errors import AnswerDiffers
from codexctl.domain.stream_events import ItemFinished, StreamEvent, TextDelta

_MESSAGES = st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=3)


@st.composite
def _tries(draw: st.DrawFn, messages: Sequence[str]) -> list[list[StreamEvent]]:
    """Draw ways of saying the messages: each cut into other deltas, at other places, or without."""
    tries: list[list[StreamEvent]] = []
    for _ in range(draw(st.integers(1, 4))):
        shift = draw(st.integers(0, 3))
        events: list[StreamEvent] = []
        for number, message in enumerate(messages):
            index = number + shift
            if draw(st.booleans()):
                cuts = sorted(draw(st.sets(st.integers(1, max(len(message) - 1, 1)))))
                borders = [0, *(cut for cut in cuts if cut < len(message)), len(message)]
                events += [TextDelta(message[start:end], index) for start, end in pairwise(borders)]
            events.append(ItemFinished(a_message(message), index))
        tries.append(events)
    return tries


def _seen(passed_on: Sequence[StreamEvent]) -> list[str]:
    """Return the messages as a reader puts them together, who shows what no delta brought."""
    messages: list[str] = []
    open_at: dict[int | None, str] = {}
    for event in passed_on:
        if isinstance(event, TextDelta):
            open_at[event.output_index] = open_at.get(event.output_index, "") + event.text
        elif isinstance(event, ItemFinished):
            shown = open_at.pop(event.output_index, "")
            assert isinstance(event.item, AssistantMessage)
            whole = event.item.text
            assert whole.startswith(shown)
            messages.append(whole)
    return messages + list(open_at.values())


@given(st.data(), _MESSAGES)
def test_an_answer_that_breaks_off_is_shown_once(data: st.DataObject, messages: list[str]) -> None:
    tries = data.draw(_tries(messages))
    shown, passed_on = ShownText(), list[StreamEvent]()
    for number, events in enumerate(tries):
        is_last = number == len(tries) - 1
        end = len(events) if is_last else data.draw(st.integers(0, len(events) - 1))
        shown.begin_try()
        passed_on += [new for event in events[:end] if (new := shown.passed_on(event)) is not None]
    shown.end_try()
    assert _seen(passed_on) == messages


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_retry_passes_on_what_continues_and_nothing_else(first: str, second: str) -> None:
    shown = ShownText()
    shown.begin_try()
    shown.passed_on(TextDelta(first, 0))
    shown.begin_try()
    if first.startswith(second) or second.startswith(first):
        new = second[len(first) :]
        assert shown.passed_on(TextDelta(second, 0)) == (TextDelta(new, 0) if new else None)
    else:
        with pytest.raises(AnswerDiffers):
            shown.passed_on(TextDelta(second, 0))


@given(st.text(min_size=2))
def test_a_retry_that_ends_with_less_is_told(text: str) -> None:
    shown = ShownText()
    shown.begin_try()
    shown.passed_on(TextDelta(text, 0))
    shown.begin_try()
    shown.passed_on(TextDelta(text[:-1], 0))
    with pytest.raises(AnswerDiffers):
        shown.end_try()
