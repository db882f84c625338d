"""Runs codexctl in this process or as the installed command, and keeps what it said."""

import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codexctl.entrypoints.cli.program import run
from codexctl.entrypoints.cli.surroundings import Surroundings

_HOME = tempfile.TemporaryDirectory(prefix="codexctl-tests-")
SHARED_HOME = _HOME.name
"""Gone with this process. It takes the sessions of runs that nobody looks at; a test that signs in
or looks at sessions brings a home of its own, and none sees the developer's."""

COMMAND = str(Path(sys.executable).with_name("codexctl"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a finished command left behind."""

    exit_code: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.stdout.decode()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines. Only LF ends a line: JSON may hold U+2028."""
        return [json.loads(line) for line in self.text.split("\n") if line]

    def items(self, kind: str) -> list[dict[str, Any]]:
        """The items of a kind that were completed, in order."""
        completed = [line["item"] for line in self.lines if line["type"] == "item.completed"]
        return [item for item in completed if item["type"] == kind]


def api_environment(base_url: str) -> dict[str, str]:
    """Return the variables that point a run at an API-key service."""
    return {"OPENAI_API_KEY": "sk-test-0123456789", "CODEXCTL_API_BASE_URL": base_url}


def chatgpt_environment(base_url: str) -> dict[str, str]:
    """Return the variables that point a run at a ChatGPT service."""
    return {"CODEXCTL_ACCESS_TOKEN": "made-up-token", "CODEXCTL_CHATGPT_BASE_URL": base_url}


def run_here(
    *words: str, environment: Mapping[str, str] | None = None, stdin: bytes | None = None
) -> Ran:
    """Run a command in this process; ``stdin=None`` means that it is closed."""
    out, err = io.BytesIO(), io.BytesIO()
    exit_code = run(
        words,
        Surroundings(
            environment={"CODEXCTL_HOME": SHARED_HOME, **(environment or {})},
            stdin=None if stdin is None else io.BytesIO(stdin),
            stdout=out,
            stderr=err,
        ),
    )
    return Ran(exit_code=exit_code, stdout=out.getvalue(), stderr=err.getvalue().decode())


def process_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a child: what Python and coverage need, and nothing of the user."""
    kept = ("PATH", "SYSTEMROOT", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "PYTHONUTF8": "1",
        "CODEXCTL_HOME": SHARED_HOME,
        **(environment or {}),
    }


def run_command(
    *words: str,
    environment: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    folder: Path | None = None,
) -> Ran:
    """Run the installed command as a process of its own."""
    finished = subprocess.run(
        [COMMAND, *words],
        input=stdin,
        capture_output=True,
        env=process_environment(environment),
        cwd=folder,
        timeout=100,
    )
    return Ran(
        exit_code=finished.returncode, stdout=finished.stdout, stderr=finished.stderr.decode()
    )
