"""What the application needs from the world, one Protocol a need.

The docstring of each is its contract, and names the test that holds every adapter and the fake to
it.
"""

from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from codexctl.domain.credentials import Credential, Secret, StoredLogin, Subscription, TokenGrant
from codexctl.domain.errors import CodexctlError
from codexctl.domain.models import Provider
from codexctl.domain.stream_events import StreamEvent
from codexctl.domain.tools import ToolCall, ToolOutcome, ToolSpec
from codexctl.domain.turn import TurnRequest

if TYPE_CHECKING:  # not for a run, which uses none of them
    from codexctl.domain.approvals import Decision
    from codexctl.domain.quota import Quota
    from codexctl.domain.routing import KnownRouting
    from codexctl.domain.session import Session, SessionHeader, SessionRecord, SessionSummary
    from codexctl.domain.sign_in import (
        AuthorizationRequest,
        DeviceApproved,
        DeviceCode,
        DevicePending,
    )


class ModelStream(Protocol):
    """Asks a model and streams its response. Contract: ``tests/contract/test_model_stream.py``."""

    def stream(
        self, request: TurnRequest, credential: Credential
    ) -> Generator[StreamEvent, None, None]:
        """Send one request and yield what comes back, each event as soon as it has arrived.

        Nothing is sent before the first event is asked for. The generator ends after the terminal
        event, or earlier where the stream does; that the terminal event is missing is for the
        caller to notice. Closing the generator closes the connection. It does not retry.

        Raises:
            CodexctlError: The request could not be sent, was refused, or broke on the way.
        """
        ...

    def close(self) -> None:
        """Let go of connections kept for later requests. May be called more than once."""
        ...


class CredentialSource(Protocol):
    """Knows who the user is. Contract: ``tests/contract/test_credential_source.py``."""

    def credential_for(self, provider: Provider | None) -> Credential:
        """Return a credential for the provider, or for whichever there is one when it is None.

        Raises:
            NotSignedIn: There is none.
            SignInError: There is one and it is of no use (expired, malformed, refused).
            CodexctlError: It cannot be known, or could not be renewed.
        """
        ...

    def renewed(self, rejected: Credential) -> Credential | None:
        """Return another credential in place of one that the service refused, or None.

        Raises:
            CodexctlError: It should have been renewed and could not be.
        """
        ...


class ToolExecutor(Protocol):
    """Runs tools. Contract: ``tests/contract/test_tool_executor.py``."""

    def specs(self) -> tuple[ToolSpec, ...]:
        """Return the tools a model may call, in a constant order."""
        ...

    def execute(self, call: ToolCall) -> ToolOutcome:
        """Run one call and return its one outcome, which names the call.

        A call of an unknown tool, arguments that are not JSON or break the schema, and a tool that
        fails or crashes are failed outcomes in words that the model can act on. Nothing is raised
        but an interrupt by the user.
        """
        ...

    def close(self) -> None:
        """End what still runs, and let go of it. May be called more than once."""
        ...


class Clock(Protocol):
    """The time, and waiting for it to pass. Contract: ``tests/contract/test_clock.py``."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait. An interrupt by the user ends the wait at once."""
        ...


class Entropy(Protocol):
    """Chance. Contract: ``tests/contract/test_entropy.py``."""

    def identifier(self) -> str:
        """Return a new identifier: a UUID in its 36-character form, distinct at each call."""
        ...

    def spread(self) -> float:
        """Return a number from -1 to 1."""
        ...


