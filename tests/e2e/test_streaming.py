"""Text is on standard output before the server has sent the next piece."""

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.command import COMMAND, api_environment, process_environment
from tests.fakes.stream_server import Reply, StreamServer
from tests.wire import completed, message_done, text_delta


class Conversation:
    """A server and a reader that wait for each other."""

    def __init__(self) -> None:
        self.received = threading.Semaphore(0)

    def pieces(self, words: list[str]) -> Iterator[bytes]:
        """Send a word, and the next one only when the reader has got it."""
        for word in words:
            yield text_delta(word)
            assert self.received.acquire(timeout=60), f"{word!r} never came out"
        yield message_done("".join(words))
        yield completed()


@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "close-delimited"])
@pytest.mark.parametrize("headers", [(), ("content-type: text/event-stream",)])
@pytest.mark.parametrize("recorded", [False, True], ids=["", "recorded"])
def test_each_delta_is_printed_before_the_next_one_is_sent(
    chunked: bool,  # noqa: FBT001
    headers: tuple[str, ...],
    recorded: bool,  # noqa: FBT001
    tmp_path: Path,
) -> None:
    tape = ("--record", str(tmp_path / "tape.yaml")) if recorded else ()
    words = ["The ", "first ", "wörds.", " ", "✓"]
    talk = Conversation()
    reply = Reply(pieces=talk.pieces(words), chunked=chunked, headers=headers)
    with (
        StreamServer(lambda number, seen: reply) as server,
        subprocess.Popen(
            [COMMAND, "run", "--tools", "none", *tape, "hi"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=process_environment(api_environment(server.base_url)),
        ) as process,
    ):
        assert process.stdout is not None
        for word in words:
            assert process.stdout.read(len(word.encode())) == word.encode()
            talk.received.release()
        assert process.stdout.read() == b"\n"
        assert process.wait(timeout=60) == 0


@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "close-delimited"])
def test_a_run_ends_at_the_terminal_event_though_the_server_holds_the_socket(
    chunked: bool,  # noqa: FBT001
) -> None:
    pieces = [text_delta("done"), message_done("done"), completed()]
    reply = Reply(pieces=pieces, chunked=chunked, hold_open=True)
    with StreamServer(lambda number, seen: reply) as server:
        ran = subprocess.run(
            [COMMAND, "run", "--tools", "none", "hi"],
            capture_output=True,
            env=process_environment(api_environment(server.base_url)),
            timeout=60,
        )
    assert (ran.returncode, ran.stdout) == (0, b"done\n")
