"""What a command uses up is bounded, and nothing of it is left, whatever it and we do."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.confining import (
    CONFINED_WAYS,
    PYTHON,
    READ_ONLY_WAYS,
    UNCONFINED,
    Place,
    Way,
    place,
)

from codexctl.adapters.confinement.launch import Variant
from codexctl.adapters.confinement.limits import MEBIBYTE, Limits
from codexctl.adapters.confinement.plan import Ending
from codexctl.adapters.confinement.result import CommandResult

pytestmark = pytest.mark.skipif(os.uname().sysname != "Linux", reason="Linux ends them so")

POLL_SECONDS = 0.01

DAEMON = f"""{PYTHON} - $SCRATCH/$MARK <<'END' &
import os, signal, sys, time
for _ in range(2):
    if os.fork():
        os._exit(0)
    os.setsid()
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
open(sys.argv[1], "w").close()
time.sleep(600)
END
until [ -e $SCRATCH/$MARK ]; do sleep 0.01; done; rm $SCRATCH/$MARK;
"""
"""A process that has left its parent, its group and its session, and heeds no signal it can."""


def _named(way: Way) -> str:
    return str(way)


@pytest.fixture(params=(*READ_ONLY_WAYS, UNCONFINED), ids=_named)
def each_variant(request: pytest.FixtureRequest) -> Generator[Place, None, None]:
    with place(request.param) as made:
        yield made


def _daemon(made: Place) -> str:
    return DAEMON.replace("$MARK", made.mark).replace("$SCRATCH", made.scratch)


def _sleep(made: Place) -> str:
    return f"exec -a {made.mark} sleep 600"


def _kept(result: CommandResult) -> int:
    return len(result.head) + len(result.tail)


def test_a_daemon_is_gone_when_its_command_has_ended(each_variant: Place) -> None:
    result = each_variant.run(_daemon(each_variant) + "echo daemon")
    assert (result.ending, result.output) == (Ending.EXITED, b"daemon\n")
    assert each_variant.survivors() == []


def test_a_background_process_that_holds_the_output_does_not_keep_us(each_variant: Place) -> None:
    result = each_variant.run(f"({_sleep(each_variant)}) & echo done; exit 5")
    assert (result.exit_code, result.output) == (5, b"done\n")
    assert result.wall_seconds < 30
    assert each_variant.survivors() == []


def test_a_command_that_ignores_sigterm_is_killed_when_its_time_is_up(each_variant: Place) -> None:
    result = each_variant.run(
        f"trap '' TERM INT HUP; while :; do ({_sleep(each_variant)}); done", timeout_seconds=0.75
    )
    assert (result.exit_code, result.timed_out, result.explanation) == (
        None,
        True,
        "Its time was up after 0.75 seconds, and it was ended.",
    )
    assert each_variant.survivors() == []


def test_a_stopped_command_is_ended_too(each_variant: Place) -> None:
    result = each_variant.run(f"kill -STOP $$; : {each_variant.mark}", timeout_seconds=0.5)
    assert (result.ending, each_variant.survivors()) == (Ending.TIMEOUT, [])


def test_a_command_with_too_many_processes_is_ended(each_variant: Place) -> None:
    result = each_variant.run(
        f"for i in $(seq 400); do ({_sleep(each_variant)}) & done; wait",
        limits=Limits(processes=100),
    )
    assert (result.ending, result.explanation) == (
        Ending.PROCESSES,
        "It had more than 100 processes at a time, and was ended.",
    )
    assert each_variant.survivors() == []


@pytest.mark.slow
def test_a_command_that_doubles_until_it_is_ended_is_ended(each_variant: Place) -> None:
    # A bomb, but one that stops by itself at 2,048 should the limit fail.
    result = each_variant.run(
        "bomb() { [ $1 -gt 0 ] && { bomb $(($1 - 1)) & bomb $(($1 - 1)) & }; sleep 600; };"
        f" bomb 10; {_sleep(each_variant)}",
        limits=Limits(processes=200),
    )
    assert (result.ending, each_variant.survivors()) == (Ending.PROCESSES, [])


def test_a_file_that_grows_too_large_is_cut_off(each_variant: Place) -> None:
    result = each_variant.run(
        f"cd {each_variant.scratch}; head -c 3000000 /dev/zero > big; echo $?; wc -c < big",
        limits=Limits(file_bytes=MEBIBYTE),
    )
    lines = result.output.decode().splitlines()
    assert lines[-2:] == ["153", str(MEBIBYTE)]
    assert "File size limit exceeded" in lines[0]


def test_a_command_that_fills_the_disk_is_ended(each_variant: Place) -> None:
    result = each_variant.run(
        f"cd {each_variant.scratch}; for i in $(seq 20); do"
        " head -c 10000000 /dev/zero > $i; done; sleep 600",
        limits=Limits(disk_bytes=64 * MEBIBYTE),
    )
    assert (result.ending, result.explanation) == (
        Ending.DISK,
        "The disk got 64 MiB fuller, or almost full, while it ran, and it was ended.",
    )


def test_a_lot_of_output_is_read_to_its_end_and_dropped(each_variant: Place) -> None:
    result = each_variant.run("echo begin; head -c 100000000 /dev/zero; echo; echo end")
    assert (result.exit_code, result.total_bytes) == (0, 100_000_011)
    assert (result.head[:6], result.tail[-4:], _kept(result)) == (b"begin\n", b"end\n", MEBIBYTE)


@pytest.mark.slow
def test_a_gigabyte_of_output_fills_no_memory() -> None:
    import resource

    with place(READ_ONLY_WAYS[0]) as made:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        result = made.run("head -c 1000000000 /dev/zero")
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert (result.total_bytes, _kept(result)) == (1_000_000_000, MEBIBYTE)
    assert (after - before) * 1024 < 32 * MEBIBYTE


_RUN = """
import sys
from pathlib import Path
from tests.confining import Place, Way
from codexctl.adapters.confinement.confinement import Mode
from codexctl.adapters.confinement.launch import Variant
variant, mode, root, mark, command = sys.argv[1:]
root = Path(root)
place = Place(way=Way(Variant(variant), Mode(mode)), work=root / "work", outside=root / "outside",
              home=root / "work" / "private" / "home", mark=mark)
