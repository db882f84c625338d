"""The device flow: a code to type in at a page, and polling until somebody has."""

from datetime import UTC, datetime

from codexctl.entrypoints.emulator.http.form_bodies import (
    Fields,
    UnreadableFieldsError,
    body_fields,
)
from codexctl.entrypoints.emulator.http.messages import HttpReply, HttpRequest, json_reply
from codexctl.entrypoints.emulator.issuer.authorize_endpoint import is_client_id
from codexctl.entrypoints.emulator.issuer.code_grants import CODE_LIFETIME, CodeGrant, CodeGrants
from codexctl.entrypoints.emulator.issuer.device_grants import (
    DEVICE_CODE_LIFETIME,
    DeviceGrant,
    DeviceGrants,
    DeviceVerdict,
)
from codexctl.entrypoints.emulator.issuer.options import IssuerOptions
from codexctl.entrypoints.emulator.issuer.replies import granted, page, refused
from codexctl.entrypoints.emulator.issuer.scenarios import IssuerScenarios, RequestKind
from codexctl.entrypoints.emulator.issuer.signed_tokens import code_challenge, new_code_verifier
from codexctl.entrypoints.emulator.json_values import JsonObject

_SCOPE = "openid profile email offline_access"
_PAGE = b"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>codexctl emulator</title></head>
<body><p>The real page asks for your code here. The emulator approves codes by itself: you may close
this page.</p></body></html>
"""
_SETTLED = {
    "device-declined": DeviceVerdict.DECLINED,
    "device-expired": DeviceVerdict.EXPIRED,
}
_NOT_APPROVED = {
    DeviceVerdict.PENDING: (
        403,
        "Device authorization is pending. Please try again.",
        "deviceauth_authorization_pending",
    ),
    DeviceVerdict.DECLINED: (401, "The request was declined.", "authorization_declined"),
    DeviceVerdict.EXPIRED: (403, "The device code has expired.", "expired_token"),
    DeviceVerdict.UNKNOWN: (
        403,
        "Device authorization is unknown.",
        "deviceauth_authorization_unknown",
    ),
}


class DeviceEndpoint:
    """Answers clients on machines without a browser."""

    def __init__(
        self,
        options: IssuerOptions,
        scenarios: IssuerScenarios,
        codes: CodeGrants,
        devices: DeviceGrants,
    ) -> None:
        self._options = options
        self._scenarios = scenarios
        self._codes = codes
        self._devices = devices

    def show_page(self, _request: HttpRequest) -> HttpReply:
        """Show the page at which the user would type the code."""
        return page(_PAGE)

    def ask(self, request: HttpRequest) -> HttpReply:
        """Hand out a device code and a user code."""
        if self._scenarios.next(RequestKind.USER_CODE) is not None:
            return refused(404, "Device code login is not enabled.", "not_found")
        try:
            client_id = _json_fields(request)["client_id"]
        except UnreadableFieldsError as exc:
            return refused(400, str(exc), "invalid_request")
        if not is_client_id(client_id):
            return refused(400, "The client_id is missing or unknown.", "invalid_client")
        # The client names this address when it redeems the code, as it knows the issuer.
        redirect_uri = f"{request.origin}/deviceauth/callback"
        grant = self._devices.add(client_id, redirect_uri, self._options.clock())
        return granted(self._offer(grant))

    def poll(self, request: HttpRequest) -> HttpReply:
        """Tell a client where its code stands; once approved, give what it can redeem."""
        try:
            fields = _json_fields(request)
        except UnreadableFieldsError as exc:
            return refused(400, str(exc), "invalid_request")
        grant = self._devices.find(fields["device_auth_id"], fields["user_code"])
        if grant is None:
            return _not_approved(DeviceVerdict.UNKNOWN)
        scenario = self._scenarios.next(RequestKind.DEVICE_POLL)
        if scenario == "device-slow-down":
            return json_reply(400, {"error": "slow_down"})
        if scenario is not None:
            self._devices.end(grant, _SETTLED[scenario])
        verdict = self._devices.poll(grant.device_auth_id, self._options.clock())
        if verdict is DeviceVerdict.APPROVED:
            return granted(self._approved(grant))
        return _not_approved(verdict)

    def _offer(self, grant: DeviceGrant) -> JsonObject:
        ends = datetime.fromtimestamp(grant.asked_at + DEVICE_CODE_LIFETIME, UTC)
        offer: JsonObject = {
            "device_auth_id": grant.device_auth_id,
            "user_code": grant.user_code,
            "expires_at": ends.isoformat(),
        }
        if self._options.device_interval is not None:
            offer["interval"] = self._options.device_interval
        return offer

    def _approved(self, grant: DeviceGrant) -> JsonObject:
        verifier = new_code_verifier()
        challenge = code_challenge(verifier)
        code = self._codes.add(
            CodeGrant(
                client_id=grant.client_id,
                redirect_uri=grant.redirect_uri,
                challenge=challenge,
                scope=_SCOPE,
                expires_at=self._options.clock() + CODE_LIFETIME,
            )
        )
        return {
            "authorization_code": code,
            "code_challenge": challenge,
            "code_verifier": verifier,
        }


def _json_fields(request: HttpRequest) -> Fields:
    fields = body_fields(request)
    if fields.is_form:
        msg = "The body has to be a JSON object."
        raise UnreadableFieldsError(msg)
    return fields


def _not_approved(verdict: DeviceVerdict) -> HttpReply:
    return refused(*_NOT_APPROVED[verdict])
