"""The official client as a process that reaches this machine and nothing else.

Optional: ``npm install -g @openai/codex``; tried with 0.169.0.
"""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from codexctl.entrypoints.emulator import Emulator

_DEAD_PROXY = "http://127.0.0.1:9"


def installed_client() -> str:
    """Return the path of the official client, or skip the test."""
    path = shutil.which("codex")
    if path is None:
        pytest.skip("the official client is not on the PATH: npm install -g @openai/codex")
    return path


def environment(home: Path, emulator: Emulator) -> dict[str, str]:
    """Return an environment in which the client knows the emulator for the issuer."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "CODEX_HOME": str(home),
        "CODEX_APP_SERVER_LOGIN_ISSUER": emulator.issuer,
        "CODEX_REFRESH_TOKEN_URL_OVERRIDE": f"{emulator.issuer}/oauth/token",
        **({} if emulator.ca_file is None else {"SSL_CERT_FILE": emulator.ca_file}),
        **dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"), _DEAD_PROXY),
        "NO_PROXY": "127.0.0.1,localhost",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a finished run has told.

    Attributes:
        exit_code: Of the process.
        lines: Standard output, event by event.
    """

    exit_code: int
    lines: list[dict[str, Any]]

    def items(self, kind: str) -> list[dict[str, Any]]:
        """Return the completed items of a kind."""
        completed = [line["item"] for line in self.lines if line["type"] == "item.completed"]
        return [item for item in completed if item["type"] == kind]

    @property
    def failure(self) -> str:
        """Why the turn failed, empty when it did not."""
        failed = [line["error"]["message"] for line in self.lines if line["type"] == "turn.failed"]
        return str(failed[-1]) if failed else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialClient:
    """It, with a home of its own.

    Attributes:
        program: Its path.
        home: What it keeps; its working folder is in there too.
    """

    program: str
    home: Path

    @property
    def folder(self) -> Path:
        """Where its commands run."""
        return self.home / "work"

    def sign_in(self, emulator: Emulator) -> "subprocess.CompletedProcess[str]":
        """Sign in with a device code."""
        finished = subprocess.run(
            [self.program, "login", "--device-auth", "--experimental_issuer", emulator.issuer],
            env=environment(self.home, emulator),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert finished.returncode == 0, finished.stderr
        return finished

    def run(self, emulator: Emulator, *, knows_base_url: bool = True, **more: str) -> Told:
        """Run a turn without its sandbox, which is not what is tested.

        Args:
            emulator: What it talks to.
            knows_base_url: Whether it is told where `/responses` is; otherwise it finds out from
                the account, and spends some seconds on a list of models it cannot reach.
            more: Environment variables.
        """
        self.folder.mkdir(exist_ok=True)
        settings = [f'chatgpt_base_url="{emulator.issuer}/backend-api"', 'model="gpt-5.5"']
        if knows_base_url:
            settings.append(f'openai_base_url="{emulator.chatgpt_base_url}"')
        finished = subprocess.run(
            [
                *(self.program, "exec", "--json", "--skip-git-repo-check", "-C", str(self.folder)),
                *("--sandbox", "danger-full-access"),
                *(word for setting in settings for word in ("-c", setting)),
                "What is here?",
            ],
            env={**environment(self.home, emulator), **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=110,
        )
        lines = [json.loads(line) for line in finished.stdout.split("\n") if line]
        return Told(exit_code=finished.returncode, lines=lines)


def posts_of(emulator: Emulator) -> list[dict[str, Any]]:
    """Return the bodies of the requests for a response, in their order."""
    return [
        one.body
        for one in emulator.requests
        if one.method == "POST" and one.path.endswith("/responses") and isinstance(one.body, dict)
    ]


def refreshes_of(emulator: Emulator) -> int:
    """Return how often tokens were renewed or were to be."""
    bodies = [one.body for one in emulator.requests if one.path == "/oauth/token"]
    kinds = [body.get("grant_type") for body in bodies if isinstance(body, dict)]
    return kinds.count("refresh_token")
