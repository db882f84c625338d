"""The form in which a tape is written: what reading it gives back. Pure."""

from dataclasses import replace

from codexctl.adapters.cassettes.json_text import is_json, laid_out
from codexctl.adapters.cassettes.tape import (
    Arrival,
    Exchange,
    Headers,
    Tape,
    TapedRequest,
    TapedResponse,
)

_OF_THE_TRANSFER = frozenset(("content-encoding", "transfer-encoding"))
"""Said of how a body was sent, not of what it is: on the tape it stands as it is."""


def tidied(tape: Tape) -> Tape:
    """Return the tape as it is written: JSON laid out, lengths told anew.

    A stream stays byte by byte, and in its pieces. Other JSON is equal as JSON; it has one piece.
    """
    return replace(tape, exchanges=tuple(map(_exchange, tape.exchanges)))


def _exchange(exchange: Exchange) -> Exchange:
    request, answer = exchange.request, exchange.answer
    body = _body(request.body)
    new = TapedRequest(
        method=request.method,
        url=request.url,
        headers=_headers(request.headers, body),
        body=body,
    )
    return Exchange(new, _response(answer) if isinstance(answer, TapedResponse) else answer)


def _response(response: TapedResponse) -> TapedResponse:
    body = _body(response.body)
    arrivals = response.arrivals
    if sum(arrival.length for arrival in arrivals) != len(response.body):
        arrivals = ()
    elif body != response.body and arrivals:
        arrivals = (Arrival(len(body), arrivals[-1].at_milliseconds),)
    return replace(response, body=body, headers=_headers(response.headers, body), arrivals=arrivals)


def _body(body: bytes) -> bytes:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return body
    return laid_out(text).encode() if is_json(text) else body


def _headers(headers: Headers, body: bytes) -> Headers:
    """Return headers in the order of their names' first coming, each name's values together."""
    values: dict[str, list[str]] = {}
    for name, value in headers:
        lower = name.lower()
        if lower in _OF_THE_TRANSFER:
            continue
        told = str(len(body)) if lower == "content-length" else value
        values.setdefault(name, []).append(told)
    return tuple((name, value) for name, all_ in values.items() for value in all_)
