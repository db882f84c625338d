"""Taking down a run, and answering one from what was taken down."""

from collections.abc import Callable

import pytest

from codexctl.adapters.cassettes.matching import Matcher
from codexctl.adapters.cassettes.playing import Playing, error_of
from codexctl.adapters.cassettes.recording import Recording
from codexctl.adapters.cassettes.tape import (
    Arrival,
    Exchange,
    Interrupted,
    RunFacts,
    Tape,
    TapedFailure,
    TapedNotice,
    TapedRequest,
    TapedResponse,
    Whole,
)
from codexctl.domain.conversation import Image
from codexctl.domain.errors import (
    CodexctlError,
    NetworkFailed,
    NotSignedIn,
    RefreshRefused,
    StreamInterrupted,
    TapeMismatch,
    UsageError,
)
from codexctl.domain.tools import ChangeKind, FileChange, OutcomeStatus, ToolOutcome

URL = "https://host/v1/responses"
AGAIN = "codexctl run --record tape.yaml Hi"


def ticking(*seconds: float) -> Callable[[], float]:
    left = iter(seconds)
    return lambda: next(left)


def taken_down(recording: Recording, folder: str | None = None) -> Tape:
    facts = RunFacts(conversation_id="c", working_folder=folder)
    return recording.tape(recorded_by="codexctl 1", command="run", facts=facts)


def test_a_whole_answer_is_taken_down_in_its_pieces() -> None:
    recording = Recording(ticking(9.5, 10.0, 10.0, 10.0, 10.25))
    exchange = recording.sends("POST", URL, {"accept": "x"}, b"{}")
    exchange.answered(200, "OK", [("a", "1"), ("a", "2")])
    exchange.arrived(b"one ")
    exchange.arrived(b"")
    exchange.arrived(b"two")
    exchange.ended()
    assert taken_down(recording).exchanges == (
        Exchange(
            TapedRequest(method="POST", url=URL, headers=(("accept", "x"),), body=b"{}"),
            TapedResponse(
                status=200,
                reason="OK",
                headers=(("a", "1"), ("a", "2")),
                body=b"one two",
                arrivals=(Arrival(4, 0), Arrival(3, 250)),
                ending=Whole(),
                began_at_milliseconds=500,
            ),
        ),
    )


TERMINAL = b'event: response.completed\ndata: {"type":"response.completed"}\n\n'


@pytest.mark.parametrize(
    ("body", "is_whole"),
    [
        (TERMINAL, True),
        (TERMINAL + b": more\n\ndata: [DONE]\n\n", True),
        (TERMINAL.replace(b"\n", b"\r\n"), True),
        (TERMINAL[:-1], False),
        (TERMINAL.replace(b"completed", b"created"), False),
        (b'data: {"type":"x","delta":"{\\"type\\":\\"response.completed\\"}"}\n\n', False),
    ],
)
def test_an_answer_that_has_said_it_all_is_whole_whatever_ends_the_run(
    body: bytes,
    is_whole: bool,  # noqa: FBT001
) -> None:
    recording = Recording(ticking(*[0] * 9))
    exchange = recording.sends("POST", URL, {}, b"")
    exchange.answered(200, "OK", [])
    exchange.arrived(body)
    answer = taken_down(recording).exchanges[0].answer
    assert isinstance(answer, TapedResponse)
    assert isinstance(answer.ending, Whole) is is_whole


def test_what_failed_does_not_end_well_afterwards() -> None:
    recording = Recording(ticking(*[0] * 9))
    exchange = recording.sends("POST", URL, {}, b"")
    exchange.failed(NetworkFailed("It broke.", remedy="Wait."))
    exchange.ended()
    failure = TapedFailure(kind="NetworkFailed", message="It broke.", remedy="Wait.")
    assert taken_down(recording).exchanges[0].answer == failure


def test_a_notice_is_taken_down_with_its_place() -> None:
    recording = Recording(ticking(*[0] * 9))
    recording.told("before")
    recording.begins()
    recording.told("at first")
    recording.sends("POST", URL, {}, b"")
    recording.told("later")
    tape = taken_down(recording)
    assert tape.notices == (
        TapedNotice("before", None),
        TapedNotice("at first", 0),
        TapedNotice("later", 1),
    )
    player = Playing(tape, Matcher.of_folders(None, None), AGAIN)
    assert (player.notices_before(), player.notices_now()) == (("before",), ("at first",))
    player.answer("POST", URL, {}, b"")
    assert player.notices_now() == ("later",)


def test_an_answer_that_nobody_ended_was_interrupted() -> None:
    recording = Recording(ticking(*[0] * 9))
    exchange = recording.sends("POST", URL, {}, b"")
    assert taken_down(recording).exchanges[0].answer == Interrupted()
    exchange.answered(200, "OK", [])
    exchange.arrived(b"begun")
    answer = taken_down(recording).exchanges[0].answer
    assert isinstance(answer, TapedResponse)
    assert (answer.body, answer.ending) == (b"begun", Interrupted())


