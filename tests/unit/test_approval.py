"""The question before a tool runs, as a person at a terminal sees it."""

import os
import select
import threading
from typing import BinaryIO

import pytest
from tests.fakes.screen import piped
from tests.fakes.values import a_call

from codexctl.domain.approvals import AskMode, Decision, needs_approval
from codexctl.domain.tools import CallKind, SandboxMode, ToolCall, ToolSpec
from codexctl.entrypoints.cli.approval import TerminalApprover, forget_typed
from codexctl.entrypoints.cli.terminal_input import read_line

QUESTION = "Run it? [y]es, [n]o, [a]lways for this run\n"


def asked(call: ToolCall, *answers: str) -> tuple[Decision, str]:
    kept, typed = piped(), iter(answers)
    decision = TerminalApprover(kept.screen, lambda: next(typed, None), lambda: None).decide(call)
    return decision, kept.stderr


@pytest.mark.parametrize(
    ("answer", "decision"),
    [
        ("y\n", Decision.YES),
        (" YES \n", Decision.YES),
        ("n\n", Decision.NO),
        ("a\n", Decision.ALWAYS),
    ],
)
def test_the_answer_decides(answer: str, decision: Decision) -> None:
    assert asked(a_call(), answer)[0] is decision


def test_no_answer_is_a_no() -> None:
    assert asked(a_call())[0] is Decision.NO


def test_what_was_typed_before_the_question_is_no_answer() -> None:
    keyboard, terminal = os.openpty()
    with os.fdopen(terminal, "rb", buffering=0) as stdin:
        os.write(keyboard, b"y\n")
        select.select([stdin], [], [])  # it has arrived
        later = threading.Thread(target=type_when_asked, args=(keyboard, stdin))
        later.start()
        forget_typed(stdin)
        assert read_line(stdin) == "n\n"
        later.join()
    os.close(keyboard)


def test_what_is_typed_as_soon_as_the_question_stands_is_an_answer() -> None:
    kept, shown = piped(), list[str]()
    approver = TerminalApprover(kept.screen, lambda: "y\n", lambda: shown.append(kept.stderr))
    assert approver.decide(a_call()) is Decision.YES
    assert [QUESTION in text for text in shown] == [False]


def type_when_asked(keyboard: int, stdin: BinaryIO) -> None:
    """Type as soon as nothing waits to be read any more."""
    while select.select([stdin], [], [], 0)[0]:
        pass
    os.write(keyboard, b"n\n")


def test_a_command_is_shown_as_it_would_run() -> None:
    call = a_call(name="shell", arguments='{"command": "rm -r build"}')
    assert asked(call, "y")[1] == f"shell: rm -r build\n{QUESTION}"


def test_arguments_besides_the_command_are_shown_too() -> None:
    arguments = '{"command": "make", "workdir": "/etc"}'
    call = a_call(name="shell", arguments=arguments)
    assert asked(call, "y")[1] == f"shell: {arguments}\n{QUESTION}"


@pytest.mark.parametrize("arguments", ["{", "[1]", "no JSON"])
def test_arguments_that_make_no_sense_are_shown_as_they_are(arguments: str) -> None:
    call = a_call(name="shell", arguments=arguments)
    assert asked(call, "y")[1] == f"shell: {arguments}\n{QUESTION}"


def test_a_patch_is_shown_on_one_line() -> None:
    call = ToolCall(
        call_id="c", name="apply_patch", arguments="*** Begin\n+ö", kind=CallKind.CUSTOM
    )
    assert asked(call, "n")[1] == f"apply_patch: *** Begin\\n+ö\n{QUESTION}"


def test_nothing_can_hide_in_what_is_shown() -> None:
    command = "ls \x1b[8m\u202e\r\x7f\u200b"
    call = ToolCall(call_id="c", name="t", arguments=command, kind=CallKind.CUSTOM)
    assert asked(call, "n")[1] == f"t: ls \\x1b[8m\\u202e\\r\\x7f\\u200b\n{QUESTION}"


def test_what_is_shown_cannot_be_mistaken_for_something_escaped() -> None:
    call = ToolCall(call_id="c", name="t", arguments="a\\nb", kind=CallKind.CUSTOM)
    assert asked(call, "n")[1] == f"t: a\\\\nb\n{QUESTION}"


def test_an_answer_that_makes_no_sense_is_asked_for_again() -> None:
    decision, shown = asked(a_call(), "what?", "y")
    assert (decision, shown.count(QUESTION)) == (Decision.YES, 2)


def _spec(*, read_only: bool) -> ToolSpec:
    return ToolSpec(
        name="t", description="d", parameters={}, read_only=read_only, timeout_seconds=1
    )


@pytest.mark.parametrize("sandbox", SandboxMode)
@pytest.mark.parametrize("mode", AskMode)
def test_what_only_reads_is_never_asked_about(mode: AskMode, sandbox: SandboxMode) -> None:
    assert not needs_approval(_spec(read_only=True), mode, sandbox)


@pytest.mark.parametrize(
    ("mode", "sandbox", "is_asked"),
    [
        (AskMode.NEVER, SandboxMode.DANGER_FULL_ACCESS, False),
        (AskMode.ON_REQUEST, SandboxMode.READ_ONLY, False),
        (AskMode.ON_REQUEST, SandboxMode.WORKSPACE_WRITE, False),
        (AskMode.ON_REQUEST, SandboxMode.DANGER_FULL_ACCESS, True),
        (AskMode.ALWAYS, SandboxMode.READ_ONLY, True),
        (AskMode.ALWAYS, SandboxMode.DANGER_FULL_ACCESS, True),
    ],
)
def test_what_changes_something_is_asked_about_by_mode(
    mode: AskMode, sandbox: SandboxMode, *, is_asked: bool
) -> None:
    assert needs_approval(_spec(read_only=False), mode, sandbox) is is_asked
