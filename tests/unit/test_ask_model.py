"""One step: a response, tried again where that may help."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import pytest
from tests.fakes.values import API_KEY, SUBSCRIPTION, a_call, a_message, a_request

from codexctl.application.ask_model import Answered, AskModel, Step
from codexctl.domain.continuation import ShownText
from codexctl.domain.conversation import ConversationItem, Image, Reasoning, UserMessage
from codexctl.domain.credentials import Credential
from codexctl.domain.errors import (
    AnswerDiffers,
    CodexctlError,
    ImageRefused,
    IncompleteAnswer,
    InvalidRequest,
    NetworkFailed,
    NotSignedIn,
    RateLimited,
    ServiceUnavailable,
    SignInRejected,
    StreamInterrupted,
)
from codexctl.domain.faults import ProviderFault
from codexctl.domain.limits import RetryBudget, RetryPolicy
from codexctl.domain.run_events import Notice, Retrying, RunEvent
from codexctl.domain.stream_events import (
    Completed,
    Failed,
    Incomplete,
    ItemFinished,
    ReasoningDelta,
    RequestAdjusted,
    StreamEvent,
    TextDelta,
    Usage,
)
from codexctl.domain.turn import FinishedTurn, InterruptedTurn, TurnRequest
from codexctl.testing.fakes.clock import FakeClock
from codexctl.testing.fakes.credential_source import FakeCredentialSource
from codexctl.testing.fakes.entropy import FakeEntropy
from codexctl.testing.fakes.model_stream import FakeModelStream

CUT = NetworkFailed("cut", remedy="again")
WRONG = InvalidRequest("wrong", remedy="change it")
HELLO = ItemFinished(a_message("Hello"), 0)
OVERLOADED = Failed(ProviderFault(message="Busy", code="server_is_overloaded"))
POLICY = RetryPolicy(retries=2, first_delay_seconds=1.0)


@dataclass(slots=True)
class Taken:
    """A step that was taken to its end.

    Attributes:
        events: What it yielded.
        answered: What it returned, or None if it raised.
        turn: The whole turn it came to, if it did.
        error: What it came to or raised otherwise.
        kept: The items of a turn that was interrupted for good.
    """

    model: FakeModelStream
    clock: FakeClock
    credentials: FakeCredentialSource = field(default_factory=lambda: FakeCredentialSource({}))
    events: list[RunEvent] = field(default_factory=list[RunEvent])
    answered: Answered | None = None
    turn: FinishedTurn | None = None
    error: CodexctlError | None = None
    kept: tuple[ConversationItem, ...] = ()


def a_step(policy: RetryPolicy = POLICY, *, text_is_shown: bool = True) -> Step:
    return Step(budget=RetryBudget(policy), shown=ShownText() if text_is_shown else None)


def _taken(
    *scripts: Sequence[StreamEvent | CodexctlError],
    text_is_shown: bool = True,
    policy: RetryPolicy = POLICY,
    spreads: tuple[float, ...] = (0.0,),
    renewals: tuple[Credential | CodexctlError, ...] = (),
    request: TurnRequest | None = None,
) -> Taken:
    step = Taken(FakeModelStream(*scripts), FakeClock())
    step.credentials.renewals.extend(renewals)
    ask = AskModel(
        model=step.model,
        credentials=step.credentials,
        clock=step.clock,
        entropy=FakeEntropy(spreads=spreads),
    )

    def take() -> Generator[RunEvent, None, None]:
        shared = a_step(policy, text_is_shown=text_is_shown)
        answered = yield from ask(request or a_request(), API_KEY, shared)
        step.answered = answered
        match answered.turn:
            case FinishedTurn() as turn:
                step.turn = turn
            case InterruptedTurn(error) as turn:
                step.error, step.kept = error, turn.items

    try:
        step.events.extend(take())
    except CodexctlError as error:
        step.error = error
    return step


def test_the_events_of_the_response_are_passed_on_and_its_turn_returned() -> None:
    step = _taken([TextDelta("Hello", 0), HELLO, Completed()])
    assert step.events == [TextDelta("Hello", 0), HELLO, Completed()]
    assert step.turn == FinishedTurn(items=(a_message("Hello"),), usage=Usage())


def test_the_request_and_the_credential_reach_the_model() -> None:
    step = _taken([Completed()])
    assert [(one.request, one.credential) for one in step.model.asked] == [(a_request(), API_KEY)]


def test_what_failed_in_passing_is_tried_again_after_a_wait() -> None:
    step = _taken([CUT], [HELLO, Completed()])
    assert step.events == [Retrying(CUT, 1, 2, 1.0), HELLO, Completed()]
    assert step.clock.waits == [1.0]


def test_the_same_request_is_sent_again() -> None:
    step = _taken([CUT], [Completed()])
    assert step.model.requests == [a_request(), a_request()]


def test_what_a_failed_try_brought_is_not_in_the_turn() -> None:
    lost = ItemFinished(a_message("lost"), 0)
    step = _taken([lost, CUT], [HELLO, Completed()], text_is_shown=False)
    assert step.turn == FinishedTurn(items=(a_message("Hello"),), usage=Usage())


def test_all_retries_share_one_budget_whatever_fails() -> None:
    busy = ServiceUnavailable("busy", remedy="wait")
    step = _taken([CUT], [busy], [OVERLOADED])
    waits = [event.delay_seconds for event in step.events if isinstance(event, Retrying)]
    assert (waits, len(step.model.asked)) == ([1.0, 2.0], 3)
    assert type(step.error) is ServiceUnavailable


def test_a_budget_of_none_means_one_try() -> None:
    step = _taken([CUT], policy=RetryPolicy(retries=0))
    assert (step.error, len(step.model.asked), step.clock.waits) == (CUT, 1, [])


def test_each_wait_is_spread_by_chance() -> None:
    step = _taken([CUT], [CUT], [Completed()], spreads=(1.0, -1.0))
    assert step.clock.waits == pytest.approx([1.1, 1.8])


def test_the_wait_that_the_service_asks_for_is_kept() -> None:
    slow = RateLimited("slow", remedy="wait", retry_after_seconds=7.5)
    assert _taken([slow], [Completed()]).clock.waits == [7.5]


def test_what_cannot_pass_ends_the_step_at_once() -> None:
    step = _taken([WRONG])
    assert (step.error, step.events, step.clock.waits) == (WRONG, [], [])


def test_what_came_before_the_last_failure_is_in_the_interrupted_turn() -> None:
    step = _taken([HELLO, CUT], policy=RetryPolicy(retries=0))
    assert (step.events, step.kept) == ([HELLO], (a_message("Hello"),))


def test_a_stream_that_just_ends_is_tried_again() -> None:
    step = _taken([HELLO], [HELLO, Completed()], text_is_shown=False)
    (retrying,) = [event for event in step.events if isinstance(event, Retrying)]
    assert type(retrying.error) is StreamInterrupted
    assert step.turn is not None


def test_a_failure_told_in_the_stream_is_tried_again() -> None:
    assert _taken([OVERLOADED], [Completed()]).turn == FinishedTurn(items=(), usage=Usage())


def test_an_incomplete_answer_is_not_tried_again() -> None:
    step = _taken([HELLO, Incomplete("max_output_tokens", None)])
    assert type(step.error) is IncompleteAnswer
    assert len(step.model.asked) == 1


def test_a_retry_that_repeats_what_was_shown_adds_only_the_rest() -> None:
    again = [TextDelta("He", 0), TextDelta("llo", 0), HELLO, Completed()]
    step = _taken([TextDelta("Hel", 0), CUT], again)
    assert step.events == [
        TextDelta("Hel", 0),
        Retrying(CUT, 1, 2, 1.0, keeps_text=True),
        TextDelta("lo", 0),
        HELLO,
        Completed(),
    ]
    assert step.turn == FinishedTurn(items=(a_message("Hello"),), usage=Usage())


def test_a_retry_that_says_something_else_ends_the_step() -> None:
    step = _taken([TextDelta("Hel", 0), CUT], [TextDelta("Good", 0), CUT])
    assert type(step.error) is AnswerDiffers
    assert step.events == [TextDelta("Hel", 0), Retrying(CUT, 1, 2, 1.0, keeps_text=True)]


def test_a_retry_that_says_less_than_was_shown_ends_the_step() -> None:
    step = _taken([TextDelta("Hel", 0), CUT], [ItemFinished(a_call(), 0), Completed()])
    assert (type(step.error), step.kept) == (AnswerDiffers, (a_call(),))


def test_what_was_shown_is_kept_over_several_retries() -> None:
    first, second = [TextDelta("Hel", 0), CUT], [TextDelta("Hell", 1), CUT]
    step = _taken(first, second, [ItemFinished(a_message("Hello"), 0), Completed()])
    assert [event for event in step.events if not isinstance(event, Retrying)] == [
        TextDelta("Hel", 0),
        TextDelta("l", 0),
        HELLO,
        Completed(),
    ]


def test_text_that_was_not_shown_does_not_stand_in_the_way() -> None:
    step = _taken([TextDelta("Hel", 0), CUT], [HELLO, Completed()], text_is_shown=False)
    assert step.events == [TextDelta("Hel", 0), Retrying(CUT, 1, 2, 1.0), HELLO, Completed()]


def test_reasoning_that_was_shown_does_not_stand_in_the_way() -> None:
    step = _taken([ReasoningDelta("Hm", 0, 0), CUT], [Completed()])
    assert step.turn == FinishedTurn(items=(), usage=Usage())


def test_text_of_an_earlier_try_does_not_stand_in_the_way_of_later_ones() -> None:
    step = _taken([TextDelta("Hel", 0), CUT], [CUT], [Completed()], text_is_shown=False)
    assert step.turn == FinishedTurn(items=(), usage=Usage())


def test_an_error_after_the_terminal_event_changes_nothing() -> None:
    step = _taken([HELLO, Completed(), CUT])
    assert step.turn == FinishedTurn(items=(a_message("Hello"),), usage=Usage())


def test_each_stream_is_closed_before_the_next_one_is_opened() -> None:
    step = _taken([CUT], [HELLO], [Completed()], text_is_shown=False)
    assert [one.is_closed for one in step.model.asked] == [True, True, True]


def test_leaving_a_step_closes_its_stream() -> None:
    model = FakeModelStream([HELLO, Completed()])
    ask = AskModel(
        model=model,
        credentials=FakeCredentialSource({}),
        clock=FakeClock(),
        entropy=FakeEntropy(),
    )
    events = ask(a_request(), API_KEY, a_step())
    next(events)
    events.close()
    assert [one.is_closed for one in model.asked] == [True]


def test_an_interrupt_during_a_wait_ends_the_step() -> None:
    model, clock = FakeModelStream([CUT], [Completed()]), FakeClock()
    clock.interrupt_next_sleep()
    ask = AskModel(
        model=model,
        credentials=FakeCredentialSource({}),
        clock=clock,
        entropy=FakeEntropy(),
    )
    with pytest.raises(KeyboardInterrupt):
        list(ask(a_request(), API_KEY, a_step()))
    assert len(model.asked) == 1


REJECTED = SignInRejected("refused", remedy="sign in again")


def test_a_refused_credential_is_renewed_and_the_request_sent_again() -> None:
    step = _taken([REJECTED], [HELLO, Completed()], renewals=(SUBSCRIPTION,))
    assert step.turn == FinishedTurn(items=(a_message("Hello"),), usage=Usage())
    assert [one.credential for one in step.model.asked] == [API_KEY, SUBSCRIPTION]
    assert step.credentials.rejected == [API_KEY]


def test_a_renewal_costs_nothing_of_the_retry_budget() -> None:
    step = _taken([REJECTED], [CUT], [HELLO, Completed()], renewals=(SUBSCRIPTION,))
    assert [event.attempt for event in step.events if isinstance(event, Retrying)] == [1]


def test_a_credential_is_renewed_once_a_step() -> None:
    step = _taken([REJECTED], [REJECTED], renewals=(SUBSCRIPTION, SUBSCRIPTION))
    assert step.error is REJECTED
    assert len(step.model.asked) == 2


def test_a_refused_credential_that_nobody_can_renew_ends_the_step() -> None:
    step = _taken([REJECTED])
    assert step.error is REJECTED
    assert len(step.model.asked) == 1


def test_a_renewal_that_fails_ends_the_step_with_its_own_error() -> None:
    gone = NotSignedIn("signed out", remedy="sign in")
    step = _taken([REJECTED], renewals=(gone,))
    assert step.error is gone


def test_a_message_that_was_shown_whole_is_not_shown_again() -> None:
    step = _taken([HELLO, CUT], [HELLO, Completed()])
    assert step.events == [HELLO, Retrying(CUT, 1, 2, 1.0, keeps_text=True), Completed()]
    assert step.turn == FinishedTurn(items=(a_message("Hello"),), usage=Usage())


SEALED = Reasoning(item_id="rs_1", summary=(), encrypted_content="sealed")
PICTURE = Image("image/png", b"png")
UNREADABLE = InvalidRequest("cannot", remedy="start anew", code="invalid_encrypted_content")
NO_PICTURE = ImageRefused("not a picture", remedy="send another")


def test_reasoning_that_the_service_cannot_read_is_left_out_once() -> None:
    request = a_request(UserMessage("Hi"), SEALED, a_message("Hello"), UserMessage("And now?"))
    step = _taken([UNREADABLE], [UNREADABLE], request=request)
    assert step.model.requests[1].items == (
        UserMessage("Hi"),
        a_message("Hello"),
        UserMessage("And now?"),
    )
    assert (step.error, len(step.model.asked), step.clock.waits) == (UNREADABLE, 2, [])


def test_the_request_that_was_answered_is_returned() -> None:
    request = a_request(UserMessage("Hi"), SEALED, a_message("Hello"), UserMessage("And now?"))
    step = _taken([UNREADABLE], [HELLO, Completed()], request=request)
    assert step.answered is not None
    assert step.answered.request == step.model.requests[1]


def test_a_picture_of_earlier_that_the_service_cannot_read_is_left_out() -> None:
    request = a_request(
        UserMessage("Look", (PICTURE,)), a_message("Nice"), UserMessage("And this?", (PICTURE,))
    )
    step = _taken([NO_PICTURE], [HELLO, Completed()], request=request)
    sent = [item.images for item in step.model.requests[1].items if isinstance(item, UserMessage)]
    assert sent == [(), (PICTURE,)]
    assert [type(event) for event in step.events[:1]] == [Notice]


def test_a_picture_of_this_question_that_the_service_cannot_read_ends_the_step() -> None:
    step = _taken([NO_PICTURE], request=a_request(UserMessage("Look", (PICTURE,))))
    assert (step.error, len(step.model.asked)) == (NO_PICTURE, 1)


def test_what_was_changed_of_a_request_is_told_once() -> None:
    adjusted = RequestAdjusted("temperature is not sent.")
    step = _taken([adjusted, CUT], [adjusted, HELLO, Completed()])
    assert [event for event in step.events if isinstance(event, Notice)] == [
        Notice("temperature is not sent.")
    ]
