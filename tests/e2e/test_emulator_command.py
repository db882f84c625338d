"""``codexctl emulator`` as a process: what a shell script or a test in CI does with it."""

import json
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.command import COMMAND, process_environment, run_command, run_here

from codexctl.entrypoints.emulator import NAME_GROUPS

_HEED_SIGINT = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""A test run in the background has SIGINT ignored, and its children inherit that."""


@dataclass(slots=True)
class Emulator:
    """A running one."""

    process: "subprocess.Popen[bytes]"
    ready: dict[str, Any]

    def line(self) -> str:
        """The next line on its standard output."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().decode()

    def environment(self) -> dict[str, str]:
        """What its ``export`` lines set."""
        words = [shlex.split(self.line()) for _ in range(4)]
        assert [word for word, _ in words] == ["export"] * 4
        return dict(setting.split("=", 1) for _, setting in words)

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """End it; return the exit code and what else it said."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out.decode(), err.decode()


@contextmanager
def emulator(*words: str) -> Generator[Emulator]:
    command = [sys.executable, "-c", _HEED_SIGINT, COMMAND, "emulator", *words]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=process_environment()
    ) as process:
        try:
            assert process.stdout is not None
            yield Emulator(process, json.loads(process.stdout.readline()))
        finally:
            process.kill()


def test_the_first_line_is_json_that_says_where_it_listens() -> None:
    with emulator() as it:
        port = it.ready["port"]
        assert it.ready == {
            "port": port,
            "issuer": f"http://127.0.0.1:{port}",
            "chatgpt_base_url": f"http://127.0.0.1:{port}/backend-api/codex",
            "api_base_url": f"http://127.0.0.1:{port}/v1",
        }
        socket.create_connection(("127.0.0.1", port), timeout=60).close()


@pytest.mark.parametrize(
    ("number", "exit_code", "said"),
    [(signal.SIGINT, 130, "Interrupted."), (signal.SIGTERM, 143, "Terminated.")],
    ids=["SIGINT", "SIGTERM"],
)
def test_a_signal_ends_it(number: signal.Signals, exit_code: int, said: str) -> None:
    with emulator() as it:
        assert it.process.stderr is not None
        assert it.process.stderr.readline() == b"The emulator is ready; Ctrl-C ends it.\n"
        assert it.end(number) == (exit_code, "", f"codexctl: {said}\n")
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", it.ready["port"]), timeout=60)


def test_quiet_says_nothing_on_standard_error_until_its_end() -> None:
    with emulator("--quiet") as it:
        assert it.end() == (143, "", "codexctl: Terminated.\n")


def test_a_run_with_the_exported_variables_works_against_it(tmp_path: Path) -> None:
    with emulator("--env", "--scenario", "parallel") as it:
        environment = it.environment()
        (tmp_path / "README.md").write_text("# Here\n")
        ran = run_here("run", "-C", str(tmp_path), "What is here?", environment=environment)
    assert (ran.exit_code, ran.text) == (
        0,
        "list_files gave:\n\nREADME.md\n\nread_file gave:\n\n     1\t# Here\n",
    )


def test_each_conversation_plays_the_next_scenario() -> None:
    with emulator("--env", "--scenario", "answer", "--scenario", "reasoning") as it:
        environment = it.environment()
        kinds = [
            [
                line["item"]["type"]
                for line in run_here("run", "--json", "hi", environment=environment).lines
                if "item" in line
            ]
            for _ in range(3)
        ]
    assert kinds == [
        ["agent_message"],
        ["reasoning", "agent_message"],
        ["reasoning", "agent_message"],
    ]


def test_the_log_has_each_request_without_the_bearer(tmp_path: Path) -> None:
    log = tmp_path / "requests.jsonl"
    log.write_text('{"earlier": true}\n')
    with emulator("--env", "--log", str(log)) as it:
        environment = {**it.environment(), "CODEXCTL_ACCESS_TOKEN": "token-canary"}
        ran = run_here("run", "--tools", "none", "hi", environment=environment)
        assert ran.exit_code == 0
        assert it.end()[0] == 143
    earlier, request = [json.loads(line) for line in log.read_text().split("\n") if line]
    assert earlier == {"earlier": True}
    assert (request["method"], request["path"], request["status"]) == (
        "POST",
        "/backend-api/codex/responses",
        200,
    )
    assert request["headers"]["authorization"] == "Bearer ***"
    assert request["body"]["input"][0]["content"] == [{"type": "input_text", "text": "hi"}]
    assert "canary" not in log.read_text()


def test_a_port_can_be_chosen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with emulator("--port", str(port)) as it:
        assert it.ready["port"] == port


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = run_command("emulator", "--port", str(taken.getsockname()[1]))
    assert (ran.exit_code, ran.text) == (2, "")
    assert ran.stderr == (
        "codexctl: The emulator cannot start: Address already in use.\n"
        "  Choose another --port (0 finds a free one) or another --log.\n"
    )


@pytest.mark.parametrize(
    ("name", "reason"), [("missing/log", "No such file or directory"), (".", "Is a directory")]
)
def test_a_log_that_cannot_be_written_is_told(name: str, reason: str, tmp_path: Path) -> None:
    ran = run_here("emulator", "--log", str(tmp_path / name))
    assert (ran.exit_code, ran.text) == (2, "")
    assert ran.stderr == (
        f"codexctl: The emulator cannot start: {reason}.\n"
        "  Choose another --port (0 finds a free one) or another --log.\n"
    )


@pytest.mark.parametrize(
    ("name", "guess"),
    [
        ("zzz", ""),
        ("", ""),
        ("answer*", "Did you mean answer? "),
        ("http-50", "Did you mean http-504? "),
        ("cut-in-txt*2", "Did you mean cut-in-text? "),
        ("refresh-500*0", "Did you mean refresh-500? "),
    ],
)
def test_a_scenario_that_there_is_not_is_told_with_the_nearest_one(name: str, guess: str) -> None:
    ran = run_here("emulator", "--scenario", "answer", "--scenario", name)
    assert (ran.exit_code, ran.text) == (2, "")
    assert ran.stderr == (
        f"codexctl: There is no scenario {name!r}.\n"
        f"  {guess}codexctl emulator --help lists them, and says how often each is played.\n"
    )


def test_help_lists_every_scenario_under_its_heading() -> None:
    ran = run_here("emulator", "--help")
    assert ran.exit_code == 0
    listed = ran.text.partition("--scenario NAME: ")[2]
    for heading, names in NAME_GROUPS.items():
        block = listed.partition(f"\n{heading}:\n")[2].partition("\n\n")[0]
        assert tuple(block.split()) == names


def test_faults_are_played_and_then_the_scenario() -> None:
    with emulator("--env", "--scenario", "http-503", "--scenario", "answer") as it:
        environment = it.environment()
        ran = run_here("run", "--tools", "none", "hi", environment=environment)
    assert ran.exit_code == 0
    assert ran.text.startswith("Hello from the codexctl emulator.")
    assert "HTTP 503" in ran.stderr
