"""The repair of a history that does not hold together, and what a refusal takes out of one."""

from dataclasses import replace
from typing import TypeAlias

import pytest
from tests.fakes.values import a_call, a_message

from codexctl.domain.conversation import (
    AssistantMessage,
    Conversation,
    ConversationItem,
    Image,
    OutputText,
    ProviderItem,
    Reasoning,
    ToolOutput,
    UserMessage,
)
from codexctl.domain.history import (
    repaired,
    with_new_call_ids,
    without_images,
    without_sealed_reasoning,
)
from codexctl.domain.tools import CallKind, ToolCall

Items: TypeAlias = tuple[ConversationItem, ...]
Cases: TypeAlias = dict[str, tuple[Items, Items]]

MODEL = "gpt-5.5"
HI = UserMessage("Hi")
HELLO = a_message("Hello")
CUSTOM = ToolCall(call_id="a", name="patch", arguments="free text", kind=CallKind.CUSTOM)
THOUGHT = Reasoning(item_id="rs_1", summary=("Hm.",), encrypted_content="sealed", model=MODEL)
FOREIGN = replace(THOUGHT, model="gpt-5.4")
UNSEALED = replace(THOUGHT, encrypted_content=None)
HOLOGRAM = ProviderItem("hologram", "{}")
SEARCH = ProviderItem("web_search_call", '{"type": "web_search_call", "id": "ws_1"}')
PICTURE = Image("image/png", b"picture")


def _output(call_id: str, text: str = "seen") -> ToolOutput:
    return ToolOutput(call_id=call_id, text=text)


def _aborted(call_id: str) -> ToolOutput:
    return ToolOutput(call_id=call_id, text="aborted")


def _message(item_id: str | None, text: str = "Hello") -> AssistantMessage:
    return replace(a_message(text), item_id=item_id)


def _call(item_id: str | None) -> ToolCall:
    return replace(a_call("a"), item_id=item_id)


_IN_ORDER: dict[str, Items] = {
    "nothing": (),
    "no calls": (HI, HELLO),
    "answered": (HI, a_call("a"), _output("a")),
    "answered together": (a_call("a"), a_call("b"), _output("a"), _output("b")),
    "answered out of order": (a_call("a"), a_call("b"), _output("b"), _output("a")),
    "thought and said": (HI, THOUGHT, _message("msg_1")),
    "thought and called": (HI, THOUGHT, _call("fc_1"), _output("a")),
    "thought twice and said": (THOUGHT, replace(THOUGHT, item_id="rs_2"), _message("msg_1")),
    "thought and searched": (HI, THOUGHT, SEARCH),
    "thought of an unknown model": (replace(THOUGHT, model=None), _message("msg_1")),
    "what is not sent": (HI, THOUGHT, HOLOGRAM, _message("msg_1"), HOLOGRAM),
    "what nobody sealed": (HI, UNSEALED, _message(None)),
    "a picture": (UserMessage("", (PICTURE,)), HELLO),
    "the same words twice": (HI, HELLO, HI, HELLO),
}


@pytest.mark.parametrize("items", _IN_ORDER.values(), ids=_IN_ORDER)
def test_what_is_in_order_comes_back_unchanged(items: Items) -> None:
    assert repaired(items, model=MODEL) == items


_CALLS: Cases = {
    "unanswered": ((a_call("a"), HI), (a_call("a"), _aborted("a"), HI)),
    "one of two unanswered": (
        (a_call("a"), a_call("b"), _output("b")),
        (a_call("a"), _aborted("a"), a_call("b"), _output("b")),
    ),
    "an output without a call": ((_output("a"), HI), (HI,)),
    "an output before its call": ((_output("a"), a_call("a")), (a_call("a"), _aborted("a"))),
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
    "an output of the wrong kind": (
        (CUSTOM, _output("a")),
        (CUSTOM, ToolOutput(call_id="a", text="seen", kind=CallKind.CUSTOM)),
    ),
}


@pytest.mark.parametrize(("items", "expected"), _CALLS.values(), ids=_CALLS)
def test_each_call_gets_exactly_one_output_of_its_kind(items: Items, expected: Items) -> None:
    assert repaired(items, model=MODEL) == expected


_REASONING: Cases = {
    "at the end": ((HI, THOUGHT), (HI,)),
    "before the user": ((THOUGHT, HI, HELLO), (HI, HELLO)),
    "before what is not sent": ((THOUGHT, HOLOGRAM, HI), (HOLOGRAM, HI)),
    "before a message that says nothing": ((THOUGHT, a_message(""), HI), (HI,)),
    "before a call that comes twice": (
        (a_call("a"), _output("a"), THOUGHT, a_call("a")),
        (a_call("a"), _output("a")),
    ),
    "before a message that comes twice": (
        (_message("msg_1"), HI, THOUGHT, _message("msg_1")),
        (_message("msg_1"), HI),
    ),
    "of another model": (
        (HI, FOREIGN, _message("msg_1"), _call("fc_1"), _output("a"), _message("msg_2")),
        (HI, _message(None), _call(None), _output("a"), _message("msg_2")),
    ),
    "of another model, then a search": (
        (FOREIGN, SEARCH, HOLOGRAM, _message("msg_1"), HI, SEARCH),
        (HOLOGRAM, _message(None), HI, SEARCH),
    ),
    "that nobody sealed": (
        (HI, UNSEALED, _message("msg_1"), HI, _message("msg_2")),
        (HI, UNSEALED, _message(None), HI, _message("msg_2")),
    ),
    "that nobody sealed, at the end": ((HI, UNSEALED), (HI,)),
}