def test_an_error_is_taken_down_with_and_without_an_answer() -> None:
    recording = Recording(ticking(*[0] * 9))
    begun, unanswered = (recording.sends("POST", URL, {}, b"") for _ in range(2))
    begun.answered(200, "OK", [])
    for exchange in (begun, unanswered):
        exchange.failed(NetworkFailed("It broke.", remedy="Wait."))
    failure = TapedFailure(kind="NetworkFailed", message="It broke.", remedy="Wait.")
    assert [one.answer for one in taken_down(recording).exchanges] == [
        TapedResponse(status=200, reason="OK", ending=failure),
        failure,
    ]


@pytest.mark.parametrize(
    ("body", "output", "folder"),
    [
        (b"{}", "", None),
        (b'{"a":"in /home/\\u00e4nn"}', "", "/home/änn"),
        ('{"a":"in /home/änn"}'.encode(), "", "/home/änn"),
        (b"{}", "/home/änn/x", "/home/änn"),
    ],
)
def test_the_working_folder_is_on_the_tape_where_something_names_it(
    body: bytes, output: str, folder: str | None
) -> None:
    recording = Recording(ticking(0, 0))
    recording.sends("POST", URL, {}, body)
    recording.came_out(outcome("call_1", output))
    tape = taken_down(recording, "/home/änn")
    assert tape.facts.working_folder == folder
    assert tape.outcomes == (outcome("call_1", output),)


class Stopped(BaseException):
    pass


@pytest.mark.parametrize(
    ("ended", "raised"),
    [
        (None, KeyboardInterrupt),
        (TapedFailure(kind="Stopped", message="", remedy=""), Stopped),
        (TapedFailure(kind="NotSignedIn", message="Who?", remedy="Sign in."), NotSignedIn),
    ],
)
def test_a_run_ends_as_the_recorded_one_did(
    ended: TapedFailure | None, raised: type[BaseException]
) -> None:
    tape = Tape(facts=RunFacts(ended=ended))
    player = Playing(tape, Matcher.of_folders(None, None), AGAIN, {"Stopped": Stopped})
    with pytest.raises(raised):
        player.end()


def test_what_the_tape_does_not_hold_is_how_the_recorded_run_ended() -> None:
    ended = TapedFailure(kind="NotSignedIn", message="Who?", remedy="Sign in.")
    player = Playing(Tape(facts=RunFacts(ended=ended)), Matcher.of_folders(None, None), AGAIN)
    with pytest.raises(NotSignedIn):
        player.answer("POST", URL, {}, b"")
    with pytest.raises(NotSignedIn):
        player.check_end()


def test_a_run_that_is_over_before_its_tape_is_a_mismatch() -> None:
    player = playing(exchange(b"[1]"), exchange(b"[2]"))
    player.answer("POST", URL, {}, b"[1]")
    with pytest.raises(TapeMismatch, match="one request more that it did not send"):
        player.check_end()


def test_after_a_mismatch_everything_is_one() -> None:
    player = playing(exchange(b"[1]"), exchange(b"[2]"))
    with pytest.raises(TapeMismatch) as first:
        player.answer("POST", URL, {}, b"[3]")
    with pytest.raises(TapeMismatch) as second:
        player.answer("POST", URL, {}, b"[1]")
    assert second.value is first.value


def test_the_present_moment_is_when_the_last_answer_began() -> None:
    answered = TapedResponse(status=200, reason="OK", began_at_milliseconds=700)
    request = TapedRequest(method="POST", url=URL)
    player = playing(Exchange(request, answered))
    player.answer("POST", URL, {}, b"")
    assert player.last_answer_milliseconds == 700


def outcome(call_id: str, output: str) -> ToolOutcome:
    return ToolOutcome(call_id=call_id, output=output, status=OutcomeStatus.COMPLETED)


def exchange(body: bytes, path: str = "/v1/responses") -> Exchange:
    request = TapedRequest(method="POST", url=f"https://recorded{path}", body=body)
    return Exchange(request, TapedResponse(status=200, reason="OK", body=b"answer to " + body))


def playing(*exchanges: Exchange, outcomes: tuple[ToolOutcome, ...] = ()) -> Playing:
    tape = Tape(exchanges=exchanges, outcomes=outcomes)
    return Playing(tape, Matcher.of_folders(None, None), AGAIN)


def test_each_exchange_is_played_once_in_its_order() -> None:
    same, other = exchange(b"[1]"), exchange(b"[2]")
    player = playing(same, same, other)
    played = [player.answer("POST", URL, {}, body) for body in (b"[1]", b"[1]", b"[2]")]
    assert [id(one) for one in played] == [id(same), id(same), id(other)]
    assert player.unplayed == 0