class CredentialStore(Protocol):
    """Keeps logins at rest. Contract: ``tests/contract/test_credential_store.py``.

    Each method is atomic towards other threads and processes: what another one saves meanwhile for
    another profile is not lost.
    """

    def load(self, profile: str) -> StoredLogin | None:
        """Return what is kept for the profile, or None.

        Raises:
            StoreUnreadable, StoreSealed, StoreBusy: It cannot be known.
        """
        ...

    def save(self, profile: str, login: StoredLogin) -> None:
        """Keep the login in place of the profile's old one; durable on return.

        Raises:
            FileNotWritten, StoreUnreadable, StoreSealed, StoreBusy: Nothing has changed.
        """
        ...

    def remove(self, profile: str) -> None:
        """Forget the profile's login; not an error if there is none.

        Raises:
            FileNotWritten, StoreUnreadable, StoreSealed, StoreBusy: Nothing has changed.
        """
        ...

    def profiles(self) -> tuple[str, ...]:
        """Return the profiles that have a login, sorted.

        Raises:
            StoreUnreadable, StoreSealed, StoreBusy: It cannot be known.
        """
        ...


class ProfileLock(Protocol):
    """Lets one thread of one process change a profile's login at a time.

    Contract: ``tests/contract/test_profile_lock.py``.
    """

    def held(self, profile: str) -> AbstractContextManager[None]:
        """Hold the profile's lock for the length of a ``with``.

        Waiting is bounded and can be interrupted. The lock of a process that died is free.

        Raises:
            StoreBusy: It did not become free in time.
        """
        ...


class AuthorizationServer(Protocol):
    """The issuer of tokens. Contract: ``tests/contract/test_authorization_server.py``.

    Every call is bounded in time and sent once.
    """

    def authorization_request(self, redirect_uri: str) -> "AuthorizationRequest":
        """Make a new question for a browser, with a state and a verifier of its own."""
        ...

    def exchange(self, *, code: Secret, verifier: Secret, redirect_uri: str) -> TokenGrant:
        """Turn an authorization code into tokens. The grant has an access and a refresh token.

        Raises:
            SignInFailed: The issuer refused the code.
            CodexctlError: It could not be asked, or answered outside the protocol.
        """
        ...

    def refresh(self, refresh_token: Secret, *, after_rejection: bool) -> TokenGrant:
        """Renew; the refresh token is spent if the issuer gives a new one.

        Args:
            refresh_token: The token to spend.
            after_rejection: Whether a request was refused, rather than the end being near.

        Raises:
            RefreshRefused: Never again with this token.
            AnswerLost: It was sent; whether the token is spent is unknown.
            CodexctlError: Not this time; the token is not spent.
        """
        ...

    def revoke(self, subscription: Subscription) -> None:
        """Make the tokens worthless.

        Raises:
            CodexctlError: It could not be asked, or said no.
        """
        ...


class DeviceAuthorization(Protocol):
    """Signs in a device without a browser.

    Contract: ``tests/contract/test_device_authorization.py``. Every call is bounded in time and
    sent once.
    """

    def begin(self) -> "DeviceCode":
        """Ask for a code.

        Raises:
            SignInFailed: This account or issuer does not offer it.
            CodexctlError: It could not be asked.
        """
        ...

    def poll(self, device: "DeviceCode") -> "DevicePending | DeviceApproved":
        """Ask whether the user has approved.

        Raises:
            SignInFailed: The user declined, or the code is no longer good.
            CodexctlError: It could not be asked; asking again may help where ``may_retry`` says so.
        """
        ...


class RedirectReceiver(Protocol):
    """Where the issuer's answer to a browser arrives.

    Contract: ``tests/contract/test_redirect_receiver.py``. It is open from its making to
    :meth:`close`.
    """

    @property
    def redirect_uri(self) -> str:
        """Where the browser is to be sent back to."""
        ...

    def receive(self, request: "AuthorizationRequest") -> Secret:
        """Wait for the answer to this request and return its authorization code.

        Answers with another state, and requests that are no answer, do not end the wait.

        Raises:
            SignInFailed: The issuer said no, somebody cancelled, or it took too long.
        """
        ...

    def conclude(self, failure: CodexctlError | None) -> None:
        """Tell the waiting browser how it went; None is good. Does nothing if none is waiting."""
        ...

    def close(self) -> None:
        """Stop listening. May be called more than once."""
        ...


class QuotaSource(Protocol):
    """Knows what an account has left. Contract: ``tests/contract/test_quota_source.py``."""

    def quota(self, subscription: Subscription) -> "Quota":
        """Ask for the account's allowance, once.

        Raises:
            SignInRejected: The service refused the token.
            CodexctlError: It could not be asked.
        """
        ...


