"""``codexctl login`` with what somebody else obtained: a key, a token, the official client's."""

import json
import time
from dataclasses import replace
from pathlib import Path

import jwt
import pytest
from tests.signing_in import FILE_NOTE, SIGNED_IN, Machine, machine

from codexctl.domain.credentials import ApiKey, Secret, Subscription
from codexctl.entrypoints.emulator.issuer.identity import ACCOUNT_ID, AUTH_CLAIM

KEY = "sk-canary-0123456789"
KEY_LOGIN = "Signed in: API key, profile default.\n" + FILE_NOTE
SHARED = (
    "note: This sign-in is now shared with the official client: the two spend one chain of refresh"
    " tokens, and whichever renews second may be signed out. codexctl login gives it one of its"
    " own.\n"
)
PIPE_KEY = "  Pipe in the API key alone, complete and without quotes.\n"


def token(ends_in: float) -> str:
    """Return an access token that is not the emulator's."""
    claims = {
        "exp": int(time.time() + ends_in),
        AUTH_CLAIM: {"chatgpt_account_id": ACCOUNT_ID, "chatgpt_plan_type": "pro"},
    }
    return jwt.encode(claims, "canary" * 8, algorithm="HS256")


def auth_json(folder: Path, access_token: str, refresh_token: str | None) -> Path:
    """Write the official client's file."""
    file = folder / "auth.json"
    tokens = {"id_token": token(60), "access_token": access_token, "refresh_token": refresh_token}
    file.write_text(json.dumps({"auth_mode": "chatgpt", "tokens": tokens}))
    return file


def issued(user: Machine) -> Subscription:
    """Return what the issuer would have handed out to another program."""
    account = user.account()
    return account.by_device(account.by_device.begin())


@pytest.mark.parametrize("piped", [KEY, KEY + "\n", f"  {KEY}\r\n\n"])
def test_a_key_signs_in(tmp_path: Path, piped: str) -> None:
    with machine(tmp_path) as (user, emulator):
        ran = user.run_here("login", "--api-key", stdin=piped.encode())
        assert (ran.exit_code, ran.text, ran.stderr) == (0, "", KEY_LOGIN)
        assert emulator.requests == []
        login = user.stored()
        assert login is not None
        assert login.credential == ApiKey(Secret(KEY), "codexctl login --api-key")


def test_the_whole_journey_of_a_key(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, emulator):
        user.run("login", "--api-key", stdin=KEY.encode())
        (status,) = user.run("status", "--json").lines
        assert status == {
            "profile": "default",
            "signed_in": True,
            "kind": "API key",
            "origin": "codexctl login --api-key",
            "key_source": "file",
            "key_note": FILE_NOTE.removeprefix("note: ").rstrip("\n"),
        }
        assert user.run("token").text == KEY + "\n"
        assert user.run("run", "--tools", "none", "hi").exit_code == 0
        assert [one.path for one in emulator.requests] == ["/v1/responses"]
        assert user.run("logout").stderr == "Signed out: profile default.\n"
        assert emulator.issuer_state.tokens_revoked == ()
        assert user.run("status").exit_code == 3


@pytest.mark.parametrize(
    ("piped", "told"),
    [
        ("", "codexctl: Nothing came on standard input.\n" + PIPE_KEY),
        (" \n", "codexctl: Nothing came on standard input.\n" + PIPE_KEY),
        (
            "sk-canary 0123",
            "codexctl: What came on standard input is no API key: it has a space, a line end or a"
            " letter that none has.\n" + PIPE_KEY,
        ),
        (
            "sk-canary\nsk-canary",
            "codexctl: What came on standard input is no API key: it has a space, a line end or a"
            " letter that none has.\n" + PIPE_KEY,
        ),
    ],
    ids=["empty", "blank", "a space", "two lines"],
)
def test_what_is_no_key_is_refused_and_not_shown(tmp_path: Path, piped: str, told: str) -> None:
    with machine(tmp_path) as (user, _):
        ran = user.run_here("login", "--api-key", stdin=piped.encode())
        assert (ran.exit_code, ran.text, ran.stderr) == (2, "", told)
        assert user.stored() is None


@pytest.mark.parametrize(
    ("option", "what"), [("api-key", "API key"), ("access-token", "access token")]
)
def test_a_secret_is_not_typed_on_a_terminal(tmp_path: Path, option: str, what: str) -> None:
    with machine(tmp_path) as (user, _), user.terminal("login", f"--{option}") as talk:
        ran = talk.finish()
        assert (ran.exit_code, ran.stderr) == (
            2,
            (
                f"codexctl: The {what} is read from standard input, and that is the terminal.\n"
                f"  Pipe it in, such as: codexctl login --{option} < FILE\n"
            ),
        )


def test_a_key_takes_the_place_of_a_login_which_is_revoked(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, emulator):
        user.sign_in()
        assert user.run("login", "--api-key", stdin=KEY.encode()).exit_code == 0
        assert len(emulator.issuer_state.tokens_revoked) == 1
        user.sign_in()
        assert len(emulator.issuer_state.tokens_revoked) == 1


def test_the_whole_journey_of_a_ready_token(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, emulator):
        ready = issued(user).access_token.reveal()
        ran = user.run("login", "--access-token", stdin=ready.encode())
        first, note, *rest = ran.stderr.split("\n")
        assert (ran.exit_code, first) == (
            0,
            f"Signed in: access token (account {ACCOUNT_ID}, plan plus), profile default.",
        )
        assert (note + "\n", rest[-1]) == (FILE_NOTE, "")
        assert rest[0].startswith("note: Nothing came to renew this token with. When it ends at 20")
        assert rest[0].endswith(", hand over a fresh one, or sign in with: codexctl login")
        assert user.run("status").exit_code == 0
        assert user.run("token").text == ready + "\n"
        assert user.run("run", "--tools", "none", "hi").exit_code == 0
        assert user.run("logout").exit_code == 0
        # It belongs to whoever handed it over, and may be in use elsewhere.
        assert emulator.issuer_state.tokens_revoked == ()


