"""Many processes at one store, what a process loads for it, and what its errors show."""

import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from keyring.errors import PasswordSetError
from tests.command import process_environment
from tests.fakes.keyring_backend import FakeKeyring
from tests.fakes.stores import PAYING, SUBSCRIBED, files_that_show, quick_store

from codexctl.adapters.token_store.encrypted_file import EncryptedFileStore
from codexctl.adapters.token_store.keys import KeySourceName
from codexctl.domain.credentials import Secret
from codexctl.domain.errors import CodexctlError

ROOT = Path(__file__).resolve().parents[2]
_PROFILE = "canary"

_SAVE = """
import sys
from pathlib import Path
from tests.fakes.stores import PAYING, quick_store
store = quick_store(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.read()
for number in range(5):
    store.save(f"{sys.argv[2]} {number}", PAYING)
"""


@pytest.mark.parametrize("count", [8, pytest.param(20, marks=pytest.mark.slow)])
def test_processes_that_save_at_once_lose_nothing(tmp_path: Path, count: int) -> None:
    home = tmp_path / "home"
    names = [f"canary {number:02}" for number in range(count)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _SAVE, home, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=process_environment(),
            cwd=ROOT,
        )
        for name in names
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
    for process in processes:
        assert process.wait() == 0
        assert process.stdout is not None
        process.stdout.close()
    assert quick_store(home).profiles() == tuple(f"{name} {n}" for name in names for n in range(5))
    assert len((home / "credentials.key").read_bytes().splitlines()) == 1
    assert files_that_show(home) == []


def _damage(home: Path) -> None:
    file = home / "credentials.enc"
    content = file.read_bytes()
    file.write_bytes(content[:-9] + b"AAAAAAAA\n")


def _lose_key(home: Path) -> None:
    (home / "credentials.key").write_bytes(b"canary")


def _complaints(store: EncryptedFileStore) -> list[str]:
    shown: list[str] = []
    for attempt in (store.profiles, lambda: store.save(_PROFILE, PAYING)):
        try:
            attempt()
        except CodexctlError as error:
            shown += [*traceback.format_exception(error), repr(error), error.remedy]
    return shown


@pytest.mark.parametrize("spoil", [_damage, _lose_key])
@pytest.mark.parametrize("source", KeySourceName)
def test_no_error_shows_a_secret(
    tmp_path: Path, spoil: Callable[[Path], None], source: KeySourceName
) -> None:
    keyring = FakeKeyring()
    store = quick_store(tmp_path, source, keyring=keyring)
    store.save(_PROFILE, SUBSCRIBED)
    entries = [value.encode() for value in keyring.entries().values()]
    key_file = tmp_path / "credentials.key"
    keys = [key_file.read_bytes().split()[1]] if key_file.exists() else entries
    spoil(tmp_path)
    stores = [
        quick_store(tmp_path, source, keyring=keyring),
        quick_store(tmp_path, None, keyring=keyring, passphrase=Secret("canary wrong")),
    ]
    keyring.failure = PasswordSetError(f"canary {keyring.entries()}")
    stores.append(quick_store(tmp_path, None, keyring=keyring))
    shown = [text for one in stores for text in (repr(one), *_complaints(one))]
    for secret in ("canary", *(key.decode() for key in keys)):
        assert [text for text in shown if secret in text] == []


_LOADED = """
import sys
from pathlib import Path
from codexctl.adapters.token_store.encrypted_file import EncryptedFileStore
from codexctl.adapters.token_store.key_choice import sources_of_home
from codexctl.adapters.token_store.locking import FileProfileLock
home = Path(sys.argv[1])
FileProfileLock(home)
store = EncryptedFileStore(home, sources_of_home(home))
assert store.load("default") is None or sys.argv[2] == "full"
print(*sorted({"cryptography", "filelock", "keyring", "subprocess", "asyncio"} & set(sys.modules)))
"""


@pytest.mark.parametrize(("state", "loaded"), [("empty", ""), ("full", "cryptography")])
def test_a_store_loads_only_the_libraries_that_it_needs(
    tmp_path: Path, state: str, loaded: str
) -> None:
    if state == "full":
        quick_store(tmp_path).save("default", PAYING)
    finished = subprocess.run(
        [sys.executable, "-c", _LOADED, tmp_path, state],
        capture_output=True,
        text=True,
        env=process_environment(),
    )
    assert (finished.stdout, finished.stderr) == (loaded + "\n", "")
