"""Where the key comes from: the choice of a source, and what each source does and refuses."""

import base64
from pathlib import Path

import pytest
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringLocked
from tests.fakes.keyring_backend import FakeKeyring
from tests.fakes.stores import PAYING, SUBSCRIBED, quick_sources, quick_store

from codexctl.adapters.token_store.encrypted_file import EncryptedFileStore
from codexctl.adapters.token_store.key_choice import KeyChoice
from codexctl.adapters.token_store.key_file import FileKeys
from codexctl.adapters.token_store.keys import KeySourceName, KeyWanted
from codexctl.domain.credentials import ApiKey, Secret, StoredLogin
from codexctl.domain.errors import FileNotWritten, NotSignedIn, StoreSealed

KEYRING, PASSPHRASE, FILE = KeySourceName.KEYRING, KeySourceName.PASSPHRASE, KeySourceName.FILE


class PlainTextKeyring(FakeKeyring):
    priority = 0.5  # pyright: ignore[reportAssignmentType]


def test_the_keyring_is_chosen_first(tmp_path: Path) -> None:
    choice = quick_sources(tmp_path).for_new_file()
    assert choice == KeyChoice(name=KEYRING, reason="It is the best.", is_stored=False)
    assert choice.weakness is None


def test_a_passphrase_of_the_settings_is_chosen_where_there_is_no_keyring(tmp_path: Path) -> None:
    choice = quick_sources(tmp_path, keyring=NoKeyring()).for_new_file()
    assert (choice.name, choice.weakness is None) == (PASSPHRASE, False)
    assert choice.reason == (
        "It is the best one here (not keyring: the only keyring here is"
        " keyring.backends.fail.Keyring, which is not a safe one)."
    )


def test_a_key_file_is_chosen_where_nothing_else_is_and_is_said_to_be_weaker(
    tmp_path: Path,
) -> None:
    keyring = FakeKeyring()
    keyring.failure = KeyringLocked("no")
    choice = quick_sources(tmp_path, keyring=keyring, passphrase=None).for_new_file()
    assert choice.name is FILE
    assert choice.reason == (
        "It is the best one here (not keyring: the keyring"
        " (tests.fakes.keyring_backend.FakeKeyring) does not answer: KeyringLocked;"
        " not passphrase: CODEXCTL_PASSPHRASE is not set)."
    )
    assert choice.weakness is not None
    assert "not against whoever can read the whole folder" in choice.weakness


def test_a_keyring_that_is_not_recommended_is_not_chosen_unasked(tmp_path: Path) -> None:
    sources = quick_sources(tmp_path, keyring=PlainTextKeyring(), passphrase=None)
    assert sources.for_new_file().name is FILE


def test_the_settings_choose_for_a_new_file(tmp_path: Path) -> None:
    choice = quick_sources(tmp_path, FILE).for_new_file()
    assert (choice.name, choice.reason) == (FILE, "CODEXCTL_KEY_SOURCE asks for it.")


def test_an_existing_file_decides(tmp_path: Path) -> None:
    quick_store(tmp_path, FILE).save("default", PAYING)
    store = quick_store(tmp_path, None)
    assert store.load("default") == PAYING
    assert store.key_choice() == KeyChoice(
        name=FILE, reason="The credential file names it.", is_stored=True
    )


def test_settings_that_differ_from_the_file_are_an_error_that_names_rekey(tmp_path: Path) -> None:
    quick_store(tmp_path, FILE).save("default", PAYING)
    with pytest.raises(StoreSealed, match="comes from the file source") as caught:
        quick_store(tmp_path, PASSPHRASE).load("default")
    assert "codexctl rekey --to passphrase" in caught.value.remedy


@pytest.mark.parametrize("start", KeySourceName)
@pytest.mark.parametrize("to", KeySourceName)
def test_a_file_goes_from_each_source_to_each(
    tmp_path: Path, start: KeySourceName, to: KeySourceName
) -> None:
    keyring = FakeKeyring()
    quick_store(tmp_path, start, keyring=keyring).save("default", SUBSCRIBED)
    before = (tmp_path / "credentials.enc").read_bytes().split(b"\n")[1]
    # Settings that name the new source must not stand in the way of going there.
    rekeyed = quick_store(tmp_path, to, keyring=keyring).rekey(to)
    assert (rekeyed.choice.name, rekeyed.leftover) == (to, None)
    store = quick_store(tmp_path, to, keyring=keyring)
    store.save("work", PAYING)
    assert (store.load("default"), store.load("work")) == (SUBSCRIBED, PAYING)
    assert (tmp_path / "credentials.enc").read_bytes().split(b"\n")[1] != before
    assert (tmp_path / "credentials.key").exists() == (to is FILE)
    assert len(keyring.entries()) == (to is KEYRING)


