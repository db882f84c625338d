"""Checks of a request's envelope, before its body is read; pure."""

import ipaddress
from collections.abc import Mapping

from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.http.refusals import Refusal, in_shape_of

MAX_BODY_BYTES = 64 * 1024 * 1024
_LONGEST_NUMBER = 19  # digits of 2**63


def check_envelope(backend: Backend, headers: Mapping[str, str]) -> Refusal | None:
    """Refuse a request whose host is not loopback or whose body cannot be read.

    Args:
        backend: whose error shape to use.
        headers: the request's headers, names in lower case.
    """
    if not is_loopback_host(headers.get("host", "")):
        # A web page can make a browser send requests to 127.0.0.1 under a name of its own.
        return in_shape_of(backend, "The emulator answers loopback hosts only.", "forbidden", 403)
    if "transfer-encoding" in headers:
        text = "The emulator wants a content-length, not a chunked body."
        return in_shape_of(backend, text, "length_required", 411)
    length = content_length(headers)
    if length is None:
        return in_shape_of(backend, "The content-length is no number.", "invalid_length", 400)
    if length > MAX_BODY_BYTES:
        text = f"The body is over {MAX_BODY_BYTES} bytes."
        return in_shape_of(backend, text, "request_too_large", 413)
    return None


def content_length(headers: Mapping[str, str]) -> int | None:
    """Give the length of the body in bytes, 0 without the header, None when it is no number."""
    given = headers.get("content-length", "0").strip()
    return (
        int(given)
        if given.isascii() and given.isdigit() and len(given) <= _LONGEST_NUMBER
        else None
    )


def is_loopback_host(host: str) -> bool:
    """Tell whether a Host header names this machine: `localhost`, 127.0.0.0/8 or `[::1]`."""
    if host.startswith("["):
        name, bracket, port = host[1:].partition("]")
        port = port.removeprefix(":") if bracket else "none"
    else:
        name, _, port = host.partition(":")
    if port and not (port.isascii() and port.isdigit()):
        return False
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
