"""What the libraries' exceptions are turned into, and that a request is sent once or never."""

import inspect
from types import ModuleType

import pytest
import requests.exceptions
import urllib3.exceptions

from codexctl.adapters.openai_oauth.one_time_body import OneTimeBody
from codexctl.adapters.openai_oauth.transport_faults import (
    TRANSPORT_ERRORS,
    unsent,
    without_frames,
)
from codexctl.domain.errors import NetworkFailed, UsageError


def _errors_of(module: ModuleType) -> list[type[BaseException]]:
    """Return the exceptions a library defines; its warnings are no errors."""
    classes = [found for _, found in inspect.getmembers(module, inspect.isclass)]
    return [
        found
        for found in classes
        if found.__module__ == module.__name__
        and issubclass(found, BaseException)
        and not issubclass(found, Warning)
    ]


ALL = [*_errors_of(requests.exceptions), *_errors_of(urllib3.exceptions)]


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_every_exception_of_the_libraries_is_ours_to_translate(kind: type[BaseException]) -> None:
    assert issubclass(kind, TRANSPORT_ERRORS)
    # Without __init__, which differs from class to class; only the class counts.
    assert isinstance(unsent(kind.__new__(kind)), NetworkFailed | UsageError)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (requests.exceptions.SSLError(), "TLS"),
        (requests.exceptions.ProxyError(), "proxy"),
        (requests.exceptions.ConnectTimeout(), "in time"),
        (requests.exceptions.ConnectionError(), "could not be reached."),
        (requests.exceptions.InvalidURL(), "malformed"),
    ],
)
def test_what_can_be_done_about_has_words_of_its_own(error: BaseException, words: str) -> None:
    assert words in unsent(error).message


def test_a_cause_keeps_its_words_and_loses_its_frames() -> None:
    def fails() -> None:
        try:
            int("canary")
        except ValueError as error:
            raise OSError("on the way") from error

    with pytest.raises(OSError, match="on the way") as caught:
        fails()
    stripped = without_frames(caught.value)
    assert stripped.__cause__ is not None
    assert (stripped.__traceback__, stripped.__cause__.__traceback__) == (None, None)


def test_a_body_that_was_read_was_sent() -> None:
    body = OneTimeBody(b"token", "text/plain")
    assert body.read() == b"token"
    assert body.withdraw()


def test_a_body_that_was_withdrawn_is_never_sent() -> None:
    body = OneTimeBody(b"token", "text/plain")
    assert not body.withdraw()
    with pytest.raises(TimeoutError):
        body.read()


def test_a_body_does_not_show_itself() -> None:
    assert "token" not in repr(OneTimeBody(b"token", "text/plain"))