def test_an_open_store_follows_a_file_that_somebody_else_gave_another_key(tmp_path: Path) -> None:
    mine = quick_store(tmp_path, None)
    quick_store(tmp_path, FILE).save("default", PAYING)
    assert mine.load("default") == PAYING
    quick_store(tmp_path, None).rekey(PASSPHRASE)
    mine.save("work", SUBSCRIBED)
    assert mine.load("default") == PAYING
    assert mine.key_choice().name is PASSPHRASE


def test_there_is_nothing_to_rekey_where_nobody_signed_in(tmp_path: Path) -> None:
    with pytest.raises(NotSignedIn):
        quick_store(tmp_path).rekey(FILE)
    assert list(tmp_path.iterdir()) == []


def test_a_source_that_refuses_the_new_key_changes_nothing(tmp_path: Path) -> None:
    quick_store(tmp_path, FILE).save("default", PAYING)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    keyring = FakeKeyring()
    keyring.is_forgetful = True
    with pytest.raises(StoreSealed, match="did not keep the key"):
        quick_store(tmp_path, None, keyring=keyring).rekey(KEYRING)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_old_key_that_cannot_be_removed_is_told(tmp_path: Path) -> None:
    keyring = _StubbornKeyring()
    quick_store(tmp_path, KEYRING, keyring=keyring).save("default", PAYING)
    rekeyed = quick_store(tmp_path, None, keyring=keyring).rekey(FILE)
    assert rekeyed.leftover is not None
    assert "did not remove the key: PermissionError" in rekeyed.leftover
    assert quick_store(tmp_path, FILE).load("default") == PAYING


class _StubbornKeyring(FakeKeyring):
    def delete_password(self, service: str, username: str) -> None:
        raise PermissionError(base64.b64encode(b"a secret"))


def test_a_key_file_that_a_crash_left_is_used_by_the_first_save(tmp_path: Path) -> None:
    left = FileKeys(tmp_path / "credentials.key").provide()
    quick_store(tmp_path).save("default", PAYING)
    assert FileKeys(tmp_path / "credentials.key").provide() == left


def test_changes_of_the_key_that_were_cut_off_do_not_pile_up(tmp_path: Path) -> None:
    source = FileKeys(tmp_path / "credentials.key")
    in_use = source.provide()
    cut_off = [source.provide_beside(in_use.id) for _ in range(3)]
    assert source.key_for(KeyWanted(id=in_use.id)) == in_use
    assert source.key_for(KeyWanted(id=cut_off[-1].id)) == cut_off[-1]
    assert len((tmp_path / "credentials.key").read_bytes().splitlines()) == 2


def test_a_missing_key_file_is_named_and_never_replaced(tmp_path: Path) -> None:
    quick_store(tmp_path).save("default", PAYING)
    (tmp_path / "credentials.key").unlink()
    for attempt in (quick_store(tmp_path).profiles, lambda: _save(quick_store(tmp_path))):
        with pytest.raises(StoreSealed, match=r"The key file .*credentials\.key is missing\."):
            attempt()
    assert not (tmp_path / "credentials.key").exists()


def _save(store: EncryptedFileStore) -> None:
    store.save("default", SUBSCRIBED)


def test_the_key_file_of_another_store_is_told_from_damage(tmp_path: Path) -> None:
    quick_store(tmp_path).save("default", PAYING)
    (tmp_path / "credentials.key").write_text(
        "codexctl-key-1 " + base64.b64encode(bytes(32)).decode() + "\n"
    )
    with pytest.raises(StoreSealed, match="holds another key than"):
        quick_store(tmp_path).load("default")


def test_a_folder_in_the_place_of_the_key_file_is_said(tmp_path: Path) -> None:
    quick_store(tmp_path).save("default", PAYING)
    (tmp_path / "credentials.key").unlink()
    (tmp_path / "credentials.key").mkdir()
    with pytest.raises(StoreSealed, match="a folder stands in its place"):
        quick_store(tmp_path).load("default")
    with pytest.raises(FileNotWritten, match="a folder stands in its place"):
        FileKeys(tmp_path / "credentials.key").keep_only(None)


def test_a_login_that_makes_the_file_too_large_is_not_written(tmp_path: Path) -> None:
    quick_store(tmp_path).save("default", PAYING)
    huge = StoredLogin(credential=ApiKey(Secret("x" * 9_000_000), ""))
    with pytest.raises(FileNotWritten, match="larger than a credential file can be"):
        quick_store(tmp_path).save("work", huge)
    assert quick_store(tmp_path).profiles() == ("default",)
