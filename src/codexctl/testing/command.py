"""Runs codexctl in this process, and keeps what it said."""

import io
import json
from collections.abc import Mapping
from typing import Any

from codexctl.domain.values import dataclass
from codexctl.entrypoints.cli.program import run
from codexctl.entrypoints.cli.surroundings import Surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a finished command left behind.

    Attributes:
        exit_code: Its exit code.
        stdout: What it wrote to standard output.
        stderr: What it wrote to standard error.
    """

    exit_code: int
    stdout: str
    stderr: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """Standard output of a run with ``--json``: an object for each line.

        Raises:
            ValueError: It is no JSON; the run was without ``--json``.
        """
        # Only LF ends a line: JSON may hold U+2028.
        return [json.loads(line) for line in self.stdout.split("\n") if line]


def run_codexctl(
    *words: str, environment: Mapping[str, str], stdin: bytes | None = None
) -> RunResult:
    """Run a command in this process.

    Args:
        words: What follows ``codexctl`` on the command line.
        environment: All that the command sees of the environment. It has to name a home
            (``CODEXCTL_HOME``) if the user's own is to be left alone.
        stdin: What is piped in; None for a standard input that is closed.
    """
    out, err = io.BytesIO(), io.BytesIO()
    exit_code = run(
        words,
        Surroundings(
            environment=environment,
            stdin=None if stdin is None else io.BytesIO(stdin),
            stdout=out,
            stderr=err,
        ),
    )
    return RunResult(
        exit_code=exit_code, stdout=out.getvalue().decode(), stderr=err.getvalue().decode()
    )
