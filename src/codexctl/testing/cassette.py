"""A cassette for one test: the run that it holds, played or recorded."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from codexctl.testing.command import RunResult, run_codexctl

_USAGE_ERROR = 2
_TAPE_ERROR = 8
"""Of the table in ``codexctl.entrypoints.cli.exit_codes``, which is part of a contract."""


class Cassette:
    """One run of codexctl, on a tape.

    ```python
    def test_it_says_what_is_in_the_folder(codexctl_cassette):
        ran = codexctl_cassette.run("What is in this folder?", "--json")
        assert ran.events[-1]["type"] == "turn.completed"
    ```

    Attributes:
        path: The tape, as ``codexctl run --record`` writes it.
        is_recording: Whether the tape is written instead of played.
    """

    def __init__(self, path: Path, *, home: Path, is_recording: bool, how_to_record: str) -> None:
        """Take what the test says; nothing is read or written before :meth:`run`.

        Args:
            path: The tape.
            home: A folder for what a run from the tape keeps.
            is_recording: Whether to write the tape.
            how_to_record: The command that records this tape, for whoever is missing it.
        """
        self.path = path
        self.is_recording = is_recording
        self._home = home
        self._how_to_record = how_to_record
        self._runs = 0

    def run(
        self,
        *words: str,
        environment: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
    ) -> RunResult:
        """Run ``codexctl run`` from the tape, in this process; or onto it, with a real service.

        Fails the test where the tape is missing or cannot be written, where the run asks for
        something else than what was recorded or ends before the tape does, and where the words
        make no sense.

        Args:
            words: The prompt and the options of ``codexctl run``.
            environment: All that the run sees of the environment. Left out it is this process's for
                a recording, which may use your login; a run from the tape needs none.
            stdin: What is piped in; None for a standard input that is closed.
        """
        __tracebackhide__ = True
        self._runs += 1
        if self._runs > 1:
            pytest.fail("A cassette holds one run, and this is the second.", pytrace=False)
        if self.is_recording:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            seen, option = os.environ if environment is None else environment, "--record"
        else:
            if not self.path.is_file():
                self._fail(f"There is no cassette {self.path}.")
            seen = {"CODEXCTL_HOME": str(self._home), **(environment or {})}
            option = "--replay"
        ran = run_codexctl("run", option, str(self.path), *words, environment=seen, stdin=stdin)
        if ran.exit_code == _TAPE_ERROR:
            self._fail(_complaint(ran))
        if ran.exit_code == _USAGE_ERROR:  # no request was made, so no answer can help
            pytest.fail(_complaint(ran), pytrace=False)
        return ran

    def check(self) -> None:
        """Fail the test that has not run what is on the tape."""
        if not self._runs:
            pytest.fail(f"The test did not play its cassette {self.path}.", pytrace=False)

    def _fail(self, reason: str) -> None:
        __tracebackhide__ = True
        pytest.fail(f"{reason}\nTo record it: {self._how_to_record}", pytrace=False)


def _complaint(ran: RunResult) -> str:
    """Return what a run says of its failure; with ``--json`` that is on standard output."""
    return (ran.stderr or ran.stdout).rstrip()
