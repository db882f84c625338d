"""The contract of the ports ``SessionStore`` and ``SessionLog``, for files and for the fake."""

import os
from abc import ABC, abstractmethod
from contextlib import closing
from pathlib import Path

import pytest
from tests.fakes.session_values import (
    ANSWERED,
    ASKED,
    ONE_OF_EACH,
    STEP,
    a_header,
    an_id,
    log_files,
)

from codexctl.adapters.sessions.store import FileSessionStore
from codexctl.domain.conversation import UserMessage
from codexctl.domain.errors import SessionBusy, SessionUnreadable, UsageError
from codexctl.domain.ports import SessionStore
from codexctl.domain.session import ItemAdded, SessionHeader, SessionRecord
from codexctl.testing.fakes.clock import FakeClock
from codexctl.testing.fakes.session_store import FakeSessionStore


class Rig(ABC):
    """A store, and what can happen to what it keeps."""

    @abstractmethod
    def store(self) -> SessionStore:
        """Return the store as another process would see it; the fake is one for all."""

    @abstractmethod
    def let_time_pass(self) -> None:
        """Make everything that was kept so far older than what comes."""

    @abstractmethod
    def damage(self, number: int) -> None:
        """Make a session unreadable."""

    def keep(self, header: SessionHeader, *records: SessionRecord) -> None:
        """Keep a whole session, later than the one before."""
        self.let_time_pass()
        with closing(self.store().create(header)) as log:
            log.append(*(records or (ASKED,)))


class _Files(Rig):
    def __init__(self, home: Path) -> None:
        self._home = home

    def store(self) -> SessionStore:
        return FileSessionStore(self._home, FakeClock())

    def let_time_pass(self) -> None:
        for path in log_files(self._home):
            state = path.stat()
            os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns - 10**9))

    def damage(self, number: int) -> None:
        (path,) = (self._home / "sessions").glob(f"*_{an_id(number)}.jsonl")
        path.write_bytes(b"x" + path.read_bytes())


class _Fake(Rig):
    def __init__(self) -> None:
        self._store = FakeSessionStore()

    def store(self) -> SessionStore:
        return self._store

    def let_time_pass(self) -> None:
        """Do nothing: the fake counts."""

    def damage(self, number: int) -> None:
        self._store.damage(an_id(number))


