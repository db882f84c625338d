"""What a recorded request asks, by its body."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.values import API_KEY, LOOK, SUBSCRIPTION, a_call, a_message, a_request

from codexctl.adapters.responses.request_builder import build_body
from codexctl.adapters.responses.sent_request import SentItem, SentRequest, sent_request
from codexctl.domain.conversation import Image, Reasoning, ToolOutput, UserMessage
from codexctl.domain.credentials import Credential
from codexctl.domain.models import Effort, ModelOptions, Verbosity
from codexctl.domain.turn import TurnRequest

ITEMS = (
    UserMessage("Look:", (Image("image/png", b"\x89PNG"),)),
    Reasoning(item_id="rs_1", summary=("One.", "Two."), encrypted_content="seal", model="gpt-5.5"),
    a_call("c1"),
    ToolOutput(call_id="c1", text="seen"),
    a_message("Well."),
)
SENT = (
    SentItem(kind="user", text="Look:", images=1),
    SentItem(kind="reasoning", text="One.\nTwo."),
    SentItem(kind="function_call", text="{}", name="look", call_id="c1"),
    SentItem(kind="function_call_output", text="seen", call_id="c1"),
    SentItem(kind="assistant", text="Well."),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "role", "content", "output", "text", "name", "summary"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def read(request: TurnRequest, credential: Credential = API_KEY) -> SentRequest:
    found = sent_request(build_body(request, credential))
    assert found is not None
    return found


def parsed(**fields: object) -> SentRequest:
    found = sent_request(json.dumps(fields).encode())
    assert found is not None
    return found


def test_what_is_built_is_read_back() -> None:
    options = ModelOptions(effort=Effort.HIGH, verbosity=Verbosity.LOW, web_search=True)
    found = read(a_request(*ITEMS, tools=(LOOK,), options=options))
    assert (found.model, found.instructions) == ("gpt-5.5", "Answer briefly.")
    assert found.tools == ("look", "web_search")
    assert found.options == {"effort": "high", "verbosity": "low"}
    assert found.items_from(0) == SENT


def test_the_lite_dialect_has_its_tools_and_items_too() -> None:
    found = read(a_request(*ITEMS, model="gpt-5.6-sol", tools=(LOOK,)), SUBSCRIPTION)
    assert found.tools == ("look",)
    assert found.items_from(0) == (SentItem(kind="developer", text="Answer briefly."), *SENT)
    assert found.options["context"] == "all_turns"


def test_the_items_of_the_request_before_are_told_from_new_ones() -> None:
    first, second = read(a_request(*ITEMS[:2])), read(a_request(*ITEMS))
    assert (second.kept_from(first), second.kept_from(None)) == (2, 0)
    assert second.items_from(second.kept_from(first)) == SENT[2:]
    assert first.kept_from(second) == 2
    other = read(a_request(UserMessage("Else?"), *ITEMS[1:]))
    assert other.kept_from(second) == 0


def test_a_plain_question_is_what_the_user_says() -> None:
    assert parsed(input="Hi?").items_from(0) == (SentItem(kind="user", text="Hi?"),)


@pytest.mark.parametrize(
    ("item", "sent"),
    [
        ({"role": "user", "content": "Hi"}, SentItem(kind="user", text="Hi")),
        ({"type": "message", "content": "Hi"}, SentItem(kind="message", text="Hi")),
        (
            {"type": "message", "role": "assistant", "content": [{"refusal": "No."}]},
            SentItem(kind="assistant", text="No."),
        ),
        (
            {"type": "custom_tool_call", "call_id": "c", "name": "patch", "input": "text"},
            SentItem(kind="custom_tool_call", text="text", name="patch", call_id="c"),
        ),
        (
            {"type": "function_call_output", "call_id": "c", "output": [{"image_url": "data:"}]},
            SentItem(kind="function_call_output", call_id="c", images=1),
        ),
        ({"type": "web_search_call", "id": "ws_1"}, SentItem(kind="web_search_call")),
    ],
)
def test_every_kind_of_item_has_its_summary(item: dict[str, object], sent: SentItem) -> None:
    assert parsed(input=[item]).items_from(0) == (sent,)


@pytest.mark.parametrize(
    "body", [b"", b"no", b"[]", b"{}", b"\xff", b'{"model": "m"}', b"[" * 9999]
)
def test_what_asks_no_model_is_none(body: bytes) -> None:
    assert sent_request(body) is None


@given(
    st.dictionaries(
        st.sampled_from(["model", "input", "instructions", "tools", "reasoning", "text", "store"]),
        JSON,
    )
)
def test_whatever_the_json_nothing_breaks(fields: dict[str, object]) -> None:
    found = sent_request(json.dumps(fields).encode())
    assert (found is None) is ("input" not in fields)
    assert found is None or len(found.items_from(0)) == len(found.input)
