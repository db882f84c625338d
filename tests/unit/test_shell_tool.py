"""The tool ``shell``, with a runner that runs nothing."""

from pathlib import Path

import pytest

from codexctl.adapters.tools.closed import Closed
from codexctl.adapters.tools.reading import ReadableFiles
from codexctl.adapters.tools.registry import ToolRegistry
from codexctl.adapters.tools.shell import CommandRunner, shell_tool
from codexctl.adapters.tools.tool import ToolFailure, ToolResult
from codexctl.domain.tools import OutcomeStatus, SandboxMode, ToolCall
from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ran:
    exit_code: int | None = 0
    wall_seconds: float = 0.04
    head: bytes = b""
    tail: bytes = b""
    total_bytes: int = 0
    explanation: str | None = None


class _Runner:
    """Runs nothing: notes what it is asked, and answers what it is told."""

    def __init__(self, answer: _Ran | ToolFailure) -> None:
        self.asked: list[tuple[str, float, Path | None]] = []
        self._answer = answer

    def run(self, command: str, *, timeout_seconds: float, folder: Path | None = None) -> _Ran:
        self.asked.append((command, timeout_seconds, folder))
        if isinstance(self._answer, ToolFailure):
            raise self._answer
        return self._answer


def _said(output: bytes) -> _Ran:
    return _Ran(head=output, total_bytes=len(output))


def _run(
    folder: Path, runner: CommandRunner | str, hidden: Closed | None = None, **arguments: object
) -> ToolResult:
    files = ReadableFiles.at(folder, hidden)
    tool = shell_tool(files, SandboxMode.READ_ONLY, runner)
    return tool.run({"command": "make", **arguments})


def _refusal(folder: Path, runner: CommandRunner | str, **arguments: object) -> str:
    with pytest.raises(ToolFailure) as caught:
        _run(folder, runner, None, **arguments)
    return str(caught.value)


def test_a_command_gives_its_exit_code_its_time_and_its_output(tmp_path: Path) -> None:
    text = "Exit code: 0\nWall time: 0.0 seconds\nOutput:\nä\n"
    assert _run(tmp_path, _Runner(_said("ä\n".encode()))) == ToolResult(text=text, exit_code=0)


@pytest.mark.parametrize("code", [1, 127, 137])
def test_another_exit_code_than_0_is_a_failure_with_the_same_text(
    tmp_path: Path, code: int
) -> None:
    result = _run(tmp_path, _Runner(_Ran(exit_code=code, head=b"no", total_bytes=2)))
    assert result == ToolResult(
        text=f"Exit code: {code}\nWall time: 0.0 seconds\nOutput:\nno",
        status=OutcomeStatus.FAILED,
        exit_code=code,
    )


def test_a_command_that_was_ended_says_why(tmp_path: Path) -> None:
    why = "Its time was up after 5 seconds, and it was ended."
    ran = _Ran(exit_code=None, wall_seconds=5.26, head=b"so far", total_bytes=6, explanation=why)
    assert _run(tmp_path, _Runner(ran)) == ToolResult(
        text=f"Exit code: none\nWall time: 5.3 seconds\n{why}\nOutput:\nso far",
        status=OutcomeStatus.FAILED,
    )


def test_what_is_no_text_is_shown_as_such(tmp_path: Path) -> None:
    assert _run(tmp_path, _Runner(_said(b"\xff\xfe"))).text.endswith("\nOutput:\n\ufffd\ufffd")


def test_a_command_starts_in_the_working_folder_and_has_two_minutes(tmp_path: Path) -> None:
    runner = _Runner(_Ran())
    _run(tmp_path, runner)
    assert runner.asked == [("make", 120, tmp_path.resolve())]


@pytest.mark.parametrize("path", ["d", "link", "./d/../d"])
def test_a_command_starts_where_it_is_told_for_as_long_as_it_is_told(
    tmp_path: Path, path: str
) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "link").symlink_to("d")
    runner = _Runner(_Ran())
    _run(tmp_path, runner, workdir=path, timeout_ms=1500)
    assert runner.asked == [("make", 1.5, tmp_path.resolve() / "d")]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("gone", "gone does not exist"),
        ("file", "The command was not run: file is not a folder."),
    ],
)
def test_a_command_does_not_start_in_what_is_no_folder(
    tmp_path: Path, path: str, words: str
) -> None:
    (tmp_path / "file").touch()
    runner = _Runner(_Ran())
    assert _refusal(tmp_path, runner, workdir=path) == words
    assert runner.asked == []


def test_a_command_does_not_start_in_a_hidden_folder(tmp_path: Path) -> None:
    runner = _Runner(_Ran())
    with pytest.raises(ToolFailure, match="is closed to tools"):
        _run(tmp_path, runner, Closed.of([tmp_path / "home"]), workdir="home")
    assert runner.asked == []


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("a\0b", "The command was not run: it holds a null character."),
        ("a\ud800", "The command was not run: it holds half a surrogate pair."),
    ],
    ids=["null", "surrogate"],
)
def test_what_cannot_be_a_command_is_refused(tmp_path: Path, command: str, words: str) -> None:
    runner = _Runner(_Ran())
    assert _refusal(tmp_path, runner, command=command) == words
    assert runner.asked == []


def test_where_commands_cannot_be_confined_each_is_refused(tmp_path: Path) -> None:
    words = "Commands cannot be confined here. Install bubblewrap."
    assert _refusal(tmp_path, words) == words


def test_a_refusal_of_the_runner_is_passed_on(tmp_path: Path) -> None:
    words = "The command was not run: out of memory."
    assert _refusal(tmp_path, _Runner(ToolFailure(words))) == words


def test_a_long_output_is_cut_once_and_counts_what_the_runner_left_out(tmp_path: Path) -> None:
    ran = _Ran(head=b"a" * 500_000, tail=b"b" * 500_000, total_bytes=3_000_000)
    tool = shell_tool(ReadableFiles.at(tmp_path), SandboxMode.READ_ONLY, _Runner(ran))
    call = ToolCall(call_id="c", name="shell", arguments='{"command": "make"}')
    head, marker, tail = ToolRegistry([tool]).execute(call).output.split("…")
    assert head.endswith("Output:\n" + "a" * 19_750)
    assert (marker, tail) == ("2960500 bytes left out", "b" * 19_750)


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (SandboxMode.READ_ONLY, "Nothing can be written outside a private temporary folder"),
        (SandboxMode.WORKSPACE_WRITE, "Only the working folder (not its .git) and a private"),
        (SandboxMode.DANGER_FULL_ACCESS, "It has all the rights of the user."),
    ],
)
def test_the_model_is_told_what_a_command_may_touch(
    tmp_path: Path, mode: SandboxMode, words: str
) -> None:
    spec = shell_tool(ReadableFiles.at(tmp_path), mode, "no").spec
    assert words in spec.description
    assert not spec.read_only
