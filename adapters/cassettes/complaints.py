"""The errors about tapes, worded in one place. None of them quotes a secret."""

import errno
from pathlib import Path

from codexctl.domain.errors import (
    FileNotWritten,
    TapeMismatch,
    TapeRefused,
    TapeUnreadable,
    UsageError,
)

_RECORD_ANEW = "Name another file, or record it anew with: codexctl run --record FILE"
_MOST_NAMED = 3


def extra_missing() -> UsageError:
    """Return the complaint that what reads tapes is not installed."""
    return UsageError(
        "Tapes need a library that is not installed.",
        remedy="Install it with: pip install 'codexctl-cli[replay]'",
    )


def not_opened(path: Path, error: OSError) -> UsageError:
    """Return the complaint that a tape cannot be opened."""
    return UsageError(
        f"The tape {path} cannot be read: {_reason(error)}.",
        remedy="Name a file that was recorded.",
    )


def unusable(path: Path, reason: str) -> TapeUnreadable:
    """Return the complaint that a file is no tape, or a damaged one.

    Args:
        path: The file.
        reason: What is wrong, as a clause.
    """
    return TapeUnreadable(f"{path} cannot be played: {reason}.", remedy=_RECORD_ANEW)


def newer(path: Path, version: object) -> TapeUnreadable:
    """Return the complaint that a tape is of a version that is not known."""
    return TapeUnreadable(
        f"{path} cannot be played: it is a tape of version {version}, which this codexctl does not"
        " know.",
        remedy="Upgrade codexctl: pip install --upgrade codexctl-cli",
    )


def of_another_command(path: Path, command: str, wanted: str) -> TapeMismatch:
    """Return the complaint that something else was recorded."""
    return TapeMismatch(
        f"{path} is a recording of codexctl {command}, not of codexctl {wanted}.",
        remedy=_RECORD_ANEW,
    )


def differs(number: int, path: str, recorded: str, actual: str, *, again: str) -> TapeMismatch:
    """Return the complaint that a request is not the one on the tape.

    Args:
        number: Which of the requests, from 1.
        path: Where they differ, as a JSON path.
        recorded: What is on the tape there.
        actual: What this run asks.
        again: The command that would record it.
    """
    return TapeMismatch(
        f"Request {number} is not the one on the tape. At {path} the tape has {recorded}, this run"
        f" has {actual}.",
        remedy=_again(again),
    )


def not_on_the_tape(number: int, what: str, *, again: str) -> TapeMismatch:
    """Return the complaint that a request has no answer on the tape.

    Args:
        number: Which of the requests, from 1.
        what: Its method and path.
        again: The command that would record it.
    """
    return TapeMismatch(
        f"Request {number} ({what}) is not on the tape, which has nothing more to answer it.",
        remedy=_again(again),
    )


def ended_early(left: int, *, again: str) -> TapeMismatch:
    """Return the complaint that a run was over before its tape.

    Args:
        left: How many exchanges of the tape nobody asked for.
        again: The command that would record it.
    """
    more = "one request" if left == 1 else f"{left} requests"
    return TapeMismatch(
        f"The run is over, and the tape has {more} more that it did not send.",
        remedy=_again(again),
    )


def call_not_on_the_tape(call_id: str, *, again: str) -> TapeMismatch:
    """Return the complaint that the tape does not say what came of a call."""
    return TapeMismatch(
        f"The tape does not say what came of the tool call {call_id}.",
        remedy=f"Run the tools with --live-tools, or record it: {again}",
    )


def outcome_differs(call_id: str, path: str, recorded: str, actual: str) -> TapeMismatch:
    """Return the complaint that a tool, run anew, gave something else than on the tape."""
    return TapeMismatch(
        f"The tool call {call_id} came out otherwise than on the tape. At {path} the tape has"
        f" {recorded}, this run has {actual}.",
        remedy="Without --live-tools, outputs are taken from the tape.",
    )


def looks_secret(path: Path, places: list[str]) -> TapeRefused:
    """Return the complaint that a tape would show a secret.

    Args:
        path: Where it was to be written.
        places: What was found, and where; not the secret itself.
    """
    named = "; ".join(places[:_MOST_NAMED])
    more = f"; and {len(places) - _MOST_NAMED} more" if len(places) > _MOST_NAMED else ""
    return TapeRefused(
        f"{path} was not written: something on the tape still looks like a secret ({named}{more}).",
        remedy="Keep it out of the prompt and of what the tools read; if it is none, please report"
        " where it was found.",
    )


def not_written(path: Path, error: OSError) -> FileNotWritten:
    """Return the complaint that a tape could not be written."""
    remedy = "Name a file in an existing folder that you may write to."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        remedy = "Free some space and record it again."
    return FileNotWritten(
        f"The tape could not be written to {path}: {_reason(error)}.", remedy=remedy
    )


def not_writable(path: Path, error: OSError) -> UsageError:
    """Return the complaint, before a run, that its tape could not be written."""
    return UsageError(
        f"A tape cannot be written to {path}: {_reason(error)}.",
        remedy="Name a file in an existing folder that you may write to.",
    )


def _again(command: str) -> str:
    return f"If that is meant, record it anew: {command}"


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).rstrip(".")