def test_a_token_of_an_unknown_kind_is_taken_as_it_is(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, _):
        ran = user.run("login", "--access-token", stdin=b"at-canary")
        assert (ran.exit_code, ran.stderr) == (
            0,
            "Signed in: access token, profile default.\n"
            + FILE_NOTE
            + "note: Nothing came to renew this token with. When it is refused, hand over a fresh"
            " one, or sign in with: codexctl login\n",
        )


def test_the_official_clients_login_is_copied_and_its_file_left_alone(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, emulator):
        theirs = issued(user)
        assert theirs.refresh_token is not None
        file = auth_json(tmp_path, theirs.access_token.reveal(), theirs.refresh_token.reveal())
        before = (file.read_bytes(), file.stat().st_mtime_ns)
        for words in (("--import-codex", str(file)), ("--import-codex",)):
            ran = user.run("login", *words, CODEX_HOME=str(tmp_path))
            assert (ran.exit_code, ran.stderr) == (0, SIGNED_IN + FILE_NOTE + SHARED)
        assert user.run("run", "--tools", "none", "hi").exit_code == 0
        assert user.run("logout").exit_code == 0
        assert (file.read_bytes(), file.stat().st_mtime_ns) == before
        assert emulator.issuer_state.tokens_revoked == ()


def test_an_imported_login_that_has_ended_is_renewed(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, emulator):
        theirs = issued(user)
        assert theirs.refresh_token is not None
        file = auth_json(tmp_path, token(-60), theirs.refresh_token.reveal())
        assert user.run("login", "--import-codex", str(file)).exit_code == 0
        assert user.run("token").text.count(".") == 2
        assert emulator.issuer_state.refreshes_succeeded == 1


def test_an_imported_key_is_a_key(tmp_path: Path) -> None:
    file = tmp_path / "auth.json"
    file.write_text(json.dumps({"OPENAI_API_KEY": KEY}))
    with machine(tmp_path) as (user, _):
        ran = user.run("login", "--import-codex", str(file))
        assert (ran.exit_code, ran.stderr) == (0, KEY_LOGIN)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "does not exist"),
        ("", "is not the JSON object that an auth.json is"),
        ("[]", "is not the JSON object that an auth.json is"),
        ('{"tokens": {"access_token": "canary', "is not the JSON object that an auth.json is"),
        ('{"tokens": {}}', "has no usable access_token"),
        ('{"tokens": {"access_token": "can ary"}}', "has no usable access_token"),
        ('{"auth_mode": "agentIdentity"}', "holds a kind of sign-in that codexctl cannot use"),
    ],
)
def test_a_file_that_cannot_be_imported_is_told_and_loses_nothing(
    tmp_path: Path, content: str | None, reason: str
) -> None:
    file = tmp_path / "auth.json"
    if content is not None:
        file.write_text(content)
    with machine(tmp_path) as (user, _):
        user.sign_in()
        old = user.stored()
        ran = user.run_here("login", "--import-codex", str(file))
        assert (ran.exit_code, ran.text, user.stored()) == (2, "", old)
        told, remedy, end = ran.stderr.split("\n")
        assert told.startswith(f"codexctl: {file} {reason}")
        assert remedy == "  Sign in with the official client first, or run: codexctl login"
        assert (end, "ary" in ran.stderr) == ("", False)


@pytest.mark.parametrize("way", ["access-token", "import-codex"])
def test_a_token_that_has_ended_is_refused_and_loses_nothing(tmp_path: Path, way: str) -> None:
    file = auth_json(tmp_path, token(-60), None)
    with machine(tmp_path) as (user, _):
        user.sign_in()
        old = user.stored()
        words = ("--import-codex", str(file)) if way == "import-codex" else ("--access-token",)
        ran = user.run_here("login", *words, stdin=token(-60).encode())
        assert (ran.exit_code, user.stored()) == (3, old)
        told, remedy, end = ran.stderr.split("\n")
        assert told.startswith("codexctl: The token ended at 20")
        assert told.endswith(", and nothing came to renew it with.")
        assert remedy == "  Hand over a fresh one, or sign in with: codexctl login"
        assert end == ""


def test_a_ready_token_that_is_refused_is_told(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, emulator):
        user.account().keep_login(
            replace(issued(user), access_token=Secret(token(600)), refresh_token=None)
        )
        ran = user.run("run", "--tools", "none", "hi")
        assert ran.exit_code == 3
        assert ran.stderr.startswith("codexctl: The service rejected the credential (HTTP 401)")
        paths = [one.path for one in emulator.requests if "deviceauth" not in one.path]
        routing, responses = "/backend-api/wham/accounts/check", "/backend-api/codex/responses"
        assert paths == ["/oauth/token", routing, responses]


def test_that_a_ready_token_has_ended_is_told_by_every_command(tmp_path: Path) -> None:
    with machine(tmp_path, access_token_lifetime=-60) as (user, _):
        user.account().keep_login(replace(issued(user), refresh_token=None))
        status = user.run("status", "--json")
        assert (status.exit_code, status.lines[0]["signed_in"]) == (3, False)
        assert status.lines[0]["problem"] == (
            "The token has ended, and it came without one to renew it with."
        )
        for words in (("token",), ("usage",), ("run", "--tools", "none", "hi")):
            ran = user.run(*words)
            assert (ran.exit_code, ran.text, ran.stderr) == (
                3,
                "",
                "codexctl: The stored token has ended.\n  Sign in again with: codexctl login\n",
            )
