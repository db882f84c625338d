"""The emulator over real sockets: what only a running server shows."""

import http.client
import json
import socket
import stat
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from codexctl.entrypoints.emulator import SCENARIO_NAMES, Emulator
from codexctl.entrypoints.emulator.addresses import ACCESS_TOKEN, env_lines, ready_line

CHATGPT = "/backend-api/codex/responses"
API = "/v1/responses"
HEADERS = {"Authorization": "Bearer planted-canary", "Content-Type": "application/json"}
TOOLS = [{"type": "function", "name": name} for name in ("list_files", "read_file")]
BODY: dict[str, Any] = {
    "model": "gpt-5.5",
    "instructions": "Be brief.",
    "input": [{"role": "user", "content": [{"type": "input_text", "text": "go"}]}],
    "store": False,
    "stream": True,
}
Event = dict[str, Any]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


def post(emulator: Emulator, path: str, body: dict[str, Any] = BODY) -> requests.Response:
    return requests.post(emulator.issuer + path, data=json.dumps(body), headers=HEADERS, timeout=60)


def events_in(raw: bytes) -> list[Event]:
    events: list[Event] = []
    for block in raw.decode().split("\n\n")[:-1]:
        name, data = block.split("\n")
        event: Event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        events.append(event)
    return events


def items_in(raw: bytes) -> list[Event]:
    return [e["item"] for e in events_in(raw) if e["type"] == "response.output_item.done"]


def text_of(item: Event) -> str:
    text: str = item["content"][0]["text"]
    return text


def outputs_for(items: list[Event]) -> list[Event]:
    return [
        {"type": "function_call_output", "call_id": i["call_id"], "output": f"{i['name']} ran"}
        for i in items
        if i["type"] == "function_call"
    ]


@pytest.mark.parametrize("path", [CHATGPT, API])
@pytest.mark.parametrize("scenario", SCENARIO_NAMES)
def test_a_scenario_streams_to_its_end(path: str, scenario: str) -> None:
    with Emulator(scenarios=(scenario,)) as emulator:
        reply = post(emulator, path, {**BODY, "tools": TOOLS})
    events = events_in(reply.content)
    assert reply.status_code == 200
    assert [events[0]["type"], events[-1]["type"]] == ["response.created", "response.completed"]


@pytest.mark.parametrize("path", [CHATGPT, API])
@pytest.mark.parametrize(
    ("scenario", "answer"),
    [
        ("tool", "list_files gave:\n\nlist_files ran"),
        ("parallel", "list_files gave:\n\nlist_files ran\n\nread_file gave:\n\nread_file ran"),
    ],
)
def test_a_tool_loop_ends_with_an_answer_that_quotes_the_outputs(
    path: str, scenario: str, answer: str
) -> None:
    with Emulator(scenarios=(scenario, "unicode")) as emulator:
        first = items_in(post(emulator, path, {**BODY, "tools": TOOLS}).content)
        history = [*BODY["input"], *first, *outputs_for(first)]
        second = post(emulator, path, {**BODY, "tools": TOOLS, "input": history})
    (message,) = items_in(second.content)
    assert text_of(message) == answer


def test_reasoning_goes_back_as_it_came() -> None:
    body = {**BODY, "include": ["reasoning.encrypted_content"]}
    with Emulator(scenarios=("reasoning",)) as emulator:
        items = items_in(post(emulator, CHATGPT, body).content)
        more = [*BODY["input"], *items, {"role": "user", "content": "and now?"}]
        assert post(emulator, CHATGPT, {**body, "input": more}).status_code == 200


def test_without_a_scenario_the_tools_on_offer_decide(emulator: Emulator) -> None:
    with_tools = items_in(post(emulator, CHATGPT, {**BODY, "tools": TOOLS}).content)
    without = items_in(post(emulator, CHATGPT).content)
    assert [item["type"] for item in with_tools + without] == ["function_call", "message"]


def test_the_chatgpt_side_sends_a_stream_without_a_content_type(emulator: Emulator) -> None:
    reply = post(emulator, CHATGPT)
    assert "content-type" not in reply.headers
    assert reply.headers["transfer-encoding"] == "chunked"
    assert reply.headers["x-request-id"]


