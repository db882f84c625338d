"""What ended a command early, in words for the user."""

from codexctl.domain.errors import CodexctlError
from codexctl.entrypoints.cli.exit_codes import INTERRUPTED, TERMINATED, UNEXPECTED, exit_code_for
from codexctl.entrypoints.rendering.report import Failure


class Terminated(BaseException):
    """The process was asked to end with SIGTERM."""


def failure_from(error: BaseException, *, verbose: bool) -> Failure:
    """Return the failure to tell for whatever ended a command.

    Args:
        error: What was raised.
        verbose: Whether the user wants to see the traceback.
    """
    trace = _trace(error) if verbose else None
    match error:
        case CodexctlError():
            return Failure(
                kind=type(error).__name__,
                message=error.message,
                remedy=error.remedy,
                exit_code=exit_code_for(error),
                request_id=error.request_id,
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


def _trace(error: BaseException) -> str:
    import traceback

    return "".join(traceback.format_exception(error)).rstrip("\n")
