"""The tree of errors, and the exit codes that hang on it."""

import inspect
import re
from typing import Any

import pytest

from codexctl.domain import errors
from codexctl.domain.errors import CodexctlError, RateLimited, UsageError
from codexctl.entrypoints.cli.exit_codes import exit_code_for

_DRAWN = re.compile(r"^    ([│├└─ ]*)(\w+) +\S.*?(\(may be retried\))?$", re.MULTILINE)

EXIT_CODES = {
    "UsageError": 2,
    "NotSignedIn": 3,
    "SignInRejected": 3,
    "RefreshRefused": 3,
    "AccountChanged": 3,
    "SignInFailed": 3,
    "QuotaExhausted": 4,
    "RateLimited": 4,
    "PlanExcludesService": 4,
    "NetworkFailed": 5,
    "GatewayBlocked": 5,
    "ServiceUnavailable": 5,
    "AnswerLost": 5,
    "StreamInterrupted": 5,
    "AnswerDiffers": 5,
    "ProtocolError": 5,
    "InvalidRequest": 6,
    "ImageRefused": 6,
    "ContextWindowExceeded": 6,
    "ModelUnavailable": 6,
    "PolicyRefused": 6,
    "IncompleteAnswer": 6,
    "TurnLimitReached": 7,
    "TimeLimitReached": 7,
    "TapeUnreadable": 8,
    "TapeMismatch": 8,
    "TapeRefused": 8,
    "FileNotWritten": 9,
    "StoreUnreadable": 9,
    "StoreSealed": 9,
    "StoreBusy": 9,
    "SessionUnreadable": 9,
    "SessionBusy": 9,
}
"""The contract of the command line, by the names that ``turn.failed`` carries."""


def _tree(root: type[CodexctlError]) -> list[type[CodexctlError]]:
    return [root, *(one for child in root.__subclasses__() for one in _tree(child))]


ALL = _tree(CodexctlError)
LEAVES = [kind for kind in ALL if not kind.__subclasses__()]


def _drawing() -> list[tuple[int, str, bool]]:
    """Return depth, name and whether it may be retried, of each line of the drawing."""
    lines = _DRAWN.findall(inspect.getdoc(errors) or "")
    return [(len(branches) // 4, name, bool(retried)) for branches, name, retried in lines]


def test_the_tree_is_the_one_that_is_drawn() -> None:
    depth_of_root = len(CodexctlError.__mro__)
    leaves = set(LEAVES)
    assert _drawing() == [
        (len(kind.__mro__) - depth_of_root, kind.__name__, kind in leaves and kind.may_retry)
        for kind in ALL
    ]


def test_a_branch_may_not_be_retried_as_a_whole() -> None:
    assert [kind for kind in ALL if kind not in LEAVES and kind.may_retry] == []


def _made(kind: type[CodexctlError]) -> CodexctlError:
    """Return such an error, with a text for whatever else it demands to be told."""
    parameters = inspect.signature(kind).parameters.values()
    demanded = {one.name for one in parameters if one.default is one.empty}
    more: dict[str, Any] = dict.fromkeys(demanded - {"message", "remedy"}, "more")
    return kind("It broke.", remedy="Mend it.", **more)


@pytest.mark.parametrize("kind", LEAVES)
def test_every_leaf_says_what_happened_and_what_to_do(kind: type[CodexctlError]) -> None:
    error = _made(kind)
    assert (str(error), error.message, error.remedy) == ("It broke.", "It broke.", "Mend it.")


def test_an_error_keeps_what_the_provider_told_of_it() -> None:
    error = RateLimited("Slow.", remedy="Wait.", request_id="req_1", retry_after_seconds=2.0)
    assert (error.request_id, error.retry_after_seconds) == ("req_1", 2.0)


def test_what_is_not_known_of_an_error_is_none() -> None:
    error = RateLimited("It broke.", remedy="Wait.")
    assert (error.request_id, error.retry_after_seconds) == (None, None)


def test_every_leaf_has_its_exit_code() -> None:
    codes = {kind.__name__: exit_code_for(_made(kind)) for kind in LEAVES}
    assert codes == EXIT_CODES


@pytest.mark.parametrize("kind", ALL)
def test_every_error_explains_itself_in_its_docstring(kind: type[CodexctlError]) -> None:
    assert kind.__dict__.get("__doc__")


@pytest.mark.parametrize(
    ("message", "sentence"),
    [("It broke", "It broke."), ("It broke.", "It broke."), ("Why?", "Why?"), ("cut…", "cut…")],
)
def test_a_message_that_the_service_left_open_is_closed(message: str, sentence: str) -> None:
    assert UsageError(message, remedy="Mend it.").sentence == sentence
