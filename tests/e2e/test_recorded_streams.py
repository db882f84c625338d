"""Every recorded stream, through the real command and a real socket."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pytest
from tests.command import Ran, api_environment, run_command, run_here
from tests.corpus import Recording, recordings, require_corpus
from tests.fakes.stream_server import Reply, Seen, StreamServer

_AFTER_CALLS = (
    b'data: {"type":"response.output_item.done","output_index":0,"item":{"type":"message",'
    b'"role":"assistant","content":[{"type":"output_text","text":"(over)"}]}}\n\n'
    b'data: {"type":"response.completed","response":{"id":"resp_end","output":[]}}\n\n'
)
"""Answers the request that a recording with calls leads to."""

_FAILURES = {
    "SwiftedMind__SwiftAgent/OpenAIStreamingErrorHandling.0.sse": ("QuotaExhausted", 4),
    "YumchaLabs__siumai/partial_then_error.sse": ("ServiceUnavailable", 5),
    "YumchaLabs__siumai/usage_mixed_case.sse": ("StreamInterrupted", 5),
    "dotnet__extensions/OpenAIResponseClientTests.124.sse": ("RateLimited", 4),
    "issue-quotes/codex-stream-failed-server_is_overloaded.sse": ("ServiceUnavailable", 5),
    "issue-quotes/openai-stream-error-rate_limit_exceeded.sse": ("RateLimited", 4),
    "prism-php__prism/stream-unknown-error-responses-1.sse": ("ServiceUnavailable", 5),
    "x22x22__codex/cli_responses_fixture.sse": ("StreamInterrupted", 5),
}
"""What each recording that neither completes nor stops early ends with."""

COMPLETED = [one for one in recordings() if one.terminal == "response.completed"]
OTHERS = [one for one in recordings() if one.terminal != "response.completed"]
WITH_CHUNKS = [one for one in COMPLETED if one.chunk_lengths]
SHORT = [one for one in COMPLETED if len(one.body) <= 4_096]
SAMPLE = COMPLETED[::24] + OTHERS[::8]

pytestmark = pytest.mark.usefixtures("corpus")


@pytest.fixture
def corpus() -> None:
    require_corpus()


def named(some: list[Recording]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("recording", some, ids=[one.name for one in some])


@dataclass(frozen=True, slots=True)
class Played:
    """What a recording came to, and what the server was asked."""

    ran: Ran
    seen: list[Seen]


def play(
    recording: Recording,
    pieces: Iterable[bytes],
    *,
    chunked: bool = True,
    run: Callable[..., Ran] = run_here,
) -> Played:
    """Run the command against a server that sends the recording in these pieces."""

    def answer(number: int, seen: Seen) -> Reply:
        return Reply(pieces=pieces if number == 0 else [_AFTER_CALLS], chunked=chunked)

    with StreamServer(answer) as server:
        words = ("run", "--json", "--tools", "none", "--retries", "0", recording.name)
        ran = run(*words, environment=api_environment(server.base_url))
    return Played(ran, server.seen)


def cut(body: bytes, lengths: Iterable[int]) -> list[bytes]:
    pieces: list[bytes] = []
    start = 0
    for length in lengths:
        pieces.append(body[start : start + length])
        start += length
    return [*pieces, body[start:]]


def cut_at_random(body: bytes, seed: str) -> list[bytes]:
    chance = random.Random(seed)
    return cut(body, [chance.choice((1, 2, 7, 100, 1_000, 9_000)) for _ in range(len(body) // 99)])


def assert_played_whole(recording: Recording, played: Played) -> None:
    """Exactly the messages of the finished items, and one output for each call."""
    ran = played.ran
    assert (ran.exit_code, ran.lines[-1]["type"]) == (0, "turn.completed"), ran.stderr
    calls = list(dict.fromkeys(recording.call_ids))
    expected = recording.messages + (["(over)"] if calls else [])
    assert [item["text"] for item in ran.items("agent_message")] == expected
    answered = [one for kind in ("tool_call", "file_change") for one in ran.items(kind)]
    assert len(answered) == len(calls)
    assert all(one["output"].startswith("unsupported") for one in answered)
    if calls:
        outputs = [item for item in played.seen[1].input if item["type"].endswith("call_output")]
        assert [output["call_id"] for output in outputs] == calls
    assert len(played.seen) == (2 if calls else 1)


@named(COMPLETED)
def test_a_whole_recording_gives_its_messages_and_one_output_a_call(recording: Recording) -> None:
    assert_played_whole(recording, play(recording, [recording.body]))


@named(COMPLETED)
def test_a_recording_cut_at_random_comes_to_the_same(recording: Recording) -> None:
    pieces = cut_at_random(recording.body, recording.name)
    assert_played_whole(recording, play(recording, pieces, chunked=False))


@named(WITH_CHUNKS)
def test_a_recording_in_the_networks_own_chunks_comes_to_the_same(recording: Recording) -> None:
    pieces = cut(recording.body, recording.chunk_lengths)
    assert_played_whole(recording, play(recording, pieces))


@named(SHORT)
def test_a_short_recording_byte_by_byte_comes_to_the_same(recording: Recording) -> None:
    pieces = [recording.body[i : i + 1] for i in range(len(recording.body))]
    assert_played_whole(recording, play(recording, pieces))


@pytest.mark.slow
@pytest.mark.timeout(600)
@named([one for one in COMPLETED if one not in SHORT])
def test_a_long_recording_byte_by_byte_comes_to_the_same(recording: Recording) -> None:
    pieces = (recording.body[i : i + 1] for i in range(len(recording.body)))
    assert_played_whole(recording, play(recording, pieces))


@named(OTHERS)
def test_a_recording_that_does_not_complete_ends_with_the_right_error(
    recording: Recording,
) -> None:
    ran = play(recording, [recording.body]).ran
    kind, exit_code = _FAILURES.get(recording.name, ("IncompleteAnswer", 6))
    assert ran.lines[-1]["type"] == "turn.failed"
    error = ran.lines[-1]["error"]
    assert (error["kind"], error["exit_code"], ran.exit_code) == (kind, exit_code, exit_code)
    assert [item["text"] for item in ran.items("agent_message")] == recording.messages
    assert "Traceback" not in ran.stderr


def test_only_recordings_that_stop_early_are_left_to_the_default_error() -> None:
    left = {one.name: one.terminal for one in OTHERS if one.name not in _FAILURES}
    assert set(left.values()) == {"response.incomplete"}


@named(SAMPLE)
def test_the_installed_command_plays_a_recording_as_well(recording: Recording) -> None:
    here = play(recording, [recording.body])
    process = play(recording, [recording.body], run=run_command)
    assert process.ran.exit_code == here.ran.exit_code
    assert [*map(without_thread, process.ran.lines)] == [*map(without_thread, here.ran.lines)]


@pytest.mark.slow
@named([*COMPLETED, *OTHERS])
def test_the_installed_command_plays_every_recording(recording: Recording) -> None:
    test_the_installed_command_plays_a_recording_as_well(recording)


def without_thread(line: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in line.items() if name != "thread_id"}
