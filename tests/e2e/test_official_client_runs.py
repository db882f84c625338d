"""The official client runs turns against the emulator and meets every row of wire-contract 6.3.

What we play is what it understands. Over TLS, as it takes the account's workspace for real only at
an https origin. Optional: needs the client (see tests/official_client.py).
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.official_client import OfficialClient, installed_client, posts_of, refreshes_of

from codexctl.entrypoints.emulator import Emulator

pytestmark = pytest.mark.slow

TEN_DAYS = 864_000


@pytest.fixture
def client(tmp_path: Path) -> OfficialClient:
    return OfficialClient(program=installed_client(), home=tmp_path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A fault, and what comes of it.

    Attributes:
        faults: By name; without any all goes well.
        exit_code: Of the client.
        posts: How often it asks for a response.
        failure: How its reason begins, empty where the turn does not fail.
        refreshes: How often it renews its token.
    """

    faults: tuple[str, ...] = ()
    exit_code: int = 1
    posts: int = 1
    failure: str = ""
    refreshes: int = 0


DISCONNECTED = "stream disconnected before completion: "
NOT_COMPLETED = f"{DISCONNECTED}stream closed before response.completed"
UNEXPECTED = "unexpected status "
ROWS = {
    "plain answer": Row(exit_code=0),
    "close before completed, always": Row(
        faults=("end-before-completed*",), posts=6, failure=NOT_COMPLETED
    ),
    "cut before completed, always": Row(
        faults=("cut-before-completed*",), posts=6, failure=f"{DISCONNECTED}Transport error: "
    ),
    "reset before completed, always": Row(
        faults=("reset-before-completed*",), posts=6, failure=f"{DISCONNECTED}Transport error: "
    ),
    "close once after a message": Row(faults=("cut-after-message",), exit_code=0, posts=2),
    "close once after a tool call": Row(faults=("cut-after-call",), exit_code=0, posts=2),
    "failed rate_limit, try again in 1.5s": Row(
        faults=("failed-rate-limit-exceeded",), exit_code=0, posts=2
    ),
    "failed context": Row(
        faults=("failed-context-length-exceeded*",),
        failure="Codex ran out of room in the model's context window.",
    ),
    "failed quota": Row(faults=("failed-insufficient-quota*",), failure="Quota exceeded."),
    "failed invalid_prompt": Row(
        faults=("failed-invalid-prompt*",), failure="Invalid prompt: your prompt was flagged"
    ),
    "failed overload": Row(
        faults=("failed-server-is-overloaded*",), failure="Selected model is at capacity."
    ),
    # The August source counts it with the overload above; this client tries again.
    "failed slow_down": Row(faults=("failed-slow-down",), exit_code=0, posts=2),
    "incomplete max_output_tokens": Row(
        faults=("incomplete-max-output-tokens*",),
        failure="Incomplete response returned, reason: max_output_tokens",
    ),
    "error event": Row(faults=("error-event*",), posts=6, failure=NOT_COMPLETED),
    "error event, flat": Row(faults=("error-event-flat*",), posts=6, failure=NOT_COMPLETED),
    "400": Row(faults=("http-400*",), failure='{"error":{"message":"Invalid value: '),
    "400 detail": Row(faults=("http-400-detail*",), failure='{"detail":"Unsupported parameter'),
    "402": Row(faults=("http-402*",), posts=6, failure=f"{UNEXPECTED}402 Payment Required: "),
    "403": Row(faults=("http-403*",), posts=6, failure=f"{UNEXPECTED}403 Forbidden: "),
    "404": Row(faults=("http-404*",), posts=6, failure=f"{UNEXPECTED}404 Not Found: "),
    "429 usage_limit": Row(
        faults=("http-429-usage-limit*",), failure="You\u2019ve hit your usage limit."
    ),
    "429 other with Retry-After 1": Row(
        faults=("http-429-retry-after*",),
        posts=6,
        failure="exceeded retry limit, last status: 429 Too Many Requests",
    ),
    "500": Row(
        faults=("http-500*",), posts=30, failure="We\u2019re currently experiencing high demand"
    ),
    "503 overloaded": Row(
        faults=("http-503-overloaded*",), posts=5, failure="Selected model is at capacity."
    ),
    "401 once": Row(faults=("http-401",), exit_code=0, posts=2),
    "401 always": Row(
        faults=("http-401*",), posts=18, refreshes=6, failure=f"{UNEXPECTED}401 Unauthorized: "
    ),
    "end_turn false": Row(faults=("end-turn-false",), exit_code=0, posts=2),
    "unknown output item": Row(faults=("unknown-item",), exit_code=0),
}


@pytest.mark.parametrize("name", ROWS)
def test_each_fault_comes_to_what_the_contract_says(name: str, client: OfficialClient) -> None:
    row = ROWS[name]
    with Emulator(tls=True, faults=row.faults) as emulator:
        client.sign_in(emulator)
        told = client.run(emulator)
    assert told.failure.startswith(row.failure)
    assert (
        told.exit_code,
        len(posts_of(emulator)),
        refreshes_of(emulator),
        bool(told.failure),
    ) == (
        row.exit_code,
        row.posts,
        row.refreshes,
        bool(row.failure),
    )


def test_it_asks_for_a_websocket_once_and_then_sends_zstd(client: OfficialClient) -> None:
    with Emulator(tls=True) as emulator:
        client.sign_in(emulator)
        told = client.run(emulator)
    assert told.items("error") == []
    asked = [one for one in emulator.requests if one.path.endswith("/codex/responses")]
    assert [
        (one.method, one.status, one.headers.get("upgrade"), one.headers.get("content-encoding"))
        for one in asked
    ] == [("GET", 426, "websocket", None), ("POST", 200, None, "zstd")]


