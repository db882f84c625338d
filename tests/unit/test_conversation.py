"""A conversation, which is a value."""

from tests.fakes.values import a_message

from codexctl.domain.conversation import (
    AssistantMessage,
    Conversation,
    OutputText,
    Refusal,
    UserMessage,
)

HI = UserMessage("Hi")
HELLO = a_message("Hello")


def test_adding_to_a_conversation_makes_another() -> None:
    conversation = Conversation("id", (HI,))
    assert conversation.plus([HELLO]) == Conversation("id", (HI, HELLO))
    assert conversation == Conversation("id", (HI,))


def test_the_text_of_a_message_is_all_its_parts() -> None:
    message = AssistantMessage(parts=(OutputText("I could, "), Refusal("but I will not.")))
    assert message.text == "I could, but I will not."
