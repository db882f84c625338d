"""Commands that are killed at any moment: the store holds the old or the new, and never half."""

import random
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.command import COMMAND, process_environment
from tests.signing_in import Machine, machine

from codexctl.domain.credentials import ApiKey, Secret, StoredLogin, Subscription
from codexctl.domain.errors import RefreshRefused
from codexctl.entrypoints.emulator import Emulator

SETTINGS = {"CODEXCTL_KEY_SOURCE": "auto", "CODEXCTL_PASSPHRASE": "canary"}
LONGEST_LIFE = 0.5
"""In seconds; a command takes about 0.3, half of it before it looks at the store."""

WORK = ("--profile", "work")
COMMANDS = [
    ("token",),
    ("login", "--api-key", *WORK),
    ("rekey", "--to", "file"),
    ("token",),
    ("logout", *WORK),
    ("rekey", "--to", "file"),
    ("login", "--api-key", *WORK),
    ("token",),
    ("logout", *WORK),
]
WITH_PASSPHRASES = [*COMMANDS, ("rekey", "--to", "passphrase"), *COMMANDS]


@dataclass(frozen=True, slots=True)
class Rig:
    """A machine whose commands do not live long."""

    user: Machine
    emulator: Emulator

    def state(self) -> tuple[StoredLogin | None, StoredLogin | None]:
        """Return what the next process would find."""
        store = self.user.account(**SETTINGS).store
        return store.load("default"), store.load("work")

    def kill(self, words: tuple[str, ...], key: str) -> None:
        """Run a command for a random time."""
        with subprocess.Popen(
            [COMMAND, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=process_environment({**self.user.environment, **SETTINGS}),
        ) as process:
            assert process.stdin is not None
            process.stdin.write(key.encode())
            process.stdin.close()
            try:
                process.wait(timeout=random.uniform(0.0, LONGEST_LIFE))
            except subprocess.TimeoutExpired:
                process.kill()

    def is_newer(self, old: StoredLogin | None, new: StoredLogin | None) -> bool:
        """Tell whether one login came of the other by a refresh."""
        if old is None or new is None:
            return False
        before, after = old.credential, new.credential
        if not (isinstance(before, Subscription) and isinstance(after, Subscription)):
            return False
        if before == after:  # with a mark, perhaps
            return new.refusal is None
        assert before.refresh_token is not None
        assert after.refresh_token is not None
        spent = self.emulator.issuer_state.refresh_tokens_spent
        tokens = (before.refresh_token.reveal(), after.refresh_token.reveal())
        return [token in spent for token in tokens] == [True, False]

    def go_on(self) -> None:
        """Use the login as the next process would; sign in again where its answer was lost."""
        try:
            self.user.account(**SETTINGS).credentials.credential_for(None)
        except RefreshRefused as refused:
            if not refused.message.endswith("and its answer was lost."):
                raise
            self.user.sign_in(**SETTINGS)


def torture(folder: Path, kills: int, commands: list[tuple[str, ...]]) -> None:
    with machine(folder, access_token_lifetime=-60) as (user, emulator):
        rig = Rig(user, emulator)
        user.sign_in()  # with a key file, which is quicker than a passphrase
        for number in range(kills):
            words = commands[number % len(commands)]
            key = f"sk-canary-{number}"
            default, work = rig.state()
            rig.kill(words, key)
            default_now, work_now = rig.state()
            new_work = {
                "login": StoredLogin(credential=ApiKey(Secret(key), "codexctl login --api-key")),
                "logout": None,
            }.get(words[0], work)
            assert work_now in (work, new_work)
            assert default_now == default or words == ("token",)
            assert rig.is_newer(default, default_now)
            rig.go_on()
        assert max(emulator.issuer_state.refresh_tokens_spent.values()) <= 2
        user.account(**SETTINGS).rekey("file")
        left_over = [path for path in user.home.iterdir() if path.name.startswith(".")]
        assert left_over == []


def test_commands_that_are_killed_leave_old_or_new(tmp_path: Path) -> None:
    torture(tmp_path, 2 * len(COMMANDS), COMMANDS)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_commands_that_are_killed_often_leave_old_or_new(tmp_path: Path) -> None:
    torture(tmp_path, 200, WITH_PASSPHRASES)
