"""The main job: ask, run the tools the model calls, answer it, until it is done."""

from collections.abc import Generator
from dataclasses import field, replace

from codexctl.application.ask_model import AskModel
from codexctl.application.run_tools import RunTools
from codexctl.domain.conversation import (
    AssistantMessage,
    Conversation,
    UserMessage,
    repaired,
    with_new_call_ids,
)
from codexctl.domain.credentials import Credential, Subscription
from codexctl.domain.errors import TurnLimitReached
from codexctl.domain.limits import RunLimits
from codexctl.domain.models import DEFAULT_MODELS, ModelChoice, ModelOptions, Provider
from codexctl.domain.ports import CredentialSource, Entropy, ToolExecutor
from codexctl.domain.run_events import (
    Notice,
    RunEvent,
    RunFinished,
    RunStarted,
    StepStarted,
    TurnEnded,
)
from codexctl.domain.stream_events import Usage
from codexctl.domain.turn import FinishedTurn, TurnRequest
from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What the user wants.

    Attributes:
        prompt: What to ask; not empty.
        instructions: What the model is told about its task; not empty.
        model: Which model, or None for the default of the credential's provider.
        limits: Bounds of the run.
        text_is_shown: Whether text is shown as it comes and so cannot be taken back.
    """

    prompt: str
    instructions: str
    model: ModelChoice | None = None
    limits: RunLimits = field(default_factory=RunLimits)
    text_is_shown: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConversation:
    """Runs a task to its end."""

    ask_model: AskModel
    run_tools: RunTools
    credentials: CredentialSource
    tools: ToolExecutor
    entropy: Entropy

    def __call__(self, task: Task) -> Generator[RunEvent, None, None]:
        """Yield what happens, from :class:`RunStarted` to :class:`RunFinished`.

        Closing the generator ends the run and its connection.

        Raises:
            CodexctlError: The run failed; nothing is yielded after that.
        """
        conversation = Conversation(self.entropy.identifier(), (UserMessage(task.prompt),))
        usage = Usage()
        last_message: AssistantMessage | None = None
        yield RunStarted(conversation.conversation_id)
        for number in range(1, task.limits.max_turns + 1):
            turn = yield from self._step(task, conversation)
            turn = replace(turn, items=with_new_call_ids(turn.items, conversation))
            yield TurnEnded(turn)
            for text in turn.notices:
                yield Notice(text)
            usage += turn.usage
            last_message = _last_message(turn) or last_message
            conversation = conversation.plus(turn.items)
            if not turn.calls and not turn.wants_more:
                yield RunFinished(usage, last_message)
                return
            if number < task.limits.max_turns:  # outputs that nobody will read are not made
                outputs = yield from self.run_tools(turn.calls)
                conversation = conversation.plus(outputs)
        raise TurnLimitReached(
            f"The run reached its limit of {task.limits.max_turns} turns.",
            remedy="Allow more with --max-turns, or ask for less at once.",
        )

    def _step(
        self, task: Task, conversation: Conversation
    ) -> Generator[RunEvent, None, FinishedTurn]:
        # Asked for before every step: a long run outlives a token.
        wanted = task.model
        credential = self.credentials.credential_for(wanted.provider if wanted else None)
        model = _resolved(wanted, credential)
        yield StepStarted(model)
        request = TurnRequest(
            model=model.slug,
            instructions=task.instructions,
            conversation_id=conversation.conversation_id,
            items=repaired(conversation.items),
            tools=self.tools.specs(),
            options=ModelOptions(effort=model.effort),
        )
        return (
            yield from self.ask_model(
                request, credential, task.limits.retry, text_is_shown=task.text_is_shown
            )
        )


def _resolved(wanted: ModelChoice | None, credential: Credential) -> ModelChoice:
    """Return the model to ask, with the provider that the credential belongs to."""
    provider = Provider.CHATGPT if isinstance(credential, Subscription) else Provider.API
    if wanted is None:
        return ModelChoice(DEFAULT_MODELS[provider], provider)
    return ModelChoice(wanted.slug, provider, wanted.effort)


def _last_message(turn: FinishedTurn) -> AssistantMessage | None:
    messages = [item for item in turn.items if isinstance(item, AssistantMessage)]
    return messages[-1] if messages else None
