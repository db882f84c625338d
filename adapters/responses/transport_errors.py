"""Every exception of requests and urllib3, as one of ours.

The order matters: the first row that fits wins. A test fails when either library grows an
exception that only the last resort fits.
"""

import http.client
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import requests
import urllib3

from codexctl.adapters.responses.patience import HeadersLate, OutOfPatience, ProxyLate, Silence
from codexctl.domain.errors import (
    CodexctlError,
    GatewayBlocked,
    NetworkFailed,
    ProtocolError,
    StreamInterrupted,
    UsageError,
)
from codexctl.domain.faults import ProviderFault, error_for

_AGAIN = "Run it again, or allow more with --idle-timeout."
_CHECK_NETWORK = "Check the network, the proxy settings and the base URL, then run it again."
_CHECK_PROXY = "Check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY."
_CHECK_URLS = "Check the *_BASE_URL and *_PROXY variables."
_CUT = "Run it again; if it goes on, a proxy or VPN may be cutting streams."
_TRUST = "Behind a company proxy, set REQUESTS_CA_BUNDLE or SSL_CERT_FILE to its certificates."

_requests = requests.exceptions
_urllib3 = urllib3.exceptions

_Kinds = tuple[type[BaseException], ...]

_ANY: _Kinds = (BaseException,)
_MALFORMED: _Kinds = (
    _requests.InvalidURL,
    _requests.MissingSchema,
    _requests.InvalidProxyURL,
    _urllib3.LocationValueError,
)
_NO_SUCH_SCHEME: _Kinds = (
    _requests.InvalidSchema,
    _urllib3.URLSchemeUnknown,
    _urllib3.ProxySchemeUnknown,
    _urllib3.ProxySchemeUnsupported,
)
_PROXY: _Kinds = (_requests.ProxyError, _urllib3.ProxyError)
_TLS: _Kinds = (_requests.SSLError,)
_UNANSWERED: _Kinds = (_requests.ConnectionError,)
_RESET: _Kinds = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError)
_BROKEN: _Kinds = (
    _requests.ChunkedEncodingError,
    _requests.StreamConsumedError,
    _urllib3.IncompleteRead,
    _urllib3.InvalidChunkLength,
    _urllib3.ProtocolError,
    # Of requests when a connection is made, of urllib3 when a body is read.
    _urllib3.SSLError,
    http.client.HTTPException,
)