@pytest.fixture(params=["files", "fake"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    return _Files(tmp_path / "home") if request.param == "files" else _Fake()


def _listed(rig: Rig) -> list[str]:
    return [summary.session_id for summary in rig.store().listed()]


def _expect_none(rig: Rig, reference: str) -> None:
    store = rig.store()
    for attempt in (store.open, store.read, store.remove):
        with pytest.raises(UsageError):
            attempt(reference)


# Beginning and adding


def test_there_is_nothing_at_first(rig: Rig) -> None:
    assert _listed(rig) == []
    _expect_none(rig, an_id(1))


def test_nothing_is_kept_before_the_first_record(rig: Rig) -> None:
    log = rig.store().create(a_header())
    log.append(is_durable=True)
    assert _listed(rig) == []
    log.close()
    assert _listed(rig) == []


@pytest.mark.parametrize("is_durable", [False, True])
def test_everything_that_was_added_comes_back_as_it_was(rig: Rig, *, is_durable: bool) -> None:
    header = a_header(name="ünï 🙂", folder="/wörk\udcff", forked_from=2)
    with closing(rig.store().create(header)) as log:
        log.append(*ONE_OF_EACH[:3], is_durable=is_durable)
        log.append(is_durable=is_durable)
        for record in ONE_OF_EACH[3:]:
            log.append(record, is_durable=is_durable)
    session = rig.store().read(header.session_id)
    assert (session.header, session.records) == (header, ONE_OF_EACH)


def test_each_record_is_there_as_soon_as_it_was_added(rig: Rig) -> None:
    with closing(rig.store().create(a_header())) as log:
        log.append(ASKED)
        assert rig.store().read(an_id(1)).records == (ASKED,)
        log.append(ANSWERED, STEP)
        assert rig.store().read(an_id(1)).records == (ASKED, ANSWERED, STEP)


def test_a_session_that_is_taken_up_goes_on_where_it_was(rig: Rig) -> None:
    rig.keep(a_header(), ASKED)
    session, log = rig.store().open(an_id(1))
    with closing(log):
        log.append(ANSWERED)
    assert session.records == (ASKED,)
    assert rig.store().read(an_id(1)).records == (ASKED, ANSWERED)


def test_a_log_can_be_closed_twice(rig: Rig) -> None:
    log = rig.store().create(a_header())
    log.append(ASKED)
    log.close()
    log.close()
    assert rig.store().read(an_id(1)).records == (ASKED,)


# One at a time


def test_a_session_is_open_once(rig: Rig) -> None:
    with closing(rig.store().create(a_header())) as log:
        log.append(ASKED)
        with pytest.raises(SessionBusy):
            rig.store().open(an_id(1))
    _, log = rig.store().open(an_id(1))
    with closing(log), pytest.raises(SessionBusy):
        rig.store().open(an_id(1))
    rig.store().open(an_id(1))[1].close()


def test_a_refused_opening_lets_go_of_nothing(rig: Rig) -> None:
    with closing(rig.store().create(a_header())) as log:
        log.append(ASKED)
        for _ in range(2):
            with pytest.raises(SessionBusy):
                rig.store().open(an_id(1))
        log.append(ANSWERED)
    assert rig.store().read(an_id(1)).records == (ASKED, ANSWERED)


def test_a_session_that_is_open_can_be_read_and_listed_but_not_removed(rig: Rig) -> None:
    with closing(rig.store().create(a_header())) as log:
        log.append(ASKED)
        assert rig.store().read(an_id(1)).records == (ASKED,)
        assert _listed(rig) == [an_id(1)]
        with pytest.raises(SessionBusy):
            rig.store().remove(an_id(1))
        log.append(ANSWERED)
    assert rig.store().read(an_id(1)).records == (ASKED, ANSWERED)


def test_of_two_who_begin_a_name_at_the_same_time_the_second_is_refused(rig: Rig) -> None:
    one, two = (rig.store().create(a_header(number, name="work")) for number in (1, 2))
    one.append(ASKED)
    with pytest.raises(SessionBusy):
        two.append(ASKED)
    two.close()
    one.append(ANSWERED)
    one.close()
    assert _listed(rig) == [an_id(1)]


# Finding


@pytest.mark.parametrize(
    ("reference", "number"),
    [
        (an_id(1234), 1234),
        ("1234", 1234),
        ("1234000", 1234),
        ("12350000-0000-4000", 1235),
        ("work", 7),
        ("x", 8),
        ("1299", 9),
    ],
)
def test_a_session_is_found_by_id_name_or_beginning(rig: Rig, reference: str, number: int) -> None:
    for header in (
        a_header(1234),
        a_header(1235),
        a_header(1299),
        a_header(7, name="work"),
        a_header(8, name="x"),
        a_header(9, name="1299"),
    ):
        rig.keep(header)
    assert rig.store().read(reference).header.session_id == an_id(number)
    session, log = rig.store().open(reference)
    log.close()
    assert session.header.session_id == an_id(number)
    assert rig.store().remove(reference) == an_id(number)
    assert an_id(number) not in _listed(rig)


def test_capitals_in_an_id_do_not_matter(rig: Rig) -> None:
    session_id = "abcdef00-0000-4000-8000-00000000000f"
    rig.keep(
        SessionHeader(session_id=session_id, created_at=a_header().created_at, working_folder="/")
    )
    for reference in ("ABCDEF00-0000-4000-8000-00000000000F", "ABCD"):
        assert rig.store().read(reference).header.session_id == session_id


@pytest.mark.parametrize(
    "reference", ["", "123", "work", "Work ", "12341", "1234%", "../1234", "*"]
)
def test_what_fits_nothing_is_refused(rig: Rig, reference: str) -> None:
    rig.keep(a_header(1234, name="Work"))
    _expect_none(rig, reference)
    assert _listed(rig) == [an_id(1234)]


def test_a_beginning_of_several_is_refused(rig: Rig) -> None:
    session_ids = [f"abcd0000-0000-4000-8000-00000000000{number}" for number in range(2)]
    for session_id in session_ids:
        rig.keep(
            SessionHeader(
                session_id=session_id, created_at=a_header().created_at, working_folder="/"
            )
        )
    _expect_none(rig, "abcd")
    assert sorted(_listed(rig)) == session_ids


# Listing


def test_the_session_that_was_changed_last_comes_first(rig: Rig) -> None:
    for number in (1, 2, 3):
        rig.keep(a_header(number))
    assert _listed(rig) == [an_id(3), an_id(2), an_id(1)]
    rig.let_time_pass()
    _, log = rig.store().open(an_id(2))
    with closing(log):
        log.append(ANSWERED)
    assert _listed(rig) == [an_id(2), an_id(3), an_id(1)]


@pytest.mark.parametrize(
    "records",
    [
        (ASKED,),
        (ASKED, ANSWERED, STEP),
        ONE_OF_EACH,
        (ItemAdded(UserMessage("<environment>")), ItemAdded(UserMessage("Go  on,\nplease")), STEP),
        (STEP, ASKED),
    ],
    ids=["asked", "answered", "all", "surroundings", "nothing asked first"],
)
def test_a_list_shows_what_reading_would(rig: Rig, records: tuple[SessionRecord, ...]) -> None:
    rig.keep(a_header(name="work", forked_from=3), *records)
    session = rig.store().read("work")
    (summary,) = rig.store().listed()
    assert (summary.header, summary.changed_at) == (session.header, session.changed_at)
    assert (summary.model, summary.first_words) == (session.model, session.first_words)


def test_an_unreadable_session_is_listed_without_its_header(rig: Rig) -> None:
    for number in (1, 2):
        rig.keep(a_header(number))
    rig.damage(2)
    assert [(one.session_id, one.header is None) for one in rig.store().listed()] == [
        (an_id(2), True),
        (an_id(1), False),
    ]


def test_an_unreadable_session_is_refused_and_can_be_removed(rig: Rig) -> None:
    rig.keep(a_header())
    rig.damage(1)
    for _ in range(2):  # the refusal lets go of it
        with pytest.raises(SessionUnreadable):
            rig.store().open(an_id(1))
    with pytest.raises(SessionUnreadable):
        rig.store().read(an_id(1))
    assert rig.store().remove(an_id(1)) == an_id(1)
    assert _listed(rig) == []


# Removing


def test_what_was_removed_is_gone_and_the_others_stay(rig: Rig) -> None:
    for number in (1, 2):
        rig.keep(a_header(number, name=f"name {number}"))
    assert rig.store().remove(an_id(1)) == an_id(1)
    _expect_none(rig, an_id(1))
    _expect_none(rig, "name 1")
    assert rig.store().read("name 2").records == (ASKED,)


def test_the_name_of_a_removed_session_is_free_again(rig: Rig) -> None:
    rig.keep(a_header(1, name="work"))
    rig.store().remove("work")
    rig.keep(a_header(2, name="work"), ANSWERED)
    assert rig.store().read("work").records == (ANSWERED,)
