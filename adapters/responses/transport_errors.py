"""Every exception of requests and urllib3, as one of ours.

The order matters: the first class that fits wins. A test fails when either library grows an
exception that only the last resort fits.
"""

import http.client

import requests
import urllib3

from codexctl.domain.errors import (
    CodexctlError,
    NetworkFailed,
    ProtocolError,
    StreamInterrupted,
    UsageError,
)

_CHECK_NETWORK = "Check the network, the proxy settings and the base URL, then run it again."
_CUT = "Run it again; if it goes on, a proxy or VPN may be cutting streams."

_requests = requests.exceptions
_urllib3 = urllib3.exceptions

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
        ),
        UsageError,
        "The base URL or the proxy setting is malformed.",
        "Check the *_BASE_URL and *_PROXY variables.",
    ),
    (
        (_requests.ProxyError, _urllib3.ProxyError),
        NetworkFailed,
        "The proxy could not be used.",
        "Check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.",
    ),
    (
        (_requests.SSLError, _urllib3.SSLError),
        NetworkFailed,
        "No trusted TLS connection could be made.",
        "Behind a company proxy, set REQUESTS_CA_BUNDLE or SSL_CERT_FILE to its certificates.",
    ),
    (
        (_requests.ConnectTimeout, _urllib3.ConnectTimeoutError),
        NetworkFailed,
        "The service could not be reached in time.",
        _CHECK_NETWORK,
    ),
    (
        (_requests.Timeout, _urllib3.TimeoutError),
        NetworkFailed,
        "The service was silent for too long.",
        "Run it again, or allow more with --idle-timeout.",
    ),
    (
        (
            _requests.ChunkedEncodingError,
            _requests.ContentDecodingError,
            _requests.StreamConsumedError,
            _urllib3.DecodeError,
            _urllib3.IncompleteRead,
            _urllib3.InvalidChunkLength,
            _urllib3.ProtocolError,
            http.client.HTTPException,
        ),
        StreamInterrupted,
        "The connection broke in the middle of the answer.",
        _CUT,
    ),
    (
        (_urllib3.InvalidHeader, _urllib3.HeaderParsingError),
        ProtocolError,
        "The answer's headers make no sense.",
        "Run it again; if it goes on, something on the way is no web server.",
    ),
    (
        (_requests.ConnectionError, _urllib3.PoolError),
        NetworkFailed,
        "The service could not be reached.",
        _CHECK_NETWORK,
    ),
    # The last resort: whatever else the libraries and the system know.
    (
        (_requests.RequestException, _urllib3.HTTPError, OSError),
        NetworkFailed,
        "The request failed on its way to the service.",
        _CHECK_NETWORK,
    ),
)

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


def error_from(error: BaseException) -> CodexctlError:
    """Return our error for one of :data:`TRANSPORT_ERRORS`."""
    for kinds, ours, message, remedy in _TABLE:
        if isinstance(error, kinds):
            return ours(message, remedy=remedy)
    return UsageError(
        "The request could not be put on the wire.",
        remedy="Check the credential and the *_BASE_URL variables for odd characters.",
    )
