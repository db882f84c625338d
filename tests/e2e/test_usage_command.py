"""``codexctl usage``: what is left of an account's allowance."""

import time
from pathlib import Path

import pytest
from tests.signing_in import machine

NOW = 2_000_000_000.0


def test_the_windows_are_told(tmp_path: Path) -> None:
    with machine(tmp_path, clock=lambda: NOW) as (user, _):
        user.sign_in()
        ran = user.run("usage", TZ="UTC")
        assert (ran.exit_code, ran.stderr) == (0, "")
        assert ran.text == (
            "plan plus\n"
            "5 hours   12 % used, resets 2033-05-18 05:33 UTC\n"
            "7 days    34 % used, resets 2033-05-21 03:33 UTC\n"
        )
        ran = user.run("usage", "--json", TZ="Asia/Tokyo")
        assert ran.lines == [
            {
                "plan": "plus",
                "windows": [
                    {
                        "name": "5 hours",
                        "used_percent": 12.0,
                        "window_minutes": 300,
                        "resets_at": "2033-05-18T05:33:20+00:00",
                    },
                    {
                        "name": "7 days",
                        "used_percent": 34.0,
                        "window_minutes": 10_080,
                        "resets_at": "2033-05-21T03:33:20+00:00",
                    },
                ],
            }
        ]


def test_a_rejected_token_is_renewed_once(tmp_path: Path) -> None:
    later = [0.0]
    with machine(tmp_path, clock=lambda: time.time() + later[0], access_token_lifetime=3_600) as (
        user,
        emulator,
    ):
        user.sign_in()
        later[0] = 7_200.0
        ran = user.run("usage")
        assert (ran.exit_code, ran.text.split("\n")[0], ran.stderr) == (0, "plan plus", "")
        statuses = [one.status for one in emulator.requests if one.path.endswith("/wham/usage")]
        assert (statuses, emulator.issuer_state.refreshes_succeeded) == ([401, 200], 1)


@pytest.mark.parametrize("origin", ["OPENAI_API_KEY", "codexctl login --api-key"])
def test_a_key_has_no_windows(tmp_path: Path, origin: str) -> None:
    with machine(tmp_path) as (user, emulator):
        variables = {"OPENAI_API_KEY": "sk-canary"} if origin == "OPENAI_API_KEY" else {}
        if not variables:
            user.run_here("login", "--api-key", stdin=b"sk-canary")
        ran = user.having(**variables).run_here("usage")
        assert (ran.exit_code, ran.text, ran.stderr) == (
            2,
            "",
            (
                f"codexctl: The credential in use is an API key ({origin}), and a key has no usage"
                " windows.\n"
                "  See the usage page of the API's platform, or sign in with: codexctl login\n"
            ),
        )
        assert emulator.requests == []


def test_without_a_login_there_is_nothing_to_ask_for(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, emulator):
        ran = user.run_here("usage")
        assert (ran.exit_code, ran.text, emulator.requests) == (3, "", [])
        assert ran.stderr.startswith("codexctl: There is no credential.\n")


def test_a_ready_token_that_is_refused_is_told(tmp_path: Path) -> None:
    with machine(tmp_path) as (user, _):
        ran = user.run_here("usage", CODEXCTL_ACCESS_TOKEN="canary")
        assert (ran.exit_code, ran.text) == (3, "")
        assert ran.stderr.startswith("codexctl: The service rejected the credential (HTTP 401)")