place.run(command)
"""


def _running_codexctl(made: Place) -> subprocess.Popen[bytes]:
    """Start a process that runs a daemon and a command, both marked; return when they are there."""
    command = _daemon(made) + _sleep(made)
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            _RUN,
            made.way.variant,
            made.way.mode,
            made.work.parent,
            made.mark,
            command,
        ],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "TMPDIR": str(made.outside)},  # what it leaves behind there goes with it
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while not any(line.startswith(f"{made.mark} 600") for line in made.survivors()):
        assert process.poll() is None
        time.sleep(POLL_SECONDS)
    return process


def test_nothing_is_left_when_codexctl_itself_is_killed(each_variant: Place) -> None:
    process = _running_codexctl(each_variant)
    process.kill()
    process.wait()
    while each_variant.survivors():  # what supervises needs a moment; the test's timeout bounds it
        time.sleep(POLL_SECONDS)


def test_nothing_is_left_when_the_user_interrupts() -> None:
    with place(UNCONFINED) as made:
        process = _running_codexctl(made)
        process.send_signal(signal.SIGINT)
        assert (process.wait(60), made.survivors()) == (-signal.SIGINT, [])


def _closed_while(made: Place, command: str, limits: Limits) -> CommandResult:
    """Run a command in another thread and close once its marked process is there."""
    results: list[CommandResult] = []
    runner = made.runner(limits)
    thread = threading.Thread(
        target=lambda: results.append(runner.run(command, timeout_seconds=60))
    )
    thread.start()
    while not any(line.startswith(made.mark) for line in made.survivors()):
        assert thread.is_alive()
        time.sleep(POLL_SECONDS)
    runner.close()
    thread.join()
    return results[0]


def test_closing_ends_what_another_thread_runs(each_variant: Place) -> None:
    result = _closed_while(each_variant, _sleep(each_variant), Limits())
    assert (result.ending, result.explanation) == (
        Ending.INTERRUPTED,
        "The run was interrupted, and it was ended.",
    )
    assert each_variant.survivors() == []


def test_a_command_is_asked_to_end_before_it_is_killed(each_variant: Place) -> None:
    result = _closed_while(
        each_variant,
        f"trap 'echo asked; exit' TERM; ({_sleep(each_variant)}) & wait",
        Limits(grace_seconds=20),
    )
    assert (result.output, each_variant.survivors()) == (b"asked\n", [])


def test_a_killed_supervisor_is_told_and_its_command_ended() -> None:
    with place(UNCONFINED) as made:
        result = made.run(f"({_sleep(made)}) & kill -9 $PPID; ({_sleep(made)})")
        assert (result.ending, result.exit_code, made.survivors()) == (Ending.LOST, None, [])
        assert result.explanation == (
            "The process that supervises it was killed, by the command or for want of memory."
        )


def test_a_command_cannot_reach_its_supervisor() -> None:
    for way in CONFINED_WAYS:
        with place(way) as made:
            result = made.run("kill -9 $PPID; kill -STOP $PPID; echo alive")
        assert (result.exit_code, result.output[-6:]) == (0, b"alive\n")


def test_several_commands_can_run_side_by_side() -> None:
    with place(Way(Variant.BUBBLEWRAP, READ_ONLY_WAYS[0].mode)) as made, made.runner() as runner:
        results: list[bytes] = []

        def run(number: int) -> None:
            results.append(runner.run(f"echo {number}", timeout_seconds=60).output)

        threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(results) == [b"0\n", b"1\n", b"2\n", b"3\n"]
