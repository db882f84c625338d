"""A conversation, and the repair of one whose calls and outputs do not match."""

import pytest
from tests.fakes.values import a_call, a_message

from codexctl.domain.conversation import (
    AssistantMessage,
    Conversation,
    ConversationItem,
    OutputText,
    ProviderItem,
    Reasoning,
    Refusal,
    ToolOutput,
    UserMessage,
    repaired,
)
from codexctl.domain.tools import CallKind, ToolCall


def _output(call_id: str, text: str = "seen") -> ToolOutput:
    return ToolOutput(call_id=call_id, text=text)


def _aborted(call_id: str) -> ToolOutput:
    return ToolOutput(call_id=call_id, text="aborted")


HI = UserMessage("Hi")
HELLO = a_message("Hello")
CUSTOM = ToolCall(call_id="a", name="patch", arguments="free text", kind=CallKind.CUSTOM)

_CASES: dict[str, tuple[tuple[ConversationItem, ...], tuple[ConversationItem, ...]]] = {
    "nothing": ((), ()),
    "no calls": ((HI, HELLO), (HI, HELLO)),
    "answered": ((HI, a_call("a"), _output("a")), (HI, a_call("a"), _output("a"))),
    "answered together": (
        (a_call("a"), a_call("b"), _output("a"), _output("b")),
        (a_call("a"), a_call("b"), _output("a"), _output("b")),
    ),
    "answered out of order": (
        (a_call("a"), a_call("b"), _output("b"), _output("a")),
        (a_call("a"), a_call("b"), _output("b"), _output("a")),
    ),
    "unanswered": ((a_call("a"), HI), (a_call("a"), _aborted("a"), HI)),
    "one of two unanswered": (
        (a_call("a"), a_call("b"), _output("b")),
        (a_call("a"), _aborted("a"), a_call("b"), _output("b")),
    ),
    "an output without a call": ((_output("a"), HI), (HI,)),
    "an output before its call": (
        (_output("a"), a_call("a")),
        (a_call("a"), _aborted("a")),
    ),
    "a call twice": (
        (a_call("a"), a_call("a", arguments='{"at": 2}'), _output("a")),
        (a_call("a"), _output("a")),
    ),
    "an output twice": (
        (a_call("a"), _output("a", "first"), _output("a", "second")),
        (a_call("a"), _output("a", "first")),
    ),
    "a custom call unanswered": (
        (CUSTOM,),
        (CUSTOM, ToolOutput(call_id="a", text="aborted", kind=CallKind.CUSTOM)),
    ),
}


@pytest.mark.parametrize(("items", "expected"), _CASES.values(), ids=_CASES)
def test_each_call_gets_exactly_one_output(
    items: tuple[ConversationItem, ...], expected: tuple[ConversationItem, ...]
) -> None:
    assert repaired(items) == expected


def test_what_is_neither_call_nor_output_keeps_its_place() -> None:
    thought = Reasoning(item_id="rs_1", summary=("Hm.",), encrypted_content="sealed")
    search = ProviderItem("web_search_call", "{}")
    items = (HI, thought, search, HELLO, thought)
    assert repaired(items) == items


def test_adding_to_a_conversation_makes_another() -> None:
    conversation = Conversation("id", (HI,))
    assert conversation.plus([HELLO]) == Conversation("id", (HI, HELLO))
    assert conversation == Conversation("id", (HI,))


def test_the_text_of_a_message_is_all_its_parts() -> None:
    message = AssistantMessage(parts=(OutputText("I could, "), Refusal("but I will not.")))
    assert message.text == "I could, but I will not."
