"""The loop: ask, run the tools, answer, until it is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from tests.fakes.values import API_KEY, LOOK, SUBSCRIPTION, a_call, a_message

from codexctl.application.ask_model import AskModel
from codexctl.application.choose_model import ChooseModel
from codexctl.application.run_conversation import RunConversation, Task
from codexctl.application.run_tools import RunTools
from codexctl.domain.conversation import (
    AssistantMessage,
    ConversationItem,
    Image,
    OutputText,
    Reasoning,
    ToolOutput,
    UserMessage,
)
from codexctl.domain.credentials import Credential
from codexctl.domain.errors import (
    AnswerDiffers,
    CodexctlError,
    InvalidRequest,
    ModelUnavailable,
    NetworkFailed,
    NotSignedIn,
    QuotaExhausted,
    ServiceUnavailable,
    SignInRejected,
    TimeLimitReached,
    TurnLimitReached,
)
from codexctl.domain.limits import RetryPolicy, RunLimits
from codexctl.domain.models import Effort, ModelChoice, ModelOptions, Provider, Verbosity
from codexctl.domain.ports import Approver
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
    StreamEvent,
    TextDelta,
    Usage,
)
from codexctl.domain.tools import OutcomeStatus, ToolCall, ToolOutcome
from codexctl.domain.turn import FinishedTurn, InterruptedTurn, TurnRequest
from codexctl.testing.fakes.clock import FakeClock
from codexctl.testing.fakes.credential_source import FakeCredentialSource
from codexctl.testing.fakes.entropy import FakeEntropy
from codexctl.testing.fakes.model_catalogue import FakeModelCatalogue
from codexctl.testing.fakes.model_stream import FakeModelStream
from codexctl.testing.fakes.tool_executor import FakeToolExecutor, Scripted

Script = Sequence[StreamEvent | CodexctlError]

CONVERSATION_ID = "00000000-0000-4000-8000-000000000001"
CUT = NetworkFailed("cut", remedy="again")
TASK = Task(prompt="Hi", instructions="Be brief.")
BOTH = {Provider.CHATGPT: SUBSCRIPTION, Provider.API: API_KEY}


def _saying(*items: ConversationItem, usage: Usage | None = None) -> Script:
    return [*(ItemFinished(item, n) for n, item in enumerate(items)), Completed(usage=usage)]


HELLO = _saying(a_message("Hello"))
LOOKING = _saying(a_call())


@dataclass(slots=True)
class Run:
    """A run that was followed to its end, and what it left in its fakes."""

    model: FakeModelStream
    tools: FakeToolExecutor
    credentials: FakeCredentialSource
    clock: FakeClock = field(default_factory=FakeClock)
    events: list[RunEvent] = field(default_factory=list[RunEvent])
    error: CodexctlError | None = None

    @property
    def last_request(self) -> TurnRequest:
        """The request that was sent last."""
        return self.model.requests[-1]


def _nobody() -> Approver:
    raise AssertionError("nobody is to be asked")


def _run(
    *scripts: Script,
    task: Task = TASK,
    held: Mapping[Provider, Credential | SignInRejected] = BOTH,
    tools: FakeToolExecutor | None = None,
    slugs: tuple[str, ...] | CodexctlError = (),
    routing: str | None = None,
) -> Run:
    executor = tools or FakeToolExecutor({"look": [Scripted("seen")]})
    run = Run(FakeModelStream(*scripts), executor, FakeCredentialSource(held))
    entropy = FakeEntropy()
    conversation = RunConversation(
        ask_model=AskModel(
            model=run.model, credentials=run.credentials, clock=run.clock, entropy=entropy
        ),
        run_tools=RunTools(run.tools, _nobody),
        choose_model=ChooseModel(
            credentials=run.credentials, catalogue=lambda: FakeModelCatalogue(slugs)
        ),
        routing_for=lambda credential: routing if credential == SUBSCRIPTION else None,
        tools=run.tools,
        clock=run.clock,
        entropy=entropy,
    )
    try:
        run.events.extend(conversation(task))
    except CodexctlError as error:
        run.error = error
    return run


def test_a_run_without_calls_takes_one_step() -> None:
    run = _run(HELLO)
    hello = a_message("Hello")
    assert run.events == [
        RunStarted(CONVERSATION_ID),
        StepStarted(ModelChoice("gpt-5.5", Provider.CHATGPT)),
        ItemFinished(hello, 0),
        Completed(),
        TurnEnded(FinishedTurn(items=(hello,), usage=Usage())),
        RunFinished(Usage(), hello),
    ]


def test_the_first_request_holds_the_task() -> None:
    run = _run(HELLO)
    assert run.model.requests == [
        TurnRequest(
            model="gpt-5.5",
            instructions="Be brief.",
            conversation_id=CONVERSATION_ID,
            items=(UserMessage("Hi"),),
            tools=run.tools.specs(),
        )
    ]


def test_the_loop_goes_round_until_the_model_calls_no_more() -> None:
    run = _run(LOOKING, HELLO)
    outcome = ToolOutcome(call_id="call_1", output="seen", status=OutcomeStatus.COMPLETED)
    hello = a_message("Hello")
    step = StepStarted(ModelChoice("gpt-5.5", Provider.CHATGPT))
    assert run.events == [
        RunStarted(CONVERSATION_ID),
        step,
        ItemFinished(a_call(), 0),
        Completed(),
        TurnEnded(FinishedTurn(items=(a_call(),), usage=Usage())),
        ToolStarted(a_call()),
        ToolFinished(a_call(), outcome),
        step,
        ItemFinished(hello, 0),
        Completed(),
        TurnEnded(FinishedTurn(items=(hello,), usage=Usage())),
        RunFinished(Usage(), hello),
    ]


def test_the_next_request_holds_one_output_for_each_call_in_their_order() -> None:
    alone = replace(LOOK, read_only=False)  # so that the first call gets the first step
    tools = FakeToolExecutor({"look": [Scripted("first"), Scripted("second")]}, specs=[alone])
    run = _run(_saying(a_call("b"), a_call("a")), HELLO, tools=tools)
    assert run.last_request.items == (
        UserMessage("Hi"),
        a_call("b"),
        a_call("a"),
        ToolOutput(call_id="b", text="first"),
        ToolOutput(call_id="a", text="second"),
    )


def test_every_request_of_a_run_names_the_same_conversation() -> None:
    run = _run(LOOKING, HELLO)
    assert [one.conversation_id for one in run.model.requests] == [CONVERSATION_ID] * 2


def test_a_call_id_that_comes_twice_is_run_and_sent_back_once() -> None:
    run = _run(_saying(a_call("a"), a_call("a", arguments='{"at": 2}')), HELLO)
    assert run.tools.calls == [a_call("a")]
    assert run.last_request.items == (
        UserMessage("Hi"),
        a_call("a"),
        ToolOutput(call_id="a", text="seen"),
    )


def test_a_call_of_an_unknown_tool_is_answered_and_the_run_goes_on() -> None:
    run = _run(_saying(a_call(name="vanish")), HELLO)
    assert run.last_request.items[-1] == ToolOutput(
        call_id="call_1", text="unsupported call: vanish"
    )
    assert isinstance(run.events[-1], RunFinished)


def test_a_call_that_was_cut_short_is_not_run_and_ends_the_run_with_a_notice() -> None:
    run = _run([ItemFinished(a_call(), 0, is_complete=False), Completed()])
    assert run.tools.calls == []
    assert run.events[-2:] == [
        Notice("The call of look was cut short, so it was not run."),
        RunFinished(Usage(), None),
    ]


def test_what_could_not_be_kept_is_a_notice_after_the_turn() -> None:
    run = _run([CallAnnounced("look", "call_1", 0), *HELLO])
    kinds = [type(event) for event in run.events[-3:]]
    assert kinds == [TurnEnded, Notice, RunFinished]


def test_the_service_may_ask_for_another_request_without_a_call() -> None:
    thinking = a_message("Let me think.")
    run = _run([ItemFinished(thinking, 0), Completed(end_turn=False)], HELLO)
    assert run.last_request.items == (UserMessage("Hi"), thinking)
    assert run.events[-1] == RunFinished(Usage(), a_message("Hello"))


def test_a_run_stops_at_its_limit_of_turns_without_running_calls_nobody_will_read() -> None:
    run = _run(LOOKING, _saying(a_call("b")), task=_limited(max_turns=2))
    assert type(run.error) is TurnLimitReached
    assert (len(run.model.asked), run.tools.calls) == (2, [a_call()])
    assert run.events[-1] == TurnEnded(FinishedTurn(items=(a_call("b"),), usage=Usage()))


def test_a_run_that_ends_at_its_limit_of_turns_is_finished() -> None:
    run = _run(LOOKING, HELLO, task=_limited(max_turns=2))
    assert run.events[-1] == RunFinished(Usage(), a_message("Hello"))


def _limited(*, max_turns: int = 50, retries: int = 5, text_is_shown: bool = True) -> Task:
    limits = RunLimits(max_turns=max_turns, retry=RetryPolicy(retries=retries))
    return Task(prompt="Hi", instructions="Be brief.", limits=limits, text_is_shown=text_is_shown)


def test_a_step_that_failed_in_passing_is_tried_again_before_any_text() -> None:
    run = _run([CUT], HELLO)
    assert Retrying(CUT, 1, 5, 0.2) in run.events
    assert (run.clock.waits, run.error) == ([0.2], None)


def test_a_retry_continues_what_was_shown() -> None:
    run = _run([TextDelta("Hel", 0), CUT], HELLO)
    assert run.events[-1] == RunFinished(Usage(), a_message("Hello"))


def test_a_retry_that_differs_from_what_was_shown_ends_the_run() -> None:
    run = _run([TextDelta("Hal", 0), CUT], HELLO)
    assert type(run.error) is AnswerDiffers


def test_a_step_whose_text_is_not_shown_is_tried_again() -> None:
    run = _run([TextDelta("Hel", 0), CUT], HELLO, task=_limited(text_is_shown=False))
    assert run.events[-1] == RunFinished(Usage(), a_message("Hello"))


def test_each_step_has_a_budget_of_its_own() -> None:
    run = _run([CUT], LOOKING, [CUT], HELLO, task=_limited(retries=1))
    assert (run.clock.waits, run.error) == ([0.2, 0.2], None)


def test_a_spent_budget_ends_the_run_with_the_last_error() -> None:
    run = _run([CUT], [CUT], task=_limited(retries=1), held={Provider.API: API_KEY})
    assert (run.error, run.clock.waits, len(run.model.asked)) == (CUT, [0.2], 2)


def test_retries_are_not_turns() -> None:
    run = _run([CUT], [CUT], HELLO, task=_limited(max_turns=1))
    assert run.error is None


def test_a_call_of_a_broken_response_is_not_run() -> None:
    run = _run([ItemFinished(a_call("lost"), 0), CUT], LOOKING, HELLO)
    assert run.tools.calls == [a_call()]
    assert run.last_request.items == (
        UserMessage("Hi"),
        a_call(),
        ToolOutput(call_id="call_1", text="seen"),
    )


def test_a_refused_request_ends_the_run() -> None:
    refused = InvalidRequest("wrong", remedy="change it")
    run = _run([refused])
    assert run.error is refused
    assert run.events[-1] == TurnEnded(InterruptedTurn(refused, (), Usage()))


def test_usage_is_summed_over_all_steps() -> None:
    run = _run(
        _saying(a_call(), usage=Usage(input_tokens=10, output_tokens=1)),
        _saying(a_message("Hello"), usage=Usage(input_tokens=20, output_tokens=2)),
    )
    total = Usage(input_tokens=30, output_tokens=3)
    assert run.events[-1] == RunFinished(total, a_message("Hello"))


def test_the_last_message_may_come_from_an_earlier_step() -> None:
    run = _run(_saying(a_message("One"), a_message("Two"), a_call()), _saying())
    assert run.events[-1] == RunFinished(Usage(), a_message("Two"))


def test_a_model_that_said_nothing_left_no_message() -> None:
    assert _run(_saying()).events[-1] == RunFinished(Usage(), None)


@pytest.mark.parametrize(
    ("wanted", "held", "asked"),
    [
        (None, BOTH, ModelChoice("gpt-5.5", Provider.CHATGPT)),
        (None, {Provider.API: API_KEY}, ModelChoice("gpt-5.2-codex", Provider.API)),
        (ModelChoice("x"), {Provider.API: API_KEY}, ModelChoice("x", Provider.API)),
        (ModelChoice("x", Provider.API), BOTH, ModelChoice("x", Provider.API)),
        (
            ModelChoice("x", None, Effort.HIGH),
            BOTH,
            ModelChoice("x", Provider.CHATGPT, Effort.HIGH),
        ),
    ],
)
def test_the_model_asked_is_the_one_wanted_of_the_provider_at_hand(
    wanted: ModelChoice | None,
    held: Mapping[Provider, Credential | SignInRejected],
    asked: ModelChoice,
) -> None:
    wanted_ones = () if wanted is None else (wanted,)
    run = _run(HELLO, task=_wanting(*wanted_ones), held=held)
    assert run.events[1] == StepStarted(asked)
    assert (run.last_request.model, run.last_request.options.effort) == (asked.slug, asked.effort)


def test_a_credential_is_asked_for_before_every_step() -> None:
    run = _run(LOOKING, HELLO)
    assert run.credentials.asked == [Provider.CHATGPT, Provider.CHATGPT]


def test_without_a_credential_nothing_is_asked() -> None:
    run = _run(HELLO, held={})
    assert type(run.error) is NotSignedIn
    assert (run.events, run.model.asked) == ([RunStarted(CONVERSATION_ID)], [])


def test_a_call_id_that_comes_again_in_a_later_response_is_another_call() -> None:
    run = _run(LOOKING, LOOKING, HELLO)
    assert run.tools.count("look") == 2
    calls = [item for item in run.last_request.items if isinstance(item, ToolCall)]
    assert [call.call_id for call in calls] == ["call_1", "call_1_2"]
    outputs = [item for item in run.last_request.items if isinstance(item, ToolOutput)]
    assert [output.call_id for output in outputs] == ["call_1", "call_1_2"]


def _wanting(*models: ModelChoice, **fields: Any) -> Task:  # noqa: ANN401 (the fields of a task)
    return Task(prompt="Hi", instructions="Be brief.", models=models, **fields)


A = ModelChoice("a", Provider.CHATGPT)
B = ModelChoice("b", Provider.CHATGPT)
ELSEWHERE = ModelChoice("c", Provider.API)
NO_SUCH_MODEL = ModelUnavailable("No such model.", remedy="Choose another.")
SPENT = QuotaExhausted("Used up.", remedy="Wait.")
BUSY = ServiceUnavailable("Busy.", remedy="Wait.")


def _asked(run: Run) -> list[str]:
    return [request.model for request in run.model.requests]


@pytest.mark.parametrize(
    ("error", "asked"),
    [
        (NO_SUCH_MODEL, ["a", "b"]),
        (SPENT, ["a", "b"]),
        (BUSY, ["a", "b"]),
        (CUT, ["a", "c"]),
        (InvalidRequest("wrong", remedy="change it"), ["a"]),
        (SignInRejected("refused", remedy="sign in"), ["a"]),
    ],
)
def test_another_model_is_asked_where_that_may_help(error: CodexctlError, asked: list[str]) -> None:
    limits = RunLimits(retry=RetryPolicy(retries=0))
    run = _run([error], HELLO, task=_wanting(A, B, ELSEWHERE, limits=limits))
    assert _asked(run) == asked


def test_the_user_is_told_of_another_model() -> None:
    run = _run([NO_SUCH_MODEL], HELLO, task=_wanting(A, B))
    assert run.events[1:4] == [
        StepStarted(A),
        Notice("No such model. Asking openai-codex/b instead of openai-codex/a."),
        StepStarted(B),
    ]


def test_all_models_of_a_step_share_its_budget() -> None:
    task = _wanting(A, B, limits=RunLimits(retry=RetryPolicy(retries=1)))
    run = _run([BUSY], [BUSY], [BUSY], task=task)
    assert (_asked(run), run.clock.waits, run.error) == (["a", "a", "b"], [0.2], BUSY)


def test_no_other_model_is_asked_once_text_is_visible() -> None:
    task = _wanting(A, B, limits=RunLimits(retry=RetryPolicy(retries=0)))
    run = _run([TextDelta("Hel", 0), BUSY], task=task)
    assert (_asked(run), run.error) == (["a"], BUSY)


def test_no_other_model_is_asked_after_the_first_step() -> None:
    run = _run(LOOKING, [NO_SUCH_MODEL], task=_wanting(A, B))
    assert _asked(run) == ["a", "a"]


def test_a_model_without_a_credential_is_passed_over() -> None:
    run = _run(HELLO, task=_wanting(A, ELSEWHERE), held={Provider.API: API_KEY})
    assert _asked(run) == ["c"]


def test_without_a_credential_for_any_of_them_the_first_is_named() -> None:
    run = _run(HELLO, task=_wanting(A, B), held={Provider.API: API_KEY})
    assert type(run.error) is NotSignedIn


def test_the_defaults_end_with_a_model_that_every_key_may_use() -> None:
    run = _run([NO_SUCH_MODEL], [NO_SUCH_MODEL], HELLO, held={Provider.API: API_KEY})
    assert (_asked(run), type(run.error)) == (["gpt-5.2-codex", "gpt-4o-mini"], ModelUnavailable)


def test_an_overloaded_service_is_not_asked_for_a_weaker_model_that_nobody_named() -> None:
    task = _wanting(limits=RunLimits(retry=RetryPolicy(retries=0)))
    run = _run([BUSY], HELLO, held={Provider.API: API_KEY}, task=task)
    assert (_asked(run), run.error) == (["gpt-5.2-codex"], BUSY)


def test_a_spent_key_is_not_asked_for_another_model() -> None:
    run = _run([SPENT], HELLO, held={Provider.API: API_KEY})
    assert (_asked(run), run.error) == (["gpt-5.2-codex"], SPENT)


def test_a_fallback_whose_login_is_broken_leaves_the_first_error() -> None:
    broken = SignInRejected("broken", remedy="sign in")
    run = _run([NO_SUCH_MODEL], task=_wanting(A, ELSEWHERE), held={**BOTH, Provider.API: broken})
    assert run.error is not None
    assert run.error.message == "No such model."


def test_a_model_that_there_is_not_is_answered_with_those_there_are() -> None:
    run = _run([NO_SUCH_MODEL], task=_wanting(A), slugs=("gpt-5.5", "gpt-6-sol"))
    assert run.error is not None
    assert run.error.remedy == "Choose another. There are: gpt-5.5, gpt-6-sol."


def test_a_list_of_models_that_cannot_be_had_changes_nothing() -> None:
    run = _run([NO_SUCH_MODEL], task=_wanting(A), slugs=CUT)
    assert run.error is NO_SUCH_MODEL


def test_the_routing_of_the_account_is_in_every_request() -> None:
    run = _run(LOOKING, HELLO, routing="us")
    assert [request.routing for request in run.model.requests] == ["us", "us"]


def test_options_and_pictures_are_in_the_request() -> None:
    options = ModelOptions(effort=Effort.LOW, verbosity=Verbosity.HIGH)
    picture = Image("image/png", b"png")
    run = _run(HELLO, task=_wanting(A, options=options, images=(picture,)))
    assert run.last_request.options == options
    assert run.last_request.items == (UserMessage("Hi", (picture,)),)


def test_an_effort_named_with_the_model_goes_before_the_option() -> None:
    wanted = ModelChoice("a", None, Effort.HIGH)
    run = _run(HELLO, task=_wanting(wanted, options=ModelOptions(effort=Effort.LOW)))
    assert run.last_request.options.effort is Effort.HIGH


def _commentary(text: str) -> Script:
    return _saying(AssistantMessage(parts=(OutputText(text),), phase="commentary"))


def test_a_model_that_says_only_what_it_is_about_to_do_is_asked_on() -> None:
    run = _run(_commentary("I will look."), HELLO)
    assert run.events[-1] == RunFinished(Usage(), a_message("Hello"))


def test_a_model_that_only_ever_announces_is_not_asked_for_ever() -> None:
    run = _run(_commentary("One."), _commentary("Two."), _commentary("Three."))
    assert (len(run.model.asked), run.error) == (3, None)


def test_reasoning_is_sent_back_to_the_model_it_is_of() -> None:
    thought = Reasoning(item_id="rs_1", summary=(), encrypted_content="sealed")
    run = _run(_saying(thought, a_call()), HELLO)
    assert run.last_request.items[1] == replace(thought, model="gpt-5.5")


def test_a_run_ends_when_its_time_is_up() -> None:
    run = _run([CUT], HELLO, task=_wanting(A, limits=RunLimits(timeout_seconds=0.1)))
    assert (type(run.error), run.clock.waits) == (TimeLimitReached, [])


def test_a_run_within_its_time_is_not_disturbed() -> None:
    run = _run([CUT], HELLO, task=_wanting(A, limits=RunLimits(timeout_seconds=0.3)))
    assert (run.error, run.clock.waits) == (None, [0.2])
