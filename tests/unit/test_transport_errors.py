"""No exception of requests, urllib3 or http.client comes as a surprise."""

import http.client
import inspect
import socket
import ssl
import traceback
from itertools import pairwise
from types import ModuleType

import pytest
import requests.exceptions
import urllib3.exceptions

from codexctl.adapters.responses.patience import HeadersLate, ProxyLate, Silence
from codexctl.adapters.responses.transport_errors import TRANSPORT_ERRORS, error_from
from codexctl.domain.errors import (
    CodexctlError,
    GatewayBlocked,
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

URL = "https://name:password@chatgpt.example/backend-api/codex/responses"


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


ALL = list(
    dict.fromkeys(
        [
            *_errors_of(requests.exceptions),
            *_errors_of(urllib3.exceptions),
            *_errors_of(http.client),
        ]
    )
)


def _made(kind: type[BaseException]) -> BaseException:
    # Without __init__, which differs from class to class; only the class counts.
    return kind.__new__(kind)


def _translated(kind: type[BaseException]) -> CodexctlError:
    return error_from(_made(kind))


_LAST_RESORT = _translated(requests.exceptions.RequestException).message
_NOT_IN_THE_TABLE = _translated(UnicodeError).message


def _has_a_row(kind: type[BaseException]) -> bool:
    return _translated(kind).message not in (_LAST_RESORT, _NOT_IN_THE_TABLE)


def _named(kind: type[BaseException]) -> str:
    return f"{kind.__module__}.{kind.__name__}"


@pytest.mark.parametrize("kind", ALL, ids=_named)
def test_the_client_catches_every_exception_of_its_libraries(kind: type[BaseException]) -> None:
    assert issubclass(kind, TRANSPORT_ERRORS)


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind not in NEVER_RAISED], ids=_named)
def test_every_exception_has_a_row_that_names_it(kind: type[BaseException]) -> None:
    assert _has_a_row(kind)


@pytest.mark.parametrize(
    "root", [requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError]
)
def test_an_exception_that_a_library_grows_has_no_row(root: type[BaseException]) -> None:
    assert not _has_a_row(type("Grown", (root,), {}))


@pytest.mark.parametrize("kind", NEVER_RAISED, ids=_named)
def test_what_is_excused_is_still_there_and_needs_the_excuse(kind: type[BaseException]) -> None:
    assert kind in ALL
    assert _translated(kind).message == _LAST_RESORT


