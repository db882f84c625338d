"""The law of tapes: whatever happened in a run, playing its tape says the same to the last byte."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import vcr
from hypothesis import HealthCheck, example, given, settings
from tests.command import Ran, run_here
from tests.faults.server import FaultServer
from tests.faults.streams import in_chunks, refused
from tests.property.random_runs import FILES, LONG_PROJECT_DOC, RUNS, SCHEMA, Run
from tests.wire import answer

from codexctl.adapters.cassettes.tape_file import read_tape, write_tape

_CREDENTIALS = {
    "API": {"OPENAI_API_KEY": "sk-test-0123456789"},
    "CHATGPT": {"CODEXCTL_ACCESS_TOKEN": "made-up-token"},
}
_GOES_ON = in_chunks(*answer("So be it."))


def _lay_out(folder: Path, run: Run) -> Path:
    """Make the working folder of a run."""
    for name, data in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / "schema.json").write_text(json.dumps(SCHEMA))
    if run.has_project_doc:
        (folder / "AGENTS.md").write_text(LONG_PROJECT_DOC)
    return folder


def _said(run: Run, work: Path, *words: str, environment: Mapping[str, str]) -> tuple[Ran, bytes]:
    """Return what a run says and its last message's file, with the folder under one name."""
    last = work.parent / f"{work.name}-last"
    kept = ("-o", str(last)) if run.keeps_last else ()
    own = (word.replace("{work}", str(work)) for word in run.words)
    ran = run_here("run", "-C", str(work), *words, *kept, *own, environment=environment)
    folder = str(work)
    named = Ran(
        exit_code=ran.exit_code,
        stdout=ran.stdout.replace(folder.encode(), b"WORK"),
        stderr=ran.stderr.replace(folder, "WORK"),
    )
    return named, last.read_bytes() if last.exists() else b"(no file)"


def _snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _check(run: Run, root: Path) -> None:
    recorded_in, played_in = _lay_out(root / "there", run), _lay_out(root / "here" / "work", run)
    tape = root / "tape.yaml"
    with FaultServer(script=[*run.answers, _GOES_ON]) as server:
        environment = {"CODEXCTL_HOME": str(root / "home")}
        for one in run.variables:
            environment |= {**_CREDENTIALS[one], f"CODEXCTL_{one}_BASE_URL": server.base_url}
        recorded = _said(run, recorded_in, "--record", str(tape), environment=environment)
        asked = len(server.seen)
    if not tape.exists():
        assert asked == 0, recorded
        return
    nowhere = {"CODEXCTL_HOME": str(root / "no-home")}
    before = _snapshot(root)
    played = _said(run, played_in, "--replay", str(tape), environment=nowhere)
    assert played == recorded
    again = root / "again.yaml"
    write_tape(again, read_tape(tape, command="run"))
    assert again.read_bytes() == tape.read_bytes()
    written = {str(again), str(played_in.parent / "work-last")}
    assert {name: data for name, data in _snapshot(root).items() if name not in written} == before
    with vcr.VCR(record_mode="none").use_cassette(str(tape)) as cassette:
        assert len(cassette.responses) <= asked + len(server.asides)


_OTHER_MODELS = Run(
    answers=[refused("403 Forbidden", '{"error": {"code": "insufficient_quota"}}')] * 2,
    words=("-m", "openai/gpt-5.5", "-m", "openai-codex/gpt-5.5", "-m", "gpt-5", "go on"),
    variables=("API", "CHATGPT"),
    has_project_doc=False,
    keeps_last=False,
)
"""The first service that is asked is not the one that a model without a service goes to."""


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(RUNS)
@example(_OTHER_MODELS)
def test_a_run_that_is_played_says_what_it_said_when_it_was_recorded(run: Run) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _check(run, Path(folder))


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(
    max_examples=1_500, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(RUNS)
def test_many_more_runs_say_the_same_again(run: Run) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _check(run, Path(folder))
