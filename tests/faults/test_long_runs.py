"""What only time shows: a stream that is kept alive for ten minutes, and ``--timeout``."""

from collections.abc import Callable, Sequence

import pytest
from tests.command import Ran, api_environment, run_command, run_here
from tests.faults.running import Told, in_time
from tests.faults.server import (
    Answer,
    Cut,
    DripForever,
    FaultServer,
    Say,
    Stall,
    Wait,
)
from tests.faults.streams import (
    SAID_LAST,
    chunk,
    created,
    head,
    in_chunks,
    message_finished,
    refused,
    spoken,
)
from tests.wire import completed, text_delta

HEAD = head("transfer-encoding: chunked")
KEEP_ALIVE = chunk(b": keep-alive\n\n")


def told_by(
    run: Callable[..., Ran], *words: str, script: Sequence[Answer], seconds: float = 0.0
) -> Told:
    """Run ``codexctl run`` in the main thread, which gets the alarm of ``--timeout``."""
    with FaultServer(script=script) as server:
        limit = ("--timeout", str(seconds)) if seconds else ()
        words = ("run", "--tools", "none", "-m", "gpt-5.5", *limit, *words, "hi")
        ran = run(*words, environment=api_environment(server.base_url))
    return Told(ran=ran, seen=list(server.seen), tool_runs=[], waits=[])


BEGUN = Say(HEAD + chunk(created()) + chunk(text_delta("Half of it")))
NEVER_OVER: dict[str, tuple[list[str], Answer, str | None]] = {
    # The words besides, what the server does, and what stands on standard output in the end.
    "silence before the status line": ([], [Stall()], ""),
    "silence after text was shown": ([], [BEGUN, Stall()], "Half of it\n"),
    "silence, and JSON lines": (["--json"], [BEGUN, Stall()], None),
    "a byte of a header now and then": ([], [DripForever(b"H", 0.02)], ""),
    "a byte of an event now and then": ([], [BEGUN, DripForever(b"0", 0.02)], "Half of it\n"),
    "kept alive for ever": ([], [BEGUN, DripForever(b"1\r\n\n\r\n", 0.005)], "Half of it\n"),
    "a refusal that does not end": (
        [],
        [Say(head("content-length: 9999", status="400 Bad")), DripForever(b"x", 0.02)],
        "",
    ),
    "a wait that is too long": ([], refused("429 Too Many Requests", "", "retry-after: 50"), ""),
}


@pytest.mark.parametrize(("words", "acts", "shown"), NEVER_OVER.values(), ids=NEVER_OVER.keys())
def test_the_time_limit_ends_whatever_is_waited_for(
    words: list[str], acts: Answer, shown: str | None
) -> None:
    told = told_by(run_here, *words, script=[acts], seconds=0.4)
    assert (told.ran.exit_code, len(told.seen)) == (7, 1)
    happened, to_do = told.ran.stderr.rstrip("\n").split("\n")[-2:]
    assert happened.startswith("codexctl: ")
    assert to_do.startswith("  ")
    if shown is None:
        assert (told.messages, told.error["kind"]) == ([], "TimeLimitReached")
        ends = [line["type"] for line in told.ran.lines if line["type"].startswith("turn.")]
        assert ends == ["turn.started", "turn.failed"]
    else:
        assert told.ran.text == shown


@pytest.mark.parametrize(
    ("acts", "shown"),
    [([Stall()], ""), ([Say(HEAD), Stall()], ""), ([BEGUN, Stall()], "Half of it\n")],
    ids=["before the headers", "before the first event", "after text was shown"],
)
def test_the_idle_timeout_of_the_command_line_ends_silence(acts: Answer, shown: str) -> None:
    words = ("--idle-timeout", "0.3", "--retries", "0")
    with FaultServer(script=[acts]) as server:
        environment = api_environment(server.base_url)
        words = ("run", "--tools", "none", "-m", "gpt-5.5", *words, "hi")
        ran = in_time(server, lambda: run_here(*words, environment=environment))
    assert (ran.exit_code, ran.text, len(server.seen)) == (5, shown, 1)


def test_the_installed_command_heeds_the_time_limit() -> None:
    told = told_by(run_command, script=[[BEGUN, Stall()]], seconds=2.5)
    assert (told.ran.exit_code, told.ran.text) == (7, "Half of it\n")


def test_the_installed_command_shows_a_broken_answer_once() -> None:
    whole = in_chunks(*spoken("Half of it", " and the rest."))
    told = told_by(run_command, script=[[BEGUN, Cut()], whole])
    assert (told.ran.exit_code, told.ran.text) == (0, "Half of it and the rest.\n")
    assert (len(told.seen), len(told.retries_told)) == (2, 1)
    assert "Traceback" not in told.ran.stderr


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_stream_that_is_kept_alive_for_ten_minutes_completes() -> None:
    kept_alive = [act for _ in range(30) for act in (Wait(20.0), Say(KEEP_ALIVE))]
    rest = b"".join(map(chunk, (message_finished(SAID_LAST), completed())))
    answer = [Say(HEAD + chunk(created())), *kept_alive, Say(rest)]
    with FaultServer(script=[answer]) as server:
        environment = api_environment(server.base_url)
        words = ("run", "--tools", "none", "-m", "gpt-5.5", "hi")
        ran = in_time(server, lambda: run_here(*words, environment=environment), 800.0)
    assert (ran.exit_code, ran.text, len(server.seen)) == (0, f"{SAID_LAST}\n", 1)
