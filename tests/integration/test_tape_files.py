"""Tapes on disk: plain vcrpy plays them, and what is none is refused in one clear line."""

import gzip
import os
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import vcr
from tests.command import process_environment
from tests.corpus import recordings, require_corpus
from tests.fakes.stream_server import Reply, StreamServer
from tests.tapes import TAPES
from tests.tapes import Tape as OwnTape

from codexctl.adapters.cassettes.last_check import suspicious_places
from codexctl.adapters.cassettes.scrubber import Scrubber
from codexctl.adapters.cassettes.tape import (
    Exchange,
    Interrupted,
    RunFacts,
    Tape,
    TapedFailure,
    TapedRequest,
    TapedResponse,
)
from codexctl.adapters.cassettes.tape_codec import tape_from
from codexctl.adapters.cassettes.tape_file import check_place, parsed, read_tape, write_tape
from codexctl.adapters.cassettes.tape_text import tape_text
from codexctl.domain.errors import (
    CodexctlError,
    FileNotWritten,
    TapeMismatch,
    TapeUnreadable,
    UsageError,
)

URL = "https://api.openai.com/v1/responses"
KEY = "sk-proj-abcdefgh12345678"
STREAM = 'event: a\ndata: {"delta":"Zwölf \u2028 ☃"}\n\n'.encode()
TAPE = Tape(
    recorded_by="codexctl 1.0",
    command="run",
    facts=RunFacts(conversation_id="0192"),
    exchanges=(
        Exchange(
            TapedRequest(method="POST", url=URL, body=b"[0]"),
            TapedFailure(kind="NetworkFailed", message="It failed.", remedy="Try again."),
        ),
        Exchange(
            TapedRequest(
                method="POST",
                url=URL,
                headers=(
                    ("content-type", "application/json"),
                    ("authorization", f"Bearer {KEY}"),
                    ("content-length", "14"),
                ),
                body=b'{"input":"Hi"}',
            ),
            TapedResponse(
                status=200,
                reason="OK",
                headers=(
                    ("content-type", "text/event-stream"),
                    ("content-length", "999"),
                    ("transfer-encoding", "chunked"),
                    ("set-cookie", "sid=abc; path=/"),
                ),
                body=STREAM,
            ),
        ),
        Exchange(
            TapedRequest(
                method="POST",
                url=URL,
                headers=(("content-type", "application/json"),),
                body=b'{"input":"Ho"}',
            ),
            TapedResponse(
                status=429,
                reason="Too Many Requests",
                headers=(("content-type", "application/json"),),
                body=b'{"error":{"message":"slow"}}',
                ending=Interrupted(),
            ),
        ),
    ),
)


@pytest.fixture
def tape_path(tmp_path: Path) -> Path:
    path = tmp_path / "tape.yaml"
    write_tape(path, Scrubber(known=(KEY,))(TAPE), known=(KEY,))
    return path


def test_plain_vcrpy_plays_the_tape_and_matches_bodies_as_json(tape_path: Path) -> None:
    player = vcr.VCR(record_mode="none", match_on=("method", "uri", "body"))
    with player.use_cassette(str(tape_path)) as cassette:
        # The second request first: it is found by its body, which is laid out on the tape.
        limited = requests.post(URL, json={"input": "Ho"}, timeout=5)
        answer = requests.post(URL, json={"input": "Hi"}, timeout=5)
        assert cassette.all_played
    assert (limited.status_code, limited.json()) == (429, {"error": {"message": "slow"}})
    assert (answer.status_code, answer.content) == (200, STREAM)
    assert answer.headers["content-length"] == str(len(STREAM))


def test_a_tape_that_vcrpy_added_to_can_still_be_played(tape_path: Path) -> None:
    with StreamServer(lambda _number, _seen: Reply(pieces=[STREAM])) as server:
        url = f"{server.base_url}/responses"
        with vcr.VCR(record_mode="new_episodes").use_cassette(str(tape_path)):
            requests.post(url, json={"input": "He"}, timeout=5)
    # What vcrpy does not know is gone: our section, and the request without an answer.
    tape = read_tape(tape_path, command="run")
    assert (tape.command, [one.request.url for one in tape.exchanges]) == (None, [URL, URL, url])


def test_what_is_read_is_what_was_written(tape_path: Path) -> None:
    assert read_tape(tape_path, command="run") == Scrubber(known=(KEY,))(TAPE)