class ModelCatalogue(Protocol):
    """Knows which models there are. Contract: ``tests/contract/test_model_catalogue.py``."""

    def slugs(self, credential: Credential) -> tuple[str, ...]:
        """Return the names of the models that the credential may use, the service's choice first.

        Raises:
            CodexctlError: It could not be asked.
        """
        ...


class WorkspaceRouting(Protocol):
    """Knows how a workspace's requests are routed (wire-contract 2.2).

    Contract: ``tests/contract/test_workspace_routing.py``.
    """

    def override_for(self, subscription: Subscription) -> str | None:
        """Ask, once, what the account's requests have to name as their routing; None for nothing.

        Raises:
            CodexctlError: It could not be asked, or the answer does not fit the account.
        """
        ...


class RoutingMemory(Protocol):
    """Remembers routings from run to run. Contract: ``tests/contract/test_routing_memory.py``.

    What it remembers is only ever a shortcut: what cannot be read counts as not known, what cannot
    be written is forgotten, and neither is an error.
    """

    def recall(self, account_id: str) -> "KnownRouting | None":
        """Return what was last learned about the account, however long ago."""
        ...

    def keep(self, account_id: str, known: "KnownRouting") -> None:
        """Remember what was learned."""
        ...


class SessionLog(Protocol):
    """One session, open for adding. Contract: ``tests/contract/test_session_store.py``."""

    def append(self, *records: "SessionRecord", is_durable: bool = False) -> None:
        """Add records, each as one line and one write.

        Args:
            records: What happened, in order.
            is_durable: Whether they have to outlive a loss of power before this returns.

        Raises:
            FileNotWritten: None of them could be kept; what was kept before is as it was.
            SessionBusy: They would have been the first, and another process has begun a session of
                that name meanwhile.
        """
        ...

    def close(self) -> None:
        """Let go of the session, for other processes. May be called more than once."""
        ...


class SessionStore(Protocol):
    """Keeps conversations. Contract: ``tests/contract/test_session_store.py``.

    A session is open in one process at a time, and there only once. A reference is an id, a name,
    or the beginning of an id, of four characters at least. Where one word could be several of these
    the id goes before the name, and the name before the beginning of an id.
    """

    def create(self, header: "SessionHeader") -> SessionLog:
        """Begin a session. Nothing is kept of it before its first record."""
        ...

    def open(self, reference: str) -> "tuple[Session, SessionLog]":
        """Take a session up again.

        A last line that a crash left unfinished is removed.

        Raises:
            UsageError: There is none, or the reference fits several.
            SessionBusy: It is open already.
            SessionUnreadable: It is damaged before its last line, of a newer version, or cannot be
                opened.
        """
        ...

    def read(self, reference: str) -> "Session":
        """Return a session without taking it up; another process may have it open.

        Raises:
            UsageError, SessionUnreadable: As for :meth:`open`.
        """
        ...

    def listed(self) -> "Iterator[SessionSummary]":
        """Yield all of them, the one changed last first; each is looked at when it is asked for.

        One that cannot be read is among them, without its header. Damage further on is not noticed.

        Raises:
            SessionUnreadable: It cannot be known which there are.
        """
        ...

    def remove(self, reference: str) -> str:
        """Forget a session, a damaged one too, and return its id.

        Raises:
            UsageError, SessionBusy: As for :meth:`open`.
            FileNotWritten: It could not be removed.
        """
        ...


class Approver(Protocol):
    """Asks the user before a tool runs. Contract: ``tests/contract/test_approver.py``."""

    def decide(self, call: ToolCall, /) -> "Decision":
        """Show exactly what would run, and return what the user says."""
        ...


class Notifier(Protocol):
    """Tells the user what ends nothing. Contract: ``tests/contract/test_notifier.py``."""

    def tell(self, text: str) -> None:
        """Tell one sentence. Never raises."""
        ...