def test_the_api_side_says_it_is_an_event_stream(emulator: Emulator) -> None:
    reply = post(emulator, API)
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert reply.headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CHATGPT, {"detail": "Store must be set to false"}),
        (
            API,
            {
                "error": {
                    "message": "Unknown parameter: 'logprobs'.",
                    "type": "invalid_request_error",
                    "param": "logprobs",
                    "code": "unknown_parameter",
                }
            },
        ),
    ],
)
def test_a_refusal_is_json_with_a_request_id(
    emulator: Emulator, path: str, body: dict[str, Any]
) -> None:
    reply = post(emulator, path, {**BODY, "store": True, "logprobs": True})
    assert (reply.status_code, reply.json()) == (400, body)
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["x-request-id"]


@pytest.mark.parametrize("path", [CHATGPT, API])
def test_a_request_without_a_bearer_is_401(emulator: Emulator, path: str) -> None:
    reply = requests.post(emulator.issuer + path, json=BODY, timeout=60)
    assert reply.status_code == 401


@pytest.mark.parametrize("path", [CHATGPT, API])
def test_malformed_json_is_400(emulator: Emulator, path: str) -> None:
    reply = requests.post(emulator.issuer + path, data=b'{"a":', headers=HEADERS, timeout=60)
    assert reply.status_code == 400


def test_the_api_side_answers_whole_when_it_is_not_to_stream(emulator: Emulator) -> None:
    reply = post(emulator, API, {**BODY, "stream": False, "input": "go"})
    whole = reply.json()
    assert (whole["status"], whole["output"][0]["type"]) == ("completed", "message")
    assert whole["usage"]["output_tokens"] > 10


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", CHATGPT, {"detail": "Not Found"}),
        ("POST", "/", {"detail": "Not Found"}),
        ("DELETE", "/oauth/token", {"detail": "Not Found"}),
        (
            "PUT",
            "/v1/models",
            {
                "error": {
                    "message": "Invalid URL (PUT /v1/models)",
                    "type": "invalid_request_error",
                    "param": None,
                    "code": None,
                }
            },
        ),
    ],
)
def test_anything_else_is_a_json_404(
    emulator: Emulator, method: str, path: str, body: dict[str, Any]
) -> None:
    reply = requests.request(method, emulator.issuer + path, timeout=60)
    assert (reply.status_code, reply.json()) == (404, body)


def test_a_query_does_not_hide_a_route(emulator: Emulator) -> None:
    assert post(emulator, f"{API}?debug=1").status_code == 200


def test_a_head_request_gets_no_body_and_the_connection_goes_on(emulator: Emulator) -> None:
    with requests.Session() as session:
        assert session.head(emulator.issuer + API, timeout=60).status_code == 404
        assert session.get(emulator.issuer + API, timeout=60).status_code == 404


def test_one_connection_serves_several_requests(emulator: Emulator) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", emulator.port, timeout=60)
    ports: list[int] = []
    for path in (CHATGPT, "/nowhere", API):
        connection.request("POST", path, json.dumps(BODY), HEADERS)
        ports.append(connection.sock.getsockname()[1])
        connection.getresponse().read()
    connection.close()
    assert len(set(ports)) == 1
    assert [request.status for request in emulator.requests] == [200, 404, 200]


def test_twenty_clients_are_served_at_once(emulator: Emulator) -> None:
    together = threading.Barrier(20)

    def ask(number: int) -> bytes:
        together.wait()
        return post(emulator, CHATGPT, {**BODY, "prompt_cache_key": str(number)}).content

    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(ask, range(20)))
    ids = {events_in(reply)[-1]["response"]["id"] for reply in replies}
    assert len(ids) == 20