@pytest.mark.parametrize(
    ("kind", "ours", "message"),
    [
        (requests.exceptions.InvalidURL, UsageError, "malformed"),
        (requests.exceptions.InvalidProxyURL, UsageError, "malformed"),
        (requests.exceptions.InvalidSchema, UsageError, "has a scheme that cannot be used"),
        (urllib3.exceptions.ProxySchemeUnknown, UsageError, "has a scheme that cannot be used"),
        (urllib3.exceptions.ProxySchemeUnsupported, UsageError, "has a scheme that cannot be used"),
        (requests.exceptions.InvalidHeader, UsageError, "The credential or the originator"),
        (requests.exceptions.ProxyError, NetworkFailed, "proxy could not be used"),
        (requests.exceptions.SSLError, NetworkFailed, "No TLS connection"),
        (urllib3.exceptions.NewConnectionError, NetworkFailed, "could not be reached in time"),
        (requests.exceptions.ConnectTimeout, NetworkFailed, "reached in time"),
        # Not the headers, which have a limit of their own: a handshake that is not answered.
        (requests.exceptions.ReadTimeout, NetworkFailed, "reached in time"),
        (urllib3.exceptions.ReadTimeoutError, NetworkFailed, "silent for too long"),
        (requests.exceptions.ConnectionError, NetworkFailed, "could not be reached"),
        (urllib3.exceptions.MaxRetryError, NetworkFailed, "could not be reached"),
        (urllib3.exceptions.ProtocolError, StreamInterrupted, "broke in the middle"),
        (urllib3.exceptions.InvalidChunkLength, StreamInterrupted, "broke in the middle"),
        (urllib3.exceptions.SSLError, StreamInterrupted, "broke in the middle"),
        (urllib3.exceptions.DecodeError, StreamInterrupted, "could not be decompressed"),
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


def _because(*causes: BaseException) -> BaseException:
    """Return the first of several exceptions, each of which came of the next."""
    for error, cause in pairwise(causes):
        error.__context__ = cause
    return causes[0]


_REFUSED = ConnectionRefusedError(111, "Connection refused")
_UNRESOLVED = _made(urllib3.exceptions.NameResolutionError)


@pytest.mark.parametrize(
    ("raised", "cause", "ours", "message"),
    [
        (
            requests.ConnectionError(),
            _UNRESOLVED,
            NetworkFailed,
            "The name chatgpt.example could not be resolved.",
        ),
        (
            requests.exceptions.ProxyError(),
            _UNRESOLVED,
            NetworkFailed,
            "The name of the proxy could not be resolved.",
        ),
        (
            requests.ConnectionError(),
            _REFUSED,
            NetworkFailed,
            "The service refused the connection.",
        ),
        (
            requests.exceptions.ProxyError(),
            _REFUSED,
            NetworkFailed,
            "The proxy refused the connection.",
        ),
        (
            requests.exceptions.ProxyError(),
            OSError("Tunnel connection failed: 407 Proxy Authentication Required"),
            GatewayBlocked,
            "The proxy wants a user name and a password (HTTP 407).",
        ),
        (
            requests.exceptions.ProxyError(),
            OSError("Tunnel connection failed: 502 Bad Gateway"),
            NetworkFailed,
            "The proxy could not be used.",
        ),
        (
            requests.exceptions.SSLError(),
            ssl.SSLCertVerificationError(1, "certificate verify failed"),
            GatewayBlocked,
            "The certificate of the service is not to be trusted.",
        ),
        (
            requests.exceptions.SSLError(),
            ssl.SSLError(1, "wrong version number"),
            NetworkFailed,
            "No TLS connection could be made.",
        ),
        (
            requests.ConnectionError(),
            ConnectionResetError(104, "Connection reset by peer"),
            NetworkFailed,
            "The connection was reset before an answer came.",
        ),
        (
            requests.ConnectionError(),
            http.client.RemoteDisconnected("no response"),
            NetworkFailed,
            "The connection was closed before an answer came.",
        ),
        (
            requests.ConnectionError(),
            http.client.BadStatusLine("SSH-2.0"),
            NetworkFailed,
            "What answered does not speak HTTP.",
        ),
        (
            requests.ConnectionError(),
            TimeoutError("timed out"),
            NetworkFailed,
            "The service did not take the request in time.",
        ),
        (
            requests.exceptions.InvalidHeader(),
            urllib3.exceptions.InvalidHeader("two lengths"),
            ProtocolError,
            "The answer's headers make no sense.",
        ),
        (
            requests.exceptions.InvalidURL(),
            urllib3.exceptions.ProxySchemeUnknown("ftp"),
            UsageError,
            "The base URL or the proxy setting has a scheme that cannot be used.",
        ),
        (
            requests.exceptions.ReadTimeout(),
            HeadersLate(300),
            NetworkFailed,
            "The service did not begin to answer in 300 seconds.",
        ),
        (
            urllib3.exceptions.ProtocolError(),
            Silence(0.5),
            NetworkFailed,
            "The service was silent for 0.5 seconds.",
        ),
        (
            requests.exceptions.ReadTimeout(),
            ProxyLate(15),
            NetworkFailed,
            "The proxy did not answer in 15 seconds.",
        ),
        (
            urllib3.exceptions.ProtocolError(),
            ConnectionResetError(104, "Connection reset by peer"),
            StreamInterrupted,
            "The connection broke in the middle of the answer.",
        ),
    ],
)
def test_what_an_exception_came_of_is_told(
    raised: BaseException, cause: BaseException, ours: type[CodexctlError], message: str
) -> None:
    # Between the two of them the libraries put some of their own.
    error = error_from(_because(raised, _made(urllib3.exceptions.MaxRetryError), cause), URL)
    assert (type(error), error.message) == (ours, message)


def test_a_name_that_is_not_known_is_told_without_it() -> None:
    error = error_from(_because(requests.ConnectionError(), _UNRESOLVED))
    assert error.message == "The name of the service could not be resolved."


def test_what_an_earlier_request_failed_of_is_not_told_again() -> None:
    earlier = _because(NetworkFailed("no name", remedy="none"), _UNRESOLVED)
    refused = ConnectionRefusedError(111, "Connection refused")
    error = error_from(_because(requests.ConnectionError(), refused, earlier), URL)
    assert error.message == "The service refused the connection."


def test_exceptions_that_came_of_each_other_are_told_all_the_same() -> None:
    first, second = requests.ConnectionError(), socket.gaierror(-2, "Name or service not known")
    first.__context__, second.__context__ = second, first
    assert error_from(first).message == "The service could not be reached."


def test_a_file_of_certificates_that_is_missing_is_told() -> None:
    error = error_from(
        OSError("Could not find a suitable TLS CA certificate bundle, invalid path: /gone.pem")
    )
    assert (type(error), error.message) == (
        UsageError,
        "The file of trusted certificates is not there.",
    )


def test_the_password_in_a_malformed_proxy_url_is_in_no_traceback() -> None:
    cause = urllib3.exceptions.LocationParseError("http://name:password@host:port")
    raised = _because(requests.exceptions.InvalidURL(cause), cause)
    ours = error_from(raised, URL)
    ours.__cause__ = raised
    assert isinstance(ours, UsageError)
    assert "password" not in "".join(traceback.format_exception(ours)) + repr(raised)
