"""A machine with one profile and several processes, whose disk, issuer and power supply fail."""

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum, auto

import pytest

from codexctl.application.fresh_credentials import FreshCredentials
from codexctl.application.keep_login import KeepLogin
from codexctl.application.renew_login import RenewLogin
from codexctl.application.sign_in import subscription_from
from codexctl.application.sign_out import SignOut
from codexctl.domain.credentials import Secret, StoredLogin, Subscription, TokenGrant
from codexctl.domain.errors import (
    AnswerLost,
    FileNotWritten,
    RefreshRefused,
    ServiceUnavailable,
    StoreBusy,
)
from codexctl.domain.refusals import refresh_refused
from codexctl.domain.sign_in import AuthorizationRequest
from codexctl.testing.fakes.authorization_server import FakeAuthorizationServer
from codexctl.testing.fakes.clock import FakeClock
from codexctl.testing.fakes.credential_source import FakeCredentialSource
from codexctl.testing.fakes.credential_store import FakeCredentialStore
from codexctl.testing.fakes.notifier import FakeNotifier
from codexctl.testing.fakes.profile_lock import FakeProfileLock

PROFILE = "default"


class Killed(BaseException):
    """The process was killed: nothing of it runs any more but the system's clearing up."""


class Answer(Enum):
    """What becomes of a refresh."""

    GOOD = auto()
    SAME_REFRESH_TOKEN = auto()
    BUSY = auto()
    LOST_UNSEEN = auto()
    LOST_SPENT = auto()
    REFUSED = auto()
    OTHER_ACCOUNT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What goes wrong in one command.

    Attributes:
        answer: What becomes of its refreshes.
        failing_saves: Which of its saves fail, counted from one.
        dies_at: At which of its steps it is killed, counted from one; None if it lives.
    """

    answer: Answer = Answer.GOOD
    failing_saves: tuple[int, ...] = ()
    dies_at: int | None = None


@dataclass(slots=True)
class Facts:
    """What has happened, as nobody in the world itself knows it.

    Attributes:
        owners: The account of each token that the issuer has handed out.
        spent: The refresh tokens that bought others.
        unsure: Those that were sent and whose answer did not reach the disk.
        doomed: Those that the issuer refused for good.
        let_live: Those that the issuer did not replace.
        remembered: Those whose refusal has stood on disk.
        unsaved: Access tokens that could not be saved.
        newest_saved: The number of the newest refresh token that was ever on disk.
        presented: All that were sent, in their order.
    """

    owners: dict[Secret, str] = field(default_factory=dict[Secret, str])
    spent: set[Secret] = field(default_factory=set[Secret])
    unsure: set[Secret] = field(default_factory=set[Secret])
    doomed: set[Secret] = field(default_factory=set[Secret])
    let_live: set[Secret] = field(default_factory=set[Secret])
    remembered: set[Secret] = field(default_factory=set[Secret])
    unsaved: set[Secret] = field(default_factory=set[Secret])
    newest_saved: int = 0
    presented: list[Secret] = field(default_factory=list[Secret])


class World:
    """What the processes share. It is their store, their issuer and their lock at once."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.facts = Facts()
        self.disk = FakeCredentialStore()
        self.lock = FakeProfileLock()
        self.notifier = FakeNotifier()
        self._issuer = FakeAuthorizationServer(self.clock)
        self._plan = Plan()
        self._steps = 0
        self._saves = 0

    def begin(self, plan: Plan) -> None:
        """Let a command begin to which this is going to happen."""
        self._plan, self._steps, self._saves = plan, 0, 0

    @property
    def kept(self) -> StoredLogin | None:
        """What is on disk."""
        return self.disk.load(PROFILE)

    def grant(self, account_id: str) -> Subscription:
        """Return what a user who signs in gets."""
        request = self._issuer.authorization_request("http://127.0.0.1:1455/auth/callback")
        grant = self._issuer.exchange(
            code=self._issuer.approve(request),
            verifier=request.verifier,
            redirect_uri=request.redirect_uri,
        )
        return subscription_from(self._noted(grant, account_id))

    # The profile's lock

    def held(self, profile: str) -> AbstractContextManager[None]:
        return self._held(profile)

    @contextmanager
    def _held(self, profile: str) -> Generator[None, None, None]:
        with self.lock.held(profile):
            self._step()
            yield

    # The store

    def load(self, profile: str) -> StoredLogin | None:
        login = self.disk.load(profile)
        self._step()
        return login

    def save(self, profile: str, login: StoredLogin) -> None:
        self._assert_locked()
        self._step()
        self._saves += 1
        credential = login.credential
        assert isinstance(credential, Subscription)
        if self._saves in self._plan.failing_saves:
            self.facts.unsaved.add(credential.access_token)
            raise FileNotWritten("The disk is full.", remedy="Free some space.")
        number = int(_refresh_token(credential).reveal().removeprefix("refresh-"))
        assert number >= self.facts.newest_saved, "an older token was saved over a newer one"
        self.facts.newest_saved = number
        self.disk.save(profile, login)
        self._step()

    def remove(self, profile: str) -> None:
        self._assert_locked()
        self.disk.remove(profile)
        self._step()

    def profiles(self) -> tuple[str, ...]:
        return self.disk.profiles()

    # The issuer

    def authorization_request(self, redirect_uri: str) -> AuthorizationRequest:
        return self._issuer.authorization_request(redirect_uri)

    def exchange(self, *, code: Secret, verifier: Secret, redirect_uri: str) -> TokenGrant:
        return self._issuer.exchange(code=code, verifier=verifier, redirect_uri=redirect_uri)

    def revoke(self, subscription: Subscription) -> None:
        self._issuer.revoke(subscription)
        self._step()

    def refresh(self, refresh_token: Secret, *, after_rejection: bool) -> TokenGrant:
        self._present(refresh_token)
        try:
            grant = self._answer(refresh_token, after_rejection=after_rejection)
        except (ServiceUnavailable, RefreshRefused):
            raise
        except BaseException:
            self.facts.unsure.add(refresh_token)
            raise
        if 2 in self._plan.failing_saves or self._plan.dies_at is not None:
            self.facts.unsure.add(refresh_token)  # what comes now may not reach the disk
        return grant

    def _present(self, refresh_token: Secret) -> None:
        self._assert_locked()
        facts = self.facts
        facts.presented.append(refresh_token)
        assert refresh_token not in facts.spent - facts.unsure, "a spent token was sent again"
        assert refresh_token not in facts.remembered - facts.let_live, "a refusal was forgotten"
        kept = self.kept
        assert kept is not None
        assert kept.refresh_sent_at == self.clock.now(), "a token was sent without a mark on disk"

    def _answer(self, refresh_token: Secret, *, after_rejection: bool) -> TokenGrant:
        self._step()
        answer, owner = self._plan.answer, self.facts.owners[refresh_token]
        if answer is Answer.BUSY:
            raise ServiceUnavailable("The issuer is busy.", remedy="Wait.")
        if answer is Answer.LOST_UNSEEN:
            raise _lost()
        if answer is Answer.REFUSED:
            self.facts.doomed.add(refresh_token)
            raise refresh_refused("refresh_token_invalidated")
        grant = self._noted(
            self._issuer.refresh(refresh_token, after_rejection=after_rejection), owner
        )
        if answer is Answer.SAME_REFRESH_TOKEN:
            self._issuer.accept(refresh_token)
            self.facts.let_live.add(refresh_token)
            self.facts.unsure.discard(refresh_token)
            return replace(grant, refresh_token=None)
        self.facts.spent.add(refresh_token)
        self._step()
        if answer is Answer.LOST_SPENT:
            raise _lost()
        if answer is Answer.OTHER_ACCOUNT:
            self.facts.doomed.add(refresh_token)
            return replace(grant, account_id="account-of-somebody-else")
        return grant

    def _noted(self, grant: TokenGrant, owner: str) -> TokenGrant:
        for token in (grant.access_token, grant.refresh_token):
            assert token is not None
            self.facts.owners[token] = owner
        return replace(grant, account_id=owner)

    def _assert_locked(self) -> None:
        with pytest.raises(StoreBusy), self.lock.held(PROFILE):
            pytest.fail("changed without the lock")

    def _step(self) -> None:
        self._steps += 1
        if self._steps == self._plan.dies_at:
            raise Killed


class Process:
    """One process that uses the profile."""

    def __init__(self, world: World) -> None:
        self.seen: Subscription | None = None
        self.renew_login = RenewLogin(
            profile=PROFILE,
            store=world,
            lock=world,
            server=world,
            clock=world.clock,
            notifier=world.notifier,
        )
        self.credentials = FreshCredentials(
            profile=PROFILE,
            environment=FakeCredentialSource({}),
            store=world,
            renew_login=lambda: self.renew_login,
            clock=world.clock,
        )
        self.keep_login = KeepLogin(
            profile=PROFILE, store=world, lock=world, server=world, notifier=world.notifier
        )
        self.sign_out = SignOut(store=world, lock=world, server=world, notifier=world.notifier)


def has_time(subscription: Subscription, world: World) -> bool:
    """Tell whether a token has not ended."""
    return not subscription.is_expired(world.clock.now(), timedelta(0))


def _refresh_token(subscription: Subscription) -> Secret:
    assert subscription.refresh_token is not None
    return subscription.refresh_token


def _lost() -> AnswerLost:
    return AnswerLost("The answer was lost.", remedy="Try again.")
