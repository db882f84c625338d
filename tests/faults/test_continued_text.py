"""What stands on standard output cannot be taken back: the retry continues it, or the run ends."""

from dataclasses import dataclass

import pytest
from tests.faults.running import Conditions, Manner, Told, run_against
from tests.faults.server import Answer, Cut, FaultServer, Say
from tests.faults.streams import chunk, created, head, in_chunks, message_finished, spoken
from tests.wire import completed, text_delta

RETRIES = 3


def run(*script: Answer, manner: Manner = Manner.TEXT) -> Told:
    with FaultServer(script=script) as server:
        return run_against(server, Conditions(manner=manner, retries=RETRIES))


def cut_after(*frames: bytes) -> Answer:
    begun = head("transfer-encoding: chunked") + b"".join(map(chunk, (created(), *frames)))
    return [Say(begun), Cut()]


def cut_after_saying(*deltas: str) -> Answer:
    return cut_after(*map(text_delta, deltas))


def two_messages(first: str, second: str) -> Answer:
    frames = [
        created(),
        text_delta(first),
        message_finished(first),
        text_delta(second, 1),
        message_finished(second, 1),
        completed(),
    ]
    return in_chunks(*frames)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Answers that break one after another, and one that is whole."""

    breaks: list[Answer]
    whole: Answer
    text: str


CONTINUED: dict[str, Row] = {
    "the same again": Row(
        breaks=[cut_after_saying("Hello", ", wö")],
        whole=in_chunks(*spoken("Hello", ", wö", "rld!")),
        text="Hello, wörld!\n",
    ),
    "the same in other pieces": Row(
        breaks=[cut_after_saying("Hello", ", wö")],
        whole=in_chunks(*spoken(*"Hello, wörld!")),
        text="Hello, wörld!\n",
    ),
    "the same in one piece": Row(
        breaks=[cut_after_saying(*"Hello, w")],
        whole=in_chunks(*spoken("Hello, wörld!")),
        text="Hello, wörld!\n",
    ),
    "without deltas": Row(
        breaks=[cut_after_saying("Hello")],
        whole=in_chunks(message_finished("Hello, wörld!"), completed()),
        text="Hello, wörld!\n",
    ),
    "all of it had been shown": Row(
        breaks=[cut_after_saying("Hello, wörld!")],
        whole=in_chunks(*spoken("Hello", ", wörld!")),
        text="Hello, wörld!\n",
    ),
    "it had been finished": Row(
        breaks=[cut_after(text_delta("Hello"), message_finished("Hello"))],
        whole=in_chunks(*spoken("He", "llo")),
        text="Hello\n",
    ),
    "it had been finished without deltas": Row(
        breaks=[cut_after(message_finished("Hello"))],
        whole=in_chunks(*spoken("He", "llo")),
        text="Hello\n",
    ),
    "further each time": Row(
        breaks=[cut_after_saying("Hel"), cut_after_saying("Hello", ","), cut_after_saying("H")],
        whole=in_chunks(*spoken("Hello, ", "wörld!")),
        text="Hello, wörld!\n",
    ),
    "line ends were held back": Row(
        breaks=[cut_after_saying("One\n", "\n")],
        whole=in_chunks(*spoken("One\n", "\nTwo\n\n")),
        text="One\n\nTwo\n",
    ),
    "between two messages": Row(
        breaks=[cut_after(text_delta("One."), message_finished("One."))],
        whole=two_messages("One.", "Two."),
        text="One.\n\nTwo.\n",
    ),
    "in the second message": Row(
        breaks=[
            cut_after(text_delta("One."), message_finished("One."), text_delta("Tw", 1)),
            cut_after(text_delta("On")),
        ],
        whole=two_messages("One.", "Two."),
        text="One.\n\nTwo.\n",
    ),
}


@pytest.mark.parametrize("row", CONTINUED.values(), ids=CONTINUED.keys())
@pytest.mark.parametrize("manner", [Manner.TEXT, Manner.DELTAS], ids=["text", "deltas"])
def test_a_retry_that_continues_what_stands_brings_the_rest(row: Row, manner: Manner) -> None:
    told = run(*row.breaks, row.whole, manner=manner)
    assert (told.ran.exit_code, len(told.seen)) == (0, len(row.breaks) + 1)
    assert len(told.retries_told) == len(row.breaks)
    if manner is Manner.TEXT:
        assert told.ran.text == row.text
    else:
        alone = run(row.whole, manner=manner)
        assert told.messages == alone.messages
        deltas = [line["delta"] for line in told.ran.lines if line["type"] == "item.delta"]
        assert "".join(alone.messages).startswith("".join(deltas))


DIFFERENT: dict[str, tuple[Answer, Answer, str]] = {
    # What was cut, what comes instead, what stands in the end.
    "other words": (
        cut_after_saying("Hello"),
        in_chunks(*spoken("Good", " day!")),
        "Hello\n",
    ),
    "other words from some place on": (
        cut_after_saying("Hello, w"),
        in_chunks(*spoken("Hello, ", "moon!")),
        "Hello, w\n",
    ),
    "fewer words": (
        cut_after_saying("Hello, wörld!"),
        in_chunks(*spoken("Hello")),
        "Hello, wörld!\n",
    ),
    "no words": (
        cut_after_saying("Hello"),
        in_chunks(created(), completed()),
        "Hello\n",
    ),
    "one message where there were two": (
        cut_after(text_delta("One."), message_finished("One."), text_delta("Two.", 1)),
        in_chunks(*spoken("One.")),
        "One.\n\nTwo.\n",
    ),
}


@pytest.mark.parametrize(("broken", "instead", "stands"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_a_retry_that_says_something_else_ends_the_run(
    broken: Answer, instead: Answer, stands: str
) -> None:
    told = run(broken, instead)
    assert (told.ran.exit_code, told.ran.text, len(told.seen)) == (5, stands, 2)
    happened, to_do = told.ran.stderr.rstrip("\n").split("\n")[-2:]
    assert happened.startswith("codexctl: ")
    assert "differ" in happened
    assert to_do.startswith("  ")


@pytest.mark.parametrize("manner", [Manner.JSON, Manner.FINAL_ONLY])
@pytest.mark.parametrize(
    ("broken", "instead"),
    [(broken, instead) for broken, instead, _ in DIFFERENT.values()],
    ids=DIFFERENT.keys(),
)
def test_where_whole_messages_are_shown_a_retry_may_say_something_else(
    broken: Answer, instead: Answer, manner: Manner
) -> None:
    told = run(broken, instead, manner=manner)
    alone = run(instead, manner=manner)
    assert (told.ran.exit_code, len(told.seen)) == (0, 2)
    if manner is Manner.JSON:
        assert told.messages == alone.messages
    else:
        assert told.ran.text == alone.ran.text


def test_what_was_shown_in_an_earlier_step_is_not_compared() -> None:
    first = [created(), text_delta("Wait."), message_finished("Wait."), completed(end_turn=False)]
    whole = in_chunks(*spoken("All ", "well."))
    told = run(in_chunks(*first), cut_after_saying("All"), whole)
    assert (told.ran.exit_code, told.ran.text, len(told.seen)) == (0, "Wait.\n\nAll well.\n", 3)


def test_text_that_breaks_off_every_time_ends_within_the_budget() -> None:
    told = run(cut_after_saying("Hello"))
    assert (told.ran.exit_code, told.ran.text, len(told.seen)) == (5, "Hello\n", RETRIES + 1)