def speak(emulator: Emulator, *lines: str, body: bytes = b"") -> bytes:
    """Send a request by hand and read until the server closes."""
    with socket.create_connection(("127.0.0.1", emulator.port), timeout=60) as client:
        client.sendall("\r\n".join((*lines, "", "")).encode() + body)
        with client.makefile("rb") as reply:
            return reply.read()


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (("Host: rebound.example.com",), b"403"),
        ((), b"403"),
        (("Host: 127.0.0.1", "Host: 127.0.0.1"), b"403"),
        (("Host: localhost", "Content-Length: 99999999999"), b"413"),
        (("Host: localhost", "Content-Length: much"), b"400"),
        (("Host: localhost", "Transfer-Encoding: chunked"), b"411"),
    ],
)
def test_an_envelope_that_cannot_be_taken_is_refused_and_closed(
    emulator: Emulator, lines: tuple[str, ...], status: bytes
) -> None:
    client = socket.create_connection(("127.0.0.1", emulator.port), timeout=60)
    with client, client.makefile("rb") as reply:
        client.sendall("\r\n".join((f"POST {API} HTTP/1.1", *lines, "", "")).encode())
        head, _, body = reply.read().partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == status
    assert b"connection: close" in head.lower()
    assert "error" in json.loads(body)


def test_a_body_over_the_limit_is_read_away_and_answered_413(emulator: Emulator) -> None:
    reply = requests.post(
        emulator.issuer + CHATGPT, data=bytes(64 * 1024 * 1024 + 1), headers=HEADERS, timeout=60
    )
    assert reply.status_code == 413


def test_a_client_that_waits_for_100_continue_gets_it(emulator: Emulator) -> None:
    raw = json.dumps(BODY).encode()
    head = (
        f"POST {API} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nConnection: close\r\n"
        f"Authorization: Bearer x\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(raw)}\r\n\r\n"
    )
    client = socket.create_connection(("127.0.0.1", emulator.port), timeout=60)
    with client, client.makefile("rb") as reply:
        client.sendall(head.encode())
        assert reply.readline() == b"HTTP/1.1 100 Continue\r\n"
        client.sendall(raw)
        assert reply.readline() == b"\r\n"
        assert reply.readline() == b"HTTP/1.1 200 OK\r\n"
        assert b"response.completed" in reply.read()


def test_an_http_1_0_client_gets_a_stream_without_chunks(emulator: Emulator) -> None:
    raw = json.dumps(BODY).encode()
    reply = speak(
        emulator,
        f"POST {API} HTTP/1.0",
        "Host: localhost",
        "Authorization: Bearer x",
        "Content-Type: application/json",
        f"Content-Length: {len(raw)}",
        body=raw,
    )
    head, _, stream = reply.partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head.lower()
    assert events_in(stream)[-1]["type"] == "response.completed"


