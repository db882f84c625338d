"""What ended a command early, in words for the user."""

from datetime import UTC, datetime

from codexctl.domain.errors import CodexctlError, QuotaExhausted
from codexctl.entrypoints.cli.exit_codes import INTERRUPTED, TERMINATED, UNEXPECTED, exit_code_for
from codexctl.entrypoints.rendering.report import Failure

# Of what other libraries say with -v, and this program cannot know beforehand: passwords in the
# addresses of proxies, and whatever looks like a credential. Compiled when there is a trace.
_SECRETS = (
    (r"(?<=://)[^\s/'\"]+(?=@)", "***"),
    (r"(?<=Bearer )[^\s'\"]+", "***"),
    (r"\beyJ[\w-]{8,}[\w.-]*", "***"),
    (r"\bsk-[\w-]{8,}", "***"),
    (
        r"(?<=[?&])(code|state|code_verifier|\w+_token|client_secret)=[^&\s'\"]+",
        r"\1=***",
    ),
)


class Terminated(BaseException):
    """The process was asked to end with SIGTERM."""


def failure_from(error: BaseException, *, verbose: bool, now: datetime | None = None) -> Failure:
    """Return the failure to tell for whatever ended a command.

    Args:
        error: What was raised.
        verbose: Whether the user wants to see the traceback.
        now: The present moment, aware, in whose time zone a moment is told; None for the machine's.
    """
    trace = _trace(error) if verbose else None
    match error:
        case CodexctlError():
            resets_at = error.resets_at if isinstance(error, QuotaExhausted) else None
            return Failure(
                kind=type(error).__name__,
                message=_with_reset(error, resets_at, now),
                remedy=error.remedy,
                exit_code=exit_code_for(error),
                request_id=error.request_id,
                resets_at=resets_at,
                trace=trace,
            )
        case KeyboardInterrupt():
            return Failure(
                kind="Interrupted", message="Interrupted.", remedy=None, exit_code=INTERRUPTED
            )
        case Terminated():
            return Failure(
                kind="Terminated", message="Terminated.", remedy=None, exit_code=TERMINATED
            )
        case _:
            return Failure(
                kind=type(error).__name__,
                message=f"Something unexpected went wrong ({type(error).__name__}).",
                remedy="This is a fault of codexctl: run it again with -v and report what it says.",
                exit_code=UNEXPECTED,
                trace=trace,
            )


def _with_reset(error: CodexctlError, resets_at: datetime | None, now: datetime | None) -> str:
    """Return the message, with the sentence that says when a limit comes back, if it will."""
    if resets_at is None or resets_at <= (now or datetime.now(UTC)):
        return error.message
    from codexctl.entrypoints.rendering.local_time import at_local

    return f"{error.sentence} It resets {at_local(resets_at, now)}."


def _trace(error: BaseException) -> str:
    import re
    import traceback

    trace = "".join(traceback.format_exception(error)).rstrip("\n")
    for pattern, shown in _SECRETS:
        trace = re.sub(pattern, shown, trace)
    return trace
