"""Any number of processes, in any order, failing anywhere: no token is spent twice."""

from collections.abc import Callable
from contextlib import suppress

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.property.refresh_world import (
    PROFILE,
    Answer,
    Killed,
    Plan,
    Process,
    World,
    has_time,
)

from codexctl.domain.credentials import Credential, StoredLogin, Subscription
from codexctl.domain.errors import (
    AccountChanged,
    AnswerLost,
    CodexctlError,
    FileNotWritten,
    NotSignedIn,
    RefreshRefused,
    ServiceUnavailable,
)
from codexctl.testing.fakes.authorization_server import LIFETIME

_ALL_WELL = Plan()
_LIFETIME_SECONDS = LIFETIME.total_seconds()
_PLACES = st.integers(0, 2)
_SAVES = st.sampled_from([(), (1,), (2,), (1, 2)])
_PLANS = (
    st.just(_ALL_WELL)
    | st.builds(Plan, answer=st.sampled_from(Answer))
    | st.builds(Plan, failing_saves=_SAVES)
    | st.builds(Plan, dies_at=st.integers(1, 10))
    | st.builds(
        Plan,
        answer=st.sampled_from(Answer),
        failing_saves=_SAVES,
        dies_at=st.none() | st.integers(1, 10),
    )
)


class RefreshModel(RuleBasedStateMachine):
    """Three processes that share a profile, and what may never come of it."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.processes = [Process(self.world) for _ in range(3)]

    @initialize()
    def the_user_has_signed_in(self) -> None:
        self.processes[0].keep_login(self.world.grant("account-1"))

    @rule(
        seconds=st.sampled_from(
            [60.0, 240.0, 86_400.0, _LIFETIME_SECONDS - 240, _LIFETIME_SECONDS, 10**8]
        )
    )
    def time_passes(self, seconds: float) -> None:
        self.world.clock.sleep(seconds)

    @rule(place=_PLACES, plan=_PLANS)
    def a_process_asks_for_a_credential(self, place: int, plan: Plan) -> None:
        self._ask(place, plan)

    @rule(place=_PLACES, plan=_PLANS)
    def a_process_asks_just_before_the_end(self, place: int, plan: Plan) -> None:
        """Bring the time to where renewals happen, which chance seldom does."""
        login = self.world.kept
        if login is not None and isinstance(login.credential, Subscription):
            ends_at = login.credential.expires_at
            assert ends_at is not None
            left = (ends_at - self.world.clock.now()).total_seconds()
            self.world.clock.sleep(max(left - 200, 0))
        self._ask(place, plan)

    @rule(place=_PLACES, plan=_PLANS)
    def the_service_refuses_the_token_of_a_process(self, place: int, plan: Plan) -> None:
        self._be_rejected(place, plan)

    @rule(place=_PLACES, rival=_PLACES)
    def a_process_is_rejected_while_another_one_renews(self, place: int, rival: int) -> None:
        if self.processes[place].seen is not None:
            facts = self.world.facts
            sent_before = len(facts.presented)
            self.world.lock.before_next(lambda: self._be_rejected(rival, _ALL_WELL))
            self._be_rejected(place, _ALL_WELL)
            sent = facts.presented[sent_before:]
            assert len(sent) <= 1 or facts.unsure.intersection(sent), "one renewal was enough"

    @precondition(lambda self: self._renewal_is_due())
    @rule(place=_PLACES, rival=_PLACES)
    def two_processes_renew_at_once(self, place: int, rival: int) -> None:
        self.world.lock.before_next(lambda: self._ask(rival, _ALL_WELL))
        self._ask(place, _ALL_WELL)

    @rule(place=_PLACES, plan=_PLANS, account_id=st.sampled_from(["account-1", "account-2"]))
    def the_user_signs_in_again(self, place: int, plan: Plan, account_id: str) -> None:
        before = self.world.kept
        new = self.world.grant(account_id)
        with suppress(FileNotWritten):
            self._run(place, plan, lambda: self.processes[place].keep_login(new))
        assert self.world.kept in (before, StoredLogin(credential=new))

    @rule(place=_PLACES, plan=_PLANS)
    def the_user_signs_out(self, place: int, plan: Plan) -> None:
        before = self.world.kept
        self._run(place, plan, lambda: self.processes[place].sign_out(PROFILE, revoke=True))
        assert self.world.kept is None or plan.dies_at is not None
        assert self.world.kept in (before, None)

    @invariant()
    def the_lock_is_free(self) -> None:
        with self.world.lock.held(PROFILE):
            pass

    @invariant()
    def each_refusal_on_disk_has_a_reason(self) -> None:
        facts, login = self.world.facts, self.world.kept
        if login is not None and login.refusal is not None:
            assert isinstance(login.credential, Subscription)
            assert login.credential.refresh_token is not None
            assert login.credential.refresh_token in facts.doomed | facts.unsure
            facts.remembered.add(login.credential.refresh_token)

    def _renewal_is_due(self) -> bool:
        login = self.world.kept
        if login is None or not isinstance(login.credential, Subscription):
            return False
        return login.credential.is_expired(self.world.clock.now())

    def _ask(self, place: int, plan: Plan) -> None:
        process, login, kept = self.processes[place], self._login_of(place), self.world.kept
        sent_before = len(self.world.facts.presented)
        unsure_before = set(self.world.facts.unsure)
        returned = self._use(place, plan, login, lambda: process.credentials.credential_for(None))
        sent = self.world.facts.presented[sent_before:]
        if login is not None and has_time(login, self.world):
            assert not unsure_before.intersection(sent), "sent again while it could wait"
        if isinstance(returned, Subscription):
            assert login is not None
            assert kept is not None
            self._check(returned, process, self.world.facts.owners[login.access_token])
            if plan == _ALL_WELL and kept.refresh_sent_at is None:
                assert not returned.is_expired(self.world.clock.now())
        elif login is not None and has_time(login, self.world) and plan.dies_at is None:
            # Only what is final may keep a token that has time from being used.
            assert login.refresh_token in self.world.facts.doomed | self.world.facts.unsure

    def _be_rejected(self, place: int, plan: Plan) -> None:
        process = self.processes[place]
        seen = process.seen
        if seen is None:
            return
        login = self._login_of(place)
        returned = self._use(place, plan, login, lambda: process.credentials.renewed(seen))
        if isinstance(returned, Subscription):
            assert returned.access_token != seen.access_token
            self._check(returned, process, self.world.facts.owners[seen.access_token])

    def _use(
        self,
        place: int,
        plan: Plan,
        login: Subscription | None,
        command: Callable[[], Credential | None],
    ) -> Credential | None:
        """Return the credential that a command gives, or None if it fails with good reason."""
        seen, facts = self.processes[place].seen, self.world.facts
        result: list[Credential | None] = []
        try:
            self._run(place, plan, lambda: result.append(command()))
        except NotSignedIn:
            assert login is None
        except AccountChanged:
            is_same = login is not None and seen is not None and login.account_id == seen.account_id
            assert plan.answer is Answer.OTHER_ACCOUNT or not is_same
        except RefreshRefused:
            assert login is not None
            assert login.refresh_token in facts.doomed | facts.unsure, "signed out for nothing"
            kept = self.world.kept
            assert kept is not None
            assert kept.refusal is not None or plan.failing_saves, "a refusal was not written down"
        except CodexctlError as error:
            reasons: dict[type[CodexctlError], bool] = {
                ServiceUnavailable: plan.answer is Answer.BUSY,
                AnswerLost: plan.answer in (Answer.LOST_SPENT, Answer.LOST_UNSEEN),
                FileNotWritten: bool(plan.failing_saves),
            }
            kind = type(error)
            assert reasons[kind]
        return result[0] if result else None

    def _run(self, place: int, plan: Plan, command: Callable[[], object]) -> None:
        """Run a command to its end, or until it is killed: then another process takes its place."""
        self.world.begin(plan)
        try:
            command()
        except Killed:
            self.processes[place] = Process(self.world)
        finally:
            self.world.begin(_ALL_WELL)

    def _login_of(self, place: int) -> Subscription | None:
        login = self.processes[place].renew_login.stored()
        if login is None:
            return None
        assert isinstance(login.credential, Subscription)
        return login.credential

    def _check(self, returned: Subscription, process: Process, account_id: str) -> None:
        facts, kept = self.world.facts, self.world.kept
        assert facts.owners[returned.access_token] == returned.account_id == account_id
        assert has_time(returned, self.world)
        assert kept is not None
        is_kept = kept.credential == returned
        assert is_kept or returned.access_token in facts.unsaved, "returned before it was saved"
        process.seen = returned


TestNoTokenIsSpentTwice = RefreshModel.TestCase
TestNoTokenIsSpentTwice.settings = settings(max_examples=300, stateful_step_count=30)
