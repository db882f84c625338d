"""The contract of ``codexctl.domain.ports.ModelStream``, for the client and for the fake.

The client is held to it over the network, while it is recorded, and when it is played from a tape.
"""

import json
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TypeAlias

import pytest
from tests.fakes.stream_server import Reply, StreamServer
from tests.fakes.values import API_KEY, SUBSCRIPTION, a_message, a_request
from tests.fakes.wire import completed, created, frames, item_done, message_item, text_delta

from codexctl.adapters.cassettes.matching import Matcher
from codexctl.adapters.cassettes.playing import Playing
from codexctl.adapters.cassettes.playing_transport import Pace, PlayingTransport
from codexctl.adapters.cassettes.recording import Recording
from codexctl.adapters.cassettes.recording_transport import RecordingTransport
from codexctl.adapters.cassettes.tape import Exchange, RunFacts, Tape, TapedRequest
from codexctl.adapters.responses.client import ResponsesClient
from codexctl.adapters.responses.http import HttpSettings
from codexctl.adapters.responses.patience import PatientAdapter
from codexctl.adapters.responses.transport_errors import error_from
from codexctl.domain.errors import CodexctlError, RateLimited, StreamInterrupted
from codexctl.domain.models import Provider
from codexctl.domain.ports import ModelStream
from codexctl.domain.stream_events import (
    Completed,
    ItemFinished,
    ResponseStarted,
    StreamEvent,
    TextDelta,
)
from codexctl.testing.fakes.model_stream import FakeModelStream
from codexctl.testing.fakes.notifier import FakeNotifier


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, as bytes for whoever has a network and as a script for whoever has none."""

    reply: Reply
    script: tuple[StreamEvent | RateLimited | StreamInterrupted, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """A model under test.

    Attributes:
        model: The model.
        conversations_seen: Returns the conversation of each request that was sent, in order.
    """

    model: ModelStream
    conversations_seen: Callable[[], list[str]]


Opening: TypeAlias = Callable[[tuple[Answer, ...]], AbstractContextManager[Subject]]

_EVENTS = (
    ResponseStarted("resp_1", "gpt-5.5"),
    TextDelta("Hello", 0),
    ItemFinished(a_message("Hello"), 0),
    Completed(response_id="resp_1"),
)
_WIRE = (created(), text_delta("Hello"), item_done(message_item("Hello")), completed())

WHOLE = Answer(Reply(pieces=[frames(*_WIRE)]), _EVENTS)
BEYOND_ITS_END = Answer(
    Reply(pieces=[frames(*_WIRE, text_delta("more"))]), (*_EVENTS, TextDelta("more", 0))
)
WITHOUT_ITS_END = Answer(Reply(pieces=[frames(*_WIRE[:-1])]), _EVENTS[:-1])
REFUSED = Answer(
    Reply(status="429 Too Many Requests", pieces=[b'{"error": {"message": "Slow down"}}']),
    (RateLimited("Slow down", remedy="wait"),),
)
BROKEN = Answer(
    Reply(
        raw=b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        + b"%x\r\n%b\r\n" % (len(frames(*_WIRE[:2])), frames(*_WIRE[:2]))
        + b"ff\r\nhalf a chunk"
    ),
    (*_EVENTS[:2], StreamInterrupted("cut", remedy="again")),
)


@contextmanager
def _over_http(answers: tuple[Answer, ...]) -> Generator[Subject, None, None]:
    with StreamServer(lambda number, _: answers[number].reply) as server:
        settings = HttpSettings(
            base_urls=dict.fromkeys(Provider, server.base_url), identity={"originator": "a-test"}
        )
        with closing(ResponsesClient(settings)) as client:
            yield Subject(client, lambda: [seen.body["prompt_cache_key"] for seen in server.seen])


@contextmanager
def _recorded(answers: tuple[Answer, ...]) -> Generator[Subject, None, None]:
    with _recording(answers) as (subject, _):
        yield subject


@contextmanager
def _recording(
    answers: tuple[Answer, ...],
) -> Generator[tuple[Subject, Callable[[], Tape]], None, None]:
    recording = Recording(lambda: 0.0)
    with StreamServer(lambda number, _: answers[number].reply) as server:
        settings = HttpSettings(
            base_urls=dict.fromkeys(Provider, server.base_url),
            identity={"originator": "a-test"},
            transport=lambda: RecordingTransport(PatientAdapter(), recording, error_from),
        )
        with closing(ResponsesClient(settings)) as client:
            yield (
                Subject(client, lambda: [seen.body["prompt_cache_key"] for seen in server.seen]),
                lambda: recording.tape(recorded_by="a test", command="run", facts=RunFacts()),
            )


class _AnyRequest(Matcher):
    """Takes every request for the next one of the tape, so that a test may ask what it likes."""

    def compare(self, recorded: TapedRequest, actual: TapedRequest) -> None:
        return None


@contextmanager
def _from_a_tape(answers: tuple[Answer, ...]) -> Generator[Subject, None, None]:
    with _recording(answers) as (subject, tape):
        for _ in answers:
            with suppress(CodexctlError):
                list(subject.model.stream(a_request(), API_KEY))
        taped = tape()
    asked: list[str] = []

    class Noting(Playing):
        def answer(
            self, method: str, url: str, headers: Mapping[str, str], body: bytes
        ) -> Exchange:
            asked.append(json.loads(body)["prompt_cache_key"])
            return super().answer(method, url, headers, body)

    playing = Noting(taped, _AnyRequest.of_folders(None, None), "codexctl run --record FILE")
    settings = HttpSettings(
        base_urls=dict.fromkeys(Provider, "http://nowhere.invalid"),
        identity={},
        transport=lambda: PlayingTransport(playing, Pace(0, lambda _: None), FakeNotifier()),
    )
    with closing(ResponsesClient(settings)) as client:
        yield Subject(client, lambda: asked)


@contextmanager
def _from_a_script(answers: tuple[Answer, ...]) -> Generator[Subject, None, None]:
    model = FakeModelStream(*(answer.script for answer in answers))
    yield Subject(model, lambda: [request.conversation_id for request in model.requests])


_OPENINGS: dict[str, Opening] = {
    "client": _over_http,
    "recorded": _recorded,
    "played": _from_a_tape,
    "fake": _from_a_script,
}


@pytest.fixture(params=_OPENINGS.values(), ids=list(_OPENINGS))
def opened(request: pytest.FixtureRequest) -> Opening:
    return request.param


def test_the_events_come_in_order_and_end_with_the_terminal_one(opened: Opening) -> None:
    with opened((WHOLE,)) as subject:
        assert tuple(subject.model.stream(a_request(), API_KEY)) == _EVENTS


def test_nothing_is_yielded_after_the_terminal_event(opened: Opening) -> None:
    with opened((BEYOND_ITS_END,)) as subject:
        assert tuple(subject.model.stream(a_request(), API_KEY)) == _EVENTS


def test_a_stream_without_its_terminal_event_just_ends(opened: Opening) -> None:
    with opened((WITHOUT_ITS_END,)) as subject:
        assert tuple(subject.model.stream(a_request(), API_KEY)) == _EVENTS[:-1]


def test_nothing_is_sent_before_the_first_event_is_asked_for(opened: Opening) -> None:
    with opened((WHOLE,)) as subject:
        unasked = subject.model.stream(a_request(conversation_id="unasked"), API_KEY)
        asked = subject.model.stream(a_request(conversation_id="asked"), API_KEY)
        assert tuple(asked) == _EVENTS
        unasked.close()
        assert subject.conversations_seen() == ["asked"]


def test_a_refusal_is_raised_before_any_event(opened: Opening) -> None:
    with opened((REFUSED,)) as subject:
        events = subject.model.stream(a_request(), API_KEY)
        with pytest.raises(RateLimited):
            next(events)


def test_what_came_before_a_break_is_yielded_before_the_error(opened: Opening) -> None:
    with opened((BROKEN,)) as subject:
        events = subject.model.stream(a_request(), API_KEY)
        assert (next(events), next(events)) == _EVENTS[:2]
        with pytest.raises(StreamInterrupted):
            next(events)


def test_what_fails_is_not_tried_again(opened: Opening) -> None:
    with opened((REFUSED, WHOLE)) as subject:
        with pytest.raises(RateLimited):
            next(subject.model.stream(a_request(conversation_id="once"), API_KEY))
        assert subject.conversations_seen() == ["once"]


def test_each_request_gets_its_own_answer(opened: Opening) -> None:
    with opened((WHOLE, REFUSED, WITHOUT_ITS_END)) as subject:
        assert tuple(subject.model.stream(a_request(conversation_id="1"), API_KEY)) == _EVENTS
        with pytest.raises(RateLimited):
            next(subject.model.stream(a_request(conversation_id="2"), SUBSCRIPTION))
        last = subject.model.stream(a_request(conversation_id="3"), SUBSCRIPTION)
        assert tuple(last) == _EVENTS[:-1]
        assert subject.conversations_seen() == ["1", "2", "3"]


def test_a_stream_may_be_closed_before_its_end_and_another_one_opened(opened: Opening) -> None:
    with opened((WHOLE, WHOLE)) as subject:
        left = subject.model.stream(a_request(), API_KEY)
        next(left)
        left.close()
        assert list(left) == []
        assert tuple(subject.model.stream(a_request(), API_KEY)) == _EVENTS


def test_a_stream_left_at_its_terminal_event_leaves_the_next_one_alone(opened: Opening) -> None:
    with opened((WHOLE, WHOLE)) as subject:
        left = subject.model.stream(a_request(), API_KEY)
        assert tuple(next(left) for _ in _EVENTS) == _EVENTS
        left.close()
        assert tuple(subject.model.stream(a_request(), API_KEY)) == _EVENTS


def test_many_requests_of_one_credential_and_then_of_another_are_answered(opened: Opening) -> None:
    with opened((WHOLE,) * 6) as subject:
        for credential in (API_KEY, API_KEY, SUBSCRIPTION, SUBSCRIPTION, API_KEY, SUBSCRIPTION):
            assert tuple(subject.model.stream(a_request(), credential)) == _EVENTS
        assert len(subject.conversations_seen()) == 6


def test_two_streams_may_be_read_in_turn(opened: Opening) -> None:
    with opened((WHOLE, WHOLE)) as subject:
        streams = [subject.model.stream(a_request(), API_KEY) for _ in range(2)]
        assert list(zip(*streams, strict=True)) == [(event, event) for event in _EVENTS]


def test_it_may_be_closed_more_than_once(opened: Opening) -> None:
    with opened(()) as subject:
        subject.model.close()
        subject.model.close()


def test_the_fake_tells_which_of_its_streams_are_closed() -> None:
    model = FakeModelStream(_EVENTS, _EVENTS)
    held, left = (model.stream(a_request(), API_KEY) for _ in range(2))
    next(held)
    next(left)
    left.close()
    assert [asked.is_closed for asked in model.asked] == [False, True]
    held.close()


def test_the_fake_fails_a_test_that_asks_more_than_its_script_answers() -> None:
    with pytest.raises(AssertionError, match="request 1, but 0 scripts"):
        next(FakeModelStream().stream(a_request(), API_KEY))
