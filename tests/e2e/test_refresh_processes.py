"""One refresh for all processes and threads, whatever becomes of them."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.command import COMMAND, process_environment
from tests.fakes.raw_issuer import RawIssuer, raw_issuer
from tests.signing_in import SIGNALS, Machine, Talk, machine

from codexctl.domain.credentials import Subscription
from codexctl.entrypoints.emulator import Emulator

ROOT = Path(__file__).resolve().parents[2]
STEPS = [
    "before a load",
    "after a load",
    "before the lock",
    "with the lock",
    "before a load",
    "after a load",
    "before the mark is saved",
    "after the mark is saved",
    "before it is sent",
    "after the answer",
    "before the new login is saved",
    "after the new login is saved",
    "before the lock is let go",
    "after the lock",
]
LOST = (
    "codexctl: The sign-in could not be renewed: an earlier renewal reached the issuer and its"
    " answer was lost.\n"
    "  Sign in again with: codexctl login\n"
)


def access_token(user: Machine) -> str:
    login = user.stored()
    assert login is not None
    assert isinstance(login.credential, Subscription)
    return login.credential.access_token.reveal()


def expire(user: Machine) -> None:
    """Have the stored token end, on this machine's own clock."""
    account = user.account()
    login = account.store.load("default")
    assert login is not None
    assert isinstance(login.credential, Subscription)
    ended = replace(login.credential, expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    account.store.save("default", replace(login, credential=ended))


def refreshes(emulator: Emulator) -> list[int]:
    """Return how often each refresh token was presented."""
    return list(emulator.issuer_state.refresh_tokens_spent.values())


@pytest.mark.parametrize("count", [10, pytest.param(30, marks=pytest.mark.slow)])
def test_many_processes_refresh_once(tmp_path: Path, count: int) -> None:
    with machine(tmp_path) as (user, emulator):
        user.sign_in()
        expire(user)
        gate = ["sh", "-c", f"read line; exec {COMMAND} token"]
        environment = process_environment(user.environment)
        processes = [
            subprocess.Popen(
                gate,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
            )
            for _ in range(count)
        ]
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(b"\n")
            process.stdin.flush()
        said = [process.communicate(timeout=100) for process in processes]
        assert {process.returncode for process in processes} == {0}
        assert set(said) == {(access_token(user).encode() + b"\n", b"")}
        assert refreshes(emulator) == [1]


def test_thirty_threads_refresh_once(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, emulator):
        user.sign_in()
        expire(user)
        account = user.account()
        together = threading.Barrier(30)

        def ask(_: int) -> str:
            together.wait(timeout=60)
            credential = account.credentials.credential_for(None)
            assert isinstance(credential, Subscription)
            return credential.access_token.reveal()

        with ThreadPoolExecutor(30) as pool:
            told = set(pool.map(ask, range(30)))
        assert (told, refreshes(emulator)) == ({access_token(user)}, [1])


def test_thirty_threads_with_an_account_each_refresh_once(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, emulator):
        user.sign_in()
        expire(user)
        together = threading.Barrier(30)

        def ask(_: int) -> str:
            account = user.account()
            together.wait(timeout=60)
            credential = account.credentials.credential_for(None)
            assert isinstance(credential, Subscription)
            return credential.access_token.reveal()

        with ThreadPoolExecutor(30) as pool:
            told = set(pool.map(ask, range(30)))
        assert (told, refreshes(emulator)) == ({access_token(user)}, [1])


def test_an_expired_token_is_renewed_before_a_run(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, emulator):
        user.sign_in()
        expire(user)
        ran = user.run("run", "--tools", "none", "hi")
        assert (ran.exit_code, refreshes(emulator)) == (0, [1])
        assert [one.status for one in emulator.requests if "responses" in one.path] == [200]


def test_a_rejection_in_the_middle_of_a_run_refreshes_once_and_the_run_goes_on(
    tmp_path: Path,
) -> None:
    answered: list[float] = []  # the issuer's clock jumps when the first request was answered

    def clock() -> float:
        if not answered and any("responses" in one.path for one in emulator.requests):
            answered.append(7_200)
        return time.time() + sum(answered)

    with machine(tmp_path, clock=clock, access_token_lifetime=3_600) as (user, emulator):
        user.sign_in()
        ran = user.run("run", "-C", str(tmp_path), "list")
        assert (ran.exit_code, ran.text.startswith("list_files gave:")) == (0, True)
        statuses = [one.status for one in emulator.requests if "responses" in one.path]
        assert (statuses, refreshes(emulator)) == ([200, 401, 200], [1])


@pytest.mark.parametrize("hours", [-24, 24])
def test_a_clock_that_is_a_day_off_signs_in_and_runs_without_renewing(
    tmp_path: Path, hours: int
) -> None:
    with machine(
        tmp_path, clock=lambda: time.time() + hours * 3_600, access_token_lifetime=3_600
    ) as (user, emulator):
        user.sign_in()
        assert user.run("run", "--tools", "none", "hi").exit_code == 0
        assert user.run("status").exit_code == 0
        assert refreshes(emulator) == []


@pytest.mark.parametrize("number", range(len(STEPS)), ids=STEPS)
def test_a_process_killed_in_a_refresh_locks_nobody_out(tmp_path: Path, number: int) -> None:
    with machine(tmp_path) as (user, emulator):
        user.sign_in()
        expire(user)
        died = victim(user, number)
        assert (died.returncode, died.stdout) == (-signal.SIGKILL, b"")
        ran = user.run_here("token")
        if STEPS[number] in ("after the answer", "before the new login is saved"):
            # The issuer has spent the token, and what it gave for it died with the process.
            assert (ran.exit_code, ran.stderr) == (3, LOST)
            assert user.run_here("token").stderr == LOST
            user.sign_in()
            assert user.run_here("token").exit_code == 0
        else:
            assert (ran.exit_code, ran.stderr) == (0, "")
            assert refreshes(emulator) == [1]


def test_those_are_all_the_steps(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, _):
        user.sign_in()
        expire(user)
        lived = victim(user, -1)
        assert (lived.returncode, lived.stdout.decode().split("\n")) == (0, STEPS)


def victim(user: Machine, number: int) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "tests.e2e.refresh_victim", str(number)],
        stdout=subprocess.PIPE,
        env=process_environment(user.environment),
        cwd=ROOT,
        timeout=60,
    )


