"""`GET /oauth/authorize`: checks the request and approves it in the user's place."""

import re
from urllib.parse import SplitResult, urlencode, urlsplit

from codexctl.entrypoints.emulator.http.form_bodies import (
    Fields,
    UnreadableFieldsError,
    query_fields,
)
from codexctl.entrypoints.emulator.http.messages import HttpReply, HttpRequest
from codexctl.entrypoints.emulator.issuer.code_grants import CODE_LIFETIME, CodeGrant, CodeGrants
from codexctl.entrypoints.emulator.issuer.options import IssuerOptions
from codexctl.entrypoints.emulator.issuer.replies import refused
from codexctl.entrypoints.emulator.issuer.scenarios import IssuerScenarios, RequestKind

REGISTERED_PORTS = (1455, 1457)
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_CLIENT_ID = re.compile(r"app_[A-Za-z0-9_-]+")
_DENIALS = {
    "login-denied": "The user denied the request.",
    "login-not-entitled": "missing_codex_entitlement: Codex is not enabled for this workspace.",
}


class AuthorizeEndpoint:
    """Answers browsers that come to sign in."""

    def __init__(
        self, options: IssuerOptions, scenarios: IssuerScenarios, codes: CodeGrants
    ) -> None:
        self._options = options
        self._scenarios = scenarios
        self._codes = codes

    def answer(self, request: HttpRequest) -> HttpReply:
        """Redirect to the client with a code.

        As RFC 6749, 4.1.2.1 has it, a wrong client or redirect URI is told to the user, and
        whatever else is wrong to the client.
        """
        try:
            fields = query_fields(request)
        except UnreadableFieldsError as exc:
            return refused(400, str(exc), "invalid_request")
        if not is_client_id(fields["client_id"]):
            return refused(400, "The client_id is missing or unknown.", "invalid_client")
        if not self._is_registered(fields["redirect_uri"]):
            return refused(400, "The redirect_uri is not registered.", "invalid_redirect_uri")
        if (fault := _fault(fields)) is not None:
            return _back(fields, {"error": fault[0], "error_description": fault[1]})
        scenario = self._scenarios.next(RequestKind.AUTHORIZE)
        if scenario is not None:
            denial = {"error": "access_denied", "error_description": _DENIALS[scenario]}
            return _back(fields, denial)
        return _back(fields, {"code": self._codes.add(self._grant(fields))})

    def _is_registered(self, uri: str) -> bool:
        parts = _split(uri)
        if parts is None:
            return False
        port = _port(parts)
        plain = f"http://{parts.hostname}:{port}/auth/callback"
        # Byte for byte, so that nothing hides in a user name, a query or an odd port.
        return (
            uri == plain
            and parts.hostname in ("localhost", "127.0.0.1")
            and (port in REGISTERED_PORTS or (self._options.any_redirect_port and port is not None))
        )

    def _grant(self, fields: Fields) -> CodeGrant:
        return CodeGrant(
            client_id=fields["client_id"],
            redirect_uri=fields["redirect_uri"],
            challenge=fields["code_challenge"],
            scope=fields["scope"],
            expires_at=self._options.clock() + CODE_LIFETIME,
        )


def is_client_id(text: str) -> bool:
    """Tell whether a text has the shape of the issuer's client ids."""
    return _CLIENT_ID.fullmatch(text) is not None


def _fault(fields: Fields) -> tuple[str, str] | None:
    if fields["response_type"] != "code":
        return "unsupported_response_type", "The response_type has to be code."
    if not fields["state"]:
        return "invalid_request", "There is no state."
    if fields["code_challenge_method"] != "S256":
        return "invalid_request", "The code_challenge_method has to be S256."
    if _CHALLENGE.fullmatch(fields["code_challenge"]) is None:
        return "invalid_request", "The code_challenge has to be 43 characters of base64url."
    return None


def _back(fields: Fields, answer: dict[str, str]) -> HttpReply:
    state = {"state": fields["state"]} if fields["state"] else {}
    location = f"{fields['redirect_uri']}?{urlencode({**answer, **state})}"
    headers = (("location", location), ("cache-control", "no-store"))
    return HttpReply(status=302, headers=headers, body=b"")


def _split(uri: str) -> SplitResult | None:
    try:
        return urlsplit(uri)
    except ValueError:
        return None


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        return None
