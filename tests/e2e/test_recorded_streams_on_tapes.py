"""Every recorded stream of the corpus, recorded on a tape and played: the same to the last byte."""

from pathlib import Path

import pytest
from tests.command import api_environment, run_here
from tests.corpus import Recording, recordings, require_corpus
from tests.fakes.stream_server import Reply, Seen, StreamServer
from tests.wire import answer

from codexctl.adapters.cassettes.tape import TapedResponse
from codexctl.adapters.cassettes.tape_file import read_tape

ALL = recordings()
FORMS = (("--json", "--deltas"), ("--json",), (), ("--final-only",))


def named(some: tuple[Recording, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("recording", some, ids=[one.name for one in some])


@pytest.fixture
def _corpus() -> None:
    require_corpus()


def check(recording: Recording, folder: Path) -> None:
    borders = range(0, len(recording.body), 1_000)
    pieces = [recording.body[at : at + 1_000] for at in borders]

    def reply(number: int, _seen: Seen) -> Reply:
        return Reply(pieces=pieces if number == 0 else answer("(over)"))

    for number, form in enumerate(FORMS):
        tape = folder / f"{number}.yaml"
        words = ("--retries", "0", "--no-project-doc", "-C", str(folder), *form, "go")
        with StreamServer(reply) as server:
            environment = api_environment(server.base_url)
            recorded = run_here("run", "--record", str(tape), *words, environment=environment)
        assert tape.exists(), recorded.stderr
        played = run_here("run", "--replay", str(tape), *words)
        shown, said = played.stdout, recorded.stdout
        if _first_body(tape) == recording.body:
            assert (played.exit_code, shown, played.stderr) == (
                recorded.exit_code,
                said,
                recorded.stderr,
            )
        else:  # it held what looks like a secret
            assert played.exit_code == recorded.exit_code, played.stderr
            if form:
                assert shown.count(b"\n") == said.count(b"\n")


def _first_body(tape: Path) -> bytes:
    first = read_tape(tape).exchanges[0].answer
    assert isinstance(first, TapedResponse)
    return first.body


@pytest.mark.usefixtures("_corpus")
@named(ALL[::60])
def test_a_recorded_stream_is_played_from_its_tape_as_it_was(
    recording: Recording, tmp_path: Path
) -> None:
    check(recording, tmp_path)


@pytest.mark.slow
@pytest.mark.usefixtures("_corpus")
@named(ALL)
def test_every_recorded_stream_is_played_from_its_tape_as_it_was(
    recording: Recording, tmp_path: Path
) -> None:
    check(recording, tmp_path)
