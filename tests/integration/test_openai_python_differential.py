"""Every recorded stream, read by openai-python and by us: both must understand the same.

openai-python is a development dependency for this alone. Its client reads each stream from a
loopback server, by its own framing, types and accumulator.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.corpus import Recording, recordings, require_corpus
from tests.fakes.stream_server import Reply, StreamServer

from codexctl.adapters.responses.sse import read_events
from codexctl.adapters.responses.wire_codec import decode_event
from codexctl.domain.conversation import AssistantMessage, OutputText, Reasoning
from codexctl.domain.stream_events import TextDelta, Usage
from codexctl.domain.tools import ToolCall
from codexctl.domain.turn import FinishedTurn, TurnAssembler

if TYPE_CHECKING:
    from openai import OpenAI

_NOTHING_BEGAN = "Expected to have received `response.created` before"
_OTHER_RESPONSE = "Lifecycle response identity changed."
_NO_POSITION = "Received a content event for output index None"

_NOT_ACCUMULATED = {
    "0xPlaygrounds__rig/copilot__reasoning_roundtrip__streaming.0.sse": _OTHER_RESPONSE,
    "0xPlaygrounds__rig/copilot__reasoning_roundtrip__streaming.1.sse": _OTHER_RESPONSE,
    "Ranvier-Technologies__pixir/text_and_tool_call.sse": _NOTHING_BEGAN,
    "SwiftedMind__SwiftAgent/OpenAIStreamingErrorHandling.0.sse": "You exceeded your current quota",
    "YumchaLabs__siumai/function_call_arguments_sequence.sse": _NOTHING_BEGAN,
    "YumchaLabs__siumai/output_text_delta_completed.sse": _NOTHING_BEGAN,
    "YumchaLabs__siumai/partial_then_error.sse": _NOTHING_BEGAN,
    "YumchaLabs__siumai/reasoning__openai-reasoning-encrypted-empty-summary.1.sse": _NO_POSITION,
    "YumchaLabs__siumai/tool_call_then_arguments_then_completed.sse": _NOTHING_BEGAN,
    "YumchaLabs__siumai/usage_mixed_case.sse": _NOTHING_BEGAN,
    "apache__apisix/responses-streaming.sse": _NOTHING_BEGAN,
    "issue-quotes/codex-stream-failed-server_is_overloaded.sse": _NOTHING_BEGAN,
    "issue-quotes/openai-stream-error-rate_limit_exceeded.sse": "Rate limit reached for o4-mini",
    "ndycode__opencode-openai-codex-auth-multiaccount/codex-sse-stream.sse": _NO_POSITION,
    "openai__openai-dotnet/ResponsesTests__CanStreamBackgroundResponses.2.sse": _NOTHING_BEGAN,
    "prism-php__prism/stream-unknown-error-responses-1.sse": "Foobar",
    "pydantic__pydantic-ai/test_openai_responses__"
    "test_background_mode_streaming_starting_after_vcr.1.sse": _NOTHING_BEGAN,
    "vercel__ai/github-copilot-id-rotation.1.sse": _OTHER_RESPONSE,
}
"""Streams that its accumulator refuses, with its reason. Its types still read their events."""

_NOT_READ = {
    "SwiftedMind__SwiftAgent/OpenAIStreamingErrorHandling.0.sse": "You exceeded your current quota",
    "YumchaLabs__siumai/partial_then_error.sse": "Upstream failure",
    "issue-quotes/openai-stream-error-rate_limit_exceeded.sse": "Rate limit reached for o4-mini",
    "prism-php__prism/stream-unknown-error-responses-1.sse": "Foobar",
}
"""Streams that it raises on, since the service reports an error in them, and the error's text."""

pytestmark = [
    pytest.mark.usefixtures("corpus"),
    # Of its own types, when it copies what they do not describe.
    pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning"),
]


@pytest.fixture
def corpus() -> None:
    require_corpus()


@dataclass(slots=True)
class Understood:
    """What a stream comes to, in what both have words for.

    Attributes:
        ended: How it ended; the text of the error, where it ended with one.
        messages: Texts of the finished messages.
        cited: The pages they cite.
        calls: Call id, name and arguments of each.
        reasoning: The summary of each.
        usage: Tokens spent.
        streamed: The text of each message as its deltas say it, by position.
    """

    ended: str
    messages: list[str] = field(default_factory=list[str])
    cited: list[str] = field(default_factory=list[str])
    calls: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    reasoning: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    usage: Usage = field(default_factory=Usage)
    streamed: dict[int | None, str] = field(default_factory=dict[int | None, str])


