"""What can be wrong around a sign-in: one clear line, what to do, and nothing lost."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.command import COMMAND, Ran, process_environment
from tests.conftest import require_program
from tests.disks import fill, small_disk
from tests.fakes.raw_issuer import raw_issuer, reply
from tests.signing_in import Machine, machine

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
PAGE = b"<!doctype html><html><head><title>Just a moment...</title></head></html>"
HTML = "content-type: text/html"
JSON = "content-type: application/json"
GATEWAY = "A gateway stands between this machine and the sign-in service"
REGION = "Check proxy, VPN and region. Signing in again does not help here."
LATER = "Try again in a few minutes; if it goes on, see https://status.openai.com."
NETWORK = "Check the network and the proxy settings, then run it again."


def told(ran: Ran) -> tuple[int, str, str]:
    """Return the exit code and the two lines of an error, which are all there is."""
    lines = ran.stderr.split("\n")
    assert (ran.text, lines[-1], "Traceback" in ran.stderr) == ("", "", False)
    assert len(lines) == 3, ran.stderr
    return ran.exit_code, lines[0].removeprefix("codexctl: "), lines[1].removeprefix("  ")


ISSUERS: list[tuple[str, bytes, int, str, str]] = [
    ("a page", reply("200 OK", PAGE, HTML), 5, f"{GATEWAY} (HTTP 200).", REGION),
    ("403 page", reply("403 Forbidden", PAGE, HTML), 5, f"{GATEWAY} (HTTP 403).", REGION),
    ("a redirect", reply("302 Found", b"", "location: /x"), 5, f"{GATEWAY} (HTTP 302).", REGION),
    (
        "500",
        reply("500 Internal Server Error", b'{"error": {"message": "oops"}}', JSON),
        5,
        "The sign-in service could not answer (HTTP 500): oops",
        LATER,
    ),
    (
        "502 page",
        reply("502 Bad Gateway", PAGE, HTML),
        5,
        "The sign-in service could not answer (HTTP 502).",
        LATER,
    ),
    (
        "429",
        reply("429 Too Many Requests", b"{}", JSON),
        4,
        "The sign-in service has had too many requests just now (HTTP 429).",
        "Wait a moment and run the command again; signing in again does not help.",
    ),
    (
        "garbage",
        reply("200 OK", b"\x00\xff<<", JSON),
        5,
        "The sign-in service answered outside the protocol.",
        "Try again in a few minutes, or use codexctl login --browser.",
    ),
    (
        "half an answer",
        reply("200 OK", b'{"user_code": "AB-1"}', JSON),
        5,
        "The sign-in service answered outside the protocol.",
        "Try again in a few minutes, or use codexctl login --browser.",
    ),
    (
        "a hang-up",
        b"",
        5,
        "The sign-in service was asked and did not answer.",
        "Check the network, then run codexctl login again.",
    ),
    (
        "not HTTP",
        b"SSH-2.0\r\n",
        5,
        "The sign-in service was asked and did not answer.",
        "Check the network, then run codexctl login again.",
    ),
    (
        "not enabled",
        reply("404 Not Found", b"{}", JSON),
        3,
        "Signing in with a device code is not enabled for this account.",
        (
            "Enable device-code login in ChatGPT's security settings (in a workspace, an"
            " administrator may have to), or use codexctl login --browser or --paste."
        ),
    ),
]


@pytest.mark.parametrize(
    ("answer", "exit_code", "what", "remedy"),
    [one[1:] for one in ISSUERS],
    ids=[one[0] for one in ISSUERS],
)
def test_an_issuer_that_does_not_answer_as_it_should_is_told(
    tmp_path: Path, answer: bytes, exit_code: int, what: str, remedy: str
) -> None:
    with machine(tmp_path) as (user, _):
        user.sign_in()
        old = user.stored()
    with raw_issuer(answer) as issuer:
        ran = Machine(home=user.home, issuer=issuer.url).run_here("login", "--device")
    assert told(ran) == (exit_code, what, remedy)
    assert user.stored() == old


def test_an_issuer_that_is_not_there_is_told(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, _):
        pass
    ran = user.run("login", "--device")
    assert told(ran) == (5, "The sign-in service could not be reached.", NETWORK)


@pytest.mark.parametrize(
    ("variables", "exit_code", "what"),
    [
        ({"CODEXCTL_ISSUER": "canary"}, 2, "CODEXCTL_ISSUER is not a URL."),
        (
            {"CODEXCTL_ISSUER": "http://example.com"},
            2,
            "CODEXCTL_ISSUER is plain http, which would show the token to everyone on the way.",
        ),
        ({"CODEXCTL_KEY_SOURCE": "canary"}, 2, "CODEXCTL_KEY_SOURCE names no key source."),
        (
            {"CODEXCTL_CLIENT_ID": "a\nb"},
            2,
            "CODEXCTL_CLIENT_ID holds characters that cannot stand in a request header.",
        ),
    ],
)
def test_a_setting_of_no_use_is_told(
    tmp_path: Path, variables: dict[str, str], exit_code: int, what: str
) -> None:
    with machine(tmp_path) as (user, emulator):
        code, said, _ = told(user.having(**variables).run_here("login", "--device"))
        assert (code, said, emulator.requests) == (exit_code, what, [])


def test_two_ways_at_once_are_told(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, _):
        assert told(user.run_here("login", "--device", "--paste")) == (
            2,
            "Argument --paste: not allowed with argument --device.",
            "See: codexctl login --help",
        )


def spoil_by_a_file(home: Path) -> str:
    home.write_text("not a folder")
    return f"{home} could not be written: a part of its path is not a folder."


def spoil_by_others(home: Path) -> str:
    home.mkdir()
    (home / "a file of others").touch()
    home.chmod(0o777)
    return f"Other users can write to the folder {home}, so it cannot keep credentials."


def spoil_the_file(home: Path) -> str:
    home.mkdir(0o700)
    (home / "credentials.enc").write_text("canary")
    return f"The credential file {home}/credentials.enc cannot be used: "


def spoil_by_a_folder(home: Path) -> str:
    (home / "credentials.enc").mkdir(0o700, parents=True)
    return f"The credential file {home}/credentials.enc could not be read: a folder stands in its"


@pytest.mark.parametrize(
    "spoil", [spoil_by_a_file, spoil_by_others, spoil_the_file, spoil_by_a_folder]
)
def test_a_home_of_no_use_is_found_out_before_the_sign_in(
    tmp_path: Path, spoil: Callable[[Path], str]
) -> None:
    with machine(tmp_path) as (user, emulator):
        what = spoil(user.home)
        for words in (("login", "--device"), ("login", "--paste"), ("login", "--api-key")):
            code, said, remedy = told(user.run_here(*words, stdin=b"sk-canary"))
            assert (code, said.startswith(what), remedy.endswith(".") or "login" in remedy) == (
                9,
                True,
                True,
            )
            assert "canary" not in said + remedy
        assert emulator.requests == []


@pytest.mark.parametrize("words", [("status",), ("login", "--device")], ids=" ".join)
def test_a_home_that_is_not_readable_is_told(tmp_path: Path, words: tuple[str, ...]) -> None:
    with machine(tmp_path) as (user, emulator):
        user.sign_in()
        asked = len(emulator.requests)
        user.home.chmod(0)
        ran = run_without_privileges(user, *words)
        user.home.chmod(0o700)
        code, what, remedy = told(ran)
        assert (code, "permission denied" in what, len(emulator.requests)) == (9, True, asked)
        assert remedy == ("Give yourself the right to it, or set CODEXCTL_HOME to another folder.")


def run_without_privileges(user: Machine, *words: str) -> Ran:
    """Run a command that heeds the rights of files, also for root."""
    prefix: list[str] = []
    if AS_ROOT:
        prefix = [require_program("setpriv"), "--bounding-set=-all", "--inh-caps=-all", "--"]
    finished = subprocess.run(
        [*prefix, COMMAND, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=process_environment(user.environment),
        timeout=60,
    )
    return Ran(
        exit_code=finished.returncode, stdout=finished.stdout, stderr=finished.stderr.decode()
    )


def test_a_full_disk_loses_nothing_and_spends_nothing(tmp_path: Path) -> None:
    with (
        machine(tmp_path, access_token_lifetime=-60) as (user, emulator),
        small_disk(user.home),
    ):
        user.sign_in()
        old = user.stored()
        filler = fill(user.home)
        for words in (("token",), ("login", "--api-key"), ("rekey", "--to", "file"), ("logout",)):
            code, what, remedy = told(user.run(*words, stdin=b"sk-canary"))
            assert (code, what.endswith("could not be written: the disk is full.")) == (9, True)
            assert remedy == "Free some space and try again."
            assert user.stored() == old
        assert emulator.issuer_state.refresh_tokens_spent == {}
        filler.unlink()
        assert user.run("token").exit_code == 0


@pytest.mark.parametrize("name", ["CODEXCTL_DEBUG", "CODEX_DEBUG"])
def test_the_debug_variable_shows_the_traceback_of_every_command(tmp_path: Path, name: str) -> None:
    with machine(tmp_path, "device-not-enabled") as (user, _):
        ran = user.having(**{name: "1"}).run_here("login", "--device")
        assert (ran.exit_code, ran.stderr.startswith("Traceback (most recent")) == (3, True)
