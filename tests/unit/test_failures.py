"""What the user is told of whatever ended a command."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from codexctl.domain.errors import (
    CodexctlError,
    QuotaExhausted,
    ServiceUnavailable,
    SignInRejected,
)
from codexctl.entrypoints.cli.failures import Terminated, failure_from
from codexctl.entrypoints.rendering.report import Failure

HERE = timezone(timedelta(hours=2))
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=HERE)


def _spent(message: str, resets_at: datetime | None) -> QuotaExhausted:
    return QuotaExhausted(message, remedy="Wait.", resets_at=resets_at, request_id="req_1")


def test_one_of_our_errors_is_told_as_it_is() -> None:
    error = ServiceUnavailable("It is down.", remedy="Wait.", request_id="req_1")
    assert failure_from(error, verbose=False, now=NOW) == Failure(
        kind="ServiceUnavailable",
        message="It is down.",
        remedy="Wait.",
        exit_code=5,
        request_id="req_1",
    )


@pytest.mark.parametrize(
    ("message", "resets_at", "told"),
    [
        (
            "It is used up.",
            datetime(2026, 11, 20, 12, 5, tzinfo=UTC),
            "It is used up. It resets at 14:05.",
        ),
        (
            "It is used up.",
            datetime(2026, 11, 20, 23, 5, tzinfo=UTC),
            "It is used up. It resets on 21 Nov 2026 at 01:05.",
        ),
        (
            "It is used up: enough",
            datetime(2026, 11, 20, 12, 5, tzinfo=UTC),
            "It is used up: enough. It resets at 14:05.",
        ),
    ],
)
def test_a_spent_limit_says_in_local_time_when_it_comes_back(
    message: str, resets_at: datetime, told: str
) -> None:
    assert failure_from(_spent(message, resets_at), verbose=False, now=NOW) == Failure(
        kind="QuotaExhausted",
        message=told,
        remedy="Wait.",
        exit_code=4,
        request_id="req_1",
        resets_at=resets_at,
    )


@pytest.mark.parametrize("resets_at", [None, NOW, NOW - timedelta(days=1)])
def test_a_reset_that_is_not_known_or_over_is_not_told(resets_at: datetime | None) -> None:
    failure = failure_from(_spent("It is used up.", resets_at), verbose=False, now=NOW)
    assert failure.message == "It is used up."


def test_without_a_given_now_the_machine_is_asked() -> None:
    later = datetime.now(UTC) + timedelta(days=400)
    failure = failure_from(_spent("It is used up.", later), verbose=False)
    assert failure.message.startswith("It is used up. It resets on ")


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (
            KeyboardInterrupt(),
            Failure(kind="Interrupted", message="Interrupted.", remedy=None, exit_code=130),
        ),
        (
            Terminated(),
            Failure(kind="Terminated", message="Terminated.", remedy=None, exit_code=143),
        ),
    ],
)
def test_a_signal_is_told_without_a_trace(error: BaseException, failure: Failure) -> None:
    assert failure_from(error, verbose=True) == failure


def test_an_unexpected_error_is_a_fault_of_the_program_and_keeps_its_words_to_itself() -> None:
    assert failure_from(KeyError("sk-canary-0123456789"), verbose=False) == Failure(
        kind="KeyError",
        message="Something unexpected went wrong (KeyError).",
        remedy="This is a fault of codexctl: run it again with -v and report what it says.",
        exit_code=1,
    )


def _raised(error: CodexctlError, cause: str) -> CodexctlError:
    with pytest.raises(CodexctlError) as raised:
        raise error from ValueError(cause)
    return raised.value


def test_the_trace_is_shown_when_it_is_wanted() -> None:
    error = _raised(SignInRejected("No.", remedy="Yes."), "the cause")
    failure = failure_from(error, verbose=True)
    assert failure.trace is not None
    assert "Traceback (most recent call last):\n" in failure.trace
    assert "ValueError: the cause\n" in failure.trace
    assert failure.trace.endswith("SignInRejected: No.")


@pytest.mark.parametrize(
    ("cause", "shown"),
    [
        # What requests and urllib3 quote of a proxy's address that they cannot use.
        ("Failed to parse: http://user:pa@ss@proxy:port/x", "http://***@proxy:port/x"),
        ("Cannot use http://user:pass@proxy:8080", "http://***@proxy:8080"),
        ("Invalid header value b'Bearer abc.def-123'", "b'Bearer ***'"),
        ("token eyJhbGciOiJ.eyJzdWIi.c2ln here", "token *** here"),
        ("key sk-canary-0123456789 here", "key *** here"),
        ("GET /auth/callback?code=abc&state=def HTTP/1.1", "?code=***&state=*** HTTP/1.1"),
        ("/token?refresh_token=abc", "/token?refresh_token=***"),
        ("https://example.com/a@b", "https://example.com/a@b"),
    ],
)
def test_the_trace_shows_no_secret_of_other_libraries_words(cause: str, shown: str) -> None:
    error = _raised(SignInRejected("No.", remedy="Yes."), cause)
    trace = failure_from(error, verbose=True).trace
    assert trace is not None
    # The words of the cause, and not the line of this file that holds them.
    told = next(line for line in trace.split("\n") if line.startswith("ValueError: "))
    assert told.endswith(shown)
