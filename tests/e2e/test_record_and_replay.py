"""A run is recorded, and played where there is no network: everything it says is the same again."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.asking import Script, refusal, served
from tests.calling import call, shell, step
from tests.command import (
    COMMAND,
    Ran,
    api_environment,
    process_environment,
    run_here,
)
from tests.fakes.stream_server import Reply, StreamServer
from tests.wire import answer, completed, failed, frame, item_done, message_done, text_delta
from tests.without_network import no_network

_HEED_SIGINT = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""A test run in the background has SIGINT ignored, and its children inherit that."""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A working folder with two files."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "one.txt").write_text("first\n")
    (folder / "two.txt").write_text("second\n")
    return folder


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return tmp_path / "tape.yaml"


def replay(tape: Path, work: Path, *words: str) -> Ran:
    """Play a tape as a process without network, credential or home; nothing may be left behind."""
    home = work.parent / "no-home"
    before = snapshot(work)
    finished = subprocess.run(
        [*no_network(), COMMAND, "run", "-C", str(work), "--replay", str(tape), *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=process_environment({"CODEXCTL_HOME": str(home)}),
        timeout=100,
    )
    assert not home.exists()
    assert snapshot(work) == before
    return Ran(
        exit_code=finished.returncode, stdout=finished.stdout, stderr=finished.stderr.decode()
    )


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return all files below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def reasoning(text: str) -> bytes:
    """Return a finished reasoning item."""
    summary = [{"type": "summary_text", "text": text}]
    sealed = {"encrypted_content": "gAAAAABsealed"}
    return item_done({"type": "reasoning", "id": "rs_1", "summary": summary, **sealed})


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A run worth recording.

    Attributes:
        script: What the service answers.
        exit_code: What the run exits with.
        words: Options of the run, without those of its output.
        requests: How many requests it sends.
    """

    script: Script
    exit_code: int = 0
    words: tuple[str, ...] = ()
    requests: int = 1


def cut(*pieces: bytes) -> Reply:
    """Return a stream that ends before its terminal event."""
    return Reply(pieces=[frame({"type": "response.created", "response": {"id": "r"}}), *pieces])


CASES = {
    "text": Case(script=[answer("Hello, *you*. ✓\u2028 and \U0001f469\u200d\U0001f467")]),
    "a tool": Case(
        script=[step(call("read_file", path="one.txt")), answer("It says first.")], requests=2
    ),
    "parallel tools": Case(
        script=[
            step(
                call("read_file", path="two.txt"),
                call("list_files"),
                call("read_file", path="one.txt"),
                call("no_such_tool"),
            ),
            answer("Read."),
        ],
        requests=2,
    ),
    "a command": Case(
        script=[step(shell("echo $((6 * 7)) > three.txt; cat *.txt")), answer("42.")],
        words=("--sandbox", "danger-full-access", "--ask", "never"),
        requests=2,
    ),
    "reasoning": Case(script=[[reasoning("**Thinking**"), message_done("So.", 1), completed()]]),
    "a refused request": Case(
        script=[refusal("400 Bad Request", '{"detail": "no such thing"}', "x-request-id: req_9")],
        exit_code=6,
    ),
    "a limit that resets": Case(
        script=[
            refusal(
                "429 Too Many Requests",
                '{"error": {"type": "usage_limit_reached", "message": "spent", "plan_type": "plus",'
                ' "resets_in_seconds": 7200}}',
                "content-type: application/json",
            )
        ],
        exit_code=4,
    ),
    "a failed response": Case(
        script=[[text_delta("Well"), failed("context_length_exceeded")]], exit_code=6
    ),
    "a refused tool": Case(
        script=[step(shell("touch never")), answer("You refused.")],
        words=("--ask", "always", "--sandbox", "workspace-write"),
        requests=2,
    ),
    "a retry in the middle": Case(
        script=[
            step(call("list_files")),
            refusal("503 Service Unavailable", '{"detail": "busy"}'),
            cut(text_delta("Half")),
            answer("Half done."),
        ],
        requests=4,
    ),
    "retries that do not help": Case(
        script=[cut()], words=("--retries", "2"), exit_code=5, requests=3
    ),
    "a quota warning": Case(
        script=[
            Reply(
                pieces=answer("Nearly out."),
                headers=(
                    "x-codex-primary-used-percent: 96.5",
                    "x-codex-primary-window-minutes: 300",
                    "x-codex-primary-reset-at: 4102444800",
                ),
            )
        ]
    ),
    "too many turns": Case(
        script=[step(call("list_files"))], words=("--max-turns", "2"), exit_code=7, requests=2
    ),
    "an unknown model": Case(
        script=[
            refusal(
                "404 Not Found",
                '{"error": {"code": "model_not_found", "message": "no such model"}}',
                "content-type: application/json",
            ),
            refusal(
                "200 OK",
                '{"data": [{"id": "gpt-5.5"}, {"id": "gpt-4o-mini"}]}',
                "content-type: application/json",
            ),
        ],
        words=("-m", "openai/gpt-99"),
        exit_code=6,
        requests=2,
    ),
}


def by_name(cases: Iterable[str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", sorted(cases))


def record(case: Case, tape: Path, work: Path, *words: str, server: StreamServer) -> Ran:
    """Record a run of the case."""
    environment = {**api_environment(server.base_url), "PATH": os.environ["PATH"]}
    all_words = ("-C", str(work), *case.words, *words, "go on")
    return run_here("run", "--record", str(tape), *all_words, environment=environment)


@by_name(CASES)
@pytest.mark.parametrize("form", [("--json", "--deltas"), ()], ids=["json", "text"])
def test_a_run_says_the_same_again(
    name: str, form: tuple[str, ...], tape: Path, work: Path, tmp_path: Path
) -> None:
    case = CASES[name]
    last, last_again = tmp_path / "last", tmp_path / "last-again"
    with served(case.script) as server:
        recorded = record(case, tape, work, *form, "-o", str(last), server=server)
    assert (recorded.exit_code, len(server.seen)) == (case.exit_code, case.requests)
    words = (*case.words, *form, "-o", str(last_again), "go on")
    played = replay(tape, work, *words)
    assert played == recorded
    assert last_again.exists() == last.exists()
    if last.exists():
        assert last_again.read_bytes() == last.read_bytes()


@pytest.mark.parametrize(
    ("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"]
)
@pytest.mark.parametrize("form", [("--json", "--deltas"), ()], ids=["json", "text"])
def test_a_run_that_was_stopped_ends_there_again(
    form: tuple[str, ...], number: signal.Signals, exit_code: int, tape: Path, work: Path
) -> None:
    script = [step(call("list_files")), Reply(pieces=[text_delta("Half of it")], hold_open=True)]
    words = ("-C", str(work), *form)
    with served(script) as server:
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                _HEED_SIGINT,
                COMMAND,
                "run",
                "--record",
                str(tape),
                *words,
                "go",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=process_environment(api_environment(server.base_url)),
        )
        assert process.stdout is not None
        seen = b""
        while b"Half of it" not in seen:
            piece = os.read(process.stdout.fileno(), 4096)
            assert piece, process.communicate()
            seen += piece
        process.send_signal(number)
        rest, stderr = process.communicate(timeout=60)
    recorded = Ran(exit_code=process.returncode, stdout=seen + rest, stderr=stderr.decode())
    assert recorded.exit_code == exit_code
    assert replay(tape, work, *form, "go") == recorded


def test_a_call_that_the_user_refused_is_refused_again(tape: Path, work: Path) -> None:
    master, slave = pty.openpty()
    words = ("-C", str(work), "--json", "--ask", "always", "--sandbox", "workspace-write")
    with served([step(shell("touch never")), answer("As you like.")]) as server:
        process = subprocess.Popen(
            [COMMAND, "run", *words, "--record", str(tape), "go"],
            stdin=slave,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=process_environment(api_environment(server.base_url)),
        )
        assert process.stderr is not None
        stderr = b""
        while b"Run it?" not in stderr:
            stderr += os.read(process.stderr.fileno(), 4096)
        os.write(master, b"n\n")  # not before it is asked: what is typed ahead is no answer
        stdout, _ = process.communicate(timeout=60)
    os.close(slave)
    os.close(master)
    assert (process.returncode, b"The user refused" in stdout) == (0, True), stderr
    played = replay(tape, work, *words[2:], "go")
    assert (played.exit_code, played.stdout) == (0, stdout)


def test_sealed_reasoning_is_left_out_where_that_is_wanted(tape: Path, work: Path) -> None:
    script = [
        [reasoning("Hm."), *step(call("list_files"))],
        [message_done("So."), completed()],
    ]
    case = Case(script=script, requests=2, words=("--scrub-reasoning",))
    with served(script) as server:
        recorded = record(case, tape, work, "--json", server=server)
    assert "gAAAAABsealed" not in tape.read_text()
    assert replay(tape, work, "--json", "go on") == recorded
    with served(script) as server:
        record(Case(script=script), tape, work, server=server)
    assert tape.read_text().count("gAAAAABsealed") == 2  # in the answer, and sent back
