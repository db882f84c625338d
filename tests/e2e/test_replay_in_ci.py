"""The example of a replay in CI, followed where there is no network, as its workflow says."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from tests.command import COMMAND, process_environment
from tests.tapes import EXAMPLE, ROOT
from tests.without_network import no_network


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the example."""
    return shutil.copytree(ROOT / EXAMPLE, tmp_path / "checkout")


def follow(checkout: Path) -> list[tuple[int, str, str]]:
    """Run the steps of the workflow up to the first that fails, but for what installs codexctl.

    Returns:
        The exit code, the output and the errors of each.
    """
    environment = {
        **process_environment({"CODEXCTL_HOME": str(checkout.parent / "no-home")}),
        "PATH": f"{Path(COMMAND).parent}{os.pathsep}{os.environ['PATH']}",
    }
    came: list[tuple[int, str, str]] = []
    for step in steps(checkout):
        finished = subprocess.run(
            # The shell that GitHub takes for a step that names none.
            [*no_network(), "bash", "-e", "-c", step],
            cwd=checkout,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=100,
        )
        came.append((finished.returncode, finished.stdout, finished.stderr))
        if finished.returncode:
            break
    return came


def steps(checkout: Path) -> list[str]:
    workflow = cast("dict[str, Any]", yaml.safe_load((checkout / "workflow.yaml").read_bytes()))
    told: list[str] = [step["run"] for step in workflow["jobs"]["replay"]["steps"] if "run" in step]
    assert told[0] == "pip install 'codexctl-cli[replay]'"
    return told[1:]


def test_the_workflow_is_ten_lines_long(checkout: Path) -> None:
    assert len((checkout / "workflow.yaml").read_text(encoding="utf-8").splitlines()) == 10


def test_the_workflow_passes_and_leaves_only_what_it_says(checkout: Path) -> None:
    before = {path.name for path in checkout.iterdir()}
    came = follow(checkout)
    assert came == [(0, "", "→ list_files {}\ntokens: 315 in, 13 out\n"), (0, "", "")]
    assert {path.name for path in checkout.iterdir()} - before == {"said.txt"}
    assert [path.name for path in checkout.parent.iterdir()] == ["checkout"]


def test_the_workflow_fails_where_something_else_is_printed(checkout: Path) -> None:
    (checkout / "expected.txt").write_text("Nothing.\n")
    played, compared = follow(checkout)
    assert (played[0], compared[0]) == (0, 1)
    assert "< Nothing.\n" in compared[1]


def test_the_workflow_fails_where_something_else_is_asked(checkout: Path) -> None:
    workflow = checkout / "workflow.yaml"
    workflow.write_text(workflow.read_text().replace("this folder?", "that folder?"))
    ((exit_code, output, errors),) = follow(checkout)
    assert (exit_code, output) == (8, "")
    assert "$.input[1].content[0].text" in errors
    assert "codexctl run --record tape.yaml 'What is in that folder?'" in errors


def test_what_the_readme_records_is_what_the_workflow_plays(checkout: Path) -> None:
    recording = next(
        line.removeprefix("$ ")
        for line in (checkout / "README.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("$ ")
    )
    playing = recording.replace("--record", "--replay").replace("expected.txt", "said.txt")
    assert playing == steps(checkout)[0]
