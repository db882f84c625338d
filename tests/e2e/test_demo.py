"""``codexctl demo``: works everywhere, for everyone, and leaves nothing behind."""

import os
import subprocess
from pathlib import Path

import pytest
from tests.command import COMMAND, process_environment, run_command, run_here

ANSWER = "list_files gave:\n\nREADME.md\nnotes/today.txt\n"
JOURNEY = [
    "A stand-in for the service runs in this process: no account, no network.",
    "$ codexctl login --device",
    "$ codexctl run 'What is in this folder?'",
    "→ list_files {}",
    "The token was about to end; it was renewed on the way (2 times).",
    "$ codexctl logout",
    "Signed out; 1 token revoked.",
    "That was the whole journey. With an account: codexctl login",
]


def test_the_demo_signs_in_answers_after_a_tool_call_renews_and_signs_out() -> None:
    ran = run_here("demo")
    assert (ran.exit_code, ran.text) == (0, ANSWER)
    told = ran.stderr.split("\n")
    assert [line for line in told if line in JOURNEY] == JOURNEY


def test_a_quiet_demo_prints_the_answer_alone() -> None:
    ran = run_here("--quiet", "demo")
    assert (ran.exit_code, ran.text, ran.stderr) == (0, ANSWER, "")


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({}, id="without HOME"),
        pytest.param({"HOME": "/nonexistent"}, id="with a HOME that is not there"),
        pytest.param(
            dict.fromkeys(
                ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"),
                "http://127.0.0.1:9",
            ),
            id="with a dead proxy",
        ),
        pytest.param(
            {
                "OPENAI_API_KEY": "sk-canary",
                "CODEXCTL_CHATGPT_BASE_URL": "junk",
                "SSL_CERT_FILE": "/nonexistent",
                "NO_COLOR": "1",
            },
            id="with settings of all kinds",
        ),
        pytest.param(
            {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}, id="in ASCII"
        ),
    ],
)
def test_the_demo_works(environment: dict[str, str]) -> None:
    ran = run_command("demo", environment=environment)
    assert (ran.exit_code, ran.text) == (0, ANSWER)
    assert JOURNEY[-1] in ran.stderr


def test_the_demo_works_where_nothing_may_be_written(tmp_path: Path) -> None:
    locked, temporary = tmp_path / "locked", tmp_path / "temporary"
    locked.mkdir()
    temporary.mkdir()
    locked.chmod(0o500)
    ran = run_command("demo", environment={"TMPDIR": str(temporary)}, folder=locked)
    assert (ran.exit_code, ran.text) == (0, ANSWER)
    assert ([*locked.iterdir()], [*temporary.iterdir()]) == ([], [])


def test_the_demo_works_in_a_folder_that_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    finished = subprocess.run(
        ["sh", "-c", f'rmdir "$PWD"; exec {COMMAND} demo'],
        capture_output=True,
        cwd=folder,
        env=process_environment(),
        timeout=60,
    )
    assert (finished.returncode, finished.stdout.decode()) == (0, ANSWER), finished.stderr


def test_a_demo_whose_output_is_not_read_leaves_nothing_behind(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    finished = subprocess.run(
        [COMMAND, "demo"],
        stdout=writer,
        stderr=subprocess.PIPE,
        env=process_environment({"TMPDIR": str(tmp_path)}),
        timeout=60,
    )
    os.close(writer)
    assert (finished.returncode, [*tmp_path.iterdir()]) == (141, [])
