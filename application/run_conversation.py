"""The main job: ask, run the tools the model calls, answer it, until it is done."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import field, replace
from datetime import timedelta

from codexctl.application.ask_model import Answered, AskModel, Step
from codexctl.application.choose_model import Candidate, ChooseModel, may_help
from codexctl.application.open_session import NoLog, OpenedSession
from codexctl.application.run_tools import RunTools, ToolRules
from codexctl.domain.continuation import ShownText
from codexctl.domain.conversation import (
    AssistantMessage,
    Conversation,
    ConversationItem,
    Image,
    Reasoning,
    UserMessage,
)
from codexctl.domain.credentials import Credential
from codexctl.domain.errors import (
    CodexctlError,
    ModelUnavailable,
    TimeLimitReached,
    TurnLimitReached,
)
from codexctl.domain.history import repaired, with_new_call_ids
from codexctl.domain.limits import RetryBudget, RunLimits
from codexctl.domain.models import ModelChoice, ModelOptions
from codexctl.domain.ports import Clock, Entropy, SessionLog, ToolExecutor
from codexctl.domain.run_events import (
    Notice,
    Retrying,
    RunEvent,
    RunFinished,
    RunStarted,
    StepStarted,
    TurnEnded,
)
from codexctl.domain.session import ItemAdded, StepEnded
from codexctl.domain.stream_events import Usage
from codexctl.domain.tools import ToolCall
from codexctl.domain.turn import FinishedTurn, InterruptedTurn, TurnRequest
from codexctl.domain.values import dataclass

_MOST_COMMENTARIES = 2
"""A model that says only what it is about to do is asked on, but not for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What the user wants.

    Attributes:
        prompt: What to ask; not empty.
        instructions: What the model is told about its task; not empty.
        context: What the model is told of the surroundings, before the prompt. What the
            conversation holds already is not said again.
        images: Pictures that go with the prompt.
        models: Which model, and which ones in its place should it not answer; the defaults if
            empty.
        options: How to answer. An effort named with a model goes before the one in here.
        limits: Bounds of the run.
        text_is_shown: Whether text is shown as it comes and so cannot be taken back.
        rules: What the user has to say on the tools.
        session: The conversation to go on with, and where it is kept; None for a new one that
            nobody keeps.
    """

    prompt: str
    instructions: str
    context: tuple[UserMessage, ...] = ()
    images: tuple[Image, ...] = ()
    models: tuple[ModelChoice, ...] = ()
    options: ModelOptions = field(default_factory=ModelOptions)
    limits: RunLimits = field(default_factory=RunLimits)
    text_is_shown: bool = True
    rules: ToolRules = field(default_factory=ToolRules)
    session: OpenedSession | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConversation:
    """Runs a task to its end."""

    ask_model: AskModel
    run_tools: RunTools
    choose_model: ChooseModel
    routing_for: Callable[[Credential], str | None]
    tools: ToolExecutor
    clock: Clock
    entropy: Entropy

    def __call__(self, task: Task) -> Generator[RunEvent, None, None]:
        """Yield what happens, from :class:`RunStarted` to :class:`RunFinished`.

        Closing the generator ends the run and its connection.

        Raises:
            CodexctlError: The run failed; nothing is yielded after that.
        """
        events = self._run(task)
        seconds = task.limits.timeout_seconds
        return events if seconds is None else self._within(seconds, events)

    def _run(self, task: Task) -> Generator[RunEvent, None, None]:
        session = task.session or OpenedSession(Conversation(self.entropy.identifier()), NoLog())
        conversation, log = session.conversation, session.log
        asked = _asked(task, conversation)
        conversation = conversation.plus(asked)
        log.append(*map(ItemAdded, asked))
        usage = Usage()
        last_message: AssistantMessage | None = None
        commentaries = 0
        told: set[str] = set()
        yield RunStarted(conversation.conversation_id)
        candidate: Candidate | None = None
        for number in range(1, task.limits.max_turns + 1):
            if candidate is None:
                answered, candidate = yield from self._first_step(task, conversation, told)
            else:
                # Asked for before every step: a long run outlives a token.
                candidate = self.choose_model.again(candidate)
                answered = yield from self._step(
                    task, conversation, candidate, _new_step(task, told)
                )
            turn = yield from self._whole(answered, conversation, log)
            usage += turn.usage
            last_message = _last_message(turn) or last_message
            # From the request that was answered: what it had to leave out stays out.
            conversation = replace(conversation, items=answered.request.items).plus(turn.items)
            commentaries = commentaries + 1 if turn.is_only_commentary else 0
            if (
                not turn.calls
                and not turn.wants_more
                and not 0 < commentaries <= _MOST_COMMENTARIES
            ):
                yield RunFinished(usage, last_message)
                return
            if number < task.limits.max_turns:  # outputs that nobody will read are not made
                outputs = yield from self.run_tools(turn.calls, task.rules, log)
                conversation = conversation.plus(outputs)
        raise TurnLimitReached(
            f"The run reached its limit of {task.limits.max_turns} turns.",
            remedy="Allow more with --max-turns, or ask for less at once.",
        )

    def _first_step(
        self, task: Task, conversation: Conversation, told: set[str]
    ) -> Generator[RunEvent, None, tuple[Answered, Candidate]]:
        """Ask the model that is wanted, or another one in its place while nothing is visible."""
        candidates = self.choose_model.candidates(task.models)
        candidate = next(candidates)
        step = _new_step(task, told)
        while True:
            answered = yield from self._step(task, conversation, candidate, step)
            turn = answered.turn
            if isinstance(turn, FinishedTurn) or _is_visible(step, turn):
                return answered, candidate
            other = _other(candidates, turn.error, candidate, is_wanted=bool(task.models))
            if other is None:
                return answered, candidate
            said = turn.error.sentence
            yield Notice(f"{said} Asking {other.model} instead of {candidate.model}.")
            candidate = other

    def _step(
        self, task: Task, conversation: Conversation, candidate: Candidate, step: Step
    ) -> Generator[RunEvent, None, Answered]:
        model = candidate.model
        yield StepStarted(model)
        request = TurnRequest(
            model=model.slug,
            instructions=task.instructions,
            conversation_id=conversation.conversation_id,
            items=repaired(conversation.items, model=model.slug),
            tools=self.tools.specs(),
            options=replace(task.options, effort=model.effort or task.options.effort),
            routing=self.routing_for(candidate.credential),
        )
        return (yield from self.ask_model(request, candidate.credential, step))

    def _whole(
        self, answered: Answered, conversation: Conversation, log: SessionLog
    ) -> Generator[RunEvent, None, FinishedTurn]:
        """Keep a turn, announce it and return it, if it is whole."""
        turn = answered.turn
        if isinstance(turn, InterruptedTurn):
            # What the user has read is kept, so that the model knows it; its calls never run.
            kept = tuple(item for item in turn.items if not isinstance(item, ToolCall))
            log.append(*map(ItemAdded, _signed(kept, answered.request.model)))
            yield TurnEnded(turn)
            if isinstance(turn.error, ModelUnavailable):
                raise self.choose_model.explained(turn.error, answered.credential) from turn.error
            raise turn.error
        items = with_new_call_ids(turn.items, conversation)
        turn = replace(turn, items=_signed(items, answered.request.model))
        log.append(*map(ItemAdded, turn.items), StepEnded(answered.request.model, turn.usage))
        yield TurnEnded(turn)
        for text in turn.notices:
            yield Notice(text)
        return turn

    def _within(
        self, seconds: float, events: Generator[RunEvent, None, None]
    ) -> Generator[RunEvent, None, None]:
        """Pass events on until the time is up; a wait beyond it is not waited."""
        end = self.clock.now() + timedelta(seconds=seconds)
        with closing(events):
            for event in events:
                wait = event.delay_seconds if isinstance(event, Retrying) else 0.0
                if self.clock.now() + timedelta(seconds=wait) >= end:
                    raise time_limit_reached(seconds)
                yield event


def time_limit_reached(seconds: float) -> TimeLimitReached:
    """Return the error of a run that took too long."""
    return TimeLimitReached(
        f"The run reached its time limit of {seconds:g} seconds.",
        remedy="Allow more with --timeout, or ask for less at once.",
    )


def _asked(task: Task, conversation: Conversation) -> tuple[UserMessage, ...]:
    """Return what the user says now: what is new of the surroundings, and the prompt."""
    new = tuple(message for message in task.context if message not in conversation.items)
    return (*new, UserMessage(task.prompt, task.images))


def _new_step(task: Task, told: set[str]) -> Step:
    shown = ShownText() if task.text_is_shown else None
    return Step(budget=RetryBudget(task.limits.retry), shown=shown, told=told)


def _other(
    candidates: Iterator[Candidate], error: CodexctlError, failed: Candidate, *, is_wanted: bool
) -> Candidate | None:
    """Return the next model that may answer where one failed."""
    try:
        for candidate in candidates:
            if may_help(error, failed.model, candidate.model, is_wanted=is_wanted):
                return candidate
    except CodexctlError:
        pass  # its login is broken, which is not why the run failed
    return None


def _is_visible(step: Step, turn: InterruptedTurn) -> bool:
    """Tell whether the user has seen something of the step, so that no other model may begin."""
    return bool(turn.items) or (step.shown is not None and not step.shown.is_empty)


def _signed(items: tuple[ConversationItem, ...], model: str) -> tuple[ConversationItem, ...]:
    """Note whose reasoning it is: no other model can read it."""
    return tuple(
        replace(item, model=model) if isinstance(item, Reasoning) else item for item in items
    )


def _last_message(turn: FinishedTurn) -> AssistantMessage | None:
    messages = [item for item in turn.items if isinstance(item, AssistantMessage)]
    return messages[-1] if messages else None
