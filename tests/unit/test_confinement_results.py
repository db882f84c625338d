"""Output in bounds, the supervisor's answer, and what is told of how a command ended."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codexctl.adapters.confinement.limits import Limits
from codexctl.adapters.confinement.output import BoundedOutput
from codexctl.adapters.confinement.plan import Ending, Report, decode
from codexctl.adapters.confinement.result import CommandNotRun, CommandResult, result_of


@given(chunks=st.lists(st.binary(max_size=9), max_size=20), most=st.integers(1, 30))
def test_head_and_tail_of_the_output_are_kept(chunks: list[bytes], most: int) -> None:
    output = BoundedOutput(most)
    for chunk in chunks:
        output.add(chunk)
    whole = b"".join(chunks)
    first, last = most - most // 2, most // 2
    assert output.total_bytes == len(whole)
    assert output.head == whole[:first]
    assert output.tail == (whole[first:][-last:] if last else b"")


def _result(report: Report, text: bytes = b"", most: int = 1000) -> CommandResult:
    output = BoundedOutput(most)
    output.add(text)
    return result_of(report, output, Limits(), 2.5)


def test_a_marker_says_how_much_is_left_out() -> None:
    report = Report(ending=Ending.EXITED)
    assert _result(report, b"abcdefgh", most=4).output == b"ab\n[... 4 bytes left out ...]\ngh"
    assert _result(report, b"abcd", most=4).output == b"abcd"


@pytest.mark.parametrize(
    ("ending", "explanation"),
    [
        (Ending.EXITED, None),
        (Ending.TIMEOUT, "Its time was up after 2.5 seconds, and it was ended."),
        (Ending.PROCESSES, "It had more than 1024 processes at a time, and was ended."),
        (
            Ending.DISK,
            "The disk got 16384 MiB fuller, or almost full, while it ran, and it was ended.",
        ),
        (Ending.INTERRUPTED, "The run was interrupted, and it was ended."),
        (
            Ending.LOST,
            "The process that supervises it was killed, by the command or for want of memory.",
        ),
    ],
)
def test_each_ending_is_explained(ending: Ending, explanation: str | None) -> None:
    result = _result(Report(ending=ending, exit_code=0, seconds=1.5))
    assert result == CommandResult(
        exit_code=0 if ending is Ending.EXITED else None,
        wall_seconds=1.5,
        head=b"",
        tail=b"",
        total_bytes=0,
        ending=ending,
        explanation=explanation,
    )
    assert result.timed_out == (ending is Ending.TIMEOUT)


def test_processes_that_could_not_be_ended_are_told() -> None:
    result = _result(Report(ending=Ending.EXITED, exit_code=0, survivors=2))
    assert result.explanation == (
        "2 of its processes belong to another user or are stuck, and could not be ended."
    )


def test_a_refusal_has_the_reason_and_what_was_said() -> None:
    report = Report(ending=Ending.REFUSED, reason="bubblewrap could not")
    with pytest.raises(CommandNotRun, match=r"^The command was not run: bubblewrap could not\.$"):
        _result(report)
    with pytest.raises(CommandNotRun, match=r"bubblewrap could not \(bwrap: no; really\)\.$"):
        _result(report, b"bwrap: no\nreally\n")


@pytest.mark.parametrize(
    ("answer", "report"),
    [
        (
            b"session 17\nended exited 3 1 0.250 \n",
            Report(ending=Ending.EXITED, exit_code=3, survivors=1, seconds=0.25, session=17),
        ),
        (
            b"ended refused 0 0 0.001 OSError: no way\n",
            Report(ending=Ending.REFUSED, seconds=0.001, reason="OSError: no way"),
        ),
        (b"session 17\n", Report(ending=Ending.LOST, session=17)),
        (b"session 17\nended exited 3", Report(ending=Ending.LOST, session=17)),
        (b"session 17\nended whatever 0 0 0 \n", Report(ending=Ending.LOST, session=17)),
        (b"\xff\xfe", Report(ending=Ending.LOST)),
        (b"", Report(ending=Ending.LOST)),
    ],
)
def test_an_answer_that_is_none_means_that_the_supervisor_was_killed(
    answer: bytes, report: Report
) -> None:
    assert decode(answer) == report
