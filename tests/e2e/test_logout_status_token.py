"""``codexctl logout``, ``status`` and ``token``: who is signed in, and who is not any more."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.signing_in import FILE_NOTE, HINT, machine

from codexctl.domain.credentials import StoredLogin, Subscription
from codexctl.entrypoints.emulator.issuer.identity import ACCOUNT_ID

NOBODY = "Nobody was signed in.\n"
NO_CREDENTIAL = (
    "codexctl: There is no credential.\n"
    "  Run codexctl login, or set CODEXCTL_ACCESS_TOKEN or OPENAI_API_KEY. Without an account,"
    " try codexctl demo.\n"
)


def test_a_machine_that_nobody_signed_in_on_says_so_and_stays_untouched(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, emulator):
        outcomes = [
            (ran.exit_code, ran.text, ran.stderr)
            for ran in map(user.run, ("status", "logout", "token"))
        ]
        assert outcomes == [
            (3, "Not signed in (profile default).\n", HINT),
            (0, "", NOBODY),
            (3, "", NO_CREDENTIAL),
        ]
        ran = user.run("status", "--json")
        assert (ran.exit_code, ran.text, ran.stderr) == (
            3,
            '{"profile": "default", "signed_in": false}\n',
            HINT,
        )
        assert user.run("logout", "--all").stderr == NOBODY
        assert (user.home.exists(), emulator.requests) == (False, [])


def test_logging_out_of_all_profiles_leaves_none(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, emulator):
        for profile in ("work", "default", "straße"):
            user.sign_in(profile)
        ran = user.run("logout", "--all")
        assert (ran.exit_code, ran.stderr) == (
            0,
            (
                "Signed out: profile default.\nSigned out: profile straße.\n"
                "Signed out: profile work.\n"
            ),
        )
        assert len(emulator.issuer_state.tokens_revoked) == 3
        assert user.account().store.profiles() == ()


def test_logging_out_without_revoking_asks_nobody(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, emulator):
        user.sign_in()
        before = len(emulator.requests)
        ran = user.run_here("logout", "--no-revoke")
        assert (ran.exit_code, ran.stderr) == (0, "Signed out: profile default.\n")
        assert (user.stored(), len(emulator.requests)) == (None, before)


def test_a_failed_revocation_is_told_and_the_login_is_gone(tmp_path: Path) -> None:
    with machine(tmp_path, "revoke-fails") as (user, _):
        user.sign_in()
        ran = user.run_here("logout")
        assert (ran.exit_code, user.stored()) == (0, None)
        assert ran.stderr == (
            "note: The tokens were not revoked at the issuer: The sign-in service could not answer"
            " (HTTP 500): The server had an error while processing your request.\n"
            "Signed out: profile default.\n"
        )


def test_without_a_network_the_login_is_gone_all_the_same(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, _):
        user.sign_in()
    ran = user.run("logout")
    assert (ran.exit_code, user.stored()) == (0, None)
    assert ran.stderr == (
        "note: The tokens were not revoked at the issuer: The sign-in service could not be"
        " reached.\n"
        "Signed out: profile default.\n"
    )


def test_what_goes_on_being_used_after_a_logout_is_told(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, _):
        ran = user.run_here("logout", OPENAI_API_KEY="sk-canary", CODEXCTL_ACCESS_TOKEN="canary")
        assert (ran.exit_code, ran.stderr) == (
            0,
            NOBODY + "note: CODEXCTL_ACCESS_TOKEN is still set and goes on to be used.\n"
            "note: OPENAI_API_KEY is still set and goes on to be used.\n",
        )


@pytest.mark.parametrize(
    ("variables", "stored", "kind", "origin"),
    [
        ({}, True, "ChatGPT", "signed in with ChatGPT"),
        ({"OPENAI_API_KEY": "sk-canary"}, True, "ChatGPT", "signed in with ChatGPT"),
        ({"OPENAI_API_KEY": "sk-canary"}, False, "API key", "OPENAI_API_KEY"),
        ({"CODEXCTL_ACCESS_TOKEN": "canary"}, True, "access token", "CODEXCTL_ACCESS_TOKEN"),
        (
            {"CODEXCTL_ACCESS_TOKEN": "canary", "OPENAI_API_KEY": "sk-canary"},
            False,
            "access token",
            "CODEXCTL_ACCESS_TOKEN",
        ),
    ],
)
def test_status_tells_what_a_run_would_use(
    tmp_path: Path,
    variables: dict[str, str],
    stored: bool,  # noqa: FBT001 (a column of the table)
    kind: str,
    origin: str,
) -> None:
    with machine(tmp_path) as (user, _):
        if stored:
            user.sign_in()
        ran = user.having(**variables).run_here("status", "--json")
        told = ran.lines[0]
        assert (ran.exit_code, ran.stderr) == (0, "")
        assert (told["signed_in"], told["kind"], told["origin"]) == (True, kind, origin)
        token = user.having(**variables).run_here("token")
        assert (token.exit_code, "canary" in token.text) == (0, "signed" not in origin)


def test_status_reads_well(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, emulator):
        user.sign_in()
        login = user.stored()
        assert login is not None
        assert isinstance(login.credential, Subscription)
        assert login.credential.expires_at is not None
        asked = len(emulator.requests)
        ran = user.run("status")
        assert (ran.exit_code, ran.stderr, len(emulator.requests)) == (0, "", asked)
        assert ran.text == (
            "profile      default\n"
            "kind         ChatGPT\n"
            "origin       signed in with ChatGPT\n"
            f"account id   {ACCOUNT_ID}\n"
            "plan         plus\n"
            f"expires at   {login.credential.expires_at.isoformat(timespec='seconds')}"
            " (and is then renewed)\n"
            "key source   file\n"
            f"key note     {FILE_NOTE.removeprefix('note: ')}"
        )


def test_a_login_that_is_refused_for_good_is_no_login(tmp_path: Path) -> None:
    with machine(tmp_path, "refresh-invalid-grant", access_token_lifetime=-60) as (user, emulator):
        user.sign_in()
        told = "The sign-in could not be renewed: the issuer does not know this sign-in any more."
        assert user.run_here("status").exit_code == 0
        for _ in range(2):
            ran = user.run_here("token")
            assert (ran.exit_code, ran.text, ran.stderr) == (
                3,
                "",
                f"codexctl: {told}\n  Sign in again with: codexctl login\n",
            )
        ran = user.run_here("status", "--json")
        (status,) = ran.lines
        assert (ran.exit_code, status["signed_in"], status["problem"]) == (3, False, told)
        assert f"\nproblem      {told}\n" in user.run_here("status").text
        refreshes = [one for one in emulator.requests if one.path == "/oauth/token"]
        assert len(refreshes) == 2  # the sign-in itself, and one refresh


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 65])
def test_a_profile_of_no_use_is_told(tmp_path: Path, name: str) -> None:
    with machine(tmp_path) as (user, _):
        ran = user.run_here("status", "--profile", name)
        assert (ran.exit_code, ran.stderr) == (
            2,
            (
                "codexctl: The name of the profile is empty, too long, or has characters that"
                " cannot be shown.\n"
                "  Use 1 to 64 letters, such as --profile work.\n"
            ),
        )


def test_an_expired_token_is_renewed_before_it_is_printed(tmp_path: Path) -> None:
    with machine(tmp_path, access_token_lifetime=60) as (user, emulator):
        user.sign_in()
        login = user.stored()
        assert login is not None
        assert isinstance(login.credential, Subscription)
        ran = user.run("token")
        assert (ran.exit_code, ran.stderr) == (0, "")
        assert ran.text != login.credential.access_token.reveal() + "\n"
        renewed = user.stored()
        assert renewed is not None
        assert isinstance(renewed.credential, Subscription)
        assert ran.text == renewed.credential.access_token.reveal() + "\n"
        assert renewed == StoredLogin(
            credential=replace(
                login.credential,
                access_token=renewed.credential.access_token,
                refresh_token=renewed.credential.refresh_token,
                expires_at=renewed.credential.expires_at,
            )
        )
        assert list(emulator.issuer_state.refresh_tokens_spent.values()) == [1]


def test_status_as_json_is_one_line_of_json(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, _):
        user.sign_in("日本")
        ran = user.run_here("--profile", "日本", "status", "--json")
        assert ran.text.count("\n") == 1
        assert json.loads(ran.text)["profile"] == "日本"
