"""Arguments that come apart from their calls find the calls they belong to."""

from collections.abc import Iterable

import pytest
from tests.fakes.values import a_call

from codexctl.domain.call_arguments import CallArguments
from codexctl.domain.stream_events import ArgumentsDelta, ArgumentsFinished
from codexctl.domain.tools import ToolCall


def _said(*events: ArgumentsDelta | ArgumentsFinished) -> CallArguments:
    arguments = CallArguments()
    for event in events:
        if isinstance(event, ArgumentsDelta):
            arguments.add_piece(event)
        else:
            arguments.add_whole(event)
    return arguments


def _claimed(arguments: CallArguments, *calls: tuple[str, str | None, int | None]) -> Iterable[str]:
    """Return what each call gets, by its call id, item id and position."""
    return [
        arguments.claim(ToolCall(call_id=call_id, name="look", arguments="", item_id=item_id), at)
        for call_id, item_id, at in calls
    ]


def test_calls_are_told_apart_by_their_position() -> None:
    said = _said(ArgumentsFinished("one", 1, "fc_x"), ArgumentsFinished("two", 2, "fc_x"))
    assert _claimed(said, ("b", "fc_b", 2), ("a", "fc_a", 1)) == ["two", "one"]


def test_calls_without_a_position_are_told_apart_by_their_item() -> None:
    said = _said(ArgumentsFinished("one", None, "fc_a"), ArgumentsFinished("two", None, "fc_b"))
    assert _claimed(said, ("b", "fc_b", None), ("a", "fc_a", None)) == ["two", "one"]


def test_an_item_finds_its_arguments_also_where_it_alone_has_a_position() -> None:
    said = _said(ArgumentsFinished("one", None, "fc_a"))
    assert _claimed(said, ("a", "fc_a", 1)) == ["one"]


def test_some_servers_name_the_call_where_the_item_should_be_named() -> None:
    said = _said(ArgumentsFinished("two", None, "b"), ArgumentsFinished("one", None, "a"))
    assert _claimed(said, ("a", "fc_a", None), ("b", None, None)) == ["one", "two"]


def test_arguments_that_name_nothing_go_to_calls_in_the_order_they_came() -> None:
    said = _said(ArgumentsFinished("one", None), ArgumentsFinished("two", None))
    calls = [("a", "fc_a", None), ("b", None, None), ("c", None, None)]
    assert _claimed(said, *calls) == ["one", "two", ""]


def test_arguments_that_name_nothing_are_not_for_a_call_with_a_position() -> None:
    assert _claimed(_said(ArgumentsFinished("one", None)), ("a", None, 0)) == [""]


@pytest.mark.parametrize(("at", "item_id"), [(0, None), (None, "fc_1"), (None, None)])
def test_arguments_that_came_only_in_pieces_are_joined(at: int | None, item_id: str | None) -> None:
    said = _said(*(ArgumentsDelta(text, at, item_id) for text in ('{"a', "", 't": 1}')))
    assert _claimed(said, ("a", "fc_1", at)) == ['{"at": 1}']


def test_pieces_of_several_calls_are_kept_apart() -> None:
    said = _said(
        ArgumentsDelta("o", 0),
        ArgumentsDelta("t", 1),
        ArgumentsDelta("ne", 0),
        ArgumentsDelta("wo", 1),
    )
    assert _claimed(said, ("a", None, 0), ("b", None, 1)) == ["one", "two"]


def test_arguments_as_a_whole_go_before_their_pieces() -> None:
    said = _said(ArgumentsDelta("o", 0), ArgumentsFinished("one", 0))
    assert _claimed(said, ("a", None, 0)) == ["one"]


def test_empty_arguments_as_a_whole_do_not_undo_the_pieces() -> None:
    said = _said(ArgumentsDelta("one", 0), ArgumentsFinished("", 0))
    assert _claimed(said, ("a", None, 0)) == ["one"]


def test_what_was_claimed_is_gone() -> None:
    said = _said(
        ArgumentsFinished("one", 0), ArgumentsFinished("two", None), ArgumentsDelta("three", 1)
    )
    calls = [("a", None, 0), ("b", None, None), ("c", None, 1)]
    assert _claimed(said, *calls, *calls) == ["one", "two", "three", "", "", ""]


def test_a_call_of_which_nothing_was_said_has_no_arguments() -> None:
    assert CallArguments().claim(a_call(arguments=""), 0) == ""