# What was raised, what it came of (itself included), and what that is to us.
_TABLE: tuple[tuple[_Kinds, _Kinds, type[CodexctlError], str, str], ...] = (
    (
        _ANY,
        (HeadersLate,),
        NetworkFailed,
        "The service did not begin to answer in {seconds:g} seconds.",
        _AGAIN,
    ),
    (_ANY, (Silence,), NetworkFailed, "The service was silent for {seconds:g} seconds.", _AGAIN),
    (
        _ANY,
        (ProxyLate,),
        NetworkFailed,
        "The proxy did not answer in {seconds:g} seconds.",
        _CHECK_PROXY,
    ),
    (
        _ANY,
        (_urllib3.InvalidHeader, _urllib3.HeaderParsingError),
        ProtocolError,
        "The answer's headers make no sense.",
        "Run it again; if it goes on, something on the way is no web server.",
    ),
    (
        (_requests.InvalidHeader,),
        _ANY,
        UsageError,
        "The credential or the originator holds characters that no header can.",
        "Check OPENAI_API_KEY, CODEXCTL_ACCESS_TOKEN and CODEXCTL_ORIGINATOR, or sign in again.",
    ),
    (
        _ANY,
        _NO_SUCH_SCHEME,
        UsageError,
        "The base URL or the proxy setting has a scheme that cannot be used.",
        f"{_CHECK_URLS[:-1]}; a SOCKS proxy needs the package PySocks.",
    ),
    (_MALFORMED, _ANY, UsageError, "The base URL or the proxy setting is malformed.", _CHECK_URLS),
    (
        _PROXY,
        (_urllib3.NameResolutionError,),
        NetworkFailed,
        "The name of the proxy could not be resolved.",
        _CHECK_PROXY,
    ),
    (
        _PROXY,
        (ConnectionRefusedError,),
        NetworkFailed,
        "The proxy refused the connection.",
        _CHECK_PROXY,
    ),
    (_PROXY, _ANY, NetworkFailed, "The proxy could not be used.", _CHECK_PROXY),
    (
        _TLS,
        (ssl.SSLCertVerificationError,),
        GatewayBlocked,  # which it is, or a wrong clock or name: no retry helps
        "The certificate of the service is not to be trusted.",
        _TRUST,
    ),
    (
        _TLS,
        _ANY,
        NetworkFailed,
        "No TLS connection could be made.",
        "Check the base URL and the proxy settings; a proxy or VPN may be in the way.",
    ),
    (
        _ANY,
        (_urllib3.NameResolutionError,),
        NetworkFailed,
        "The name {host} could not be resolved.",
        _CHECK_NETWORK,
    ),
    (
        _ANY,
        (ConnectionRefusedError,),
        NetworkFailed,
        "The service refused the connection.",
        _CHECK_NETWORK,
    ),
    (
        (_urllib3.ReadTimeoutError,),
        _ANY,
        NetworkFailed,
        "The service was silent for too long.",
        _AGAIN,
    ),
    (
        (_requests.Timeout, _urllib3.TimeoutError),
        _ANY,
        NetworkFailed,
        "The service could not be reached in time.",
        _CHECK_NETWORK,
    ),
    (
        _UNANSWERED,
        (TimeoutError,),
        NetworkFailed,
        "The service did not take the request in time.",
        _CHECK_NETWORK,
    ),
    (
        _UNANSWERED,
        (http.client.RemoteDisconnected,),
        NetworkFailed,
        "The connection was closed before an answer came.",
        _CUT,
    ),
    (
        _UNANSWERED,
        _RESET,
        NetworkFailed,
        "The connection was reset before an answer came.",
        _CUT,
    ),
    (
        _UNANSWERED,
        (http.client.HTTPException,),
        NetworkFailed,
        "What answered does not speak HTTP.",
        _CHECK_NETWORK,
    ),
    (
        (_requests.ContentDecodingError, _urllib3.DecodeError),
        _ANY,
        StreamInterrupted,
        "The answer could not be decompressed.",
        _CUT,
    ),
    (
        _BROKEN,
        _ANY,
        StreamInterrupted,
        "The connection broke in the middle of the answer.",
        _CUT,
    ),
    (
        (_requests.ConnectionError, _urllib3.PoolError),
        _ANY,
        NetworkFailed,
        "The service could not be reached.",
        _CHECK_NETWORK,
    ),
    # The last resort: whatever else the libraries and the system know.
    (
        (_requests.RequestException, _urllib3.HTTPError, OSError),
        _ANY,
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


def error_from(error: BaseException, url: str = "") -> CodexctlError:
    """Return our error for one of :data:`TRANSPORT_ERRORS`.

    Args:
        error: What was raised. If it is about a URL or a header, it loses its words, which may
            quote the password in a proxy's URL.
        url: What was asked for.
    """
    links = tuple(_links(error))
    for link in links:
        if isinstance(link.__cause__, CodexctlError):
            return link.__cause__  # a transport that is none of the network's said it in our words
    if (special := _by_its_words(links)) is not None:
        return special
    seconds = next((link.seconds for link in links if isinstance(link, OutOfPatience)), 0.0)
    host = urlsplit(url).hostname or "of the service"
    for raised, cause, ours, message, remedy in _TABLE:
        if isinstance(error, raised) and any(isinstance(link, cause) for link in links):
            if ours is UsageError:
                _take_words_from(links)
            return ours(message.format(seconds=seconds, host=host), remedy=remedy)
    return UsageError(
        "The request could not be put on the wire.",
        remedy="Check the credential and the *_BASE_URL variables for odd characters.",
    )


def _links(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and what it came of, as far back as an error of ours."""
    todo: list[BaseException | None] = [error]
    seen: set[int] = set()
    while todo:
        one = todo.pop()
        # One of ours is that of an earlier request, while whose handling this one was sent.
        if one is not None and id(one) not in seen and not isinstance(one, CodexctlError):
            seen.add(id(one))
            yield one
            todo += [one.__cause__, one.__context__]


def _by_its_words(links: tuple[BaseException, ...]) -> CodexctlError | None:
    """Return our error where the libraries have no class for what happened."""
    for words in (str(link) for link in links if type(link) is OSError):
        if words.startswith("Tunnel connection failed: 407"):
            return error_for(ProviderFault(message="", status=407))
        if words.startswith("Could not find a suitable TLS CA certificate bundle"):
            return UsageError(
                "The file of trusted certificates is not there.",
                remedy="Check REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE and SSL_CERT_FILE.",
            )
    return None


def _take_words_from(links: tuple[BaseException, ...]) -> None:
    for link in links:
        link.args = ()