@contextmanager
def waiting(user: Machine) -> Generator[Talk, None, None]:
    """Run a command that has sent its refresh to an issuer that never answers."""
    asked = threading.Event()

    def hang(peer: RawIssuer) -> Iterable[bytes]:
        asked.set()
        peer.closing.wait()
        return ()

    with raw_issuer(hang) as silent, replace(user, issuer=silent.url).talk("token") as talk:
        assert asked.wait(timeout=60)
        yield talk


def test_a_process_killed_while_it_waits_for_the_issuer_locks_nobody_out(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, emulator):
        user.sign_in()
        expire(user)
        with waiting(user) as talk:
            talk.process.kill()
            assert talk.process.wait(timeout=60) == -signal.SIGKILL
        ran = user.run("token")
        assert (ran.exit_code, ran.stderr, refreshes(emulator)) == (0, "", [1])


@pytest.mark.parametrize(("number", "kind", "exit_code"), SIGNALS)
def test_a_signal_while_a_command_waits_for_the_issuer_ends_it(
    tmp_path: Path, number: signal.Signals, kind: str, exit_code: int
) -> None:
    with machine(tmp_path) as (user, emulator):
        user.sign_in()
        expire(user)
        with waiting(user) as talk:
            talk.process.send_signal(number)
            ran = talk.finish()
        assert (ran.exit_code, ran.stderr) == (exit_code, f"codexctl: {kind}.\n")
        assert user.run("token").exit_code == 0
        assert refreshes(emulator) == [1]


def test_a_lost_answer_is_told_in_its_own_words_and_signing_in_again_helps(tmp_path: Path) -> None:
    with machine(tmp_path, "refresh-answer-lost") as (user, emulator):
        user.sign_in()
        expire(user)
        ran = user.run("token")
        assert (ran.exit_code, ran.text) == (5, "")
        assert ran.stderr == (
            "codexctl: The request reached the sign-in service, and no usable answer came back.\n"
            "  Run it again; if it is refused then, sign in again with: codexctl login\n"
        )
        for _ in range(2):
            assert user.run_here("token").stderr == LOST
        assert refreshes(emulator) == [2]
        user.sign_in()
        assert user.run_here("token").exit_code == 0