def our_understanding(recording: Recording) -> Understood:
    """Read a stream with our framing, codec and assembler."""
    assembler = TurnAssembler()
    streamed: dict[int | None, str] = defaultdict(str)
    for sse in read_events(iter([recording.body])):
        event = decode_event(sse.event, sse.data)
        assembler.take(event)
        if isinstance(event, TextDelta):
            streamed[event.output_index] += event.text
    turn = assembler.outcome()
    ended = "completed" if isinstance(turn, FinishedTurn) else turn.error.message
    understood = Understood(ended, usage=turn.usage, streamed=dict(streamed))
    for item in turn.items:
        match item:
            case AssistantMessage(parts=parts):
                understood.messages.append(item.text)
                texts = [part for part in parts if isinstance(part, OutputText)]
                understood.cited += [page.url for text in texts for page in text.citations]
            case ToolCall():
                understood.calls.append((item.call_id, item.name, item.arguments))
            case Reasoning():
                understood.reasoning.append(item.summary)
            case _:
                pass
    return understood


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What openai-python makes of a stream.

    Attributes:
        events: Its events, as its types have them.
        output: The items of its final response; empty where there is none.
        refusal: Why its accumulator gave the stream up, if it did.
        error: The error it raised for the stream itself, if any.
    """

    events: list[Any]
    output: list[Any] = field(default_factory=list[Any])
    refusal: str | None = None
    error: str | None = None


@dataclass(slots=True)
class Peer:
    """openai-python's client, before a server that plays one recording after the other."""

    client: "OpenAI"
    body: bytes = b""

    def hear(self, recording: Recording) -> Heard:
        from openai import OpenAIError

        self.body = recording.body
        try:
            with self.client.responses.stream(model="any", input="Hi") as stream:
                events: list[Any] = list(stream)
                is_whole = any(event.type == "response.completed" for event in events)
                return Heard(
                    events=events, output=stream.get_final_response().output if is_whole else []
                )
        except (OpenAIError, RuntimeError) as error:
            refusal = str(error)
        events = []
        try:
            events.extend(self.client.responses.create(model="any", input="Hi", stream=True))
        except OpenAIError as error:
            return Heard(events=events, refusal=refusal, error=str(error))
        return Heard(events=events, refusal=refusal)


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    from openai import OpenAI

    with StreamServer(lambda number, seen: Reply(pieces=[peer.body])) as server:
        client = OpenAI(api_key="sk-any", base_url=server.base_url, max_retries=0)
        peer = Peer(client)
        with client:
            yield peer


def their_understanding(heard: Heard) -> Understood:
    """Put into our words what openai-python heard."""
    responses = [
        event.response
        for event in heard.events
        if event.type in ("response.completed", "response.incomplete", "response.failed")
    ]
    understood = Understood(_their_end(heard), streamed=_their_text(heard.events))
    if responses:
        understood.usage = _their_usage(getattr(responses[-1], "usage", None))
    done = [event for event in heard.events if event.type == "response.output_item.done"]
    done.sort(key=lambda event: event.output_index or 0)
    at_the_end = getattr(responses[-1], "output", None) if responses else None
    items = heard.output or [event.item for event in done] or at_the_end or []
    for item in items:
        match item.type:
            case "function_call" if item.status == "incomplete":
                pass  # cut short: it must never run
            case "message":
                parts: list[Any] = item.content or []
                understood.messages.append("".join(map(_text_of, parts)))
                understood.cited += [url for part in parts for url in _pages_of(part)]
            case "function_call":
                understood.calls.append((item.call_id, item.name, item.arguments))
            case "custom_tool_call":
                understood.calls.append((item.call_id, item.name, item.input))
            case "reasoning":
                understood.reasoning.append(tuple(part.text for part in item.summary or ()))
            case _:
                pass
    return understood


def _their_end(heard: Heard) -> str:
    if heard.error is not None:
        return heard.error
    for event in heard.events:
        match event.type:
            case "response.completed":
                return "completed"
            case "response.incomplete":
                return event.response.incomplete_details.reason
            case "response.failed":
                return event.response.error.message
            case _:
                pass
    return "The stream ended"


def _their_text(events: list[Any]) -> dict[int | None, str]:
    """Return what its accumulator, or its deltas where that has given up, make of the text."""
    parts: dict[tuple[Any, Any], str] = defaultdict(str)
    for event in events:
        if event.type in ("response.output_text.delta", "response.refusal.delta"):
            key = (event.output_index, event.content_index)
            snapshot = getattr(event, "snapshot", None)
            parts[key] = snapshot or parts[key] + event.delta
    text: dict[int | None, str] = defaultdict(str)
    for (position, _part), said in parts.items():
        text[position] += said
    return dict(text)


def _their_usage(usage: Any) -> Usage:  # noqa: ANN401 (of their types, as they are built)
    read = getattr(usage, "input_tokens_details", None)
    written = getattr(usage, "output_tokens_details", None)
    return Usage(
        input_tokens=getattr(usage, "input_tokens", 0),
        cached_input_tokens=getattr(read, "cached_tokens", 0),
        cache_write_input_tokens=getattr(read, "cache_write_tokens", None) or 0,
        output_tokens=getattr(usage, "output_tokens", 0),
        reasoning_output_tokens=getattr(written, "reasoning_tokens", 0),
    )


def _text_of(part: Any) -> str:  # noqa: ANN401
    return part.refusal if part.type == "refusal" else part.text


def _pages_of(part: Any) -> list[str]:  # noqa: ANN401
    noted: list[Any] = getattr(part, "annotations", None) or []
    return list(dict.fromkeys(one.url for one in noted if one.type == "url_citation"))


@pytest.mark.parametrize("recording", recordings(), ids=[one.name for one in recordings()])
def test_a_recording_means_the_same_to_both(recording: Recording, peer: Peer) -> None:
    heard = peer.hear(recording)
    assert _reason(heard.refusal) == _NOT_ACCUMULATED.get(recording.name)
    assert _reason(heard.error) == _NOT_READ.get(recording.name)
    theirs, own = their_understanding(heard), our_understanding(recording)
    assert theirs.ended in own.ended
    assert replace(theirs, ended=own.ended) == own


def _reason(error: str | None) -> str | None:
    """Return the known reason that an error gives, or the error itself."""
    known = {*_NOT_ACCUMULATED.values(), *_NOT_READ.values()}
    return next((one for one in known if error is not None and error.startswith(one)), error)


def test_the_streams_it_does_not_take_are_all_recorded() -> None:
    assert {*_NOT_ACCUMULATED, *_NOT_READ} <= {one.name for one in recordings()}
