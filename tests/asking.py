"""Runs ``codexctl run`` against a service that answers as a test scripts it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tests.command import Ran, api_environment, run_here
from tests.fakes.stream_server import Reply, Seen, StreamServer

Script: TypeAlias = Sequence[Reply | Iterable[bytes]]
"""What to answer each request in turn: a reply, or the pieces of a stream. The last one repeats."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run left behind, and what the service was asked."""

    ran: Ran
    seen: list[Seen]


def served(script: Script) -> StreamServer:
    """Return a server that plays the script."""
    replies = [one if isinstance(one, Reply) else Reply(pieces=one) for one in script]
    return StreamServer(lambda number, seen: replies[min(number, len(replies) - 1)])


def ask(
    *words: str,
    script: Script,
    stdin: bytes | None = None,
    environment: Mapping[str, str] | None = None,
    run: Callable[..., Ran] = run_here,
) -> Asked:
    """Run with an API key against the script; the words follow ``run``."""
    with served(script) as server:
        variables = {**api_environment(server.base_url), **(environment or {})}
        streams = {} if stdin is None else {"stdin": stdin}
        ran = run("run", *words, environment=variables, **streams)
    return Asked(ran, server.seen)


def refusal(status: str, body: str = "", *headers: str) -> Reply:
    """Return an answer that is no stream."""
    return Reply(status=status, headers=headers, pieces=[body.encode()], chunked=False)
