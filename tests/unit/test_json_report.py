"""A run as JSON lines, where the whole command cannot show it."""

import json
from typing import Any

import pytest
from tests.fakes.screen import piped
from tests.fakes.values import a_call, a_message

from codexctl.domain.conversation import (
    AssistantMessage,
    Citation,
    ConversationItem,
    OutputText,
    ProviderItem,
)
from codexctl.domain.errors import StreamInterrupted
from codexctl.domain.models import ModelChoice
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
    CallAnnounced,
    Completed,
    ItemFinished,
    QuotaReported,
    ReasoningDelta,
    RequestAdjusted,
    TextDelta,
    Unrecognised,
    Usage,
)
from codexctl.domain.tools import ChangeKind, FileChange, OutcomeStatus, ToolOutcome
from codexctl.domain.turn import FinishedTurn, InterruptedTurn
from codexctl.entrypoints.rendering.json_lines import JsonReport
from codexctl.entrypoints.rendering.report import Failure

FAILURE = Failure(kind="Interrupted", message="Interrupted.", remedy=None, exit_code=130)
ERROR = StreamInterrupted("It broke.", remedy="Run it again.")
HELLO = a_message("Hello")


def lines_of(*events: RunEvent | Failure, deltas: bool = False) -> list[dict[str, Any]]:
    kept = piped()
    report = JsonReport(kept.screen, deltas=deltas)
    for event in events:
        if isinstance(event, Failure):
            report.fail(event)
        else:
            report.show(event)
    return [json.loads(line) for line in kept.stdout.split("\n") if line]


def ended(*items: ConversationItem) -> TurnEnded:
    return TurnEnded(FinishedTurn(items=items, usage=Usage()))


def texts(lines: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(line["item"]["id"], line["item"]["text"]) for line in lines]


