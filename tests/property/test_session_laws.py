"""Laws of sessions: nothing changes on its way to the log and back, nothing is told twice."""

import json
import tempfile
from collections import Counter
from collections.abc import Generator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.session_values import BEGUN, a_header, an_id
from tests.fakes.stores import IN_MEMORY
from tests.property.strategies import CALL_IDS, ITEMS, JSON

from codexctl.adapters.sessions.fields import Damaged
from codexctl.adapters.sessions.line_codec import (
    decode_header,
    decode_record,
    encode_header,
    encode_record,
)
from codexctl.adapters.sessions.store import FileSessionStore
from codexctl.domain.conversation import (
    AssistantMessage,
    Citation,
    ConversationItem,
    Image,
    OutputText,
    ProviderItem,
    Reasoning,
    ToolOutput,
    UserMessage,
)
from codexctl.domain.history import ABORTED_OUTPUT, repaired
from codexctl.domain.session import (
    INTERRUPTED_OUTPUT,
    CallBegun,
    ItemAdded,
    Session,
    SessionHeader,
    SessionRecord,
    StepEnded,
    resumed,
)
from codexctl.domain.stream_events import Usage
from codexctl.domain.tools import CallKind, ToolCall
from codexctl.testing.fakes.clock import FakeClock


def _has_no_pair_in_halves(text: str) -> bool:
    """Tell whether JSON can say it: two halves of a surrogate pair side by side become a whole."""
    return text == text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


_ANY_TEXT = st.text(
    st.characters() | st.sampled_from('\ud800\udcff\u2028\x85\x00\n\r"\\'), max_size=12
).filter(_has_no_pair_in_halves)
_MAYBE = st.none() | _ANY_TEXT
_IMAGES = st.lists(st.builds(Image, _ANY_TEXT, st.binary(max_size=9)), max_size=2).map(tuple)
_CITATIONS = st.lists(st.builds(Citation, _ANY_TEXT, _ANY_TEXT), max_size=2).map(tuple)
_RICH: st.SearchStrategy[ConversationItem] = st.one_of(
    st.builds(UserMessage, _ANY_TEXT, _IMAGES),
    st.builds(
        AssistantMessage,
        parts=st.lists(st.builds(OutputText, _ANY_TEXT, _CITATIONS), max_size=2).map(tuple),
        item_id=_MAYBE,
        phase=_MAYBE,
    ),
    st.builds(
        Reasoning,
        item_id=_MAYBE,
        summary=st.lists(_ANY_TEXT, max_size=2).map(tuple),
        encrypted_content=_MAYBE,
        model=_MAYBE,
    ),
    st.builds(
        ToolCall,
        call_id=_ANY_TEXT,
        name=_ANY_TEXT,
        arguments=_ANY_TEXT,
        kind=st.sampled_from(CallKind),
        item_id=_MAYBE,
    ),
    st.builds(
        ToolOutput,
        call_id=_ANY_TEXT,
        text=_ANY_TEXT,
        kind=st.sampled_from(CallKind),
        images=_IMAGES,
    ),
    st.builds(ProviderItem, _ANY_TEXT, _ANY_TEXT, _ANY_TEXT),
)
_COUNTS = st.integers(-9, 10**30)
_USAGES = st.builds(
    Usage,
    input_tokens=_COUNTS,
    cached_input_tokens=_COUNTS,
    cache_write_input_tokens=_COUNTS,
    output_tokens=_COUNTS,
    reasoning_output_tokens=_COUNTS,
)
_RECORDS: st.SearchStrategy[SessionRecord] = st.one_of(
    st.builds(ItemAdded, ITEMS | _RICH),
    st.builds(CallBegun, CALL_IDS | _ANY_TEXT),
    st.builds(StepEnded, _ANY_TEXT, _USAGES),
)
_HEADERS = st.builds(
    SessionHeader,
    session_id=_ANY_TEXT,
    created_at=st.datetimes(
        datetime(1971, 1, 1),  # noqa: DTZ001 (the zone is drawn as well)
        datetime(2999, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7, minutes=-30))]),
    ),
    working_folder=_ANY_TEXT,
    name=_MAYBE,
    forked_from=_MAYBE,
)


@pytest.fixture(scope="module")
def home() -> Generator[Path, None, None]:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        yield Path(folder)


