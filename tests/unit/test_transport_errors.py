"""No exception of requests or urllib3 comes as a surprise."""

import http.client
import inspect
from types import ModuleType

import pytest
import requests.exceptions
import urllib3.exceptions

from codexctl.adapters.responses.transport_errors import TRANSPORT_ERRORS, error_from
from codexctl.domain.errors import (
    CodexctlError,
    NetworkFailed,
    ProtocolError,
    StreamInterrupted,
    UsageError,
)

NEVER_RAISED: dict[type[BaseException], str] = {
    # The roots, which stand in the last-resort row themselves and are not raised as such.
    requests.exceptions.RequestException: "the root of requests",
    urllib3.exceptions.HTTPError: "the root of urllib3",
    # What only comes of things that the client does not do.
    requests.exceptions.HTTPError: "raise_for_status is not called",
    requests.exceptions.InvalidJSONError: "requests neither writes nor reads our JSON",
    requests.exceptions.JSONDecodeError: "requests does not read our JSON",
    requests.exceptions.RetryError: "no status is retried by the library",
    requests.exceptions.TooManyRedirects: "redirects are not followed",
    requests.exceptions.URLRequired: "there is always a URL",
    requests.exceptions.UnrewindableBodyError: "redirects are not followed",
    urllib3.exceptions.BodyNotHttplibCompatible: "read_chunked is not called",
    urllib3.exceptions.ResponseError: "nothing but a text of MaxRetryError",
    urllib3.exceptions.TimeoutStateError: "a mistake in the use of urllib3's timer",
    urllib3.exceptions.UnrewindableBodyError: "redirects are not followed",
}
"""Those that may fall to the last resort, and why."""


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


ALL = list(dict.fromkeys([*_errors_of(requests.exceptions), *_errors_of(urllib3.exceptions)]))


def _translated(kind: type[BaseException]) -> CodexctlError:
    # Without __init__, which differs from class to class; only the class counts.
    return error_from(kind.__new__(kind))


_LAST_RESORT = _translated(requests.exceptions.RequestException).message
_NOT_IN_THE_TABLE = _translated(UnicodeError).message


def _named(kind: type[BaseException]) -> str:
    return f"{kind.__module__}.{kind.__name__}"


@pytest.mark.parametrize("kind", ALL, ids=_named)
def test_the_client_catches_every_exception_of_its_libraries(kind: type[BaseException]) -> None:
    assert issubclass(kind, TRANSPORT_ERRORS)


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind not in NEVER_RAISED], ids=_named)
def test_every_exception_has_a_row_that_names_it(kind: type[BaseException]) -> None:
    assert _translated(kind).message not in (_LAST_RESORT, _NOT_IN_THE_TABLE)


@pytest.mark.parametrize("kind", NEVER_RAISED, ids=_named)
def test_what_is_excused_is_still_there_and_needs_the_excuse(kind: type[BaseException]) -> None:
    assert kind in ALL
    assert _translated(kind).message == _LAST_RESORT


@pytest.mark.parametrize(
    ("kind", "ours", "message"),
    [
        (requests.exceptions.InvalidProxyURL, UsageError, "malformed"),
        (urllib3.exceptions.ProxySchemeUnsupported, UsageError, "malformed"),
        (requests.exceptions.ProxyError, NetworkFailed, "proxy could not be used"),
        (requests.exceptions.SSLError, NetworkFailed, "No trusted TLS"),
        (requests.exceptions.ConnectTimeout, NetworkFailed, "reached in time"),
        (requests.exceptions.ReadTimeout, NetworkFailed, "silent for too long"),
        (urllib3.exceptions.ReadTimeoutError, NetworkFailed, "silent for too long"),
        (requests.exceptions.ConnectionError, NetworkFailed, "could not be reached"),
        (urllib3.exceptions.MaxRetryError, NetworkFailed, "could not be reached"),
        (urllib3.exceptions.ProtocolError, StreamInterrupted, "broke in the middle"),
        (urllib3.exceptions.InvalidChunkLength, StreamInterrupted, "broke in the middle"),
        (urllib3.exceptions.DecodeError, StreamInterrupted, "broke in the middle"),
        (http.client.IncompleteRead, StreamInterrupted, "broke in the middle"),
        (urllib3.exceptions.InvalidHeader, ProtocolError, "headers make no sense"),
        (ConnectionResetError, NetworkFailed, "failed on its way"),
        (UnicodeError, UsageError, "could not be put on the wire"),
    ],
)
def test_the_most_telling_row_wins(
    kind: type[BaseException], ours: type[CodexctlError], message: str
) -> None:
    error = _translated(kind)
    assert type(error) is ours
    assert message in error.message
    assert error.remedy
