"""A run for a person, event by event."""

import pytest
from tests.fakes.screen import KeptScreen, on_terminal, piped
from tests.fakes.values import a_call, a_message

from codexctl.domain.conversation import (
    AssistantMessage,
    Citation,
    OutputText,
    ProviderItem,
    Reasoning,
)
from codexctl.domain.errors import StreamInterrupted
from codexctl.domain.models import ModelChoice, Provider
from codexctl.domain.quota import Quota, QuotaWindow
from codexctl.domain.run_events import (
    Notice,
    Retrying,
    RunEvent,
    RunFinished,
    RunStarted,
    StepStarted,
    ToolFinished,
    ToolStarted,
    TurnEnded,
)
from codexctl.domain.stream_events import (
    ArgumentsFinished,
    CallAnnounced,
    Completed,
    HostedCallStarted,
    Incomplete,
    ItemFinished,
    QuotaReported,
    ReasoningDelta,
    RequestAdjusted,
    ResponseStarted,
    TextDelta,
    Unrecognised,
    Usage,
)
from codexctl.domain.tools import OutcomeStatus, ToolOutcome
from codexctl.domain.turn import FinishedTurn
from codexctl.entrypoints.rendering.report import Failure
from codexctl.entrypoints.rendering.text import TextReport

TURN = TurnEnded(FinishedTurn(items=(), usage=Usage()))
ERROR = StreamInterrupted("It broke.", remedy="Run it again.")


NEARLY_USED = QuotaWindow(used_percent=95, length_minutes=300, resets_at=None)
SOURCED = AssistantMessage(
    parts=(
        OutputText(
            "It rains.",
            (Citation("https://weather.example", "Weather"), Citation("https://rain.example")),
        ),
    )
)


def shown(kept: KeptScreen, *events: RunEvent, final_only: bool = False) -> KeptScreen:
    report = TextReport(kept.screen, final_only=final_only)
    for event in events:
        report.show(event)
    return kept


def outcome(output: str, status: OutcomeStatus) -> ToolOutcome:
    return ToolOutcome(call_id="call_1", output=output, status=status)


@pytest.mark.parametrize(
    "event",
    [
        RunStarted("id"),
        ArgumentsFinished("{}", 0),
        Completed(),
        Incomplete("unknown", None),
        Unrecognised("response.queued"),
        TURN,
        StepStarted(ModelChoice("gpt-5.5")),
        ReasoningDelta("Hm", 0, 0),
        CallAnnounced("look", "call_1", 0),
        ItemFinished(Reasoning(item_id=None, summary=("", " "), encrypted_content=None), 0),
        ToolFinished(a_call(), outcome("found", OutcomeStatus.COMPLETED)),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_says_nothing_to_a_reader_of_pipes_is_left_out(event: RunEvent) -> None:
    kept = shown(piped(), event)
    assert (kept.stdout, kept.stderr) == ("", "")


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (StepStarted(ModelChoice("gpt-5.5", Provider.API)), "waiting for openai/gpt-5.5…"),
        (ReasoningDelta("Hm", 0, 0), "thinking…"),
        (CallAnnounced("look", "call_1", 0), "calling look…"),
        (HostedCallStarted("web_search_call", 0), "searching the web…"),
        (HostedCallStarted("telepathy_call", 0), "telepathy…"),
    ],
)
def test_a_terminal_is_told_what_is_going_on(event: RunEvent, status: str) -> None:
    assert shown(on_terminal(), event).stdout == status


