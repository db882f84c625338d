"""Everything that can go wrong, as one tree. The type says whose matter it is.

::

    CodexctlError                  root, never raised itself
    ├── UsageError                 the command line, a setting or an input file
    ├── SignInError                the credential
    │   ├── NotSignedIn            there is none for what was asked
    │   ├── SignInRejected         there is one and the service refuses it
    │   ├── RefreshRefused         the issuer will not renew it, now or ever
    │   ├── AccountChanged         another account was signed in meanwhile
    │   └── SignInFailed           signing in was denied, cancelled, or took too long
    ├── AllowanceError             what the account may use
    │   ├── QuotaExhausted         a usage limit or paid quota is spent
    │   ├── RateLimited            too much in too short a time          (may be retried)
    │   └── PlanExcludesService    the plan does not include the service
    ├── ConnectionFailed           the way to the service, or the service itself
    │   ├── NetworkFailed          no connection, TLS, reset, timeout    (may be retried)
    │   ├── GatewayBlocked         something between us and the service answered
    │   ├── ServiceUnavailable     5xx, overloaded                       (may be retried)
    │   ├── AnswerLost             sent, and the answer never came
    │   ├── StreamInterrupted      ended before its terminal event       (may be retried)
    │   ├── AnswerDiffers          a retry did not continue what was shown
    │   └── ProtocolError          an answer outside the protocol        (may be retried)
    ├── RequestRefused             the provider will not do it, or did not finish it
    │   ├── InvalidRequest         a 4xx about the request
    │   ├── ImageRefused           a picture that the service cannot read
    │   ├── ContextWindowExceeded  the conversation is too long for the model
    │   ├── ModelUnavailable       not a model of this account
    │   ├── PolicyRefused          flagged by the provider's policies
    │   └── IncompleteAnswer       the answer stopped early; what came is kept
    ├── RunStopped                 a limit that the user set
    │   ├── TurnLimitReached       ``--max-turns``
    │   └── TimeLimitReached       ``--timeout``
    ├── TapeError                  ``--record`` and ``--replay``
    │   ├── TapeUnreadable         the file is no tape, a newer one, or damaged
    │   ├── TapeMismatch           the run asks for something else than the tape holds
    │   └── TapeRefused            the tape would hold what looks like a secret
    └── LocalFileError             this machine's files
        ├── FileNotWritten         a file that was to be written, such as on a full disk
        ├── StoreUnreadable        the credential file is damaged, foreign or newer
        ├── StoreSealed            its key is missing or wrong
        ├── StoreBusy              another process holds it for too long
        ├── SessionUnreadable      a session's log is damaged, or of a newer version
        └── SessionBusy            another process has the session open

Class names are part of the command line's contract (``turn.failed`` carries them as
``error.kind``), so renaming one is a breaking change.
"""

from datetime import datetime
from typing import ClassVar


