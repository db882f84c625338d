"""Which conversation a run goes on with, or begins."""

from contextlib import closing
from dataclasses import dataclass, field

import pytest
from tests.fakes.session_values import ANSWERED, ASKED, STEP, a_header, an_id
from tests.fakes.values import a_call

from codexctl.application.open_session import (
    KeptWhilePossible,
    NoLog,
    OpenedSession,
    OpenSession,
    SessionChoice,
    SessionWish,
)
from codexctl.domain.conversation import Conversation, ToolOutput
from codexctl.domain.errors import FileNotWritten, SessionBusy, SessionUnreadable, UsageError
from codexctl.domain.session import (
    INTERRUPTED_OUTPUT,
    CallBegun,
    ItemAdded,
    SessionHeader,
    SessionRecord,
)
from codexctl.testing.fakes.clock import FakeClock
from codexctl.testing.fakes.entropy import FakeEntropy
from codexctl.testing.fakes.notifier import FakeNotifier
from codexctl.testing.fakes.session_store import FakeSessionStore

NEW_ID = "00000000-0000-4000-8000-000000000001"
INTERRUPTED = ItemAdded(ToolOutput(call_id="call_1", text=INTERRUPTED_OUTPUT))
BROKEN_OFF = (ASKED, ItemAdded(a_call("call_1")), STEP, CallBegun("call_1"))


@dataclass
class Rig:
    """The use case, and what it works with."""

    store: FakeSessionStore = field(default_factory=FakeSessionStore)
    clock: FakeClock = field(default_factory=FakeClock)
    notifier: FakeNotifier = field(default_factory=FakeNotifier)

    def open(
        self, wish: SessionWish, reference: str | None = None, folder: str = "/work"
    ) -> OpenedSession:
        """Open a conversation."""
        open_session = OpenSession(
            store=self.store, clock=self.clock, entropy=FakeEntropy(), notifier=self.notifier
        )
        return open_session(SessionChoice(wish=wish, reference=reference, working_folder=folder))

    def keep(self, header: SessionHeader, *records: SessionRecord) -> None:
        """Keep a session that somebody else has ended."""
        with closing(self.store.create(header)) as log:
            log.append(*(records or (ASKED, ANSWERED, STEP)))

    def ids(self) -> list[str]:
        """Return the ids of what is kept."""
        return [summary.session_id for summary in self.store.listed()]


@pytest.fixture
def rig() -> Rig:
    return Rig()


def _new_header(
    rig: Rig, *, name: str | None = None, forked_from: str | None = None
) -> SessionHeader:
    return SessionHeader(
        session_id=NEW_ID,
        created_at=rig.clock.now(),
        working_folder="/work",
        name=name,
        forked_from=forked_from,
    )


def test_an_ephemeral_conversation_is_kept_nowhere(rig: Rig) -> None:
    opened = rig.open(SessionWish.EPHEMERAL)
    opened.log.append(ASKED, is_durable=True)
    opened.log.close()
    assert isinstance(opened.log, NoLog)
    assert (opened.conversation, rig.ids()) == (Conversation(NEW_ID), [])


def test_a_new_conversation_is_kept_from_its_first_record_on(rig: Rig) -> None:
    opened = rig.open(SessionWish.NEW)
    assert (opened.conversation, rig.ids()) == (Conversation(NEW_ID), [])
    opened.log.append(ASKED)
    session = rig.store.read(NEW_ID)
    assert (session.header, session.records) == (_new_header(rig), (ASKED,))


def test_a_new_conversation_goes_on_without_a_log_where_none_can_be_kept(rig: Rig) -> None:
    rig.store.is_full = True
    opened = rig.open(SessionWish.NEW)
    opened.log.append(ASKED, is_durable=True)
    opened.log.append(ANSWERED)
    opened.log.close()
    assert rig.notifier.told == ["This run cannot be continued later: The fake disk is full."]
    assert rig.ids() == []