def test_it_follows_the_origin_of_the_workspace(client: OfficialClient) -> None:
    with Emulator(tls=True) as emulator:
        client.sign_in(emulator)
        told = client.run(emulator, knows_base_url=False)
    assert (told.exit_code, len(posts_of(emulator))) == (0, 1)


@pytest.mark.parametrize("odd", ["", "no certificate"])
def test_its_own_variable_for_the_certificate_goes_before_the_common_one(
    odd: str, client: OfficialClient, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    other.write_text(odd)
    with Emulator(tls=True) as emulator:
        client.sign_in(emulator)
        assert emulator.ca_file is not None
        told = client.run(emulator, CODEX_CA_CERTIFICATE=emulator.ca_file, SSL_CERT_FILE=str(other))
    assert (told.exit_code, len(posts_of(emulator))) == (0, 1)


def scripted(folder: Path, *replies: dict[str, Any]) -> Path:
    """Write a script; JSON is YAML too."""
    script = folder / "script.yaml"
    script.write_text(json.dumps({"emulator": 1, "replies": replies}))
    return script


def outputs_in(body: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the type of each output of a call, and the last line of what it says."""
    outputs = [item for item in body["input"] if item["type"].endswith("_output")]
    return [(item["type"], item["output"].rstrip("\n").split("\n")[-1]) for item in outputs]


def test_calls_of_all_kinds_get_one_output_each_in_their_order(
    client: OfficialClient, tmp_path: Path
) -> None:
    patch = "*** Begin Patch\n*** Add File: made.txt\n+made\n*** End Patch\n"
    calls: list[dict[str, Any]] = [
        {"reasoning": "I look."},
        {"call": "exec_command", "arguments": {"cmd": "echo told; exit 3"}},
        {"call": "tool_of_tomorrow", "arguments": {}},
        {"call": "exec_command", "arguments": '{"cmd": '},
        {"custom": "apply_patch", "input": patch},
    ]
    script = scripted(tmp_path, {"items": calls}, {"text": "All done."})
    with Emulator(tls=True, script=script) as emulator:
        client.sign_in(emulator)
        told = client.run(emulator)
    _, second = posts_of(emulator)
    assert outputs_in(second) == [
        ("function_call_output", "told"),
        ("function_call_output", "unsupported call: tool_of_tomorrow"),
        (
            "function_call_output",
            "failed to parse function arguments: EOF while parsing a value at line 1 column 8",
        ),
        ("custom_tool_call_output", "A made.txt"),
    ]
    assert [item["text"] for item in told.items("reasoning")] == ["I look."]
    (command,) = told.items("command_execution")
    assert (command["aggregated_output"], command["exit_code"]) == ("told\n", 3)
    assert [item["status"] for item in told.items("file_change")] == ["completed"]
    assert [item["text"] for item in told.items("agent_message")] == ["All done."]
    assert (client.folder / "made.txt").read_text() == "made\n"


def test_commands_that_end_in_another_order_are_told_in_that_of_the_calls(
    client: OfficialClient, tmp_path: Path
) -> None:
    commands = [f"sleep 0.{4 - number}; echo {number}" for number in range(3)]
    calls = [{"call": "exec_command", "arguments": {"cmd": command}} for command in commands]
    script = scripted(tmp_path, {"items": calls}, {"text": "Slept."})
    with Emulator(tls=True, script=script) as emulator:
        client.sign_in(emulator)
        assert client.run(emulator).exit_code == 0
    _, second = posts_of(emulator)
    assert [last for _, last in outputs_in(second)] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("fault", "kinds"),
    [
        ("cut-after-message", ["message"]),
        ("cut-after-call", ["function_call", "function_call_output"]),
        ("cut-in-text", []),
        ("cut-in-arguments", []),
    ],
)
def test_a_retry_carries_what_was_finished_and_nothing_else(
    fault: str, kinds: list[str], client: OfficialClient
) -> None:
    with Emulator(tls=True, faults=(fault,)) as emulator:
        client.sign_in(emulator)
        told = client.run(emulator)
    first, second = posts_of(emulator)
    assert told.exit_code == 0
    assert [item["type"] for item in second["input"]] == [
        *(item["type"] for item in first["input"]),
        *kinds,
    ]


class LateClock:
    """An issuer's, by which tokens handed out first are about to expire now."""

    def __init__(self) -> None:
        self.behind = TEN_DAYS - 120

    def __call__(self) -> float:
        """Give the present."""
        return time.time() - self.behind


def test_a_token_about_to_expire_is_renewed_before_the_turn(client: OfficialClient) -> None:
    clock = LateClock()
    with Emulator(tls=True, clock=clock) as emulator:
        client.sign_in(emulator)
        clock.behind = 0
        told = client.run(emulator)
    assert (told.exit_code, refreshes_of(emulator), len(posts_of(emulator))) == (0, 1, 1)


def test_a_renewal_that_is_refused_leaves_it_with_the_old_token(client: OfficialClient) -> None:
    refused = ("refresh-token-expired*",)
    with Emulator(tls=True, clock=LateClock(), issuer_scenarios=refused) as emulator:
        client.sign_in(emulator)
        told = client.run(emulator)
    assert (told.exit_code, refreshes_of(emulator), len(posts_of(emulator))) == (0, 4, 1)
