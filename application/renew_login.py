"""The refresh transaction: one renewal for all threads and processes.

Take the profile's lock; read again; adopt what somebody else has renewed meanwhile, or stop if
it is another account; mark the login as being renewed; ask the issuer once; keep the answer on
disk; let go of the lock. Only then is the new token used. A process that dies in the middle leaves
the mark, by which the next one tells a lost answer from a token that somebody else has spent.
"""

from contextlib import suppress
from dataclasses import field, replace
from datetime import timedelta

from codexctl.domain.credentials import StoredLogin, Subscription, TokenGrant
from codexctl.domain.errors import (
    AccountChanged,
    AnswerLost,
    CodexctlError,
    FileNotWritten,
    RefreshRefused,
    SignInRejected,
    StoreBusy,
)
from codexctl.domain.ports import (
    AuthorizationServer,
    Clock,
    CredentialStore,
    Notifier,
    ProfileLock,
)
from codexctl.domain.refusals import SIGN_IN_AGAIN, refresh_refused
from codexctl.domain.values import dataclass

_OTHER_ACCOUNT = "account_changed"


@dataclass(frozen=True, slots=True)
class _Unsaved:
    """A login that could not be saved, and the credential that it should have replaced."""

    login: StoredLogin
    replaces: Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewLogin:
    """Renews the stored login of one profile.

    Attributes:
        profile: Whose.
        store: Where logins are kept.
        lock: Lets one renewal happen at a time.
        server: The issuer.
        clock: Tells when a token ends.
        notifier: Told what the user should know and the run survives.
    """

    profile: str
    store: CredentialStore
    lock: ProfileLock
    server: AuthorizationServer
    clock: Clock
    notifier: Notifier
    # What could not be saved; the run goes on with it. At most one.
    _unsaved: list[_Unsaved] = field(default_factory=list[_Unsaved], init=False, repr=False)

    def stored(self) -> StoredLogin | None:
        """Return the profile's login: the one on disk, or a newer one that could not be saved.

        Raises:
            CodexctlError: The store cannot be read.
        """
        unsaved = next(iter(self._unsaved), None)
        try:
            kept = self.store.load(self.profile)
        except CodexctlError:
            if unsaved is None:
                raise
            return unsaved.login
        # What somebody else has kept since then is newer: another login, or none.
        if unsaved is not None and kept is not None and kept.credential == unsaved.replaces:
            return unsaved.login
        return kept

    def __call__(self, seen: Subscription, *, after_rejection: bool) -> Subscription:
        """Return a subscription newer than ``seen``, or ``seen`` itself if it has to do for now.

        Args:
            seen: What the caller has.
            after_rejection: The service refused it, rather than its end being near.

        Raises:
            AccountChanged: Another account is signed in now, or none.
            SignInError: It cannot be renewed any more.
            CodexctlError: It has ended or was refused, and could not be renewed this time.
        """
        try:
            with self.lock.held(self.profile):
                return self._adopted_or_renewed(seen, after_rejection=after_rejection)
        except (FileNotWritten, StoreBusy) as error:
            # No lock on a read-only disk, or another process holds it for long.
            is_still_good = not seen.is_expired(self.clock.now(), timedelta(0))
            return self._or_raise(seen if is_still_good and not after_rejection else None, error)

    def _adopted_or_renewed(self, seen: Subscription, *, after_rejection: bool) -> Subscription:
        login, current = _of_same_account(self.stored(), seen)
        was_renewed = current.access_token != seen.access_token
        if was_renewed and not current.is_expired(self.clock.now()):
            return current
        return self._renew(login, current, is_rejected=after_rejection and not was_renewed)

    def _renew(
        self, login: StoredLogin, current: Subscription, *, is_rejected: bool
    ) -> Subscription:
        now = self.clock.now()
        # A token that has some time left will do where it cannot be renewed.
        makeshift = None
        if not is_rejected and not current.is_expired(now, timedelta(0)):
            makeshift = current
        if login.refusal is not None:
            raise refresh_refused(login.refusal, answer_was_lost=login.refresh_sent_at is not None)
        if current.refresh_token is None:
            if makeshift is not None:
                return makeshift  # nobody can renew it, so it is good to its last second
            raise SignInRejected("The stored token has ended.", remedy=SIGN_IN_AGAIN)
        if makeshift is not None and login.refresh_sent_at is not None:
            return makeshift  # an earlier refresh has no answer yet; sending another can wait
        try:
            # Written before the token is spent, so that a full disk is found out in time.
            self.store.save(self.profile, replace(login, refresh_sent_at=now))
            self._unsaved.clear()  # it is on disk now, with its mark
            grant = self.server.refresh(current.refresh_token, after_rejection=is_rejected)
        except RefreshRefused as error:
            return self._refused(login, current, error)
        except AnswerLost as lost:
            return self._or_raise(makeshift, lost)
        except CodexctlError as error:
            self._save_if_possible(login)  # with the mark of an earlier one, if there was one
            return self._or_raise(makeshift, error)
        return self._keep(login, current, grant)

    def _or_raise(self, makeshift: Subscription | None, error: CodexctlError) -> Subscription:
        if makeshift is None:
            raise error
        self.notifier.tell(f"The sign-in could not be renewed yet: {error.message}")
        return makeshift

    def _refused(
        self, login: StoredLogin, current: Subscription, refused: RefreshRefused
    ) -> Subscription:
        # Somebody without our lock may have renewed it: a copy of the folder, a network share.
        again = self.store.load(self.profile)
        if again is None or again.credential != current:
            return _of_same_account(again, current)[1]
        # With the old mark, if there was one: so that the next run tells the same reason.
        self._save_if_possible(replace(login, refusal=refused.code))
        raise refresh_refused(
            refused.code,
            request_id=refused.request_id,
            answer_was_lost=login.refresh_sent_at is not None,
        ) from refused

    def _keep(self, login: StoredLogin, current: Subscription, grant: TokenGrant) -> Subscription:
        if grant.account_id not in (None, current.account_id) and current.account_id is not None:
            self._save_if_possible(replace(login, refusal=_OTHER_ACCOUNT))
            raise _account_changed("The issuer renewed the sign-in for another account.")
        renewed = replace(
            current,
            access_token=grant.access_token or current.access_token,
            refresh_token=grant.refresh_token or current.refresh_token,
            account_id=current.account_id or grant.account_id,
            plan=grant.plan or current.plan,
            expires_at=grant.expires_at if grant.access_token else current.expires_at,
        )
        try:
            self.store.save(self.profile, StoredLogin(credential=renewed))
        except CodexctlError as error:
            self._unsaved[:] = [_Unsaved(StoredLogin(credential=renewed), current)]
            self.notifier.tell(
                f"The renewed sign-in could not be saved, so only this run can go on with it:"
                f" {error.message} {error.remedy}"
            )
        return renewed

    def _save_if_possible(self, login: StoredLogin) -> None:
        """Save what is good to know, where a failure must not hide the error being handled."""
        with suppress(CodexctlError):
            self.store.save(self.profile, login)


def _of_same_account(
    login: StoredLogin | None, seen: Subscription
) -> tuple[StoredLogin, Subscription]:
    """Return the login if it still is of the account that the run began with."""
    if login is None:
        raise _account_changed("This profile was signed out meanwhile.")
    current = login.credential
    if not isinstance(current, Subscription) or current.account_id != seen.account_id:
        raise _account_changed("Another account was signed in meanwhile.")
    return login, current


def _account_changed(message: str) -> AccountChanged:
    return AccountChanged(message, remedy="Run the command again to use what is signed in now.")