@pytest.mark.parametrize("line", ["NONSENSE", "GET / HTTP/9.9", "GET " + "/" * 70_000])
def test_what_is_no_http_harms_nobody(
    emulator: Emulator, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    client = socket.create_connection(("127.0.0.1", emulator.port), timeout=60)
    with client:
        client.sendall(line.encode() + b"\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
    assert post(emulator, CHATGPT).status_code == 200
    assert capsys.readouterr().err == ""


def test_a_client_that_hangs_up_before_its_body_is_sent_leaves_no_trace(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Emulator() as emulator:
        head = f"POST {API} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"
        client = socket.create_connection(("127.0.0.1", emulator.port), timeout=60)
        with client, client.makefile("rb") as reply:
            client.sendall(head.encode() + b"half")
            client.shutdown(socket.SHUT_WR)
            assert reply.read() == b""
        assert emulator.requests == []
    assert capsys.readouterr() == ("", "")


def hang_up_in_the_middle(emulator: Emulator) -> None:
    """Ask for more than the sockets hold, read a little, and reset the connection."""
    raw = json.dumps({**BODY, "instructions": "long " * 2_000_000}).encode()
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with client:
        client.connect(("127.0.0.1", emulator.port))
        head = (
            f"POST {CHATGPT} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
        )
        client.sendall(head.encode() + raw)
        assert client.recv(1000).startswith(b"HTTP/1.1 200 OK")


def test_a_client_that_hangs_up_in_the_middle_leaves_no_trace(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Emulator() as emulator:
        hang_up_in_the_middle(emulator)
        assert post(emulator, CHATGPT).status_code == 200
    assert capsys.readouterr() == ("", "")


def test_close_ends_every_thread_with_clients_still_connected() -> None:
    before = set(threading.enumerate())
    emulator = Emulator()
    emulator.start()
    port = emulator.port
    idle = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    idle.request("POST", CHATGPT, json.dumps(BODY), HEADERS)
    idle.getresponse().read()
    stuck = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    stuck.request("POST", API, json.dumps({**BODY, "instructions": "x" * 10_000_000}), HEADERS)
    assert stuck.getresponse().status == 200
    emulator.close()
    emulator.close()
    assert set(threading.enumerate()) == before
    idle.close()
    stuck.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=60)


def test_requests_are_kept_without_the_bearer(emulator: Emulator) -> None:
    post(emulator, CHATGPT)
    (request,) = emulator.requests
    assert (request.method, request.path, request.status) == ("POST", CHATGPT, 200)
    assert request.body == BODY
    assert request.headers["authorization"] == "Bearer ***"
    assert request.headers["content-type"] == "application/json"


def test_the_log_has_a_line_a_request_and_no_bearer(tmp_path: Path) -> None:
    log = tmp_path / "requests.jsonl"
    log.write_text('{"earlier":true}\n')
    with Emulator(log=log) as emulator:
        post(emulator, CHATGPT, {**BODY, "instructions": "line\u2028end"})
        requests.post(emulator.issuer + API, data=b"{", headers=HEADERS, timeout=60)
        requests.get(emulator.issuer + "/nowhere?x=1", timeout=60)
    text = log.read_text()
    assert "planted-canary" not in text
    lines = [json.loads(line) for line in text.split("\n")[:-1]]
    assert [(line["method"], line["path"], line["status"]) for line in lines[1:]] == [
        ("POST", CHATGPT, 200),
        ("POST", API, 400),
        ("GET", "/nowhere?x=1", 404),
    ]
    assert lines[1]["body"]["instructions"] == "line\u2028end"
    assert lines[1]["headers"]["authorization"] == "Bearer ***"
    assert [line["body"] for line in lines[2:]] == [None, None]


def test_a_new_log_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    log = tmp_path / "requests.jsonl"
    with Emulator(log=log):
        assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_log_that_cannot_be_written_fails_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), Emulator(log=tmp_path / "missing" / "log"):
        pass


def test_a_port_that_is_taken_fails_at_the_start(emulator: Emulator, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="in use"), Emulator(emulator.port, log=tmp_path / "log"):
        pass


def test_an_emulator_starts_once(emulator: Emulator) -> None:
    with pytest.raises(RuntimeError, match="starts once"):
        emulator.start()


def test_an_emulator_that_does_not_run_has_no_port() -> None:
    emulator = Emulator()
    assert emulator.requests == []
    with pytest.raises(RuntimeError, match="not running"):
        _ = emulator.port


def test_two_runs_of_the_same_requests_give_the_same_bytes() -> None:
    def run() -> list[bytes]:
        with Emulator(scenarios=("reasoning", "parallel")) as emulator:
            bodies = (BODY, {**BODY, "tools": TOOLS})
            return [post(emulator, CHATGPT, body).content for body in bodies]

    assert run() == run()


def test_the_ready_line_tells_where_everything_is(emulator: Emulator) -> None:
    line = ready_line(emulator)
    assert "\n" not in line
    origin = f"http://127.0.0.1:{emulator.port}"
    assert json.loads(line) == {
        "port": emulator.port,
        "issuer": origin,
        "chatgpt_base_url": f"{origin}/backend-api/codex",
        "api_base_url": f"{origin}/v1",
    }


def test_the_env_lines_point_codexctl_at_the_emulator(emulator: Emulator) -> None:
    assert env_lines(emulator) == [
        f"export CODEXCTL_ISSUER={emulator.issuer}",
        f"export CODEXCTL_CHATGPT_BASE_URL={emulator.chatgpt_base_url}",
        f"export CODEXCTL_API_BASE_URL={emulator.api_base_url}",
        f"export CODEXCTL_ACCESS_TOKEN={ACCESS_TOKEN}",
    ]
    assert "emulator" in ACCESS_TOKEN
