"""The key made of a passphrase: who is asked, how often, and what is refused."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.fakes.keyring_backend import FakeKeyring
from tests.fakes.stores import PAYING, QUICK, SUBSCRIBED, quick_store

from codexctl.adapters.token_store.encrypted_file import EncryptedFileStore
from codexctl.adapters.token_store.key_choice import KeySources
from codexctl.adapters.token_store.key_file import FileKeys
from codexctl.adapters.token_store.keyring_keys import KeyringKeys
from codexctl.adapters.token_store.keys import KeySourceName
from codexctl.adapters.token_store.passphrase import PassphraseKeys, ScryptCost
from codexctl.domain.credentials import Secret
from codexctl.domain.errors import StoreSealed

PASSPHRASE = KeySourceName.PASSPHRASE


@dataclass
class Person:
    """Types what a script says, and counts how often it was asked."""

    answers: list[str]
    asked_for_new: list[bool] = field(default_factory=list[bool])

    def __call__(self, *, is_new: bool) -> Secret:
        self.asked_for_new.append(is_new)
        return Secret(self.answers.pop(0))


def _store_of(home: Path, person: Person) -> EncryptedFileStore:
    sources = KeySources(
        keyring=KeyringKeys(home, FakeKeyring()),
        passphrase=PassphraseKeys(ask=person, cost=QUICK),
        file=FileKeys(home / "credentials.key"),
        wanted=None if (home / "credentials.enc").exists() else PASSPHRASE,
    )
    return EncryptedFileStore(home, sources)


def test_a_wrong_passphrase_is_told_from_damage(tmp_path: Path) -> None:
    quick_store(tmp_path, PASSPHRASE).save("default", PAYING)
    store = quick_store(tmp_path, PASSPHRASE, passphrase=Secret("canary wrong"))
    with pytest.raises(StoreSealed, match="passphrase is not the one") as caught:
        store.load("default")
    assert caught.value.remedy == "Correct CODEXCTL_PASSPHRASE."


def test_no_passphrase_and_nobody_to_ask_names_the_variable(tmp_path: Path) -> None:
    quick_store(tmp_path, PASSPHRASE).save("default", PAYING)
    with pytest.raises(StoreSealed, match="nobody to ask") as caught:
        quick_store(tmp_path, None, passphrase=None).load("default")
    assert caught.value.remedy == "Set CODEXCTL_PASSPHRASE."


def test_an_empty_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreSealed, match="is empty"):
        quick_store(tmp_path, PASSPHRASE, passphrase=Secret("")).save("default", PAYING)
    assert not (tmp_path / "credentials.enc").exists()


def test_a_person_is_asked_once_a_process(tmp_path: Path) -> None:
    first, second = Person(["open sesame"]), Person(["open sesame"])
    store = _store_of(tmp_path, first)
    store.save("default", PAYING)
    store.save("work", PAYING)
    again = _store_of(tmp_path, second)
    again.load("default")
    again.save("default", SUBSCRIBED)
    again.profiles()
    assert (first.asked_for_new, second.asked_for_new) == ([True], [False])


def test_a_mistyped_passphrase_is_not_remembered(tmp_path: Path) -> None:
    _store_of(tmp_path, Person(["open sesame"])).save("default", PAYING)
    person = Person(["open says me", "open sesame"])
    store = _store_of(tmp_path, person)
    with pytest.raises(StoreSealed):
        store.load("default")
    assert store.load("default") == PAYING


def test_a_passphrase_is_changed_by_a_person_who_knows_the_old_one(tmp_path: Path) -> None:
    _store_of(tmp_path, Person(["old"])).save("default", PAYING)
    person = Person(["old", "new"])
    _store_of(tmp_path, person).rekey(PASSPHRASE)
    assert person.asked_for_new == [False, True]
    assert _store_of(tmp_path, Person(["new"])).load("default") == PAYING
    with pytest.raises(StoreSealed):
        _store_of(tmp_path, Person(["old"])).load("default")


def test_accents_composed_in_another_way_are_the_same_passphrase(tmp_path: Path) -> None:
    _store_of(tmp_path, Person(["caf\u00e9"])).save("default", PAYING)
    assert _store_of(tmp_path, Person(["cafe\u0301"])).load("default") == PAYING


def test_a_new_passphrase_key_costs_what_owasp_recommends() -> None:
    cost = PassphraseKeys().cost
    assert cost == ScryptCost(n=131_072, r=8, p=1)
