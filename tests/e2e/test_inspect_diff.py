"""``codexctl inspect --diff``: what of two tapes differs, and what may vary."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.command import Ran, run_command, run_here
from tests.inspecting import (
    CALL,
    CALLS,
    CREATED,
    OUTCOME,
    OUTPUT,
    QUESTION,
    SAYS,
    a_tape,
    answered,
    asked,
    failure,
    file_of,
)
from tests.tapes import TAPES
from tests.wire import call_done, completed, message_done

from codexctl.adapters.cassettes.tape import Exchange, Interrupted, RunFacts, Tape, TapedRequest
from codexctl.domain.tools import OutcomeStatus, ToolOutcome

MODELS = Exchange(
    TapedRequest(method="GET", url="https://api.openai.com/v1/models"),
    answered(b'{"data": []}', headers=(("content-type", "application/json"),)),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def diff(folder: Path, first: Tape, second: Tape, *words: str) -> Ran:
    """Compare two tapes, the second one from standard input."""
    (folder / "a").write_bytes(file_of(first))
    return run_here("inspect", *words, "--diff", str(folder / "a"), "-", stdin=file_of(second))


def found(folder: Path, first: Tape, second: Tape) -> list[tuple[str, int | None, str, str, str]]:
    """Return what differs: part, number, path and both sides."""
    ran = diff(folder, first, second, "--json")
    lines: list[Any] = [json.loads(line) for line in ran.text.splitlines()]
    assert (ran.exit_code, {line.pop("type") for line in lines} <= {"difference"}) == (
        1 if lines else 0,
        True,
    )
    return [tuple(line.values()) for line in lines]


def one(request: TapedRequest | None = None, answer: Any = None, **changes: Any) -> Tape:  # noqa: ANN401
    """Return a tape with one exchange."""
    exchange = Exchange(request or asked(QUESTION), answer or answered(SAYS))
    return a_tape(exchange, **({"outcomes": ()} | changes))


def test_equal_tapes_differ_in_nothing(folder: Path) -> None:
    ran = diff(folder, a_tape(), a_tape())
    assert (ran.exit_code, ran.text, ran.stderr) == (0, "", "The tapes say the same.\n")
    assert diff(folder, a_tape(), a_tape(), "--json").stdout == b""


def test_each_difference_is_told_with_both_sides(folder: Path) -> None:
    other = {"role": "user", "content": [{"type": "input_text", "text": "Who?"}]}
    second = a_tape(
        Exchange(asked({"type": "message", **other}), answered(CALLS)),
        Exchange(
            asked({"type": "message", **other}, CALL, OUTPUT),
            answered(CREATED + message_done("All.") + completed(id="resp_2")),
        ),
        outcomes=(replace(OUTCOME, output="Exit code: 1\nOutput:\nyes"),),
    )
    ran = diff(folder, a_tape(), second)
    assert (ran.exit_code, ran.stderr) == (1, "")
    assert ran.text == (
        "exchange 1 request $.input[0].content[0].text\n"
        '  A: "What?"\n'
        '  B: "Who?"\n'
        "exchange 2 answer $.responses[0].items[0].text\n"
        '  A: "Nothing."\n'
        '  B: "All."\n'
        "outcome 1 $.output\n"
        '  A: "…xit code: 1\\nOutput:\\nno"\n'
        '  B: "…xit code: 1\\nOutput:\\nyes"\n'
    )


def test_differences_are_lines_of_json(folder: Path) -> None:
    lines = diff(folder, one(), one(asked(QUESTION, model="gpt-5.6")), "--json").lines
    assert lines == [
        {
            "type": "difference",
            "part": "request",
            "number": 1,
            "path": "$.model",
            "a": '"gpt-5.5"',
            "b": '"gpt-5.6"',
        }
    ]


def test_the_installed_command_tells_by_its_exit_code(folder: Path) -> None:
    (folder / "a").write_bytes(file_of(a_tape()))
    (folder / "b").write_bytes(file_of(one()))
    assert run_command("inspect", "--diff", "a", "a", folder=folder).exit_code == 0
    assert run_command("inspect", "--diff", "a", "b", folder=folder).exit_code == 1


def test_what_may_vary_is_not_told(folder: Path) -> None:
    def tape(place: str, call_id: str, seconds: str, milliseconds: int) -> Tape:
        question = {"role": "user", "content": f"Look into {place}/src."}
        output = f"Exit code: 0\nWall time: {seconds} seconds\nOutput:\n{place}/src/a"
        call = {**CALL, "call_id": call_id, "id": f"fc_{call_id}"}
        told = {"type": "function_call_output", "call_id": call_id, "output": output}
        return a_tape(
            Exchange(
                asked(question, prompt_cache_key=place),
                answered(
                    CREATED + call_done("shell", '{"command": "ls"}', call_id) + completed(),
                    milliseconds,
                ),
            ),
            Exchange(asked(question, call, told, prompt_cache_key=place), answered(SAYS)),
            facts=RunFacts(working_folder=place, conversation_id=place),
            outcomes=(ToolOutcome(call_id=call_id, output=output, status=OutcomeStatus.COMPLETED),),
            recorded_by=f"codexctl {milliseconds}",
        )

    assert (
        found(folder, tape("/home/ann/here", "c1", "0.1", 1), tape("/home/bob", "c2", "12.0", 2))
        == []
    )


def test_arguments_are_compared_as_json(folder: Path) -> None:
    def tape(arguments: str) -> Tape:
        return one(answer=answered(CREATED + call_done("shell", arguments) + completed()))

    first = tape('{"command": "ls", "workdir": "a"}')
    assert found(folder, first, tape('{"workdir":"a","command":"ls"}')) == []
    path = "$.responses[0].items[0].arguments"
    assert found(folder, first, tape('{"command": "ls"}')) == [
        ("answer", 1, f"{path}.workdir", '"a"', "nothing")
    ]
    assert found(folder, tape("no JSON"), tape("none")) == [
        ("answer", 1, path, '"no JSON"', '"none"')
    ]


@pytest.mark.parametrize(
    ("first", "second", "path", "was", "now"),
    [
        pytest.param(
            answered(SAYS),
            answered(SAYS, status=206),
            "$.status",
            "200",
            "206",
            id="status",
        ),
        pytest.param(
            answered(SAYS),
            answered(SAYS, ending=Interrupted()),
            "$.failure",
            "null",
            '{"kind": "Interrupted", "message": "The recording ended before the ans…',
            id="ending",
        ),
        pytest.param(
            answered(b"", status=503),
            answered(b"", status=503, ending=failure("NetworkFailed", "Reset.")),
            "$.failure",
            "null",
            '{"kind": "NetworkFailed", "message": "Reset."}',
            id="failure",
        ),
        pytest.param(
            failure(),
            Interrupted(),
            "$",
            '"no answer: It failed."',
            '"no answer: The recording ended before an answer began."',
            id="no answer",
        ),
        pytest.param(
            answered(b'{"a": [1, 2]}', headers=()),
            answered(b'{"a": [1, 3]}', headers=()),
            "$.text.a[1]",
            "2",
            "3",
            id="body",
        ),
        pytest.param(
            answered(CREATED + message_done("a") + completed()),
            answered(CREATED + call_done("shell", "{}") + completed()),
            "$.responses[0].items[0].type",
            '"message"',
            '"function_call"',
            id="item of another type",
        ),
    ],
)
def test_an_answer_that_differs_is_told(
    first: Any,  # noqa: ANN401
    second: Any,  # noqa: ANN401
    path: str,
    was: str,
    now: str,
    folder: Path,
) -> None:
    told = found(folder, one(answer=first), one(answer=second))
    assert told == [("answer", 1, path, was, now)]


def test_what_every_later_request_repeats_is_told_once(folder: Path) -> None:
    def tape(model: str) -> Tape:
        return a_tape(*(Exchange(asked(QUESTION, model=model), answered(SAYS)) for _ in range(3)))

    assert found(folder, tape("a"), tape("b")) == [("request", 1, "$.model", '"a"', '"b"')]


def test_an_exchange_that_only_one_tape_has_is_told(folder: Path) -> None:
    both = Exchange(asked(QUESTION), answered(SAYS))
    more = a_tape(MODELS, both)
    less = a_tape(both)
    assert found(folder, more, less) == [("exchange", 1, "", '"GET /v1/models"', "nothing")]
    assert found(folder, less, more) == [("exchange", 1, "", "nothing", '"GET /v1/models"')]
    assert diff(folder, less, more).text == 'exchange 1\n  A: nothing\n  B: "GET /v1/models"\n'


def test_exchanges_go_by_method_and_path(folder: Path) -> None:
    both = Exchange(asked(QUESTION), answered(SAYS))
    assert found(folder, a_tape(MODELS, both), a_tape(both, MODELS)) == []


def test_the_same_question_at_another_service_differs_in_its_path(folder: Path) -> None:
    request = asked(QUESTION)
    elsewhere = replace(request, url="https://chatgpt.com/backend-api/codex/responses")
    assert found(folder, one(request), one(elsewhere)) == [
        ("request", 1, "url", '"/v1/responses"', '"/backend-api/codex/responses"')
    ]


def test_outcomes_go_by_their_calls(folder: Path) -> None:
    other = ToolOutcome(call_id="c0", output="0", status=OutcomeStatus.COMPLETED)
    declined = replace(OUTCOME, status=OutcomeStatus.DECLINED, exit_code=None, changes=())
    assert found(folder, a_tape(outcomes=(other, OUTCOME)), a_tape(outcomes=(declined,))) == [
        ("outcome", 1, "", '"0"', "nothing"),
        ("outcome", 2, "$.status", '"failed"', '"declined"'),
        ("outcome", 2, "$.exit_code", "1", "null"),
        ("outcome", 2, "$.changes[0]", '{"path": "a.txt", "kind": "update"}', "nothing"),
    ]
    assert found(folder, a_tape(outcomes=()), a_tape(outcomes=(other,))) == [
        ("outcome", 1, "", "nothing", '"0"')
    ]


def test_tapes_of_different_commands_differ(folder: Path) -> None:
    assert diff(folder, one(), one(command="mcp")).text == (
        'tape command\n  A: "run"\n  B: "mcp"\n'
    )


@pytest.mark.parametrize("tape", TAPES[::3], ids=[tape.name for tape in TAPES[::3]])
def test_a_tape_of_the_project_equals_itself_and_no_other(tape: Any) -> None:  # noqa: ANN401
    others = [other for other in TAPES if other is not tape]
    assert run_here("inspect", "--diff", str(tape.path), str(tape.path)).exit_code == 0
    codes = {
        run_here("inspect", "--diff", str(tape.path), str(one.path)).exit_code for one in others
    }
    assert codes == {1}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--diff", "a"), "Argument --diff: expected 2 arguments."),
        (("--diff", "a", "b", "c"), "--diff takes two files, and this is a third."),
        (("--diff", "--frames", "a", "b"), "Argument --diff: expected 2 arguments."),
        (("--frames", "--diff", "a", "b"), "--diff and --frames do not go together."),
        (("--diff", "-", "-"), "Both tapes cannot come from standard input."),
        ((), "The following arguments are required: FILE."),
        (("--json",), "The following arguments are required: FILE."),
    ],
    ids=" ".join,
)
def test_a_wrong_use_is_told(words: tuple[str, ...], complaint: str) -> None:
    ran = run_here("inspect", *words, stdin=b"")
    assert (ran.exit_code, ran.text) == (2, "")
    assert ran.stderr.split("\n")[0] == f"codexctl: {complaint}"


@pytest.mark.parametrize(
    ("data", "exit_code", "complaint"),
    [
        (SAYS, 2, "Standard input is no tape."),
        (b"", 2, "Standard input is no tape."),
        (b'{"codexctl_session": 1}\n', 2, "Standard input is no tape."),
        (
            file_of(a_tape())[:900],
            8,
            "Standard input cannot be played: it is cut short: its end is missing.",
        ),
    ],
    ids=["stream", "empty", "session", "cut short"],
)
def test_what_is_no_tape_cannot_be_compared(
    data: bytes, exit_code: int, complaint: str, folder: Path
) -> None:
    (folder / "a").write_bytes(file_of(a_tape()))
    ran = run_here("inspect", "--diff", "-", str(folder / "a"), stdin=data)
    assert (ran.exit_code, ran.text) == (exit_code, "")
    assert ran.stderr.split("\n")[0] == f"codexctl: {complaint}"
