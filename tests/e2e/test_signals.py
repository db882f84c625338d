"""Signals, and standard streams that are closed or full: only a process shows them."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from tests.asking import refusal, served
from tests.command import COMMAND, Ran, api_environment, process_environment
from tests.fakes.stream_server import Reply, Seen, StreamServer
from tests.wire import answer, call_done, completed, message_done, text_delta

_HEED_SIGINT = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""A test run in the background has SIGINT ignored, and its children inherit that."""

SIGNALS = pytest.mark.parametrize(
    ("number", "kind", "exit_code"),
    [(signal.SIGINT, "Interrupted", 130), (signal.SIGTERM, "Terminated", 143)],
    ids=["SIGINT", "SIGTERM"],
)
NEEDS_DEV_FULL = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="there is no /dev/full here"
)


def start(*words: str, server: StreamServer) -> subprocess.Popen[bytes]:
    """Start a run of the installed command."""
    return subprocess.Popen(
        [sys.executable, "-c", _HEED_SIGINT, COMMAND, "run", "--tools", "none", *words, "hi"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=process_environment(api_environment(server.base_url)),
    )


def finish(process: subprocess.Popen[bytes], before: bytes = b"") -> Ran:
    """Wait for the end; ``before`` is what has been read from standard output already."""
    stdout, stderr = process.communicate(timeout=60)
    return Ran(exit_code=process.returncode, stdout=before + stdout, stderr=stderr.decode())


def pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


STUCK = [Reply(pieces=[text_delta("Half of")], hold_open=True)]


@SIGNALS
def test_a_signal_in_the_middle_of_an_answer_ends_its_line(
    number: signal.Signals, kind: str, exit_code: int
) -> None:
    with served(STUCK) as server, start(server=server) as process:
        read = pipe(process.stdout).read(7)
        process.send_signal(number)
        ran = finish(process, read)
    assert (ran.exit_code, ran.text, ran.stderr) == (
        exit_code,
        "Half of\n",
        f"codexctl: {kind}.\n",
    )


@SIGNALS
@pytest.mark.parametrize("verbose", [[], ["-v"]], ids=["", "-v"])
def test_a_signal_ends_json_lines_with_one_failed_turn(
    number: signal.Signals, kind: str, exit_code: int, verbose: list[str]
) -> None:
    words = ("--json", "--deltas", *verbose)
    with served(STUCK) as server, start(*words, server=server) as process:
        read = b"".join(pipe(process.stdout).readline() for _ in range(3))
        process.send_signal(number)
        ran = finish(process, read)
    error = {"message": f"{kind}.", "kind": kind, "exit_code": exit_code}
    assert (ran.exit_code, ran.stderr) == (exit_code, f"codexctl: {kind}.\n")
    assert [line["type"] for line in ran.lines] == [
        "thread.started",
        "turn.started",
        "item.delta",
        "error",
        "turn.failed",
    ]
    assert ran.lines[-1]["error"] == error


@SIGNALS
def test_a_signal_ends_the_wait_for_the_first_byte(
    number: signal.Signals, kind: str, exit_code: int
) -> None:
    asked = threading.Event()

    def note(_number: int, _seen: Seen) -> Reply:
        asked.set()
        return Reply(raw=b"", hold_open=True)

    with StreamServer(note) as server, start("--json", server=server) as process:
        assert asked.wait(timeout=60)
        process.send_signal(number)
        ran = finish(process)
    assert (ran.exit_code, ran.lines[-1]["error"]["kind"]) == (exit_code, kind)


@SIGNALS
def test_a_signal_ends_the_wait_before_a_retry(
    number: signal.Signals, kind: str, exit_code: int
) -> None:
    busy = [refusal("503 Service Unavailable", "", "retry-after: 60")]
    with served(busy) as server, start(server=server) as process:
        assert pipe(process.stderr).readline().startswith(b"Reconnecting 1/5 in 60.0 s: ")
        process.send_signal(number)
        ran = finish(process)
    assert (ran.exit_code, ran.text, ran.stderr) == (exit_code, "", f"codexctl: {kind}.\n")
    assert len(server.seen) == 1


@SIGNALS
def test_a_signal_leaves_the_file_of_the_last_message_alone(
    number: signal.Signals, kind: str, exit_code: int, tmp_path: Path
) -> None:
    file = tmp_path / "answer.txt"
    file.write_text("old")
    with served(STUCK) as server, start("-o", str(file), server=server) as process:
        read = pipe(process.stdout).read(7)
        process.send_signal(number)
        ran = finish(process, read)
    assert (ran.exit_code, ran.stderr) == (exit_code, f"codexctl: {kind}.\n")
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("answer.txt", "old")]