def test_requests_of_different_kinds_may_come_in_another_order() -> None:
    account, first = exchange(b"[]", "/account"), exchange(b"[1]")
    player = playing(account, first)
    assert player.answer("POST", URL, {}, b"[1]") == first
    assert player.unplayed == 1
    assert player.answer("POST", "https://host/account", {}, b"[]") == account


def test_another_request_is_a_mismatch_with_the_place_and_the_command() -> None:
    player = playing(exchange(b'{"input":"Hi"}'))
    with pytest.raises(TapeMismatch) as raised:
        player.answer("POST", URL, {}, b'{"input":"Ho"}')
    assert (raised.value.message, raised.value.remedy) == (
        'Request 1 is not the one on the tape. At $.input the tape has "Hi", this run has "Ho".',
        f"If that is meant, record it anew: {AGAIN}",
    )
    assert player.unplayed == 1


def test_a_request_of_a_kind_that_was_not_recorded_is_a_mismatch() -> None:
    with pytest.raises(TapeMismatch, match="At url the tape has"):
        playing(exchange(b"[]", "/account")).answer("POST", URL, {}, b"[]")


def test_a_request_after_the_last_one_is_a_mismatch() -> None:
    player = playing(exchange(b"[]"))
    player.answer("POST", URL, {}, b"[]")
    with pytest.raises(TapeMismatch) as raised:
        player.answer("POST", f"{URL}?a=b", {}, b"[]")
    assert raised.value.message == (
        "Request 2 (POST /v1/responses) is not on the tape, which has nothing more to answer it."
    )


def test_outcomes_are_taken_from_the_tape_each_once() -> None:
    outcomes = (outcome("call_1", "a"), outcome("call_2", "b"), outcome("call_1", "c"))
    player = playing(outcomes=outcomes)
    told = [player.outcome(call_id).output for call_id in ("call_1", "call_1", "call_2")]
    assert told == ["a", "c", "b"]
    with pytest.raises(TapeMismatch) as raised:
        player.outcome("call_2")
    assert raised.value.message == "The tape does not say what came of the tool call call_2."


RECORDED = ToolOutcome(
    call_id="call_1",
    output="mail email-0001",
    status=OutcomeStatus.COMPLETED,
    exit_code=0,
    changes=(FileChange("a.txt", ChangeKind.ADD),),
    images=(Image("image/png", b"x"),),
)


def actual(
    *,
    output: str = "mail a@b.example",
    status: OutcomeStatus = OutcomeStatus.COMPLETED,
    exit_code: int | None = 0,
    path: str = "a.txt",
    images: int = 1,
) -> ToolOutcome:
    return ToolOutcome(
        call_id="call_1",
        output=output,
        status=status,
        exit_code=exit_code,
        changes=(FileChange(path, ChangeKind.ADD),),
        images=(Image("image/png", b"y"),) * images,
    )


def test_a_tool_that_is_run_anew_may_come_out_like_on_the_tape() -> None:
    player = playing(outcomes=(RECORDED,))
    player.check_outcome(player.outcome("call_1"), actual())
    with pytest.raises(TapeMismatch):
        player.outcome("call_1")  # it has been told


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        (actual(output="mail nobody"), None),
        (actual(output="mail email-0001"), None),
        (actual(output="post"), 'At output the tape has "mail email-0001", this run has "post".'),
        (actual(exit_code=3), "At exit_code the tape has 0, this run has 3."),
        (
            actual(status=OutcomeStatus.FAILED),
            'At status the tape has "completed", this run has "failed".',
        ),
        (
            actual(path="b"),
            'At changes the tape has ["add a.txt"], this run has ["add b"].',
        ),
        (actual(images=2), "At images the tape has 1, this run has 2."),
    ],
)
def test_a_tool_that_comes_out_otherwise_is_a_mismatch(
    other: ToolOutcome, difference: str | None
) -> None:
    player = playing(outcomes=(RECORDED,))
    if difference is None:
        player.check_outcome(RECORDED, other)
        return
    with pytest.raises(TapeMismatch) as raised:
        player.check_outcome(RECORDED, other)
    assert raised.value.message == (
        f"The tool call call_1 came out otherwise than on the tape. {difference}"
    )


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("NetworkFailed", NetworkFailed),
        ("UsageError", UsageError),
        ("RefreshRefused", RefreshRefused),
        ("NoSuchClass", StreamInterrupted),
        ("datetime", StreamInterrupted),
    ],
)
def test_a_failure_on_the_tape_is_an_error_again(kind: str, error: type[CodexctlError]) -> None:
    raised = error_of(TapedFailure(kind=kind, message="It broke.", remedy="Wait."))
    assert (type(raised), raised.message, raised.remedy) == (error, "It broke.", "Wait.")
