"""Runs that are killed at any moment, and continued: what a tool does is done once."""

import json
import random
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.command import COMMAND, api_environment, process_environment, run_command
from tests.fakes.stream_server import Reply, Seen, StreamServer
from tests.wire import answer, call_done, completed

from codexctl.adapters.sessions.store import FileSessionStore
from codexctl.adapters.system import SystemClock

CALLS = 20
WORDS = ("run", "--tools", "shell", "--sandbox", "danger-full-access")


def model(effects: Path) -> StreamServer:
    """Return a model that calls twenty commands, one a step, wherever the conversation stands."""

    def next_step(_number: int, seen: Seen) -> Reply:
        done = sum(item.get("type") == "function_call" for item in seen.input)
        if done >= CALLS:
            return Reply(pieces=answer("All done."))
        arguments = json.dumps({"command": f"echo {done} >> {effects}"})
        return Reply(pieces=[call_done("shell", arguments, f"call_{done}"), completed()])

    return StreamServer(next_step)


def kill(words: Sequence[str], environment: dict[str, str], folder: Path, seconds: float) -> bool:
    """Run a command for so long at most, and tell whether it was killed."""
    with subprocess.Popen(
        [COMMAND, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=folder,
    ) as process:
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return True
    return False


def outputs(seen: Seen) -> dict[str, str]:
    """Return what the model was told of each call."""
    return {
        item["call_id"]: item["output"]
        for item in seen.input
        if item.get("type") == "function_call_output"
    }


def torture(folder: Path, kills: int) -> None:
    """Kill runs until so many were killed, each of them in the middle."""
    killed = number = 0
    while killed < kills:
        number += 1
        home, effects = folder / f"home-{number}", folder / f"effects-{number}"
        effects.touch()
        with model(effects) as server:
            variables = {**api_environment(server.base_url), "CODEXCTL_HOME": str(home)}
            environment = process_environment(variables)
            while kill((*WORDS, "go"), environment, folder, random.uniform(0.2, 1.5)):
                killed += 1
                sessions = list(FileSessionStore(home, SystemClock()).listed())
                if sessions:  # and if not, nothing had begun
                    assert sessions[0].header is not None
                    break
            else:
                continue
            ran = run_command(*WORDS, "--continue", "go on", environment=variables, folder=folder)
            assert (ran.exit_code, ran.text) == (0, "All done.\n"), ran.stderr
            told = outputs(server.seen[-1])
        done = Counter(effects.read_text().split())
        assert set(done.values()) <= {1}, done
        interrupted = {
            call_id.removeprefix("call_")
            for call_id, output in told.items()
            if output.startswith(("interrupted", "aborted"))
        }
        assert {str(number) for number in range(CALLS)} - set(done) <= interrupted
        assert len(interrupted) <= 1
        assert len(told) == CALLS


def test_a_run_that_is_killed_and_continued_does_everything_once(tmp_path: Path) -> None:
    torture(tmp_path, 2)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_runs_that_are_killed_often_do_everything_once(tmp_path: Path) -> None:
    torture(tmp_path, 100)
