"""Runs that something ended early leave a tape that is whole, and that ends there again."""

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml
from tests.asking import Script, served
from tests.calling import call, shell, step
from tests.command import COMMAND, Ran, api_environment, process_environment, run_command
from tests.disks import fill, small_disk
from tests.fakes.stream_server import Reply, StreamServer
from tests.faults.server import Cut, FaultServer, Reset, Say
from tests.wire import answer, completed, message_done, text_delta

_HEED_SIGINT = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""A test run in the background has SIGINT ignored, and its children inherit that."""

WORDS = [f"word {number} " for number in range(400)]
LONG = [*map(text_delta, WORDS), message_done("".join(WORDS)), completed()]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "one.txt").write_text("first\n")
    return folder


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return tmp_path / "tape.yaml"


def start(tape: Path, work: Path, *words: str, server: StreamServer) -> subprocess.Popen[bytes]:
    """Start to record a run."""
    command = [COMMAND, "run", "-C", str(work), "--record", str(tape), *words, "go"]
    return subprocess.Popen(
        [sys.executable, "-c", _HEED_SIGINT, *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=process_environment(api_environment(server.base_url)),
    )


def record(tape: Path, work: Path, *words: str, base_url: str) -> Ran:
    command = ("run", "-C", str(work), "--record", str(tape), *words, "go")
    return run_command(*command, environment=api_environment(base_url))


def replay(tape: Path, work: Path, *words: str) -> Ran:
    home = {"CODEXCTL_HOME": str(work.parent / "no-home")}
    return run_command(
        "run", "-C", str(work), "--replay", str(tape), *words, "go", environment=home
    )


@pytest.mark.parametrize("ending", [Cut(), Reset()], ids=["closed", "reset"])
@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nconte"], ids=["nothing", "half"])
def test_a_request_that_was_never_answered_fails_in_the_same_words_again(
    ending: Cut | Reset, sent: bytes, tape: Path, work: Path
) -> None:
    with FaultServer(script=[[Say(sent), ending]]) as server:
        recorded = record(tape, work, "--retries", "1", base_url=server.base_url)
    assert recorded.exit_code == 5
    assert replay(tape, work, "--retries", "1") == recorded


def test_a_proxy_that_wants_a_password_leaves_a_tape(tape: Path, work: Path) -> None:
    said = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n"
    with FaultServer(script=[[Say(said)]]) as server:
        recorded = record(tape, work, base_url=server.base_url)
    assert "http://USER:PASSWORD@HOST:PORT" in recorded.stderr
    assert replay(tape, work) == recorded


def test_a_limit_of_time_that_ended_a_tool_ends_the_run_there_again(tape: Path, work: Path) -> None:
    words = ("--sandbox", "danger-full-access", "--json", "--timeout", "1")
    with served([step(shell("sleep 60")), answer("Late.")]) as server:
        recorded = record(tape, work, *words, base_url=server.base_url)
    assert recorded.exit_code == 7
    assert replay(tape, work, *words) == recorded


def test_a_run_whose_output_was_closed_ends_there_again(tape: Path, work: Path) -> None:
    script: Script = [[*map(text_delta, WORDS * 50), completed()]]
    with served(script) as server, start(tape, work, server=server) as process:
        assert process.stdout is not None
        assert os.read(process.stdout.fileno(), 1)
        process.stdout.close()
        assert process.wait(60) == 141
    played = replay(tape, work)
    assert (played.exit_code, played.stderr) == (141, "")
    assert "".join(WORDS * 50).startswith(played.text)


def test_runs_that_record_the_same_tape_at_once_leave_the_whole_one_of_the_last(
    tape: Path, work: Path
) -> None:
    with served([answer("Hello.")]) as server:
        processes = [start(tape, work, server=server) for _ in range(3)]
        assert [process.communicate(timeout=60)[0] for process in processes] == [b"Hello.\n"] * 3
    assert (replay(tape, work).text, [one.name for one in tape.parent.glob("*.yaml")]) == (
        "Hello.\n",
        [tape.name],
    )


def test_a_disk_that_is_full_is_told_after_the_answer(tmp_path: Path, work: Path) -> None:
    with small_disk(tmp_path / "disk") as disk, served([answer("Hello.")]) as server:
        tape = disk / "tape.yaml"
        tape.write_text("the last one")
        fill(disk)
        ran = record(tape, work, base_url=server.base_url)
        assert (ran.exit_code, ran.text, tape.read_text()) == (9, "Hello.\n", "the last one")
        assert sorted(one.name for one in disk.iterdir()) == ["filler", "tape.yaml"]
    assert f"The tape could not be written to {tape}: No space left on device." in ran.stderr


def test_the_tape_cannot_be_the_file_of_the_last_message(tape: Path, work: Path) -> None:
    tape.write_text("precious")
    link = tape.with_name("link")
    link.symlink_to(tape)
    for option in ("--record", "--replay"):
        ran = run_command("run", "-C", str(work), option, str(tape), "-o", str(link), "go")
        assert (ran.exit_code, tape.read_text()) == (2, "precious")
        assert "cannot be both the tape and the file of the last message" in ran.stderr


@pytest.mark.parametrize("place", ["circle", "/dev/stdout"])
def test_a_place_that_is_no_file_is_told_before_anything_is_sent(place: str, work: Path) -> None:
    circle = work / "circle"
    circle.symlink_to(circle)
    with served([answer("Hello.")]) as server:
        ran = record(work / place, work, base_url=server.base_url)
        assert (ran.exit_code, server.seen) == (2, [])
    assert ran.stderr.startswith(f"codexctl: A tape cannot be written to {work / place}: ")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(30))
def test_a_signal_at_any_moment_leaves_a_tape_that_ends_as_the_run_did(
    seed: int, tape: Path, work: Path
) -> None:
    chance = random.Random(seed)
    number = chance.choice((signal.SIGINT, signal.SIGTERM))
    words = chance.choice(((), ("--json", "--deltas"), ("--json",), ("--final-only",)))
    pace = threading.Event()
    script: Script = [
        step(call("read_file", path="one.txt"), call("list_files"), shell("sleep 0.2; echo done")),
        Reply(status="503 Busy", pieces=[b"{}"], chunked=False),
        Reply(pieces=(piece for piece in LONG if not pace.wait(0.001))),
    ]
    options = (*words, "--sandbox", "danger-full-access")
    with served(script) as server, start(tape, work, *options, server=server) as process:
        try:
            stdout, stderr = process.communicate(timeout=chance.uniform(0.2, 2.5))
        except subprocess.TimeoutExpired:
            process.send_signal(number)
            stdout, stderr = process.communicate(timeout=60)
    if process.returncode == -number:
        return  # before Python heeded signals, or after the run
    if not tape.exists():
        assert server.seen == [] or b"was not" in stderr, (process.returncode, stdout, stderr)
        return
    assert isinstance(yaml.safe_load(tape.read_text()), dict)
    played = replay(tape, work, *options)
    assert played.exit_code == process.returncode, (played, stderr)
    if played.stdout != stdout:
        end = stdout.rstrip(b"\n") if words != ("--json", "--deltas") else stdout
        assert _begins_like(end, played.stdout), (stdout, played)


def _begins_like(shown: bytes, played: bytes) -> bool:
    """Tell whether what is played says at least what was shown, its last lines aside.

    Text may have been read and not yet shown when the signal came.
    """
    lines = shown.split(b"\n")
    while lines and (b'"turn.failed"' in lines[-1] or b'"error"' in lines[-1] or not lines[-1]):
        lines.pop()
    return played.startswith(b"\n".join(lines))