@given(record=_RECORDS)
def test_every_record_comes_back_as_it_was(record: SessionRecord) -> None:
    line = encode_record(record, BEGUN)
    assert (line.count(b"\n"), line[-1:]) == (1, b"\n")
    assert line.decode()  # UTF-8, whatever the text was
    assert decode_record(line) == record


@given(header=_HEADERS)
def test_every_header_comes_back_as_it_was(header: SessionHeader) -> None:
    line = encode_header(header)
    assert (line.count(b"\n"), line[-1:]) == (1, b"\n")
    assert decode_header(line) == header


_WORDS = st.sampled_from(
    [
        *("record", "item", "step", "call_begun", "type", "user_message", "assistant_message"),
        *("reasoning", "tool_call", "tool_output", "provider_item", "text", "parts", "images"),
        *("media_type", "data", "call_id", "name", "arguments", "kind", "payload", "usage"),
        *("model", "summary", "citations", "url", "codexctl_session", "id", "created_at"),
        *("working_folder", "2026-01-02T03:04:05Z", "function"),
    ]
)
_OURS: st.SearchStrategy[Any] = st.recursive(
    _WORDS | st.just(1) | JSON,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=6),
    max_leaves=12,
)


@given(line=st.binary(max_size=60) | _OURS.map(lambda value: json.dumps(value).encode()))
def test_no_line_is_worse_than_damaged(line: bytes) -> None:
    for decode in (decode_header, decode_record):
        with suppress(Damaged):
            decode(line)


@settings(max_examples=50)
@given(records=st.lists(_RECORDS, min_size=1, max_size=6), cut=st.integers(0, 10_000))
def test_a_log_torn_anywhere_keeps_the_lines_before(
    home: Path, records: list[SessionRecord], cut: int
) -> None:
    store = FileSessionStore(home, FakeClock())
    with closing(store.create(a_header())) as log:
        log.append(*records)
    (path,) = (home / "sessions").iterdir()
    whole = path.read_bytes()
    first_end = whole.index(b"\n") + 1
    torn = whole[: first_end + cut % (len(whole) - first_end + 1)]
    path.write_bytes(torn)
    session, log = store.open(an_id(1))
    log.close()
    left = path.read_bytes()
    store.remove(an_id(1))
    assert session.header == a_header()
    assert list(session.records) == records[: torn.count(b"\n") - 1]
    assert left == torn[: torn.rindex(b"\n") + 1]


_HISTORIES = st.lists(
    st.builds(ItemAdded, ITEMS) | st.builds(CallBegun, CALL_IDS), max_size=12
).map(tuple)


def _session(*records: SessionRecord) -> Session:
    return Session(header=a_header(), records=records, changed_at=BEGUN)


@given(records=_HISTORIES)
def test_what_was_kept_stays_and_only_outputs_are_added(records: tuple[SessionRecord, ...]) -> None:
    session = _session(*records)
    conversation, lacking = resumed(session)
    assert conversation.items == (*session.items, *lacking)
    assert {output.text for output in lacking} <= {INTERRUPTED_OUTPUT}


@given(records=_HISTORIES)
def test_every_call_that_had_begun_is_answered_exactly_once(
    records: tuple[SessionRecord, ...],
) -> None:
    session = _session(*records)
    _, lacking = resumed(session)
    begun = {record.call_id for record in records if isinstance(record, CallBegun)}
    called = {item.call_id for item in session.items if isinstance(item, ToolCall)}
    answered = {item.call_id for item in session.items if isinstance(item, ToolOutput)}
    assert Counter(output.call_id for output in lacking) == Counter((begun & called) - answered)


@given(records=_HISTORIES)
def test_taking_up_again_tells_nothing_more(records: tuple[SessionRecord, ...]) -> None:
    conversation, lacking = resumed(_session(*records))
    again = _session(*records, *map(ItemAdded, lacking))
    assert resumed(again) == (conversation, ())


@given(records=_HISTORIES)
def test_a_call_that_had_begun_is_never_told_as_aborted(records: tuple[SessionRecord, ...]) -> None:
    conversation, lacking = resumed(_session(*records))
    told = {
        item.call_id: item.text
        for item in repaired(conversation.items, model="gpt-5.5")
        if isinstance(item, ToolOutput)
    }
    for output in lacking:
        assert told[output.call_id] != ABORTED_OUTPUT