@pytest.mark.parametrize("words", [(), ("--json", "--deltas"), ("-v",)], ids=" ".join)
def test_a_reader_who_leaves_ends_the_run_with_141_and_no_words(words: tuple[str, ...]) -> None:
    has_left = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield text_delta("Hello, ")
        assert has_left.wait(timeout=60)
        yield text_delta("world")
        yield from answer("Hello, world")

    with served([pieces()]) as server, start(*words, server=server) as process:
        stdout = pipe(process.stdout)
        assert len(stdout.read(5)) == 5
        stdout.close()
        has_left.set()
        stderr = pipe(process.stderr).read()
        assert (process.wait(timeout=60), stderr) == (141, b"")


@pytest.mark.parametrize("words", ["--help", "run --help", "--version", "demo"])
def test_every_command_ends_with_141_when_nobody_reads_its_output(words: str) -> None:
    process = subprocess.Popen(
        ["sh", "-c", f"read line; exec {COMMAND} {words}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=process_environment(),
    )
    with process:
        pipe(process.stdout).close()
        _, stderr = process.communicate(b"go\n", timeout=60)
    assert process.returncode == 141
    assert b"Traceback" not in stderr
    assert b"Exception ignored" not in stderr


def run_with(redirection: str, *words: str) -> tuple[Ran, StreamServer]:
    """Run a tool call and an answer with a redirection of the shell."""
    script = [[message_done("Hm."), call_done("nothing", "{}", "c", 1), completed()], answer("Yes")]
    with served(script) as server:
        finished = subprocess.run(
            ["sh", "-c", f'exec "$0" run "$@" hi {redirection}', COMMAND, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=process_environment(api_environment(server.base_url)),
            timeout=60,
        )
    ran = Ran(
        exit_code=finished.returncode, stdout=finished.stdout, stderr=finished.stderr.decode()
    )
    return ran, server


@pytest.mark.parametrize(
    "redirection", ["2>&-", pytest.param("2>/dev/full", marks=NEEDS_DEV_FULL), "<&- 2>&-"]
)
@pytest.mark.parametrize("words", [(), ("-v", "--retries", "0")], ids=" ".join)
def test_standard_error_that_takes_nothing_changes_nothing_else(
    redirection: str, words: tuple[str, ...]
) -> None:
    ran, _ = run_with(redirection, *words)
    assert (ran.exit_code, ran.text, ran.stderr) == (0, "Hm.\n\nYes\n", "")


def test_a_traceback_without_standard_error_goes_nowhere() -> None:
    ran, server = run_with("2>&-", "-v", "--tools", "bogus")
    assert (ran.exit_code, ran.text, ran.stderr, server.seen) == (2, "", "", [])


def test_a_reader_of_standard_error_who_leaves_changes_nothing_else() -> None:
    with served([answer("Yes")]) as server, start(server=server) as process:
        pipe(process.stderr).close()
        assert pipe(process.stdout).read() == b"Yes\n"
        assert process.wait(timeout=60) == 0


def test_a_process_without_standard_output_runs_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "answer.txt"
    ran, server = run_with(">&-", "-o", str(file))
    assert (ran.exit_code, file.read_text(), len(server.seen)) == (0, "Yes", 2)
    assert ran.stderr.endswith("tokens: 20 in, 10 out\n")


@NEEDS_DEV_FULL
@pytest.mark.parametrize("words", [(), ("--json",), ("--final-only",)], ids=" ".join)
def test_a_full_disk_under_standard_output_is_told_once(words: tuple[str, ...]) -> None:
    ran, _ = run_with(">/dev/full", "--quiet", *words)
    assert ran.exit_code == 9
    assert ran.stderr == (
        "codexctl: Standard output could not be written: No space left on device.\n"
        "  Free some space, or send it elsewhere.\n"
    )
