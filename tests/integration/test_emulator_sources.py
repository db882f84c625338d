"""Scripts, tapes and recorded streams as the source of the emulator's replies, over sockets."""

import gzip
import http.client
import json
import re
import signal
import subprocess
from base64 import encodebytes
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest
import requests
from tests.command import (
    COMMAND,
    api_environment,
    chatgpt_environment,
    process_environment,
    run_command,
    run_here,
)
from tests.corpus import recordings, require_corpus
from tests.tapes import TAPES, Tape
from tests.taping import lay_out

from codexctl.entrypoints.emulator import Emulator, SourceMistake

ROOT = Path(__file__).resolve().parents[2]
CHATGPT = "/backend-api/codex/responses"
API = "/v1/responses"
HEADERS = {"Authorization": "Bearer made-up", "Content-Type": "application/json"}
BODY: dict[str, Any] = {
    "model": "gpt-5.5",
    "instructions": "Be brief.",
    "input": [{"role": "user", "content": [{"type": "input_text", "text": "go"}]}],
    "store": False,
    "stream": True,
}


TOLD = (
    "Request 1 is not the one that replies[0] expects: "
    'at $.model the script has "gpt-5.5", the request has "gpt-5.4".'
)


def post(emulator: Emulator, path: str = CHATGPT, **body: object) -> requests.Response:
    data = json.dumps({**BODY, **body})
    return requests.post(emulator.issuer + path, data=data, headers=HEADERS, timeout=60)


def scripted(folder: Path, text: str) -> Path:
    """Write a script."""
    file = folder / "script.yaml"
    file.write_text(dedent(text), encoding="utf-8")
    return file


def said(reply: requests.Response) -> str:
    """The text of a streamed message."""
    deltas = re.findall(r"(?m)^data: (.*output_text\.delta.*)$", reply.content.decode())
    return "".join(json.loads(delta)["delta"] for delta in deltas)


# Scripts


def test_replies_come_in_their_order(tmp_path: Path) -> None:
    script = scripted(
        tmp_path,
        """\
        emulator: 1
        replies:
          - text: Hello
          - {status: 503, headers: {retry-after: 1}, body: {detail: Busy}}
          - {status: 200, headers: {content-type: text/html}, body: <p>}
        """,
    )
    with Emulator(script=script) as emulator:
        hello = post(emulator)
        busy = post(emulator)
        page = post(emulator)
    assert said(hello) == "Hello"
    assert (busy.status_code, busy.json(), busy.headers["retry-after"]) == (
        503,
        {"detail": "Busy"},
        "1",
    )
    assert (page.text, page.headers["content-type"]) == ("<p>", "text/html")
    assert [request.status for request in emulator.requests] == [200, 503, 200]
    assert (emulator.unexpected, emulator.unplayed) == ([], [])


def test_a_request_that_does_not_stream_gets_the_whole_response(tmp_path: Path) -> None:
    script = scripted(tmp_path, "{emulator: 1, replies: [text: Hello]}")
    with Emulator(script=script) as emulator:
        response = post(emulator, API, stream=False).json()
    assert response["output"][0]["content"][0]["text"] == "Hello"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CHATGPT, {"detail": TOLD}),
        (
            API,
            {
                "error": {
                    "message": TOLD,
                    "type": "invalid_request_error",
                    "param": None,
                    "code": "unexpected_request",
                }
            },
        ),
    ],
)
def test_a_request_that_is_not_as_expected_is_refused_and_the_reply_kept(
    path: str, body: dict[str, object], tmp_path: Path
) -> None:
    script = scripted(tmp_path, "{emulator: 1, replies: [{text: Hello, expect: {model: gpt-5.5}}]}")
    heard: list[str] = []
    with Emulator(script=script, on_unexpected=heard.append) as emulator:
        refused = post(emulator, path, model="gpt-5.4")
        assert emulator.unplayed == ["replies[0]"]
        answered = post(emulator, path)
    assert (refused.status_code, refused.json()) == (400, body)
    assert said(answered) == "Hello"
    assert (emulator.unexpected, heard, emulator.unplayed) == ([TOLD], [TOLD], [])
    assert [request.status for request in emulator.requests] == [400, 200]