@pytest.mark.parametrize("wish", [SessionWish.NAMED, SessionWish.RESUME, SessionWish.FORK])
def test_a_session_that_was_asked_for_has_to_be_kept(rig: Rig, wish: SessionWish) -> None:
    rig.keep(a_header(1, name="work"))
    opened = rig.open(wish, "work")
    rig.store.is_full = True
    with pytest.raises(FileNotWritten):
        opened.log.append(ASKED)


def test_a_name_that_is_new_begins_a_session(rig: Rig) -> None:
    rig.keep(a_header(2, name="other"))
    opened = rig.open(SessionWish.NAMED, "work")
    opened.log.append(ASKED)
    session = rig.store.read("work")
    assert (session.header, session.records) == (_new_header(rig, name="work"), (ASKED,))


def test_a_name_that_is_known_goes_on_with_its_session(rig: Rig) -> None:
    rig.keep(a_header(1, name="work"))
    opened = rig.open(SessionWish.NAMED, "work", folder="/elsewhere")
    opened.log.append(ASKED)
    assert opened.conversation == Conversation(an_id(1), (ASKED.item, ANSWERED.item))
    assert rig.store.records(an_id(1)) == [ASKED, ANSWERED, STEP, ASKED]


@pytest.mark.parametrize("name", ["", " x", an_id(1), None])
def test_a_name_that_cannot_be_one_begins_nothing(rig: Rig, name: str | None) -> None:
    rig.keep(a_header(1))
    with pytest.raises(UsageError):
        rig.open(SessionWish.NAMED, name)
    assert rig.ids() == [an_id(1)]


def test_a_name_is_not_taken_for_the_beginning_of_an_id(rig: Rig) -> None:
    rig.keep(a_header(1234))
    opened = rig.open(SessionWish.NAMED, "1234")
    assert opened.conversation == Conversation(NEW_ID)


def test_the_latest_is_the_one_of_the_working_folder_that_was_changed_last(rig: Rig) -> None:
    rig.keep(a_header(1))
    rig.keep(a_header(2))
    rig.keep(a_header(3, folder="/elsewhere"))
    rig.keep(a_header(4))
    rig.store.damage(an_id(4))
    opened = rig.open(SessionWish.LATEST)
    assert opened.conversation.conversation_id == an_id(2)


def test_without_a_session_of_the_folder_there_is_no_latest(rig: Rig) -> None:
    rig.keep(a_header(1, folder="/elsewhere"))
    with pytest.raises(UsageError, match="There is no session of this folder to continue"):
        rig.open(SessionWish.LATEST)


@pytest.mark.parametrize("reference", [an_id(1), "0001", "work"])
def test_a_session_is_resumed_by_whatever_names_it(rig: Rig, reference: str) -> None:
    rig.keep(a_header(1, name="work"))
    rig.keep(a_header(2))
    opened = rig.open(SessionWish.RESUME, reference, folder="/elsewhere")
    assert opened.conversation == Conversation(an_id(1), (ASKED.item, ANSWERED.item))
    assert rig.notifier.told == []


def test_an_interrupted_call_is_told_to_model_and_user_and_kept_at_once(rig: Rig) -> None:
    rig.keep(a_header(1), *BROKEN_OFF)
    opened = rig.open(SessionWish.RESUME, an_id(1))
    assert opened.conversation.items == (ASKED.item, BROKEN_OFF[1].item, INTERRUPTED.item)
    assert rig.store.records(an_id(1)) == [*BROKEN_OFF, INTERRUPTED]
    assert rig.store.durable == {an_id(1): 5}
    (told,) = rig.notifier.told
    assert told == (
        "1 call of the session had been interrupted; the model is told so, and nothing is run"
        " again."
    )


def test_an_interruption_is_told_once(rig: Rig) -> None:
    rig.keep(a_header(1), *BROKEN_OFF)
    first = rig.open(SessionWish.RESUME, an_id(1))
    first.log.close()
    second = rig.open(SessionWish.LATEST)
    assert second.conversation == first.conversation
    assert rig.store.records(an_id(1)) == [*BROKEN_OFF, INTERRUPTED]
    assert len(rig.notifier.told) == 1


