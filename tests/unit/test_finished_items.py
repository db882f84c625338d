"""The items of a response: each once, and in order."""

from tests.fakes.values import a_call, a_message

from codexctl.domain.conversation import (
    AssistantMessage,
    ConversationItem,
    OutputText,
    ProviderItem,
    Reasoning,
)
from codexctl.domain.finished_items import FinishedItems

HELLO = a_message("Hello")


def _kept(*finished: tuple[ConversationItem, int | None]) -> tuple[ConversationItem, ...]:
    items = FinishedItems()
    for item, output_index in finished:
        items.add(item, output_index)
    return items.in_order()


def _message(text: str, item_id: str | None = None, phase: str | None = None) -> AssistantMessage:
    return AssistantMessage(parts=(OutputText(text),), item_id=item_id, phase=phase)


def _thought(text: str) -> Reasoning:
    return Reasoning(item_id="rs_1", summary=(text,), encrypted_content=None)


def test_items_stand_where_the_service_puts_them() -> None:
    assert _kept((a_call("b"), 2), (HELLO, 0)) == (HELLO, a_call("b"))


def test_items_without_a_position_stand_in_the_order_they_came() -> None:
    assert _kept((HELLO, None), (a_call("b"), None)) == (HELLO, a_call("b"))


def test_another_item_at_a_taken_position_comes_last() -> None:
    bye = a_message("Bye")
    assert _kept((HELLO, 0), (a_call("b"), 1), (bye, 0)) == (HELLO, a_call("b"), bye)


def test_an_item_that_comes_again_at_its_position_is_kept_once() -> None:
    search = ProviderItem("web_search_call", "{}")
    assert _kept((search, 0), (HELLO, 1), (search, 0), (HELLO, 1)) == (search, HELLO)


def test_an_item_that_comes_again_at_a_position_it_shares_is_kept_once() -> None:
    bye = a_message("Bye")
    assert _kept((HELLO, 0), (bye, 0), (a_call(), 1), (bye, 0)) == (HELLO, bye, a_call())


def test_an_item_that_comes_again_with_its_id_is_kept_once() -> None:
    message = _message("Hello", "msg_1")
    assert _kept((message, 0), (_thought("Hm."), 1), (message, None)) == (message, _thought("Hm."))


def test_other_items_of_the_same_id_are_kept_beside_it() -> None:
    kept = _kept((_thought("Hm."), 0), (_thought("Ah."), 1), (_message("Hello", "rs_1"), 2))
    assert kept == (_thought("Hm."), _thought("Ah."), _message("Hello", "rs_1"))


def test_two_messages_that_say_the_same_are_two_messages() -> None:
    assert _kept((HELLO, 0), (HELLO, 1), (HELLO, None)) == (HELLO, HELLO, HELLO)


def test_a_message_that_grew_is_kept_as_it_is_in_the_end() -> None:
    whole = _message("Hello, world")
    assert _kept((_message("Hel"), 0), (HELLO, 0), (whole, 0)) == (whole,)


def test_a_message_that_grew_item_by_item_is_kept_as_it_is_in_the_end() -> None:
    # NousResearch/hermes-agent#41321
    parts = [_message("Hel", "msg_1"), _message("Hello", "msg_2"), _message("Hello, wor", "msg_3")]
    grown = [(part, position) for position, part in enumerate(parts)]
    assert _kept(*grown, (a_call(), 3)) == (parts[-1], a_call())


def test_a_message_that_grew_after_other_items_is_told_by_its_id() -> None:
    kept = _kept((_message("Hel", "msg_1"), 0), (a_call(), 1), (_message("Hello", "msg_1"), None))
    assert kept == (a_call(), _message("Hello", "msg_1"))


def test_a_message_that_only_begins_like_an_earlier_one_is_another() -> None:
    kept = _kept((HELLO, 0), (a_call(), 1), (_message("Hello, world"), 2))
    assert kept == (HELLO, a_call(), _message("Hello, world"))


def test_a_message_of_another_phase_is_another() -> None:
    first, then = _message("Hello", phase="commentary"), _message("Hello!", phase="final_answer")
    assert _kept((first, 0), (then, 1)) == (first, then)


def test_an_empty_message_is_the_beginning_of_none() -> None:
    assert _kept((_message(""), 0), (HELLO, 1)) == (_message(""), HELLO)