@pytest.mark.parametrize(
    ("event", "note"),
    [
        (Notice("The call was cut."), "note: The call was cut.\n"),
        (Retrying(ERROR, 2, 5, 0.44), "Reconnecting 2/5 in 0.4 s: It broke.\n"),
        (ToolStarted(a_call(arguments='{"at":\n "x"}')), '→ look {"at": "x"}\n'),
        (ToolStarted(a_call(arguments="x" * 500)), f"→ look {'x' * 199}…\n"),
        (
            ToolFinished(a_call(), outcome("no such\nthing", OutcomeStatus.FAILED)),
            "  look: no such thing\n",
        ),
        (
            ItemFinished(
                Reasoning(item_id=None, summary=(" One. ", "", "Two."), encrypted_content=None), 0
            ),
            "One.\nTwo.\n",
        ),
        (RunFinished(Usage(), None), "tokens: 0 in, 0 out\n"),
        (
            RunFinished(Usage(output_tokens=1200, reasoning_output_tokens=1000), None),
            "tokens: 0 in, 1,200 out (1,000 thinking)\n",
        ),
        (RequestAdjusted("Left out."), "note: Left out.\n"),
        (
            ItemFinished(ProviderItem("web_search_call", "{}", "weather"), 0),
            "→ searching the web: weather\n",
        ),
        (ItemFinished(ProviderItem("compaction", "{}"), 0), ""),
        (
            TurnEnded(FinishedTurn(items=(SOURCED,), usage=Usage())),
            "source: Weather https://weather.example\nsource: https://rain.example\n",
        ),
        (
            QuotaReported(Quota(plan=None, windows=(NEARLY_USED,))),
            "note: 95 % of the 5-hour limit is used.\n",
        ),
        (
            RunFinished(Usage(input_tokens=1234, cached_input_tokens=1000, output_tokens=5), None),
            "tokens: 1,234 in (1,000 cached), 5 out\n",
        ),
    ],
)
def test_what_happens_besides_the_answer_is_a_note(event: RunEvent, note: str) -> None:
    kept = shown(piped(), event)
    assert (kept.stdout, kept.stderr) == ("", note)


@pytest.mark.parametrize(
    ("asked", "answering", "note"),
    [
        ("gpt-5.5", None, ""),
        ("gpt-5.5", "gpt-5.5-2026-04-01", ""),
        ("gpt-5.5", "gpt-5", "answered by gpt-5, asked for gpt-5.5\n"),
    ],
)
def test_another_model_than_asked_for_is_told(asked: str, answering: str | None, note: str) -> None:
    events = StepStarted(ModelChoice(asked)), ResponseStarted("resp_1", answering)
    assert shown(piped(), *events).stderr == note


def test_text_is_shown_as_it_comes() -> None:
    kept = piped()
    report = TextReport(kept.screen)
    seen: list[str] = []
    for text in ("Hel", "lo\n", "\n", "you"):
        report.show(TextDelta(text, 0))
        seen.append(kept.stdout)
    assert seen == ["Hel", "Hello", "Hello", "Hello\n\nyou"]


def test_final_only_keeps_all_but_the_last_message_back() -> None:
    one, two = a_message("one"), a_message("two\n")
    events = TextDelta("one", 0), ItemFinished(one, 0), TURN, ItemFinished(two, 0)
    assert shown(piped(), *events, final_only=True).stdout == ""
    kept = shown(piped(), *events, RunFinished(Usage(), two), final_only=True)
    assert kept.stdout == "two\n"


def test_a_failure_ends_the_line_and_is_told() -> None:
    kept = piped()
    report = TextReport(kept.screen)
    report.show(TextDelta("Hel", 0))
    report.fail(
        Failure(
            kind="StreamInterrupted",
            message="It broke.",
            remedy="Run it again.",
            exit_code=5,
            request_id="req_1",
            trace="Traceback: …",
        )
    )
    assert kept.stdout == "Hel\n"
    assert kept.stderr == (
        "Traceback: …\ncodexctl: It broke.\n  Run it again.\n  Request id: req_1\n"
    )


def test_a_retry_that_continues_what_was_shown_goes_on_in_the_same_message() -> None:
    retry = Retrying(ERROR, 1, 5, 0.2, keeps_text=True)
    hello = ItemFinished(a_message("Hello you"), 0)
    kept = shown(piped(), TextDelta("Hel", 0), retry, TextDelta("lo", 0), hello)
    assert kept.stdout == "Hello you"


def test_little_that_is_left_of_the_allowance_is_told_once() -> None:
    reported = QuotaReported(Quota(plan=None, windows=(NEARLY_USED,)))
    kept = shown(piped(), reported, reported)
    assert kept.stderr == "note: 95 % of the 5-hour limit is used.\n"
