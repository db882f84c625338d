"""The contract of ``codexctl.domain.ports.Approver``, for the terminal, a tape's and the fake."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import pytest
from tests.fakes.screen import piped
from tests.fakes.values import a_call

from codexctl.adapters.cassettes.matching import Matcher
from codexctl.adapters.cassettes.played import TapedApprover
from codexctl.adapters.cassettes.playing import Playing
from codexctl.adapters.cassettes.tape import Tape
from codexctl.application.run_tools import NobodyToAsk
from codexctl.domain.approvals import Decision
from codexctl.domain.ports import Approver
from codexctl.domain.tools import CallKind, ToolCall
from codexctl.entrypoints.cli.approval import TerminalApprover
from codexctl.testing.fakes.approver import FakeApprover

PATCH = ToolCall(call_id="call_2", name="apply_patch", arguments="+two", kind=CallKind.CUSTOM)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whoever asks, and all that the user was shown so far."""

    approver: Approver
    shown: Callable[[], str]


Opening: TypeAlias = Callable[[tuple[Decision, ...]], Subject]
"""Opens one whose user says these, one after the other."""


def _terminal(decisions: tuple[Decision, ...]) -> Subject:
    kept, typed = piped(), iter(f"{decision}\n" for decision in decisions)
    approver = TerminalApprover(kept.screen, lambda: next(typed), lambda: None)
    return Subject(approver, lambda: kept.stderr)


def _fake(decisions: tuple[Decision, ...]) -> Subject:
    fake = FakeApprover(*decisions)
    return Subject(fake, lambda: "".join(f"{call.name}: {call.arguments}\n" for call in fake.asked))


def _taped(decisions: tuple[Decision, ...]) -> Subject:
    asked = _fake(decisions)
    playing = Playing(Tape(), Matcher.of_folders(None, None), "codexctl run --record FILE")
    return Subject(TapedApprover(lambda: asked.approver, playing), asked.shown)


@pytest.fixture(params=[_terminal, _taped, _fake], ids=["terminal", "taped", "fake"])
def opened(request: pytest.FixtureRequest) -> Opening:
    return request.param


@pytest.mark.parametrize("said", [Decision.YES, Decision.NO, Decision.ALWAYS])
def test_what_the_user_says_is_returned(opened: Opening, said: Decision) -> None:
    assert opened((said,)).approver.decide(a_call()) is said


def test_each_question_has_an_answer_of_its_own(opened: Opening) -> None:
    said = (Decision.NO, Decision.YES, Decision.NO)
    approver = opened(said).approver
    assert tuple(approver.decide(a_call()) for _ in said) == said


@pytest.mark.parametrize("call", [a_call(arguments='{"at": "x"}'), PATCH])
def test_what_would_run_is_shown_with_its_tool(opened: Opening, call: ToolCall) -> None:
    subject = opened((Decision.NO,))
    subject.approver.decide(call)
    assert f"{call.name}: {call.arguments}\n" in subject.shown()


def test_only_what_is_asked_about_is_shown(opened: Opening) -> None:
    assert opened((Decision.YES,)).shown() == ""


def test_where_there_is_nobody_to_ask_that_is_the_answer() -> None:
    approver: Approver = NobodyToAsk()
    assert approver.decide(a_call()) is Decision.NOBODY


def test_the_fake_fails_a_test_that_asks_more_than_it_was_given() -> None:
    with pytest.raises(AssertionError, match="question 1, 0 decisions"):
        FakeApprover().decide(a_call())
