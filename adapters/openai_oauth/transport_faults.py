"""What the exceptions of requests and urllib3 mean when nothing was sent."""

import http.client

import requests
import urllib3

from codexctl.domain.errors import CodexctlError, NetworkFailed, UsageError

_CHECK_NETWORK = "Check the network and the proxy settings, then run it again."

_requests = requests.exceptions
_urllib3 = urllib3.exceptions

TRANSPORT_ERRORS: tuple[type[BaseException], ...] = (
    _requests.RequestException,
    _urllib3.HTTPError,
    http.client.HTTPException,
    OSError,
    # The one exception of urllib3 that its root does not cover.
    _urllib3.ProxySchemeUnsupported,
    # What urllib3 raises on a header or host that it cannot encode.
    UnicodeError,
)

_TABLE: tuple[tuple[tuple[type[BaseException], ...], type[CodexctlError], str, str], ...] = (
    (
        (
            _requests.InvalidURL,
            _requests.MissingSchema,
            _requests.InvalidSchema,
            _requests.InvalidHeader,
            _requests.InvalidProxyURL,
            _urllib3.LocationValueError,
            _urllib3.ProxySchemeUnknown,
            _urllib3.ProxySchemeUnsupported,
            UnicodeError,
        ),
        UsageError,
        "The issuer's URL or the proxy setting is malformed.",
        "Check CODEXCTL_ISSUER, CODEXCTL_ORIGINATOR and the *_PROXY variables.",
    ),
    (
        (_requests.ProxyError, _urllib3.ProxyError),
        NetworkFailed,
        "The proxy on the way to the sign-in service could not be used.",
        "Check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.",
    ),
    (
        (_requests.SSLError, _urllib3.SSLError),
        NetworkFailed,
        "No trusted TLS connection to the sign-in service could be made.",
        # openai/codex#6849, #40839, #26764
        "Behind a company proxy, set SSL_CERT_FILE or REQUESTS_CA_BUNDLE to its certificates.",
    ),
    (
        (_requests.ConnectTimeout, _urllib3.ConnectTimeoutError),
        NetworkFailed,
        "The sign-in service could not be reached in time.",
        _CHECK_NETWORK,
    ),
)


def unsent(error: BaseException) -> CodexctlError:
    """Return our error for a request of which nothing was sent."""
    for kinds, ours, message, remedy in _TABLE:
        if isinstance(error, kinds):
            return ours(message, remedy=remedy)
    return NetworkFailed("The sign-in service could not be reached.", remedy=_CHECK_NETWORK)


def without_frames(error: BaseException) -> BaseException:
    """Strip an exception and those it came from of their frames, which hold what was to be sent.

    What is left says what failed, for the debug log.
    """
    todo: list[BaseException | None] = [error]
    seen: set[int] = set()
    while todo:
        one = todo.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            one.__traceback__ = None
            todo += [one.__cause__, one.__context__]
    return error
