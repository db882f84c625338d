"""The real keyring of a Linux desktop: gnome-keyring on a bus of its own."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.command import process_environment
from tests.conftest import require_program
from tests.fakes.stores import files_that_show

ROOT = Path(__file__).resolve().parents[2]

_USE = """
import json, sys
import keyring
from pathlib import Path
from codexctl.adapters.token_store.encrypted_file import EncryptedFileStore
from codexctl.adapters.token_store.key_choice import sources_of_home
from codexctl.adapters.token_store.keyring_keys import SERVICE, KeyringKeys
from codexctl.adapters.token_store.keys import KeySourceName
from tests.fakes.stores import PAYING, SUBSCRIBED
home = Path(sys.argv[1])
def store():
    return EncryptedFileStore(home, sources_of_home(home))
chosen = store().key_choice().name
store().save("canary", SUBSCRIBED)
first = store().load("canary") == SUBSCRIBED
store().rekey(KeySourceName.KEYRING)
second = store().load("canary") == SUBSCRIBED
store().rekey(KeySourceName.FILE)
gone = keyring.get_password(SERVICE, KeyringKeys(home).user) is None
store().rekey(KeySourceName.KEYRING)
store().save("canary", PAYING)
third = store().load("canary") == PAYING
print(json.dumps([chosen, first, second, gone, third]))
"""
_UNLOCKED = """
printf canary-login | gnome-keyring-daemon --unlock --components=secrets >/dev/null
exec "$@"
"""


def _run(script: str, tmp_path: Path) -> "subprocess.CompletedProcess[str]":
    if importlib.util.find_spec("secretstorage") is None:
        pytest.skip("the Python package secretstorage is not installed")
    require_program("gnome-keyring-daemon")
    bus = require_program("dbus-run-session")
    program = [sys.executable, "-c", script, tmp_path / "home"]
    places = {name: str(tmp_path) for name in ("HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR")}
    return subprocess.run(
        [bus, "--", "sh", "-c", _UNLOCKED, "sh", *program],
        capture_output=True,
        text=True,
        env=process_environment(places),
        cwd=ROOT,
    )


@pytest.mark.slow
def test_the_key_is_kept_by_the_secret_service_of_a_desktop(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    finished = _run(_USE, tmp_path)
    assert finished.stdout != "", finished.stderr
    assert json.loads(finished.stdout) == ["keyring", True, True, True, True]
    names = {path.name for path in (tmp_path / "home").iterdir()} - {"credentials.lock"}
    assert names == {"credentials.enc"}
    assert files_that_show(tmp_path / "home") == []
