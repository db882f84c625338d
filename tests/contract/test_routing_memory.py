"""The contract of ``codexctl.domain.ports.RoutingMemory``, for the file and for the fake."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codexctl.adapters.caches.routing_memory import FileRoutingMemory
from codexctl.domain.ports import RoutingMemory
from codexctl.domain.routing import KnownRouting
from codexctl.testing.fakes.routing import FakeRoutingMemory

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
US = KnownRouting(override="us", asked_at=NOW)
NONE = KnownRouting(override=None, asked_at=NOW + timedelta(hours=1))

Reopen: TypeAlias = Callable[[], RoutingMemory]
"""Returns the memory as another process would see it; the fake is one for all."""


@pytest.fixture(params=["file", "fake"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Reopen:
    if request.param == "file":
        return lambda: FileRoutingMemory(tmp_path / "home")
    fake = FakeRoutingMemory()
    return lambda: fake


def test_nothing_is_known_at_first(reopen: Reopen) -> None:
    assert reopen().recall("account-1") is None


@pytest.mark.parametrize(
    "known",
    [
        US,
        NONE,
        KnownRouting(override="us", asked_at=NOW, failed=True),
        KnownRouting(override=None, asked_at=NOW.replace(microsecond=1)),
        KnownRouting(override="us_cr", asked_at=NOW.astimezone(timezone(timedelta(hours=-7)))),
    ],
    ids=["an override", "none", "a failure", "a fraction of a second", "another time zone"],
)
def test_what_was_kept_is_recalled(reopen: Reopen, known: KnownRouting) -> None:
    reopen().keep("account-1", known)
    assert reopen().recall("account-1") == known


def test_the_last_that_was_kept_counts(reopen: Reopen) -> None:
    reopen().keep("account-1", NONE)
    reopen().keep("account-1", US)
    assert reopen().recall("account-1") == US


def test_accounts_do_not_touch_each_other(reopen: Reopen) -> None:
    reopen().keep("account-1", US)
    reopen().keep("", NONE)
    memory = reopen()
    assert [memory.recall(name) for name in ("account-1", "", "account-2")] == [US, NONE, None]


@pytest.mark.parametrize("account_id", ["ünï", "\ud800", "a\x00b", "../../up", "a" * 10_000])
def test_any_account_id_will_do(reopen: Reopen, account_id: str) -> None:
    reopen().keep(account_id, US)
    assert reopen().recall(account_id) == US


# The file alone


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def _file(home: Path) -> Path:
    return home / "cache" / "routing.json"


def test_the_file_and_its_folders_are_for_their_owner_alone(home: Path) -> None:
    FileRoutingMemory(home).keep("account-1", US)
    modes = [path.stat().st_mode & 0o777 for path in (home, home / "cache", _file(home))]
    assert modes == [0o700, 0o700, 0o600]
    assert [path.name for path in (home / "cache").iterdir()] == ["routing.json"]


def test_nothing_is_made_for_a_look(home: Path) -> None:
    FileRoutingMemory(home).recall("account-1")
    assert not home.exists()


def test_account_ids_do_not_stand_in_the_file(home: Path) -> None:
    FileRoutingMemory(home).keep("account-1", US)
    assert b"account-1" not in _file(home).read_bytes()


def test_the_oldest_accounts_make_room(home: Path) -> None:
    memory = FileRoutingMemory(home)
    for hour in range(40):
        known = KnownRouting(override=None, asked_at=NOW + timedelta(hours=hour))
        memory.keep(f"account-{hour}", known)
    recalled = [hour for hour in range(40) if memory.recall(f"account-{hour}") is not None]
    assert recalled == list(range(8, 40))


_ENTRY = '{"override": "us", "asked_at": "2026-06-01T12:00:00+00:00", "failed": false}'
_DAMAGES = {
    "empty": b"",
    "no JSON": b'{"version": 1, "routi',
    "no UTF-8": b"\xff\xfe\x00",
    "deep": b"[" * 60_000,
    "too big": b'{"version": 1}' + b" " * 65_536,
    "a list": b"[]",
    "another version": b'{"version": 2, "routings": {"KEY": ENTRY}}',
    "no version": b'{"routings": {"KEY": ENTRY}}',
    "no routings": b'{"version": 1}',
    "routings of another shape": b'{"version": 1, "routings": ["KEY"]}',
    "an entry of another shape": b'{"version": 1, "routings": {"KEY": "us"}}',
    "a number for an override": (
        b'{"version": 1, "routings": {"KEY": {"override": 1,'
        b' "asked_at": "2026-06-01T12:00:00+00:00", "failed": false}}}'
    ),
    "an override that no header can hold": (
        b'{"version": 1, "routings": {"KEY": {"override": "us\\r\\nx: y",'
        b' "asked_at": "2026-06-01T12:00:00+00:00", "failed": false}}}'
    ),
    "no moment": b'{"version": 1, "routings": {"KEY": {"override": "us"}}}',
    "a moment that is none": (
        b'{"version": 1, "routings": {"KEY": {"override": "us", "asked_at": "soon"}}}'
    ),
    "a moment without a time zone": (
        b'{"version": 1, "routings": {"KEY": {"override": "us",'
        b' "asked_at": "2026-06-01T12:00:00"}}}'
    ),
}


def _written(home: Path, damage: bytes) -> None:
    """Write a file that says something of account-1, but for what is wrong with it."""
    FileRoutingMemory(home).keep("account-1", US)
    key = _file(home).read_bytes().partition(b'"routings": {"')[2].partition(b'"')[0]
    damaged = damage.replace(b"KEY", key).replace(b"ENTRY", _ENTRY.encode())
    _file(home).write_bytes(damaged)


def test_the_file_that_the_damages_start_from_is_known(home: Path) -> None:
    _written(home, b'{"version": 1, "routings": {"KEY": ENTRY}}')
    assert FileRoutingMemory(home).recall("account-1") == US


@pytest.mark.parametrize("damage", _DAMAGES.values(), ids=list(_DAMAGES))
def test_a_damaged_file_says_nothing_and_is_replaced(home: Path, damage: bytes) -> None:
    _written(home, damage)
    memory = FileRoutingMemory(home)
    assert memory.recall("account-1") is None
    memory.keep("account-1", NONE)
    assert memory.recall("account-1") == NONE


@given(content=st.binary(max_size=200))
def test_no_content_is_an_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    home = tmp_path_factory.getbasetemp() / "any-content"
    _file(home).parent.mkdir(parents=True, exist_ok=True)
    _file(home).write_bytes(content)
    assert FileRoutingMemory(home).recall("account-1") is None


@pytest.mark.parametrize("stands", ["a folder", "a link to nowhere", "a link to a file"])
def test_what_is_no_file_says_nothing(home: Path, stands: str) -> None:
    FileRoutingMemory(home).keep("account-1", US)
    path = _file(home)
    path.rename(home / "elsewhere")
    if stands == "a folder":
        path.mkdir()
    else:
        path.symlink_to(home / ("nowhere" if stands == "a link to nowhere" else "elsewhere"))
    assert FileRoutingMemory(home).recall("account-1") is None


def test_a_place_that_cannot_be_made_keeps_nothing(home: Path) -> None:
    home.write_text("a file where the folder should be")
    memory = FileRoutingMemory(home)
    memory.keep("account-1", US)
    assert memory.recall("account-1") is None
    assert home.read_text() == "a file where the folder should be"


def test_a_path_that_no_system_has_keeps_nothing() -> None:
    memory = FileRoutingMemory(Path("/tmp/no\x00where"))
    memory.keep("account-1", US)
    assert memory.recall("account-1") is None