class CodexctlError(Exception):
    """Root of the tree. Never raised itself.

    Args:
        message: One sentence of what happened, without a trailing newline. Never holds a secret.
        remedy: One sentence of what to do about it.
        request_id: The provider's id of the failed request, where it gave one.
        retry_after_seconds: How long the provider asked to wait, where it did.
    """

    may_retry: ClassVar[bool] = False
    """Whether the same request may succeed a moment later."""

    def __init__(
        self,
        message: str,
        *,
        remedy: str,
        request_id: str | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.request_id = request_id
        self.retry_after_seconds = retry_after_seconds

    @property
    def sentence(self) -> str:
        """The message, closed where the service left it open, so that more can follow it."""
        is_closed = self.message.endswith((".", "!", "?", "…"))
        return self.message if is_closed else f"{self.message}."


class UsageError(CodexctlError):
    """The command line, a setting or an input file is wrong."""


class SignInError(CodexctlError):
    """The credential is the matter."""


class NotSignedIn(SignInError):
    """There is no credential for what was asked."""


class SignInRejected(SignInError):
    """The service refused the credential, or it has expired."""


class RefreshRefused(SignInError):
    """The issuer will not renew the credential, now or ever; only signing in again helps.

    Attributes:
        code: The issuer's code, such as ``refresh_token_reused``.
    """

    def __init__(
        self, message: str, *, remedy: str, code: str, request_id: str | None = None
    ) -> None:
        super().__init__(message, remedy=remedy, request_id=request_id)
        self.code = code


class AccountChanged(SignInError):
    """Another account was signed in, or this one signed out, since the run began."""


class SignInFailed(SignInError):
    """Signing in was denied, cancelled, or took too long."""


class AllowanceError(CodexctlError):
    """What the account may use is the matter."""


class QuotaExhausted(AllowanceError):
    """A usage limit or a paid quota is spent.

    Attributes:
        resets_at: When it comes back, aware; None if the service does not say. It is not part of
            the message, since only who shows it knows the reader's time zone.
    """

    def __init__(
        self,
        message: str,
        *,
        remedy: str,
        resets_at: datetime | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy, request_id=request_id)
        self.resets_at = resets_at


class RateLimited(AllowanceError):
    """Too much in too short a time; the service will take more in a moment."""

    may_retry = True


class PlanExcludesService(AllowanceError):
    """The account's plan does not include the service."""


class ConnectionFailed(CodexctlError):
    """The way to the service, or the service itself, is the matter."""


class NetworkFailed(ConnectionFailed):
    """No connection, a TLS failure, a reset, or silence for too long."""

    may_retry = True


class GatewayBlocked(ConnectionFailed):
    """Something between us and the service answered in its place."""


class ServiceUnavailable(ConnectionFailed):
    """The service answered that it cannot serve just now."""

    may_retry = True


class AnswerLost(ConnectionFailed):
    """A request that must not be sent twice was sent, and its answer never came."""


class StreamInterrupted(ConnectionFailed):
    """The stream ended before its terminal event."""

    may_retry = True


class AnswerDiffers(ConnectionFailed):
    """The stream broke after text was shown, and the retry's text does not continue it."""


class ProtocolError(ConnectionFailed):
    """The service sent something outside the protocol, such as broken JSON."""

    may_retry = True


class RequestRefused(CodexctlError):
    """The provider will not do what was asked, or did not finish it."""


UNREADABLE_REASONING = "invalid_encrypted_content"
"""The code of a request with reasoning that this model or account cannot open."""


class InvalidRequest(RequestRefused):
    """The provider found the request itself wrong.

    Attributes:
        code: The provider's code, such as :data:`UNREADABLE_REASONING`; None if it gave none.
    """

    def __init__(
        self,
        message: str,
        *,
        remedy: str,
        code: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy, request_id=request_id)
        self.code = code


class ImageRefused(RequestRefused):
    """The provider cannot read a picture of the conversation."""


class ContextWindowExceeded(RequestRefused):
    """The conversation is longer than the model can read."""


class ModelUnavailable(RequestRefused):
    """The model does not exist, or not for this account."""


class PolicyRefused(RequestRefused):
    """The provider's policies forbid the request."""


class IncompleteAnswer(RequestRefused):
    """The answer stopped early. What came of it was kept and shown."""


class RunStopped(CodexctlError):
    """A limit that the user set was reached."""


class TurnLimitReached(RunStopped):
    """The run wanted another request to the model than ``--max-turns`` allows."""


class TimeLimitReached(RunStopped):
    """The run took longer than ``--timeout`` allows."""


class TapeError(CodexctlError):
    """A recorded run is the matter."""


class TapeUnreadable(TapeError):
    """The file is no tape, one of a newer version, or damaged. It is left as it is."""


class TapeMismatch(TapeError):
    """The run asks for something else than what was recorded."""


class TapeRefused(TapeError):
    """The tape would hold something that looks like a secret, so it was not written."""


class LocalFileError(CodexctlError):
    """This machine's files are the matter."""


class FileNotWritten(LocalFileError):
    """A file could not be written. What it held before is as it was."""


class StoreUnreadable(LocalFileError):
    """The credential file is damaged, not ours, or of a newer version. It is left as it is."""


class StoreSealed(LocalFileError):
    """The credential file cannot be opened: its key is missing or wrong."""


class StoreBusy(LocalFileError):
    """Another process holds the credential file for too long."""


class SessionUnreadable(LocalFileError):
    """A session's log is damaged, not ours, or of a newer version. It is left as it is."""


class SessionBusy(LocalFileError):
    """Another process has the session open."""
