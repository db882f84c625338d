"""A crowd of clients at once: each gets its own answers, and none is missing from the log."""

import http.client
import json
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from codexctl.entrypoints.emulator import Emulator

PATH = "/backend-api/codex/responses"
HEADERS = {"Authorization": "Bearer planted-canary", "Content-Type": "application/json"}
NAMES = ("list_files", "read_file")
TOOLS = [{"type": "function", "name": name} for name in NAMES]
CLIENTS = 200
KEPT = 1000
"""How many requests the emulator keeps in memory."""

Body = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and what came back.

    Attributes:
        serial: Which request it was for the emulator.
        status: Of the reply.
        answer: The whole stream.
    """

    body: Body
    serial: int
    status: int
    answer: bytes

    @property
    def items(self) -> list[dict[str, Any]]:
        """What the answer says, item by item."""
        datas = [line[6:] for line in self.answer.split(b"\n") if line.startswith(b"data: ")]
        events: list[dict[str, Any]] = [json.loads(data) for data in datas]
        return [e["item"] for e in events if e["type"] == "response.output_item.done"]


class Client:
    """One client with one connection, which is kept."""

    def __init__(self, emulator: Emulator, trusted: ssl.SSLContext | None = None) -> None:
        self.connection = (
            http.client.HTTPConnection("127.0.0.1", emulator.port, timeout=60)
            if trusted is None
            else http.client.HTTPSConnection(
                "127.0.0.1", emulator.port, timeout=60, context=trusted
            )
        )

    def ask(self, body: Body) -> Exchange:
        """Send a request and read its answer."""
        self.connection.request("POST", PATH, json.dumps(body), HEADERS)
        reply = self.connection.getresponse()
        return Exchange(
            body=body,
            serial=int(reply.headers["x-request-id"].removeprefix("req_emulator_")),
            status=reply.status,
            answer=reply.read(),
        )

    def talk(self, name: str, turns: int) -> list[Exchange]:
        """Go through conversations of two requests on one connection: the calls, the outputs."""
        exchanges: list[Exchange] = []
        self.connection.connect()
        port = self.connection.sock.getsockname()[1]
        for turn in range(turns):
            own = f"{name}-{turn}"
            first = self.ask(request(own, [user_message(f"Read `{own}.txt`.")]))
            outputs = [
                {
                    "type": "function_call_output",
                    "call_id": item["call_id"],
                    "output": f"{item['name']} of {own}",
                }
                for item in first.items
            ]
            history = [*first.body["input"], *first.items, *outputs]
            exchanges += [first, self.ask(request(own, history))]
        assert self.connection.sock.getsockname()[1] == port
        self.connection.close()
        return exchanges


def user_message(text: str) -> Body:
    return {"role": "user", "content": [{"type": "input_text", "text": text}]}


def request(own: str, history: list[Body]) -> Body:
    return {
        "model": "gpt-5.5",
        "instructions": "Be brief.",
        "input": history,
        "tools": TOOLS,
        "prompt_cache_key": own,
        "store": False,
        "stream": True,
    }


def said_in(items: list[dict[str, Any]]) -> list[str]:
    return [
        item["content"][0]["text"] if item["type"] == "message" else item["arguments"]
        for item in items
    ]


def all_at_once(
    emulator: Emulator, turns: int, trusted: ssl.SSLContext | None = None
) -> list[list[Exchange]]:
    """Let all the clients talk; the first requests come together."""
    together = Barrier(CLIENTS)

    def talk(number: int) -> list[Exchange]:
        client = Client(emulator, trusted)
        together.wait()
        return client.talk(f"client-{number}", turns)

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(talk, range(CLIENTS)))


def expected_words(turns: int) -> list[list[list[str]]]:
    """Return what each of the clients has to be told, answer by answer."""
    names = [[f"client-{number}-{turn}" for turn in range(turns)] for number in range(CLIENTS)]
    return [
        [
            words
            for own in conversations
            for words in (
                ["{}", f'{{"path": "{own}.txt"}}'],
                ["\n\n".join(f"{tool} gave:\n\n{tool} of {own}" for tool in NAMES)],
            )
        ]
        for conversations in names
    ]


def told_again(exchanges: list[Exchange]) -> list[bytes]:
    """Ask the same of a fresh emulator, one request after another, in the order of the first."""
    with Emulator(scenarios=("parallel",)) as fresh:
        client = Client(fresh)
        answers = [client.ask(exchange.body).answer for exchange in exchanges]
        client.connection.close()
    return answers


def in_their_order(told: list[list[Exchange]]) -> list[Exchange]:
    return sorted((one for exchanges in told for one in exchanges), key=lambda one: one.serial)


def by_sender(bodies: list[Body]) -> list[str]:
    """Give the requests in an order that does not depend on who came first."""
    return sorted(json.dumps(body, sort_keys=True) for body in bodies)


def test_two_hundred_clients_at_once_get_their_own_answers_whole(tmp_path: Path) -> None:
    log = tmp_path / "requests.jsonl"
    with Emulator(scenarios=("parallel",), log=log) as emulator:
        told = all_at_once(emulator, turns=1)
    exchanges = in_their_order(told)
    assert [[said_in(one.items) for one in exchanges] for exchanges in told] == expected_words(1)
    assert {one.status for one in exchanges} == {200}
    assert [one.serial for one in exchanges] == list(range(1, 2 * CLIENTS + 1))
    assert [one.answer for one in exchanges] == told_again(exchanges)
    sent = by_sender([one.body for one in exchanges])
    assert by_sender([one.body for one in emulator.requests if isinstance(one.body, dict)]) == sent
    assert by_sender([json.loads(line)["body"] for line in log.read_text().splitlines()]) == sent


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_long_soak_over_tls_loses_nothing(tmp_path: Path) -> None:
    log = tmp_path / "requests.jsonl"
    turns = 10
    with Emulator(scenarios=("parallel",), log=log, tls=True) as emulator:
        told = all_at_once(emulator, turns, ssl.create_default_context(cafile=emulator.ca_file))
    exchanges = in_their_order(told)
    total = 2 * CLIENTS * turns
    assert [[said_in(one.items) for one in exchanges] for exchanges in told] == expected_words(
        turns
    )
    assert [one.serial for one in exchanges] == list(range(1, total + 1))
    assert [one.answer for one in exchanges] == told_again(exchanges)
    lines = [json.loads(line)["body"] for line in log.read_text().splitlines()]
    assert by_sender(lines) == by_sender([one.body for one in exchanges])
    assert [one.body for one in emulator.requests] == lines[-KEPT:]
