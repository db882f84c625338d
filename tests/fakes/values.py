"""Values that many tests start from."""

from codexctl.domain.conversation import (
    AssistantMessage,
    ConversationItem,
    OutputText,
    UserMessage,
)
from codexctl.domain.credentials import ApiKey, Secret, Subscription
from codexctl.domain.models import ModelOptions
from codexctl.domain.tools import ToolCall, ToolSpec
from codexctl.domain.turn import TurnRequest

SUBSCRIPTION = Subscription(
    access_token=Secret("token-of-a-subscription"),
    account_id="account-1",
    expires_at=None,
    origin="a test",
)
API_KEY = ApiKey(Secret("sk-key-of-the-api"), "a test")

CONVERSATION_ID = "0d5c0ffe-0000-4000-8000-000000000000"

LOOK = ToolSpec(
    name="look",
    description="Looks at something.",
    parameters={"type": "object", "properties": {"at": {"type": "string"}}},
    read_only=True,
    timeout_seconds=30,
)


def a_request(
    *items: ConversationItem,
    model: str = "gpt-5.5",
    options: ModelOptions | None = None,
    tools: tuple[ToolSpec, ...] = (),
    conversation_id: str = CONVERSATION_ID,
) -> TurnRequest:
    """Return a request with these items, or with a greeting."""
    return TurnRequest(
        model=model,
        instructions="Answer briefly.",
        conversation_id=conversation_id,
        items=items or (UserMessage("Hi"),),
        tools=tools,
        options=options or ModelOptions(),
    )


def a_message(text: str) -> AssistantMessage:
    """Return what the model said."""
    return AssistantMessage(parts=(OutputText(text),))


def a_call(call_id: str = "call_1", name: str = "look", arguments: str = "{}") -> ToolCall:
    """Return a call of the model."""
    return ToolCall(call_id=call_id, name=name, arguments=arguments)
