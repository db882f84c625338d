"""An answer that is no stream: every status, with every kind of body (wire-contract 3.5, 3.7)."""

from itertools import product

import pytest
from tests.faults.endings import ALWAYS, BACK_OFF, ONCE, Row, assert_it_ends_as, run_row
from tests.faults.running import Conditions, Manner, Told, run_against
from tests.faults.server import Answer, DripForever, FaultServer, Say, Stall
from tests.faults.streams import error_body, head, measured, refused

PAGE = "<!doctype html><html><head><title>Just a moment...</title></head></html>"
HTML = "content-type: text/html; charset=UTF-8"


def run(answer: Answer) -> Told:
    with FaultServer(script=[answer]) as server:
        return run_against(server, Conditions(manner=Manner.JSON))


_BODIES: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    # The body, its headers, and the words of it that the user is told.
    "error": (error_body("odd_code", "It is odd."), (), ("It is odd.",)),
    "detail": ('{"detail": "It is odd."}', (), ("It is odd.",)),
    "nested detail": ('{"detail": {"code": "odd", "message": "It is odd."}}', (), ("It is odd.",)),
    "flat": ('{"code": "odd", "error": "It is odd."}', (), ("It is odd.",)),
    "text": ("It is odd.", ("content-type: text/plain",), ("It is odd.",)),
    "empty": ("", (), ()),
    "cut JSON": ('{"error": {"mess', (), ()),
    "null": ("null", ("content-type: application/json",), ()),
    "page": (PAGE, (HTML,), ("Just a moment...",)),
    "page without a type": (f"\n  {PAGE}", (), ("Just a moment...",)),
    "page of another type": (PAGE, ("content-type: application/json",), ("Just a moment...",)),
}
_STATUSES = {
    "400 Bad Request": (6, "InvalidRequest", ONCE),
    "401 Unauthorized": (3, "SignInRejected", ONCE),
    "402 Payment Required": (4, "QuotaExhausted", ONCE),
    "403 Forbidden": (6, "InvalidRequest", ONCE),
    "404 Not Found": (6, "InvalidRequest", ONCE),
    "405 Method Not Allowed": (6, "InvalidRequest", ONCE),
    "409 Conflict": (6, "InvalidRequest", ONCE),
    "413 Content Too Large": (6, "InvalidRequest", ONCE),
    "422 Unprocessable Content": (6, "InvalidRequest", ONCE),
    "429 Too Many Requests": (4, "RateLimited", ALWAYS),
    "451 Unavailable For Legal Reasons": (6, "InvalidRequest", ONCE),
    "500 Internal Server Error": (5, "ServiceUnavailable", ALWAYS),
    "502 Bad Gateway": (5, "ServiceUnavailable", ALWAYS),
    "503 Service Unavailable": (5, "ServiceUnavailable", ALWAYS),
    "504 Gateway Timeout": (5, "ServiceUnavailable", ALWAYS),
    "520 Unknown Error": (5, "ServiceUnavailable", ALWAYS),
    "529 Overloaded": (5, "ServiceUnavailable", ALWAYS),
}


def _row(status: str, body: str) -> Row:
    exit_code, kind, requests = _STATUSES[status]
    text, headers, words = _BODIES[body]
    if "page" in body and status.startswith("413"):
        words = ()  # a gateway's page, and what it says is true: the request is what is wrong
    elif "page" in body and status < "500":
        # Whoever sent a web page is not the service (known bug 134: not a matter of the sign-in).
        exit_code, kind, requests = 5, "GatewayBlocked", ONCE
    return Row(
        name=f"{status.partition(' ')[0]} {body}",
        answer=refused(status, text, *headers),
        exit_code=exit_code,
        kind=kind,
        requests=requests,
        words=words,
        waits=BACK_OFF[: requests - 1],
    )


def _by_status() -> list[Row]:
    return [_row(status, body) for status, body in product(_STATUSES, _BODIES)]


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in _by_status()])
def test_a_status_ends_the_run_as_the_contract_says(row: Row) -> None:
    assert_it_ends_as(row, run_row(row))


@pytest.mark.parametrize(
    ("headers", "request_id"),
    [
        (("x-request-id: req_7", "x-oai-request-id: req_8", "cf-ray: ray-9"), "req_7"),
        (("x-oai-request-id: req_8", "cf-ray: ray-9"), "req_8"),
        (("cf-ray: ray-9",), "ray-9"),
    ],
)
def test_the_request_id_is_told(headers: tuple[str, ...], request_id: str) -> None:
    told = run(refused("400 Bad Request", "{}", *headers))
    assert told.ran.stderr.endswith(f"\n  Request id: {request_id}\n")


@pytest.mark.slow  # the status says most of it, yet the body is waited for, for 30 seconds
@pytest.mark.parametrize(
    ("status", "end"),
    [
        pytest.param("400 Bad Request", Stall(), id="stalls"),
        pytest.param("500 Internal Server Error", DripForever(b"no ", 0.01), id="drips"),
    ],
)
def test_a_refusal_whose_body_never_ends_ends_the_run(
    status: str, end: Stall | DripForever
) -> None:
    exit_code, kind, _ = _STATUSES[status]
    begun = head("content-length: 1000000", status=status) + b'{"detail": "It is odd.'
    conditions = Conditions(
        manner=Manner.JSON, idle_timeout_seconds=0.3, retries=0, patience_seconds=60.0
    )
    with FaultServer(script=[[Say(begun), end]]) as server:
        told = run_against(server, conditions)
    assert (told.ran.exit_code, told.error["kind"]) == (exit_code, kind)


def test_a_huge_refusal_is_told_in_one_line() -> None:
    told = run(measured(b"no " * 1_000_000, status="400 Bad Request"))
    assert (told.ran.exit_code, len(told.seen)) == (6, 1)
    assert len(told.ran.stderr.split("\n")[0]) < 700
