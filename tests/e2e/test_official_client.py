"""The official client signs in to the emulator: what we play is what it expects.

Optional: needs the client (see tests/official_client.py).
"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.official_client import OfficialClient, environment, installed_client

from codexctl.entrypoints.emulator import ACCOUNT_ID, Emulator

pytestmark = pytest.mark.slow


@pytest.fixture
def client() -> str:
    return installed_client()


def kept_account(home: Path) -> str:
    """Return the account that the client has kept."""
    kept = json.loads((home / "auth.json").read_bytes())
    account: str = kept["tokens"]["account_id"]
    return account


def test_it_signs_in_with_a_device_code(client: str, tmp_path: Path) -> None:
    with Emulator() as emulator:
        finished = OfficialClient(program=client, home=tmp_path).sign_in(emulator)
        assert "Successfully logged in" in finished.stderr
    assert kept_account(tmp_path) == ACCOUNT_ID
    assert [one.path for one in emulator.requests] == [
        "/api/accounts/deviceauth/usercode",
        "/api/accounts/deviceauth/token",
        "/oauth/token",
    ]


def test_it_signs_in_with_a_browser(client: str, tmp_path: Path) -> None:
    # Its own `login` has no way to name an issuer for the browser; its app server has.
    with Emulator(any_redirect_port=True) as emulator:
        base_url = f'chatgpt_base_url="{emulator.issuer}/backend-api"'
        with subprocess.Popen(
            [client, "app-server", "-c", base_url],
            env=environment(tmp_path, emulator),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            send(process, {"id": 0, "method": "initialize", "params": {"clientInfo": CLIENT_INFO}})
            answer_to(process, lambda said: said.get("id") == 0)
            send(process, {"method": "initialized"})
            send(process, {"id": 1, "method": "account/login/start", "params": {"type": "chatgpt"}})
            started = answer_to(process, lambda said: said.get("id") == 1)
            url = started["result"]["authUrl"]
            assert url.startswith(emulator.issuer)
            assert requests.get(url, timeout=30).status_code == 200
            done = answer_to(process, lambda said: said.get("method") == "account/login/completed")
            process.terminate()
    assert (done["params"]["success"], done["params"]["error"]) == (True, None)
    assert kept_account(tmp_path) == ACCOUNT_ID


CLIENT_INFO = {"name": "codexctl-tests", "version": "0"}


def send(process: "subprocess.Popen[str]", message: dict[str, Any]) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(message) + "\n")
    process.stdin.flush()


def answer_to(
    process: "subprocess.Popen[str]", wanted: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """Return the first message that fits; the client says other things in between."""
    assert process.stdout is not None
    for line in process.stdout:
        said: dict[str, Any] = json.loads(line)
        if wanted(said):
            return said
    pytest.fail("the client ended without the message that was waited for")
