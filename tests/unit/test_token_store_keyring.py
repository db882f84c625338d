"""The key in the system's keyring: what it holds, and keyrings that do not work."""

import base64
import subprocess
import sys
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.backends.null import Keyring as NullKeyring
from keyring.errors import KeyringLocked
from tests.command import process_environment
from tests.fakes.keyring_backend import FakeKeyring
from tests.fakes.stores import PAYING, SUBSCRIBED, quick_store

from codexctl.adapters.token_store.key_choice import sources_of_home
from codexctl.adapters.token_store.keyring_keys import KeyringKeys
from codexctl.adapters.token_store.keys import KeySourceName, KeyWanted
from codexctl.domain.errors import StoreSealed

KEYRING, FILE = KeySourceName.KEYRING, KeySourceName.FILE


class PlainTextKeyring(FakeKeyring):
    priority = 0.5  # pyright: ignore[reportAssignmentType]


def test_the_keyring_holds_a_key_and_nothing_else(tmp_path: Path) -> None:
    keyring = FakeKeyring()
    quick_store(tmp_path, KEYRING, keyring=keyring).save("canary", SUBSCRIBED)
    ((name, entry),) = keyring.entries().items()
    assert (name, len(base64.b64decode(entry))) == (f"codexctl/{KeyringKeys(tmp_path).user}", 32)
    assert str(tmp_path) not in name


def test_two_homes_have_two_entries_and_two_names_of_one_home_have_one(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "link").symlink_to("home")
    users = [KeyringKeys(tmp_path / name).user for name in ("home", "link", "other")]
    assert (users[0] == users[1], users[0] == users[2]) == (True, False)


@pytest.mark.parametrize("backend", [NoKeyring(), NullKeyring()])
def test_a_keyring_that_is_asked_for_and_does_not_work_is_never_replaced_by_another_source(
    tmp_path: Path, backend: KeyringBackend
) -> None:
    store = quick_store(tmp_path, KEYRING, keyring=backend)
    with pytest.raises(StoreSealed, match=r"The keyring \(keyring\.backends\."):
        store.save("default", PAYING)
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lock"] == []


def test_a_keyring_that_is_not_recommended_is_used_when_it_is_asked_for(tmp_path: Path) -> None:
    store = quick_store(tmp_path, KEYRING, keyring=PlainTextKeyring())
    store.save("default", PAYING)
    assert store.load("default") == PAYING


def test_a_lost_entry_and_a_strange_entry_are_told_apart(tmp_path: Path) -> None:
    keyring = FakeKeyring()
    quick_store(tmp_path, KEYRING, keyring=keyring).save("default", PAYING)
    user = KeyringKeys(tmp_path).user
    keyring.delete_password("codexctl", user)
    with pytest.raises(StoreSealed, match="holds no key for this home"):
        quick_store(tmp_path, KEYRING, keyring=keyring).load("default")
    keyring.add("codexctl", user, "canary")
    with pytest.raises(StoreSealed, match="is not a key"):
        quick_store(tmp_path, KEYRING, keyring=keyring).load("default")


def test_the_library_finds_a_keyring_by_itself(tmp_path: Path) -> None:
    sources = sources_of_home(tmp_path, wanted=FILE)
    assert sources.keyring.obstacle() is None or isinstance(sources.keyring.obstacle(), str)
    with pytest.raises(StoreSealed):
        sources.keyring.key_for(KeyWanted(id="0" * 32))


_WITHOUT_EXTRA = """
import sys
sys.modules["keyring"] = None  # what an import of a missing library comes to
import subprocess
import sys
from pathlib import Path
from codexctl.adapters.token_store.key_choice import sources_of_home
from codexctl.domain.errors import StoreSealed
sources = sources_of_home(Path(sys.argv[1]))
print(sources.for_new_file().reason)
try:
    sources.keyring.prepare()
except StoreSealed as error:
    print(error.message, error.remedy)
"""


def test_a_missing_extra_is_named_with_how_to_install_it(tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", _WITHOUT_EXTRA, tmp_path],
        capture_output=True,
        text=True,
        env=process_environment(),
    )
    assert finished.stdout == (
        "It is the best one here (not keyring: the keyring extra is not installed;"
        " not passphrase: CODEXCTL_PASSPHRASE is not set).\n"
        "The keyring extra is not installed."
        " Install it with: pip install 'codexctl-cli[keyring]'\n"
    )


def test_an_entry_that_cannot_be_removed_is_not_taken_for_removed(tmp_path: Path) -> None:
    keyring = FakeKeyring()
    quick_store(tmp_path, KEYRING, keyring=keyring).save("default", PAYING)
    keyring.failure = KeyringLocked("canary")
    with pytest.raises(StoreSealed, match="does not answer: KeyringLocked"):
        KeyringKeys(tmp_path, keyring).keep_only(None)
    assert len(keyring.entries()) == 1