def test_after_the_last_reply_requests_are_refused(tmp_path: Path) -> None:
    script = scripted(tmp_path, "{emulator: 1, replies: [text: Hello]}")
    with Emulator(script=script) as emulator:
        post(emulator)
        assert post(emulator).json() == {
            "detail": "The script has no more replies; this is request 2."
        }


def test_the_last_reply_can_be_repeated(tmp_path: Path) -> None:
    script = scripted(tmp_path, "{emulator: 1, replies: [{text: a}, {text: b}], then: repeat-last}")
    with Emulator(script=script) as emulator:
        assert [said(post(emulator)) for _ in range(4)] == ["a", "b", "b", "b"]
        assert emulator.unexpected == []


def test_the_scenarios_can_go_on_after_the_last_reply(tmp_path: Path) -> None:
    script = scripted(tmp_path, "{emulator: 1, replies: [text: a], then: scenarios}")
    with Emulator(script=script, scenarios=["unicode"]) as emulator:
        assert said(post(emulator)) == "a"
        assert said(post(emulator)).startswith("A family")


def test_the_checks_of_the_service_come_before_the_script(tmp_path: Path) -> None:
    script = scripted(tmp_path, "{emulator: 1, replies: [text: Hello]}")
    with Emulator(script=script) as emulator:
        assert post(emulator, store=True).json() == {"detail": "Store must be set to false"}
        assert emulator.unplayed == ["replies[0]"]


def test_other_endpoints_can_be_replaced(tmp_path: Path) -> None:
    script = scripted(
        tmp_path,
        """\
        emulator: 1
        other:
          GET /backend-api/wham/usage: {status: 500, body: no healthy upstream}
          GET /new: {status: 200, body: [1]}
        """,
    )
    with Emulator(script=script) as emulator:
        usage = requests.get(emulator.issuer + "/backend-api/wham/usage?x=1", timeout=60)
        assert (usage.status_code, usage.text) == (500, "no healthy upstream")
        assert requests.get(emulator.issuer + "/new", timeout=60).json() == [1]
        assert post(emulator).status_code == 200


@pytest.mark.parametrize(
    ("ending", "error"),
    [("cut", "ChunkedEncodingError"), ("reset", "ChunkedEncodingError|ConnectionError")],
)
def test_a_stream_beside_the_script_can_end_otherwise(
    ending: str, error: str, tmp_path: Path
) -> None:
    (tmp_path / "one.sse").write_bytes(b"data: 1\n\n")
    script = scripted(
        tmp_path, f"{{emulator: 1, replies: [{{sse: one.sse, ending: {ending}, pause: 0.001}}]}}"
    )
    with Emulator(script=script) as emulator:
        with pytest.raises(requests.RequestException) as raised:
            post(emulator)
        assert re.fullmatch(error, type(raised.value).__name__)


def test_a_stalled_stream_is_open_until_the_client_leaves(tmp_path: Path) -> None:
    (tmp_path / "one.sse").write_bytes(b"data: 1\n\n")
    script = scripted(tmp_path, "{emulator: 1, replies: [{sse: one.sse, ending: stall}]}")
    with Emulator(script=script) as emulator:
        client = http.client.HTTPConnection("127.0.0.1", emulator.port, timeout=60)
        client.request("POST", CHATGPT, json.dumps(BODY), HEADERS)
        with client.getresponse() as reply:
            assert reply.read1() == b"data: 1\n\n"
            client.sock.settimeout(0.01)
            with pytest.raises(TimeoutError):
                reply.read1()
        client.close()


def documented_script() -> str:
    """The first script in the documentation."""
    text = (ROOT / "docs" / "emulator.md").read_text(encoding="utf-8")
    (example, *_) = re.findall(r"```yaml\n(emulator: 1\n.*?)```", text, re.DOTALL)
    return str(example)