@pytest.mark.parametrize("wish", [SessionWish.RESUME, SessionWish.NAMED, SessionWish.LATEST])
def test_a_session_that_another_process_has_open_is_refused(rig: Rig, wish: SessionWish) -> None:
    rig.keep(a_header(1, name="work"))
    rig.store.someone_else_opens(an_id(1))
    with pytest.raises(SessionBusy):
        rig.open(wish, "work")


@pytest.mark.parametrize("wish", [SessionWish.RESUME, SessionWish.FORK])
def test_a_damaged_session_is_refused_and_an_unknown_one_too(rig: Rig, wish: SessionWish) -> None:
    rig.keep(a_header(1))
    rig.store.damage(an_id(1))
    with pytest.raises(SessionUnreadable):
        rig.open(wish, an_id(1))
    with pytest.raises(UsageError):
        rig.open(wish, an_id(2))
    assert rig.ids() == [an_id(1)]


def test_a_session_whose_interruption_cannot_be_kept_is_let_go_of(rig: Rig) -> None:
    rig.keep(a_header(1), *BROKEN_OFF)
    rig.store.is_full = True
    with pytest.raises(FileNotWritten):
        rig.open(SessionWish.RESUME, an_id(1))
    rig.store.is_full = False
    opened = rig.open(SessionWish.RESUME, an_id(1))
    assert opened.conversation.items[-1] == INTERRUPTED.item


# Forks


def test_a_fork_goes_on_from_a_copy(rig: Rig) -> None:
    rig.keep(a_header(7, name="work", folder="/elsewhere"))
    opened = rig.open(SessionWish.FORK, "work")
    opened.log.append(ASKED)
    assert opened.conversation == Conversation(NEW_ID, (ASKED.item, ANSWERED.item))
    fork = rig.store.read(NEW_ID)
    assert fork.header == _new_header(rig, forked_from=an_id(7))
    assert fork.records == (ASKED, ANSWERED, STEP, ASKED)
    assert rig.store.records(an_id(7)) == [ASKED, ANSWERED, STEP]


def test_a_session_that_is_open_elsewhere_can_be_forked_in_the_middle_of_a_call(rig: Rig) -> None:
    rig.keep(a_header(7), *BROKEN_OFF)
    rig.store.someone_else_opens(an_id(7))
    opened = rig.open(SessionWish.FORK, an_id(7))
    assert opened.conversation.items[-1] == INTERRUPTED.item
    assert rig.store.records(NEW_ID) == [*BROKEN_OFF, INTERRUPTED]
    assert rig.store.durable == {NEW_ID: 5}
    assert rig.store.records(an_id(7)) == list(BROKEN_OFF)


def test_a_fork_that_cannot_be_kept_leaves_nothing(rig: Rig) -> None:
    rig.keep(a_header(7))
    rig.store.is_full = True
    with pytest.raises(FileNotWritten):
        rig.open(SessionWish.FORK, an_id(7))
    assert rig.ids() == [an_id(7)]


# A log that a run can do without


def test_a_log_is_kept_while_it_can_be(rig: Rig) -> None:
    log = KeptWhilePossible(rig.store.create(a_header(1)), rig.notifier)
    log.append(ASKED)
    log.append(ANSWERED, is_durable=True)
    log.close()
    assert rig.store.records(an_id(1)) == [ASKED, ANSWERED]
    assert (rig.store.durable, rig.notifier.told) == ({an_id(1): 2}, [])
    rig.store.open(an_id(1))[1].close()


def test_a_log_that_cannot_be_kept_any_more_is_given_up_and_told_once(rig: Rig) -> None:
    log = KeptWhilePossible(rig.store.create(a_header(1)), rig.notifier)
    log.append(ASKED)
    rig.store.is_full = True
    log.append(ANSWERED)
    rig.store.is_full = False
    log.append(STEP)
    assert rig.notifier.told == ["This run cannot be continued later: The fake disk is full."]
    assert rig.store.records(an_id(1)) == [ASKED]
    rig.store.open(an_id(1))[1].close()  # it was let go of
    log.close()
