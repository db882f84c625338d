"""The inside of the credential file: what newer versions added is kept, what is odd is refused."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from tests.fakes.stores import PAYING, SUBSCRIBED, quick_store

from codexctl.adapters.token_store.complaints import UnusableContent
from codexctl.adapters.token_store.login_codec import decode_login, encode_login
from codexctl.adapters.token_store.sealed_file import SealedFile
from codexctl.adapters.token_store.vault import Vault
from codexctl.domain.errors import StoreUnreadable


def test_what_a_newer_version_added_is_kept() -> None:
    entry = encode_login(PAYING) | {"label": "blue"}
    document = {"profiles": {"work": entry, "new": {"credential": {"kind": "badge"}}}, "more": 1}
    vault = Vault(document).with_login("work", SUBSCRIBED).with_login("default", PAYING)
    written = json.loads(vault.serialise())
    assert written["more"] == 1
    assert written["profiles"]["new"] == {"credential": {"kind": "badge"}}
    assert written["profiles"]["work"] == {"label": "blue", **encode_login(SUBSCRIBED)}


def test_unknown_fields_of_a_credential_are_passed_over() -> None:
    entry = encode_login(SUBSCRIBED)
    entry["credential"]["colour"] = "blue"
    assert decode_login(entry) == SUBSCRIBED


def test_a_login_of_a_newer_kind_spoils_no_other(tmp_path: Path) -> None:
    store = quick_store(tmp_path)
    store.save("work", PAYING)
    file = SealedFile(tmp_path / "credentials.enc")
    envelope = file.read()
    assert envelope is not None
    key = store.sources.file.key_for(envelope.header.key_wanted)
    document = dict(file.open(envelope, key).document)
    document["profiles"]["new"] = {"credential": {"kind": "canary badge"}}
    file.write(envelope.header, key, Vault(document))
    assert (store.load("work"), store.profiles()) == (PAYING, ("new", "work"))
    with pytest.raises(StoreUnreadable, match="a shape that this version does not know") as caught:
        store.load("new")
    assert caught.value.remedy.startswith("Upgrade codexctl")


@pytest.mark.parametrize(
    "plaintext",
    [b"", b"{", b"[]", b"{}", b'{"profiles": []}', b"\xff", b"[" * 100_000, b"9" * 5_000],
)
def test_an_inside_that_is_not_ours_is_refused(plaintext: bytes) -> None:
    with pytest.raises(UnusableContent):
        Vault.parse(plaintext)


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        {},
        {"credential": {"kind": "api_key", "key": 7, "origin": ""}},
        encode_login(PAYING) | {"refusal": 7},
        encode_login(PAYING) | {"refresh_sent_at": "yesterday"},
        encode_login(PAYING) | {"refresh_sent_at": "2026-01-02T03:04:05"},
    ],
)
def test_an_entry_that_is_not_a_login_is_refused(entry: object) -> None:
    with pytest.raises(UnusableContent):
        decode_login(entry)


def test_a_time_without_a_zone_is_not_stored() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        encode_login(replace(PAYING, refresh_sent_at=datetime(2026, 1, 2)))  # noqa: DTZ001


def test_a_vault_does_not_show_itself() -> None:
    assert repr(Vault().with_login("canary", SUBSCRIBED)) == "Vault()"