def test_a_tape_has_the_rights_of_any_new_file(tape_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_tape(tape_path, Tape())
        assert tape_path.stat().st_mode & 0o777 == 0o644  # those of the file that was there
        other = tape_path.with_name("other.yaml")
        write_tape(other, Tape())
        assert other.stat().st_mode & 0o777 == 0o640
    finally:
        os.umask(before)


def test_a_link_stays_a_link(tape_path: Path) -> None:
    link = tape_path.with_name("link.yaml")
    link.symlink_to(tape_path)
    write_tape(link, Tape(command="run"))
    assert link.is_symlink()
    assert read_tape(tape_path) == Tape(command="run")
    assert sorted(one.name for one in tape_path.parent.iterdir()) == ["link.yaml", "tape.yaml"]


@pytest.mark.parametrize("name", ["missing/tape.yaml", ".", "pipe"])
def test_a_tape_that_cannot_be_written_is_told_of_before_the_run_and_after_it(
    name: str, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="A tape cannot be written to"):
        check_place(tmp_path / name)
    with pytest.raises(FileNotWritten, match="The tape could not be written to"):
        write_tape(tmp_path / name, Tape())
    assert [one.name for one in tmp_path.iterdir()] == ["pipe"]


def test_a_place_that_can_be_written_is_left_as_it_is(tmp_path: Path) -> None:
    check_place(tmp_path / "tape.yaml")
    assert list(tmp_path.iterdir()) == []


def bad_tapes() -> Iterator[tuple[str, bytes, type[CodexctlError], str]]:
    text = tape_text(Scrubber()(TAPE))
    lines = text.splitlines(keepends=True)
    cut = "cannot be played: it is cut short: its end is missing."
    yield "empty", b" \n", TapeUnreadable, "cannot be played: it is empty."
    yield "binary", b"\xff\xfe\x00", TapeUnreadable, "cannot be played: it is no text."
    yield "words", b"Hello.", TapeUnreadable, "cannot be played: it is YAML, but no tape."
    yield (
        "a stream",
        STREAM + b"event: b\ndata: {}\n",
        TapeUnreadable,
        "cannot be played: it is YAML, but no tape: there are no interactions in it.",
    )
    yield (
        "not YAML",
        b"a: [1\nb: {c\nd: e\n",
        TapeUnreadable,
        "cannot be played: it is no YAML (line 2).",
    )
    yield "a control character", b"a: \x01\n", TapeUnreadable, "it is no YAML."
    yield "python", b"a: !!python/name:os.system\n", TapeUnreadable, "it is no YAML"
    yield (
        "a cassette of vcrpy's youth",
        b"- request: {}\n",
        TapeUnreadable,
        "it is a cassette of an old version of vcrpy, which vcrpy can migrate.",
    )
    yield "cut in a text", text[: text.index("Hi")].encode(), TapeUnreadable, cut
    yield "cut in a line", text[: len(text) // 2].encode(), TapeUnreadable, cut
    yield "without its last line", "".join(lines[:-1]).encode(), TapeUnreadable, cut
    yield (
        "a newer section",
        text.replace("tape: 1", "tape: 2").encode(),
        TapeUnreadable,
        "it is a tape of version 2, which this codexctl does not know.",
    )
    yield (
        "a newer vcrpy",
        text.replace("version: 1", "version: 3").encode(),
        TapeUnreadable,
        "it is a tape of version 3, which this codexctl does not know.",
    )
    yield (
        "no version",
        text.replace("tape: 1", "tape: one").encode(),
        TapeUnreadable,
        "it does not tell its version.",
    )
    yield (
        "another command",
        text.replace("command: run", "command: login").encode(),
        TapeMismatch,
        "is a recording of codexctl login, not of codexctl run.",
    )
    foreign = text[: text.index("codexctl:")] + text[text.index("interactions:") :]
    yield (
        "another's, cut in a mapping",
        foreign[: foreign.rindex("  response:")].encode(),
        TapeUnreadable,
        "cut short or incomplete: interactions[1] has no request or no response.",
    )
    yield (
        "another's, cut in a text",
        b"interactions:\n- request:\n    body: 'abc",
        TapeUnreadable,
        "cannot be played: it is cut short, or no YAML.",
    )
    yield (
        "compressed in an unknown way",
        foreign.replace(
            "    headers:\n      content-type:",
            "    headers:\n      content-encoding: [br]\n      content-type:",
        ).encode(),
        TapeUnreadable,
        "an answer on it is compressed with br.",
    )


@pytest.mark.parametrize(
    ("content", "error", "told"),
    [pytest.param(*rest, id=name) for name, *rest in bad_tapes()],
)
def test_what_is_no_tape_is_refused_in_one_clear_line(
    content: bytes, error: type[CodexctlError], told: str, tmp_path: Path
) -> None:
    path = tmp_path / "tape.yaml"
    path.write_bytes(content)
    with pytest.raises(error) as raised:
        read_tape(path, command="run")
    assert raised.value.message.startswith(f"{path} ")
    assert told in raised.value.message
    assert "\n" not in raised.value.message
    assert path.read_bytes() == content


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_tape_that_cannot_be_opened_is_a_matter_of_the_command_line(
    name: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"The tape .* cannot be read"):
        read_tape(tmp_path / name)


def test_a_tape_from_a_windows_editor_is_a_tape(tape_path: Path) -> None:
    tape = read_tape(tape_path)
    content = tape_path.read_bytes().replace(b"\n", b"\r\n")
    tape_path.write_bytes(b"\xef\xbb\xbf" + content)
    assert read_tape(tape_path) == tape


def test_tapes_that_vcrpy_recorded_can_be_played(tmp_path: Path) -> None:
    path = tmp_path / "foreign.yaml"
    with StreamServer(lambda _number, _seen: Reply(pieces=[STREAM])) as server:
        url = f"{server.base_url}/responses"
        with vcr.VCR(record_mode="all").use_cassette(str(path)):
            requests.post(url, json={"prompt_cache_key": "abc"}, timeout=5)
    tape = read_tape(path, command="run")
    assert tape.facts.conversation_id == "abc"
    answer = tape.exchanges[0].answer
    assert isinstance(answer, TapedResponse)
    assert answer.pieces() == ((0, STREAM),)


@pytest.mark.parametrize(
    "body",
    [
        f"!!binary |\n        {b64encode(gzip.compress(b'plain', mtime=0)).decode()}",
        "plain",
    ],
)
def test_compressed_answers_are_uncompressed(body: str, tmp_path: Path) -> None:
    path = tmp_path / "tape.yaml"
    path.write_text(
        "interactions:\n- request:\n    body: !!python/object/new:_io.BytesIO\n"
        "      state: !!python/tuple\n      - !!binary |\n        e30=\n      - 0\n      - null\n"
        "    headers: {}\n    method: POST\n    uri: !!python/unicode https://host/x\n"
        f"  response:\n    body:\n      string: {body}\n"
        "    headers:\n      Content-Encoding: [gzip]\n      Content-Length: ['99']\n      x: 5\n"
        "    status: {code: 200, message: null}\n",
        encoding="utf-8",
    )
    assert read_tape(path).exchanges == (
        Exchange(
            TapedRequest(method="POST", url="https://host/x", body=b"{}"),
            TapedResponse(status=200, reason="", headers=(("x", "5"),), body=b"plain"),
        ),
    )


def test_without_the_extra_the_line_says_what_to_install(tape_path: Path) -> None:
    program = (
        "import sys; sys.modules['yaml'] = None\n"
        "from pathlib import Path\n"
        "from codexctl.adapters.cassettes.tape_file import read_tape, write_tape\n"
        "from codexctl.adapters.cassettes.tape import Tape\n"
        "from codexctl.domain.errors import UsageError\n"
        "write_tape(Path(sys.argv[1]), Tape())\n"
        "try:\n    read_tape(Path(sys.argv[1]))\n"
        "except UsageError as error:\n    print(error.message, error.remedy)\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program, tape_path],
        capture_output=True,
        text=True,
        env=process_environment(),
        timeout=60,
    )
    assert finished.stderr == ""
    assert finished.stdout == (
        "Tapes need a library that is not installed."
        " Install it with: pip install 'codexctl-cli[replay]'\n"
    )


@pytest.mark.parametrize("tape", TAPES, ids=[tape.name for tape in TAPES])
def test_the_projects_own_tapes_say_the_same_once_they_are_scrubbed(tape: OwnTape) -> None:
    scrubbed = Scrubber()(read_tape(tape.path))
    text = tape_text(scrubbed)
    assert suspicious_places(scrubbed, text, ()) == []
    assert tape_from(parsed(text)) == scrubbed


@pytest.mark.parametrize("step", [12, pytest.param(1, marks=pytest.mark.slow)])
def test_recorded_streams_are_never_refused_and_keep_their_events(step: int) -> None:
    require_corpus()
    for body in [one.body for one in recordings()][::step]:
        request = TapedRequest(method="POST", url=URL)
        exchange = Exchange(request, TapedResponse(status=200, reason="OK", body=body))
        scrubbed = Scrubber()(Tape(exchanges=(exchange,)))
        text = tape_text(scrubbed)
        assert suspicious_places(scrubbed, text, ()) == []
        answer = scrubbed.exchanges[0].answer
        assert isinstance(answer, TapedResponse)
        assert _kinds(answer.body) == _kinds(body)
        assert tape_from(parsed(text)) == scrubbed


def _kinds(body: bytes) -> list[bytes]:
    return re.findall(rb'"type": ?"(response\.[a-z_.]+)"', body)