@pytest.mark.parametrize(
    "event",
    [
        StepStarted(ModelChoice("gpt-5.5")),
        ReasoningDelta("Hm", 0, 0),
        CallAnnounced("look", "call_1", 0),
        Completed(),
        Unrecognised("response.queued"),
        TextDelta("Hello", 0),
        ItemFinished(HELLO, 0),
        ended(a_call()),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_is_said_otherwise_makes_no_line(event: RunEvent) -> None:
    assert lines_of(event) == []


def test_a_failure_after_the_last_line_adds_no_other() -> None:
    lines = lines_of(RunFinished(Usage(), None), FAILURE)
    assert [line["type"] for line in lines] == ["turn.completed"]


def test_a_failure_is_told_once() -> None:
    lines = lines_of(FAILURE, FAILURE)
    assert [line["type"] for line in lines] == ["error", "turn.failed"]


def test_an_interrupted_response_still_shows_its_whole_messages() -> None:
    lines = lines_of(TurnEnded(InterruptedTurn(ERROR, (HELLO, a_call()), Usage())))
    assert texts(lines) == [("item_0", "Hello")]


def test_two_messages_with_the_same_text_keep_ids_of_their_own() -> None:
    one, two = a_message("same"), a_message("same")
    events = (TextDelta("same", 0), TextDelta("same", 1), ItemFinished(one, 0))
    lines = lines_of(*events, ItemFinished(two, 1), ended(one, two), deltas=True)
    assert [line["item"]["id"] for line in lines] == ["item_0", "item_1", "item_0", "item_1"]


def test_a_retry_starts_deltas_anew() -> None:
    retry = Retrying(ERROR, 1, 5, 0.2)
    lines = lines_of(TextDelta("Hel", 0), retry, TextDelta("Hello", 0), deltas=True)
    assert lines == [
        {"type": "item.delta", "item": {"id": "item_0", "type": "agent_message"}, "delta": "Hel"},
        {"type": "notice", "message": "Reconnecting 1/5 in 0.2 s: It broke."},
        {"type": "item.delta", "item": {"id": "item_1", "type": "agent_message"}, "delta": "Hello"},
    ]


def test_a_call_keeps_its_id_from_start_to_end() -> None:
    call = a_call(arguments='{"at": [1, null]}')
    done = ToolOutcome(call_id="call_1", output="there", status=OutcomeStatus.COMPLETED)
    fields = {"id": "item_0", "type": "tool_call", "tool": "look", "arguments": {"at": [1, None]}}
    assert lines_of(ToolStarted(call), ToolFinished(call, done)) == [
        {"type": "item.started", "item": {**fields, "output": None, "status": "in_progress"}},
        {"type": "item.completed", "item": {**fields, "output": "there", "status": "completed"}},
    ]


STARTED: list[dict[str, Any]] = [
    {"type": "thread.started", "thread_id": "0192"},
    {"type": "turn.started"},
]


def test_a_notice_is_a_line() -> None:
    lines = lines_of(RunStarted("0192"), Notice("Mind you."))
    assert lines == [*STARTED, {"type": "notice", "message": "Mind you."}]


def test_notices_from_before_the_start_come_right_after_it() -> None:
    lines = lines_of(Notice("One."), Notice("Two."), RunStarted("0192"), Notice("Three."))
    notices = [{"type": "notice", "message": text} for text in ("One.", "Two.", "Three.")]
    assert lines == [*STARTED, *notices]


def test_notices_of_a_run_that_never_starts_come_before_its_failure() -> None:
    lines = lines_of(Notice("One."), FAILURE, Notice("Two."))
    assert lines[0] == {"type": "notice", "message": "One."}
    assert [line["type"] for line in lines[1:]] == ["error", "turn.failed", "notice"]


def test_a_retry_that_continues_what_was_shown_keeps_the_ids_of_its_deltas() -> None:
    retry = Retrying(ERROR, 1, 5, 0.2, keeps_text=True)
    events = (TextDelta("Hel", 0), retry, TextDelta("lo", 0), ItemFinished(HELLO, 0))
    lines = lines_of(*events, ended(HELLO), deltas=True)
    assert [line["item"]["id"] for line in lines if "item" in line] == ["item_0"] * 3


def test_a_message_of_an_earlier_try_keeps_the_id_of_its_deltas() -> None:
    retry = Retrying(ERROR, 1, 5, 0.2, keeps_text=True)
    events = (TextDelta("Hello", 0), ItemFinished(HELLO, 0), retry)
    again = AssistantMessage(parts=(OutputText("Hello"),), item_id="msg_other")
    lines = lines_of(*events, ended(again), deltas=True)
    assert [line["item"]["id"] for line in lines if "item" in line] == ["item_0"] * 2


def test_a_web_search_is_written_as_the_official_client_writes_it() -> None:
    action = {"type": "search", "query": "weather"}
    payload = json.dumps({"type": "web_search_call", "action": action})
    item = ProviderItem("web_search_call", payload, "weather")
    assert lines_of(ended(item)) == [
        {
            "type": "item.completed",
            "item": {"id": "item_0", "type": "web_search", "query": "weather", "action": action},
        }
    ]


def test_what_else_the_service_does_by_itself_is_named() -> None:
    item = ProviderItem("mcp_call", "{}", "wiki.read")
    (line,) = lines_of(ended(item))
    assert line["item"] == {
        "id": "item_0",
        "type": "hosted_call",
        "kind": "mcp_call",
        "detail": "wiki.read",
    }


def test_a_message_names_its_phase_and_its_sources() -> None:
    part = OutputText("It rains.", (Citation("https://weather.example", "Weather"),))
    (line,) = lines_of(ended(AssistantMessage(parts=(part,), phase="final_answer")))
    assert line["item"] == {
        "id": "item_0",
        "type": "agent_message",
        "text": "It rains.",
        "phase": "final_answer",
        "sources": [{"url": "https://weather.example", "title": "Weather"}],
    }


def test_little_that_is_left_of_the_allowance_is_told_once() -> None:
    window = QuotaWindow(used_percent=95, length_minutes=300, resets_at=None)
    reported = QuotaReported(Quota(plan=None, windows=(window,)))
    assert lines_of(reported, reported) == [
        {"type": "notice", "message": "95 % of the 5-hour limit is used."}
    ]


def test_what_was_changed_of_a_request_is_a_notice() -> None:
    assert lines_of(RequestAdjusted("Left out.")) == [{"type": "notice", "message": "Left out."}]


def test_a_command_is_written_as_the_official_client_writes_it() -> None:
    call = a_call(name="shell", arguments='{"command": "ls"}')
    done = ToolOutcome(
        call_id="call_1", output="Exit code: 2", status=OutcomeStatus.FAILED, exit_code=2
    )
    fields = {"id": "item_0", "type": "command_execution", "command": "ls"}
    started = {**fields, "aggregated_output": "", "exit_code": None, "status": "in_progress"}
    ended_with = {"aggregated_output": "Exit code: 2", "exit_code": 2, "status": "failed"}
    assert lines_of(ToolStarted(call), ToolFinished(call, done)) == [
        {"type": "item.started", "item": started},
        {"type": "item.completed", "item": {**fields, **ended_with}},
    ]


@pytest.mark.parametrize("arguments", ["{", "[]", "{}", '{"command": 1}'])
def test_a_command_that_is_none_is_written_as_the_model_wrote_it(arguments: str) -> None:
    (line,) = lines_of(ToolStarted(a_call(name="shell", arguments=arguments)))
    assert line["item"]["command"] == arguments


def test_a_patch_names_the_files_it_changed() -> None:
    call = a_call(name="apply_patch", arguments='{"input": "…"}')
    done = ToolOutcome(
        call_id="call_1",
        output="Success.",
        status=OutcomeStatus.COMPLETED,
        changes=(FileChange("a.txt", ChangeKind.ADD), FileChange("b.txt", ChangeKind.DELETE)),
    )
    fields = {"id": "item_0", "type": "file_change"}
    changes = [{"path": "a.txt", "kind": "add"}, {"path": "b.txt", "kind": "delete"}]
    assert lines_of(ToolStarted(call), ToolFinished(call, done)) == [
        {
            "type": "item.started",
            "item": {**fields, "changes": [], "output": None, "status": "in_progress"},
        },
        {
            "type": "item.completed",
            "item": {**fields, "changes": changes, "output": "Success.", "status": "completed"},
        },
    ]
