"""Sessions: what their records say, and how one is taken up again."""

import pytest
from tests.fakes.session_values import ANSWERED, ASKED, BEGUN, STEP, a_header, an_id
from tests.fakes.values import a_call, a_message

from codexctl.domain.conversation import Conversation, Image, Reasoning, ToolOutput, UserMessage
from codexctl.domain.errors import UsageError
from codexctl.domain.session import (
    INTERRUPTED_OUTPUT,
    CallBegun,
    ItemAdded,
    Session,
    SessionRecord,
    StepEnded,
    checked_name,
    first_words_of,
    is_session_id,
    resumed,
    usage_of,
)
from codexctl.domain.stream_events import Usage
from codexctl.domain.tools import CallKind, ToolCall


def _session(*records: SessionRecord) -> Session:
    return Session(header=a_header(), records=records, changed_at=BEGUN)


def _output(call_id: str, kind: CallKind = CallKind.FUNCTION) -> ToolOutput:
    return ToolOutput(call_id=call_id, text=INTERRUPTED_OUTPUT, kind=kind)


CALL = ItemAdded(a_call("call_1"))
OUTPUT = ItemAdded(ToolOutput(call_id="call_1", text="seen"))


def test_the_items_of_a_session_are_those_that_were_added() -> None:
    session = _session(ASKED, CALL, STEP, CallBegun("call_1"), OUTPUT, ANSWERED)
    assert session.items == (ASKED.item, CALL.item, OUTPUT.item, ANSWERED.item)


def test_the_model_is_the_one_that_answered_last() -> None:
    other = StepEnded("openai/gpt-4o-mini", Usage())
    assert [_session(*records).model for records in ((), (ASKED,), (STEP,), (STEP, other))] == [
        None,
        None,
        "openai-codex/gpt-5.5",
        "openai/gpt-4o-mini",
    ]


def test_the_usage_of_a_session_is_the_sum_of_its_steps() -> None:
    assert usage_of((ASKED, STEP, ANSWERED, STEP)) == Usage(input_tokens=24, output_tokens=6)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ([], ""),
        ([""], ""),
        (["How are you?"], "How are you?"),
        (["  Fix\n\tthis\u2028now "], "Fix this now"),
        (["<b>Bold</b> or not?"], "<b>Bold</b> or not?"),
        (["First", "Second"], "First"),
        (["x" * 1000], "x" * 200),
        ([" " * 10_000 + "far"], "far"),
    ],
    ids=["none", "empty", "plain", "lines", "markup", "two", "long", "space"],
)
def test_the_first_words_are_the_users_on_one_line(texts: list[str], words: str) -> None:
    records = [ItemAdded(UserMessage(text, (Image("image/png", b"x"),))) for text in texts]
    assert _session(*records, ANSWERED).first_words == words


def test_words_about_the_surroundings_are_not_the_users() -> None:
    context = ItemAdded(UserMessage("<environment>", is_context=True))
    session = _session(context, context, ItemAdded(UserMessage("Hi")))
    assert session.first_words == "Hi"


def test_words_after_an_answer_are_not_the_first() -> None:
    assert first_words_of(iter((ANSWERED, ASKED))) == ""


def test_looking_for_the_first_words_reads_no_further_than_they_stand() -> None:
    records = iter((ASKED, ANSWERED))
    first_words_of(records)
    assert list(records) == [ANSWERED]


# Taking up


def test_a_whole_session_goes_on_as_it_was() -> None:
    session = _session(ASKED, CALL, STEP, CallBegun("call_1"), OUTPUT, ANSWERED, STEP)
    assert resumed(session) == (Conversation(an_id(1), session.items), ())


def test_a_call_that_had_begun_is_told_as_interrupted() -> None:
    session = _session(ASKED, CALL, STEP, CallBegun("call_1"))
    conversation, lacking = resumed(session)
    assert lacking == (_output("call_1"),)
    assert conversation.items == (ASKED.item, CALL.item, *lacking)


def test_an_interrupted_call_is_answered_in_its_kind() -> None:
    call = ToolCall(call_id="c", name="apply_patch", arguments="", kind=CallKind.CUSTOM)
    _, lacking = resumed(_session(ItemAdded(call), CallBegun("c")))
    assert lacking == (_output("c", CallKind.CUSTOM),)


def test_a_call_that_never_began_is_left_to_the_repair_of_the_history() -> None:
    session = _session(ASKED, CALL, STEP)
    assert resumed(session) == (Conversation(an_id(1), session.items), ())


def test_of_several_calls_those_without_an_output_are_told_in_the_order_of_their_beginning() -> (
    None
):
    calls = [ItemAdded(a_call(f"call_{number}")) for number in range(1, 5)]
    begun = [CallBegun(f"call_{number}") for number in (3, 1, 2)]
    session = _session(*calls, STEP, *begun, OUTPUT)
    _, lacking = resumed(session)
    assert lacking == (_output("call_3"), _output("call_2"))


def test_what_was_told_once_is_not_told_again() -> None:
    session = _session(ASKED, CALL, STEP, CallBegun("call_1"))
    conversation, lacking = resumed(session)
    again = _session(*session.records, *map(ItemAdded, lacking))
    assert resumed(again) == (conversation, ())


def test_a_beginning_without_its_call_is_passed_over() -> None:
    session = _session(ASKED, CallBegun("call_of_another_version"))
    assert resumed(session) == (Conversation(an_id(1), (ASKED.item,)), ())


def test_reasoning_is_kept_with_its_seal() -> None:
    reasoning = Reasoning(item_id="rs_1", summary=(), encrypted_content="s", model="gpt-5.5")
    conversation, _ = resumed(_session(ASKED, ItemAdded(reasoning), ItemAdded(a_message("Hi"))))
    assert conversation.items[1] == reasoning


# Names


@pytest.mark.parametrize("name", ["x", "work", "ünï 🙂", "a" * 64, "cafe", "1234", "-x", "a/b"])
def test_a_name_that_can_be_shown_will_do(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize(
    "name", ["", " ", " work", "work ", "a\nb", "a\x1bb", "a\u202eb", "\ud800", "a" * 65, an_id(1)]
)
def test_a_name_that_cannot_be_shown_or_is_an_id_is_refused(name: str) -> None:
    with pytest.raises(UsageError) as refused:
        checked_name(name)
    assert name.strip() == "" or name not in refused.value.message


@pytest.mark.parametrize(
    ("word", "is_id"),
    [
        (an_id(1), True),
        ("ABCDEF01-2345-6789-abcd-ef0123456789", True),
        ("abcdef0123456789abcdef0123456789abcd", False),
        ("gbcdef01-2345-6789-abcd-ef0123456789", False),
        ("abcdef01-2345-6789-abcd-ef012345678", False),
        ("", False),
    ],
)
def test_an_id_has_the_form_of_a_uuid(word: str, *, is_id: bool) -> None:
    assert is_session_id(word) is is_id