def test_the_script_in_the_documentation_is_played_by_a_run(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Here\n")
    with Emulator(script=scripted(tmp_path, documented_script())) as emulator:
        environment = chatgpt_environment(emulator.chatgpt_base_url)
        ran = run_here(
            *("run", "-m", "gpt-5.5", "-C", str(tmp_path), "What is in this folder?"),
            environment=environment,
        )
        usage = requests.get(emulator.issuer + "/backend-api/wham/usage", timeout=60)
    assert (ran.exit_code, ran.text) == (0, "There is a README here, and that is all.\n")
    assert (emulator.unexpected, emulator.unplayed) == ([], [])
    asked = [request.status for request in emulator.requests if request.path == CHATGPT]
    assert asked == [503, 200, 200, 200]
    assert usage.status_code == 500


def test_the_command_tells_what_was_not_expected_and_what_was_not_played(tmp_path: Path) -> None:
    script = scripted(
        tmp_path,
        """\
        emulator: 1
        replies:
          - {expect: {model: gpt-5.4}, text: Hello}
          - text: Never
        """,
    )
    with subprocess.Popen(
        [COMMAND, "emulator", "--script", str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=process_environment(),
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["chatgpt_base_url"]
            answer = requests.post(
                f"{url}/responses", data=json.dumps(BODY), headers=HEADERS, timeout=60
            )
            process.send_signal(signal.SIGTERM)
            _, told = process.communicate(timeout=60)
        finally:
            process.kill()
    assert told == (
        "The emulator is ready; Ctrl-C ends it.\n"
        f"{answer.json()['detail']}\n"
        "Not played: replies[0], replies[1].\n"
        "codexctl: Terminated.\n"
    )
    assert process.returncode == 143


def test_the_command_refuses_a_wrong_script(tmp_path: Path) -> None:
    script = scripted(tmp_path, "{emulator: 1, replies: [fault: cut-in-txt]}")
    ran = run_command("emulator", "--script", str(script))
    assert (ran.exit_code, ran.text) == (2, "")
    assert ran.stderr == (
        f"codexctl: {script}: replies[0].fault: there is no fault named 'cut-in-txt'; "
        "did you mean 'cut-in-text'?\n"
        "  Correct the script.\n"
    )


def test_a_script_and_a_cassette_exclude_each_other(tmp_path: Path) -> None:
    ran = run_here("emulator", "--script", "a", "--cassette", "b")
    assert (ran.exit_code, ran.text) == (2, "")
    with pytest.raises(SourceMistake, match="exclude each other"):
        Emulator(script="a", cassettes=["b"])


# Tapes


@pytest.mark.parametrize("tape", TAPES, ids=[tape.name for tape in TAPES])
def test_a_run_against_a_tape_comes_out_as_recorded(tape: Tape, tmp_path: Path) -> None:
    folder = lay_out(tmp_path)
    with Emulator(cassettes=[tape.path]) as emulator:
        environment = {
            **chatgpt_environment(emulator.chatgpt_base_url),
            **api_environment(emulator.api_base_url),
            "PATH": "/nowhere",
        }
        ran = run_here("run", "--cd", str(folder), *tape.words, environment=environment)
    assert (ran.exit_code, ran.text) == (tape.exit_code, tape.stdout)
    assert (emulator.unexpected, emulator.unplayed) == ([], [])


def answered(
    uri: str, string: str, *, method: str = "POST", headers: str = "{}", status: int = 200
) -> str:
    """An interaction as vcrpy writes it; `string` is a value of YAML."""
    return dedent(f"""\
        - request: {{body: '{{}}', headers: {{}}, method: {method}, uri: '{uri}'}}
          response:
            body: {{string: {string}}}
            headers: {headers}
            status: {{code: {status}, message: whatever}}
        """)


def taped(folder: Path, *interactions: str, own: str = "") -> Path:
    """Write a tape."""
    file = folder / "tape.yaml"
    head = f"codexctl:\n{indent(dedent(own), '  ')}" if own else ""
    file.write_text(f"{head}interactions:\n{''.join(interactions)}version: 1\n", encoding="utf-8")
    return file


def pieces_of(emulator: Emulator, path: str = CHATGPT) -> list[bytes]:
    """Ask, and give the chunks of the reply as they stand on the wire."""
    raw = json.dumps(BODY).encode()
    connection = http.client.HTTPConnection("127.0.0.1", emulator.port, timeout=60)
    connection.request("POST", path, raw, {**HEADERS, "Connection": "close"})
    with connection.sock.makefile("rb") as reply:
        while reply.readline() != b"\r\n":
            pass
        chunks: list[bytes] = []
        while length := int(reply.readline() or b"0", 16):
            chunks.append(reply.read(length))
            reply.readline()
    connection.close()
    return chunks


URL = "https://api.example.com/openai/v1/responses"
STREAM = '"data: 1\\n\\ndata: 2\\n\\n"'


def test_answers_on_a_tape_come_in_their_order_whatever_their_host(tmp_path: Path) -> None:
    tape = taped(
        tmp_path,
        answered(URL, "'{}'", status=503, headers="{Retry-After: ['3'], X-A: [a, b], Age: 7}"),
        answered("/v1/responses", STREAM, headers="{content-length: ['3']}"),
    )
    with Emulator(cassettes=[tape]) as emulator:
        busy, stream, over = (post(emulator) for _ in range(3))
    assert (busy.status_code, busy.text) == (503, "{}")
    assert dict(busy.headers) == {
        "Retry-After": "3",
        "X-A": "a, b",
        "Age": "7",
        "content-length": "2",
    }
    assert stream.content == b"data: 1\n\ndata: 2\n\n"
    assert over.status_code == 400
    assert over.json() == {"detail": "The tape has no more replies; this is request 3."}
    assert emulator.unexpected == ["The tape has no more replies; this is request 3."]


def test_what_is_left_of_a_tape_is_named(tmp_path: Path) -> None:
    (tmp_path / "one.sse").write_bytes(b"data: 1\n\n")
    tape = taped(tmp_path, answered(URL, STREAM), answered(URL, STREAM))
    with Emulator(cassettes=[tape, tmp_path / "one.sse"]) as emulator:
        post(emulator)
        assert emulator.unplayed == ["tape.yaml, answer 2", "one.sse"]


def test_other_answers_on_a_tape_replace_the_emulators_own(tmp_path: Path) -> None:
    tape = taped(tmp_path, answered("http://x/v1/models?a=1", "'[1]'", method="GET"))
    with Emulator(cassettes=[tape]) as emulator:
        for _ in range(2):
            assert requests.get(f"{emulator.api_base_url}/models", timeout=60).json() == [1]
        assert emulator.unplayed == []


def test_a_stream_without_lengths_comes_in_events(tmp_path: Path) -> None:
    with Emulator(cassettes=[taped(tmp_path, answered(URL, STREAM))]) as emulator:
        assert pieces_of(emulator) == [b"data: 1\n\n", b"data: 2\n\n"]


OWN = """\
tape: 1
exchanges:
- interaction: 0
  lengths: {lengths}
  milliseconds: [1, 2]
  ended: {ended}
"""


def test_pieces_are_as_they_were_recorded(tmp_path: Path) -> None:
    own = OWN.format(lengths="[4, 0, 14]", ended="whole")
    with Emulator(cassettes=[taped(tmp_path, answered(URL, STREAM), own=own)]) as emulator:
        assert pieces_of(emulator) == [b"data", b": 1\n\ndata: 2\n\n"]


def test_pieces_that_no_longer_fit_are_passed_over(tmp_path: Path) -> None:
    own = OWN.format(lengths="[4, 99]", ended="whole")
    with Emulator(cassettes=[taped(tmp_path, answered(URL, STREAM), own=own)]) as emulator:
        assert pieces_of(emulator) == [b"data: 1\n\n", b"data: 2\n\n"]


@pytest.mark.parametrize("ended", ["interrupted", "{kind: NetworkFailed, message: m, remedy: r}"])
def test_what_broke_off_is_cut_off_at_the_same_byte(ended: str, tmp_path: Path) -> None:
    own = OWN.format(lengths="[4, 14]", ended=ended)
    with Emulator(cassettes=[taped(tmp_path, answered(URL, STREAM), own=own)]) as emulator:
        assert b"".join(pieces_of(emulator)) == b"data: 1\n\ndata: 2\n\n"
    cut = pytest.raises(requests.exceptions.ChunkedEncodingError)
    with Emulator(cassettes=[tmp_path / "tape.yaml"]) as emulator, cut:
        post(emulator)


def test_a_request_that_was_never_answered_gets_no_reply(tmp_path: Path) -> None:
    own = f"""\
    tape: 1
    exchanges:
    - request: {{method: POST, uri: '{URL}'}}
      ended: interrupted
    - interaction: 0
    """
    with Emulator(cassettes=[taped(tmp_path, answered(URL, STREAM), own=own)]) as emulator:
        with pytest.raises(requests.ConnectionError):
            post(emulator)
        assert post(emulator).content == b"data: 1\n\ndata: 2\n\n"


def test_a_compressed_body_is_sent_as_it_is(tmp_path: Path) -> None:
    packed = gzip.compress(b'{"a": 1}')
    coding = "{Content-Encoding: [gzip], Content-Type: [application/json]}"
    binary = f'!!binary "{encodebytes(packed).decode().strip()}"'
    tape = taped(
        tmp_path,
        answered(URL, binary, headers=coding),
        # With vcrpy's decode_compressed_response the header stays and the body is plain.
        answered(URL, "'{\"a\": 2}'", headers=coding),
    )
    with Emulator(cassettes=[tape]) as emulator:
        first, second = (post(emulator) for _ in range(2))
    assert (first.json(), first.headers["content-encoding"]) == ({"a": 1}, "gzip")
    assert (second.json(), "content-encoding" in second.headers) == ({"a": 2}, False)


def test_a_script_takes_answers_from_a_tape(tmp_path: Path) -> None:
    models = answered("http://x/v1/models", "'[1]'", method="GET")
    usage = answered("http://x/backend-api/wham/usage", "'[1]'", method="GET")
    taped(tmp_path, answered(URL, STREAM), models, usage, answered(URL, '"data: 3\\n\\n"'))
    script = scripted(
        tmp_path,
        """\
        emulator: 1
        replies:
          - text: Hello
          - cassette: tape.yaml
          - text: Bye
        other:
          GET /v1/models: {status: 200, body: [2]}
        """,
    )
    with Emulator(script=script) as emulator:
        got = [post(emulator) for _ in range(4)]
        assert requests.get(f"{emulator.api_base_url}/models", timeout=60).json() == [2]
        used = requests.get(emulator.issuer + "/backend-api/wham/usage", timeout=60)
    assert [said(got[0]), got[1].content, got[2].content, said(got[3])] == [
        "Hello",
        b"data: 1\n\ndata: 2\n\n",
        b"data: 3\n\n",
        "Bye",
    ]
    assert used.json() == [1]


def test_the_command_answers_from_cassettes(tmp_path: Path) -> None:
    missing = tmp_path / "gone.yaml"
    ran = run_here("emulator", "--cassette", str(missing))
    assert ran.exit_code == 2
    assert ran.stderr == (
        f"codexctl: {missing} cannot be read: No such file or directory.\n"
        "  Name a script, a tape or a stream that can be read.\n"
    )


# Recorded streams


def test_every_recorded_stream_arrives_byte_by_byte(tmp_path: Path) -> None:
    require_corpus()
    chosen = recordings()
    files = [tmp_path / f"{number}.sse" for number in range(len(chosen))]
    for file, recording in zip(files, chosen, strict=True):
        file.write_bytes(recording.body)
    with Emulator(cassettes=files) as emulator, requests.Session() as session:
        for recording in chosen:
            reply = session.post(
                emulator.issuer + CHATGPT, data=json.dumps(BODY), headers=HEADERS, timeout=60
            )
            assert (recording.name, reply.content) == (recording.name, recording.body)
        assert (emulator.unexpected, emulator.unplayed) == ([], [])