@pytest.mark.parametrize(("items", "expected"), _REASONING.values(), ids=_REASONING)
def test_reasoning_that_the_service_would_refuse_goes(items: Items, expected: Items) -> None:
    assert repaired(items, model=MODEL) == expected


def test_a_model_without_reasoning_is_sent_none() -> None:
    items = (HI, replace(THOUGHT, model=None), _message("msg_1"))
    assert repaired(items, model="gpt-4o") == (HI, _message(None))


_TWICE: Cases = {
    "a message": ((HI, _message("msg_1"), _message("msg_1")), (HI, _message("msg_1"))),
    "another message": (
        (_message("msg_1"), _message("msg_1", "Bye"), _message("msg_1", "Bye")),
        (_message("msg_1"), _message(None, "Bye"), _message(None, "Bye")),
    ),
    "reasoning": ((THOUGHT, THOUGHT, HELLO), (THOUGHT, HELLO)),
    "another call": (
        (_call("fc_1"), _output("a"), replace(_call("fc_1"), call_id="b"), _output("b")),
        (_call("fc_1"), _output("a"), replace(_call(None), call_id="b"), _output("b")),
    ),
    "reasoning that led to nothing at first": (
        (THOUGHT, HI, THOUGHT, _message("msg_1")),
        (HI, THOUGHT, _message("msg_1")),
    ),
}


@pytest.mark.parametrize(("items", "expected"), _TWICE.values(), ids=_TWICE)
def test_an_item_id_stands_once(items: Items, expected: Items) -> None:
    assert repaired(items, model=MODEL) == expected


@pytest.mark.parametrize(
    "empty", [UserMessage(""), a_message(""), AssistantMessage(parts=(), item_id="msg_1")]
)
def test_a_message_that_says_nothing_goes(empty: ConversationItem) -> None:
    assert repaired((HI, empty, HELLO), model=MODEL) == (HI, HELLO)


def test_a_model_that_cannot_see_is_told_where_a_picture_was() -> None:
    items = (
        UserMessage("Look", (PICTURE, PICTURE)),
        UserMessage("", (PICTURE,)),
        a_call("a"),
        ToolOutput(call_id="a", text="Here:", images=(PICTURE,)),
    )
    words = "[a picture was left out: the model takes none]"
    assert repaired(items, model="o3-mini") == (
        UserMessage(f"Look\n{words}\n{words}"),
        UserMessage(words),
        a_call("a"),
        ToolOutput(call_id="a", text=f"Here:\n{words}"),
    )


def test_what_is_not_sent_keeps_its_place() -> None:
    items = (HI, HOLOGRAM, HELLO, HOLOGRAM)
    assert repaired(items, model=MODEL) == items


def test_sealed_reasoning_goes_with_the_ids_of_what_it_led_to() -> None:
    items = (HI, THOUGHT, _message("msg_1"), _call("fc_1"), _output("a"), _message("msg_2"))
    assert without_sealed_reasoning(items) == (
        HI,
        _message(None),
        _call(None),
        _output("a"),
        _message("msg_2"),
    )


def test_without_sealed_reasoning_there_is_nothing_to_take_out() -> None:
    items = (HI, UNSEALED, _message(None), HI, _message("msg_1"))
    assert without_sealed_reasoning(items) == items


_UNREADABLE = "[a picture was left out: the service could not read it]"
_SEEN: Items = (
    UserMessage("First", (PICTURE,)),
    a_call("a"),
    ToolOutput(call_id="a", text="", images=(PICTURE,)),
    UserMessage("Second", (PICTURE,)),
)
_UNSEEN: Items = (
    UserMessage(f"First\n{_UNREADABLE}"),
    a_call("a"),
    ToolOutput(call_id="a", text=_UNREADABLE),
    UserMessage(f"Second\n{_UNREADABLE}"),
)


def test_pictures_can_be_put_in_words() -> None:
    assert without_images(_SEEN, keep_last_user=False) == _UNSEEN


def test_the_pictures_that_came_last_from_the_user_can_be_kept() -> None:
    assert without_images(_SEEN, keep_last_user=True) == (*_UNSEEN[:3], _SEEN[3])


def test_without_pictures_there_is_nothing_to_put_in_words() -> None:
    items = (HI, HELLO, a_call("a"), _output("a"))
    assert without_images(items, keep_last_user=False) == items


_USED = Conversation("id", (a_call("a"), _output("a"), a_call("b"), _output("b")))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("c", "d"), ("c", "d")),
        (("a", "c"), ("a_2", "c")),
        (("a", "a"), ("a_2", "a_2")),
        (("a", "a_2"), ("a_2", "a_2_2")),
        (("a_2", "a"), ("a_2", "a_3")),
    ],
)
def test_calls_get_ids_that_the_conversation_has_not_used(
    given: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    items = (HELLO, *[a_call(call_id) for call_id in given])
    assert with_new_call_ids(items, _USED) == (HELLO, *[a_call(call_id) for call_id in expected])


def test_a_new_id_is_no_longer_than_the_service_takes() -> None:
    long = "x" * 64
    used = Conversation("id", (a_call(long),))
    assert with_new_call_ids((a_call(long),), used) == (a_call("x" * 62 + "_2"),)


def test_text_in_parts_is_no_empty_message() -> None:
    message = AssistantMessage(parts=(OutputText(""), OutputText("x")))
    assert repaired((message,), model=MODEL) == (message,)
