"""``codexctl login`` with a device code, and what the stored login is good for."""

import signal
from pathlib import Path

import pytest
from tests.signing_in import FILE_NOTE, HINT, SIGNALS, SIGNED_IN, Machine, machine

from codexctl.domain.credentials import Subscription
from codexctl.entrypoints.emulator import Emulator
from codexctl.entrypoints.emulator.issuer.identity import ACCOUNT_ID


def shown(emulator: Emulator) -> str:
    """Return what a user reads before the code is approved."""
    return (
        "Open this page in any browser and type the code in (it is good for 15 minutes):\n\n"
        f"    {emulator.issuer}/codex/device\n"
        f"    {emulator.issuer_state.user_codes_asked[-1]}\n\n"
        "Go on only if you started this sign-in yourself; a code from somebody else is a trap.\n"
    )


def refresh_token(machine: Machine, profile: str = "default") -> str:
    login = machine.stored(profile)
    assert login is not None
    assert isinstance(login.credential, Subscription)
    assert login.credential.refresh_token is not None
    return login.credential.refresh_token.reveal()


def test_the_whole_journey(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, emulator):
        signed_in = user.run("login", "--device")
        assert (signed_in.exit_code, signed_in.text) == (0, "")
        assert signed_in.stderr == shown(emulator) + SIGNED_IN + FILE_NOTE
        (status,) = user.run("status", "--json").lines
        expires_at = status.pop("expires_at")
        assert status == {
            "profile": "default",
            "signed_in": True,
            "kind": "ChatGPT",
            "origin": "signed in with ChatGPT",
            "account_id": ACCOUNT_ID,
            "plan": "plus",
            "key_source": "file",
            "key_note": FILE_NOTE.removeprefix("note: ").rstrip("\n"),
        }
        assert expires_at.endswith("+00:00")
        token = user.run("token")
        assert (token.exit_code, token.text.count("."), token.stderr) == (0, 2, "")
        ran = user.run("run", "--tools", "none", "hi")
        assert (ran.exit_code, emulator.requests[-1].status) == (0, 200)
        kept = refresh_token(user)
        out = user.run("logout")
        assert (out.exit_code, out.text, out.stderr) == (0, "", "Signed out: profile default.\n")
        assert emulator.issuer_state.tokens_revoked == (kept,)
        status = user.run("status")
        assert (status.exit_code, status.text, status.stderr) == (
            3,
            "Not signed in (profile default).\n",
            HINT,
        )


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"DISPLAY": ":0", "SSH_CONNECTION": "192.0.2.1 5 192.0.2.2 22"},
        {"WAYLAND_DISPLAY": "wayland-0", "CI": "true"},
    ],
    ids=["no display", "SSH", "CI"],
)
def test_a_machine_without_a_head_signs_in_with_a_device_code(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    with machine(tmp_path) as (user, emulator):
        ran = user.having(**variables).run("login")
        assert (ran.exit_code, ran.stderr) == (0, shown(emulator) + SIGNED_IN + FILE_NOTE)


def test_the_code_is_shown_however_quiet_it_is_to_be(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, emulator):
        ran = user.run_here("-q", "login", "--device")
        assert (ran.exit_code, ran.text, ran.stderr) == (0, "", shown(emulator))


def test_a_login_waits_for_the_approval(tmp_path: Path) -> None:
    with machine(tmp_path, approve_after=1) as (user, emulator):
        assert user.run("login", "--device").exit_code == 0
        polls = [one.status for one in emulator.requests if one.path.endswith("deviceauth/token")]
        assert (polls[-1], set(polls[:-1])) == (200, {403})


def test_the_old_login_is_revoked_when_the_new_one_is_kept(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, emulator):
        user.sign_in()
        old = refresh_token(user)
        user.sign_in()
        assert emulator.issuer_state.tokens_revoked == (old,)
        assert refresh_token(user) != old
        paths = [one.path for one in emulator.requests]
        assert paths.index("/oauth/revoke") > len(paths) - 1 - paths[::-1].index("/oauth/token")


def test_that_the_old_login_was_not_revoked_is_told(tmp_path: Path) -> None:
    with machine(tmp_path, "revoke-fails") as (user, _):
        user.sign_in()
        old = refresh_token(user)
        ran = user.run_here("login", "--device")
        assert (ran.exit_code, refresh_token(user) != old) == (0, True)
        assert "note: The sign-in before this one was not revoked: The sign-in service could" in (
            ran.stderr
        )


def test_each_profile_has_a_login_of_its_own(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, emulator):
        user.sign_in()
        ran = user.run("--profile", "work", "login", "--device")
        assert ran.stderr.endswith(SIGNED_IN.replace("profile default", "profile work") + FILE_NOTE)
        tokens = {user.run("token").text, user.run("token", CODEXCTL_PROFILE="work").text}
        assert (len(tokens), emulator.issuer_state.tokens_revoked) == (2, ())


def test_a_slow_approval_is_given_up_when_the_time_is_over(tmp_path: Path) -> None:
    with machine(tmp_path, approve_after=1e6) as (user, _):
        ran = user.run("login", "--device", "--timeout", "0.2")
        assert ran.exit_code == 3
        assert ran.stderr.endswith(
            "codexctl: The code was not used in time.\n"
            "  Run codexctl login again and type the new code in sooner.\n"
        )


@pytest.mark.parametrize(
    ("scenario", "told"),
    [
        (
            "device-not-enabled",
            (
                "codexctl: Signing in with a device code is not enabled for this account.\n"
                "  Enable device-code login in ChatGPT's security settings (in a workspace, an"
                " administrator may have to), or use codexctl login --browser or --paste.\n"
            ),
        ),
        (
            "device-declined",
            (
                "codexctl: The sign-in was declined (HTTP 401): The request was declined.\n"
                "  Run codexctl login again for a new code, or use --browser or --paste.\n"
            ),
        ),
        (
            "device-expired",
            (
                "codexctl: The device code is no longer good (HTTP 403): The device code has"
                " expired.\n"
                "  Run codexctl login again for a new code, or use --browser or --paste.\n"
            ),
        ),
    ],
)
def test_a_login_that_fails_says_why_and_keeps_the_old_one(
    tmp_path: Path, scenario: str, told: str
) -> None:
    with machine(tmp_path) as (user, _):
        user.sign_in()
        old = user.stored()
    with machine(tmp_path, scenario) as (user, emulator):
        ran = user.run_here("login", "--device")
        assert (ran.exit_code, ran.text, ran.stderr.endswith(told)) == (3, "", True)
        assert user.stored() == old
        assert emulator.issuer_state.tokens_revoked == ()


@pytest.mark.parametrize(("number", "kind", "exit_code"), SIGNALS)
def test_a_signal_ends_the_wait_and_keeps_the_old_login(
    tmp_path: Path, number: signal.Signals, kind: str, exit_code: int
) -> None:
    with machine(tmp_path) as (user, _):
        user.sign_in()
        old = user.stored()
    with (
        machine(tmp_path, approve_after=1e6) as (user, emulator),
        user.talk("login", "--device", "-v") as talk,
    ):
        talk.wait_for(r"is a trap\.")
        talk.process.send_signal(number)
        ran = talk.finish()
        assert (ran.exit_code, ran.text) == (exit_code, "")
        assert ran.stderr == shown(emulator) + f"codexctl: {kind}.\n"
        assert user.stored() == old
