"""Whatever secrets stand on a tape, and wherever: none of them is on it once it is scrubbed."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.planted_traffic import (
    KNOWN,
    LOOKS,
    PLACES,
    TEXT,
    WRITINGS,
    WRITINGS_OF_KNOWN,
    Event,
    Traffic,
    all_said,
    events_of,
    told_by_name,
    words,
)

from codexctl.adapters.cassettes.last_check import suspicious_places
from codexctl.adapters.cassettes.matching import Matcher
from codexctl.adapters.cassettes.scrubber import Scrubber
from codexctl.adapters.cassettes.tape import Tape, TapedResponse
from codexctl.adapters.cassettes.tape_codec import tape_from
from codexctl.adapters.cassettes.tape_file import parsed
from codexctl.adapters.cassettes.tape_text import tape_text


def _stream(tape: Tape) -> TapedResponse:
    answer = tape.exchanges[1].answer
    assert isinstance(answer, TapedResponse)
    return answer


def _shapes(tape: Tape) -> list[tuple[Any, ...]]:
    """Return what of each event of the stream is no text."""
    return [
        (event["type"], event.get("item_id"), event.get("output_index"), sorted(event))
        for event in events_of(_stream(tape).body.decode())
    ]


def _check(data: st.DataObject) -> None:
    traffic = Traffic(
        chunk=data.draw(st.integers(1, 60)),
        is_ascii=data.draw(st.booleans()),
        members={"text": data.draw(TEXT)},
    )
    known = data.draw(st.lists(KNOWN, max_size=2, unique=True))
    looks = data.draw(st.lists(LOOKS, max_size=2, unique=True))
    named = data.draw(st.lists(words(8), max_size=2, unique=True))
    for secret in known:
        text = data.draw(WRITINGS_OF_KNOWN)(secret)
        data.draw(st.sampled_from(PLACES))(traffic, text, data)
    for secret in looks:
        text = data.draw(WRITINGS)(secret)
        data.draw(st.sampled_from(PLACES))(traffic, f"({text})", data)
    for secret in named:
        told_by_name(traffic, secret, data)

    tape = traffic.tape()
    scrubber = Scrubber(known=tuple(known))
    scrubbed = scrubber(tape)
    text = tape_text(scrubbed)
    said = [one.lower() for one in all_said(scrubbed, text)]
    secrets = [secret.lower() for secret in (*known, *looks, *named)]
    assert [one for one in said if any(secret in one for secret in secrets)] == []
    assert suspicious_places(scrubbed, text, known) == []
    assert scrubber(scrubbed) == scrubbed
    assert tape_from(parsed(text)) == scrubbed
    assert _shapes(scrubbed) == _shapes(tape)
    assert b"".join(piece for _, piece in _stream(scrubbed).pieces()) == _stream(scrubbed).body


@settings(max_examples=60)
@given(data=st.data())
def test_no_planted_secret_is_on_the_tape_and_it_still_plays(data: st.DataObject) -> None:
    _check(data)


@pytest.mark.slow
@settings(max_examples=800)
@given(data=st.data())
def test_no_planted_secret_is_on_the_tape_in_a_long_run(data: st.DataObject) -> None:
    _check(data)


@settings(max_examples=40)
@given(secret=LOOKS, cuts=st.lists(st.integers(0, 80), max_size=4).map(sorted))
def test_a_secret_has_the_same_stand_in_wherever_it_stands(secret: str, cuts: list[int]) -> None:
    text = f"It is {secret} indeed"
    places = [min(cut, len(text)) for cut in cuts]
    deltas = [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]
    fields: Event = {"type": "response.output_text.delta", "output_index": 0}
    traffic = Traffic(
        members={"text": text, "again": f'{{"a": "{secret}"}}'},
        events=[{**fields, "delta": delta} for delta in deltas],
        outputs=[text],
    )
    scrubbed = Scrubber()(traffic.tape())
    stand_in = scrubbed.outcomes[0].output.removeprefix("It is ").removesuffix(" indeed")
    assert re.fullmatch(r"[a-z-]+-0001", stand_in)
    members = json.loads(scrubbed.exchanges[0].request.body)
    assert members == {"text": f"It is {stand_in} indeed", "again": f'{{"a": "{stand_in}"}}'}
    told = "".join(event["delta"] for event in events_of(_stream(scrubbed).body.decode()))
    assert told == f"It is {stand_in} indeed"


@settings(max_examples=60)
@given(
    text=st.text("abcdefghij .,:;\"'\\/{}[]\n\té☃😀\u2028", max_size=200),
    chunk=st.integers(1, 50),
)
def test_what_is_no_secret_stays_as_it_is(text: str, chunk: int) -> None:
    delta = {"type": "response.output_text.delta", "output_index": 0, "delta": text}
    tape = Traffic(members={"text": text}, events=[delta], outputs=[text], chunk=chunk).tape()
    scrubbed = Scrubber(known=("something-known-0",))(tape)
    assert scrubbed.exchanges[1] == tape.exchanges[1]
    assert json.loads(scrubbed.exchanges[0].request.body) == {"text": text}
    assert replace(scrubbed, exchanges=()) == replace(tape, exchanges=())


@settings(max_examples=60)
@given(data=st.data())
def test_the_request_that_was_recorded_still_matches_once_it_is_scrubbed(
    data: st.DataObject,
) -> None:
    traffic = Traffic(members={"text": data.draw(TEXT)})
    known = data.draw(st.lists(KNOWN, max_size=3, unique=True))
    looks = data.draw(st.lists(LOOKS, max_size=3, unique=True))
    for number, secret in enumerate([*known, *looks, *known]):
        traffic.members[f"m{number}"] = f"{data.draw(TEXT)} {secret} {data.draw(TEXT)}"
    told_by_name(traffic, "abcdefghi7", data)
    tape = traffic.tape()
    scrubbed = Scrubber(known=tuple(known))(tape)
    matcher = Matcher.of_folders(None, None)
    for was, now in zip(scrubbed.exchanges, tape.exchanges, strict=True):
        assert matcher.compare(was.request, now.request) is None
