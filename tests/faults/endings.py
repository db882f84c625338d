"""How a run ends that the server gives no answer to, and what the user is told of it."""

from dataclasses import dataclass, field

from tests.faults.running import Conditions, Manner, Told, run_against
from tests.faults.server import Answer, FaultServer

ONCE, ALWAYS = 1, 6
"""Requests: of what is not tried again, and of what takes up the whole budget."""

BACK_OFF = [0.2, 0.4, 0.8, 1.6, 3.2]
"""The waits of the whole budget, where the service names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What the server does, and what comes of it.

    Attributes:
        name: What it is.
        answer: What the server does, every time.
        exit_code: How the run ends.
        kind: The error's class.
        requests: How many requests the server gets.
        words: What the user is told besides.
        waits: The waits before the retries.
    """

    name: str
    answer: Answer
    exit_code: int
    kind: str
    requests: int = ONCE
    words: tuple[str, ...] = ()
    waits: list[float] = field(default_factory=list[float])


def run_row(row: Row) -> Told:
    """Run where the server always answers as the row says."""
    with FaultServer(script=[row.answer]) as server:
        return run_against(server, Conditions(manner=Manner.JSON))


def assert_it_ends_as(row: Row, told: Told) -> None:
    assert (told.ran.exit_code, told.error["exit_code"], told.error["kind"]) == (
        row.exit_code,
        row.exit_code,
        row.kind,
    )
    assert (len(told.seen), told.waits) == (row.requests, row.waits)
    assert [one.partition(" ")[0] for one in told.retries_told] == [
        f"{number}/5" for number in range(1, row.requests)
    ]
    happened, to_do, *more = told.ran.stderr.rstrip("\n").split("\n")
    assert happened == f"codexctl: {told.error['message']}"
    assert to_do.startswith("  ")
    assert [word for word in row.words if word not in happened + to_do + "".join(more)] == []


def assert_the_network_failed(told: Told, seen: int) -> None:
    assert (told.ran.exit_code, told.error["kind"], len(told.seen)) == (5, "NetworkFailed", seen)
    assert (told.waits, len(told.retries_told)) == (BACK_OFF, 5)
    happened, to_do, end = told.ran.stderr.split("\n")
    assert (happened, to_do[:2], end) == (f"codexctl: {told.error['message']}", "  ", "")
