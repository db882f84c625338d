"""Whatever comes of a call, the model gets one output for it, and the run goes on."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.asking import ask, served
from tests.calling import Call, call, checked, outputs_of, shell, step, told
from tests.command import COMMAND, api_environment, process_environment, run_command
from tests.e2e.test_terminal import watch
from tests.wire import answer

NOBODY_TO_ASK = "This call has to be approved and there is nobody to ask, so it was not run."
FULL = ("--sandbox", "danger-full-access")
ABORTED = "aborted by user"

_HEED_SIGINT = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""A test run in the background has SIGINT ignored, and its children inherit that."""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A working folder with a few files."""
    folder = tmp_path / "work"
    folder.mkdir()
    for name in ("one", "two", "three"):
        (folder / name).write_text(f"{name}\n")
    return folder


def test_calls_that_only_read_are_answered_in_their_order(work: Path) -> None:
    calls = [
        call("search_files", pattern="w"),
        call("read_file", path="three"),
        call("list_files"),
    ]
    asked = ask("--json", "-C", str(work), "go", script=[step(*calls), answer("Done.")])
    assert checked(asked, 3) == ["two:1:two", "     1\tthree\n", "one\nthree\ntwo"]
    assert [item["tool"] for item in asked.ran.items("tool_call")] == [
        "search_files",
        "read_file",
        "list_files",
    ]


def test_each_failure_of_a_step_is_told_in_its_place_and_the_run_goes_on(work: Path) -> None:
    outputs = outputs_of(
        call("vanish"),
        Call("read_file", '{"path": '),
        call("read_file", file="one"),
        call("read_file", path="missing"),
        shell("kill -SEGV $$"),
        shell("sleep 600", timeout_ms=200),
        shell("true", workdir="missing"),
        call("apply_patch", input="not a patch"),
        call("view_image", path="one"),
        call("read_file", path="one"),
        words=(*FULL, "-C", str(work)),
    )
    starts = (
        "unsupported call: vanish",
        "failed to parse function arguments: ",
        "invalid arguments for read_file: ",
        "missing does not exist",
        "Exit code: 139",
        "Exit code: none",
        "missing does not exist",
    )
    assert [output[: len(start)] for output, start in zip(outputs, starts, strict=False)] == [
        *starts
    ], outputs
    assert "Its time was up after 0.2 seconds" in outputs[5]
    assert all(outputs)
    assert "Success" not in outputs[7]
    assert outputs[9] == "     1\tone\n"


def test_what_has_to_be_approved_is_refused_where_nobody_can_be_asked(work: Path) -> None:
    patch = "*** Begin Patch\n*** Add File: new\n+x\n*** End Patch"
    outputs = outputs_of(
        shell("touch ran"),
        call("apply_patch", input=patch),
        call("read_file", path="one"),
        words=(*FULL, "--ask", "always", "-C", str(work)),
    )
    assert outputs == [NOBODY_TO_ASK, NOBODY_TO_ASK, "     1\tone\n"]
    assert sorted(path.name for path in work.iterdir()) == ["one", "three", "two"]


def test_a_patch_is_applied_and_shown_as_a_change_of_files(work: Path) -> None:
    patch = (
        "*** Begin Patch\n*** Update File: one\n@@\n-one\n+uno\n*** Delete File: two\n*** End Patch"
    )
    asked = ask(
        *("--json", "--sandbox", "workspace-write", "-C", str(work), "go"),
        script=[step(call("apply_patch", input=patch)), answer("Done.")],
    )
    assert "Success. Updated the following files:" in checked(asked, 1)[0]
    (item,) = asked.ran.items("file_change")
    assert (item["changes"], item["status"]) == (
        [{"path": "one", "kind": "update"}, {"path": "two", "kind": "delete"}],
        "completed",
    )
    assert ((work / "one").read_text(), (work / "two").exists()) == ("uno\n", False)


def test_a_picture_is_put_into_the_conversation(work: Path) -> None:
    picture = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
        "0000000d49444154789c63f8cfc0f01f00050001ff56c72f0d0000000049454e44ae426082"
    )
    (work / "dot.png").write_bytes(picture)
    (output,) = outputs_of(call("view_image", path="dot.png"), words=("-C", str(work)))
    (part,) = [part for part in json.loads(output) if part["type"] == "input_image"]
    assert part["image_url"].startswith("data:image/png;base64,iVBORw0KGgo")


def test_a_command_is_shown_as_a_command_execution(work: Path) -> None:
    asked = ask(
        *("--json", *FULL, "-C", str(work), "go"),
        script=[step(shell("cat one; exit 3")), answer("Done.")],
    )
    (item,) = asked.ran.items("command_execution")
    (output,) = checked(asked, 1)
    assert item == {
        "id": item["id"],
        "type": "command_execution",
        "command": "cat one; exit 3",
        "aggregated_output": output,
        "exit_code": 3,
        "status": "failed",
    }
    assert output.splitlines()[0::2] == ["Exit code: 3", "Output:"]
    assert output.endswith("one\n")


def test_a_call_that_the_user_aborts_is_kept_and_told_to_the_model(
    tmp_path: Path, work: Path
) -> None:
    home = tmp_path / "home"
    # The command says when it has begun: a pipe that this test waits at.
    pipe = tmp_path / "begun"
    os.mkfifo(pipe)
    script = [step(shell(f"echo begun > {pipe}; sleep 600")), answer("Done.")]
    with served(script) as server:
        environment = {**api_environment(server.base_url), "CODEXCTL_HOME": str(home)}
        process = subprocess.Popen(
            [sys.executable, "-c", _HEED_SIGINT, COMMAND, "run", *FULL, "go"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=process_environment(environment),
            cwd=work,
        )
        with process:
            assert pipe.read_text() == "begun\n"
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=60)
        assert process.returncode == 130
        assert stderr.decode().endswith("codexctl: Interrupted.\n")
        again = run_command(
            "run", *FULL, "--continue", "Go on", environment=environment, folder=work
        )
    (log,) = (home / "sessions").glob("*.jsonl")
    assert ABORTED in log.read_text()
    assert (again.exit_code, again.text) == (0, "Done.\n")
    assert told(server.seen[1]) == {"call_1": ABORTED}
    assert server.seen[1].input[-1]["content"][0]["text"] == "Go on"


# On a terminal

EVIL = "\x1b[31mred \x1b]0;title\x07 \x1b[2J\x1b[H \x9b2J \x1b]52;c;aGVsbG8=\x07 \r\x08\x7f"


def test_what_a_tool_prints_cannot_act_on_the_terminal(work: Path) -> None:
    (work / "evil").write_text(EVIL)
    (work / f"name{chr(27)}[2J").write_text("x")
    calls = [
        shell("cat evil; ls; exit 3"),
        call("read_file", path="evil"),
        call("read_file", path=EVIL),
        call("list_files"),
    ]
    seen = watch(
        *("run", "--color", "always", *FULL, "--ask", "never", "-C", str(work), "go"),
        script=[step(*calls), answer("Done.")],
    )
    assert seen.exit_code == 0
    assert "\\x1b[31mred" in seen.text
    assert {one for one in seen.sequences if not one.endswith(("m", "K"))} == set()
    assert "\x1b[31m" not in seen.sequences
