"""OpenAI's way of signing in with a code typed in elsewhere (wire-contract 1.7).

It is not RFC 8628: the issuer makes the PKCE pair, and pending is a 403 or a 404.
"""

import math
from dataclasses import dataclass

from codexctl.adapters.openai_oauth.answers import (
    Refusal,
    is_page,
    json_object,
    passing_error,
    refusal,
    text,
)
from codexctl.adapters.openai_oauth.issuer_http import Answer, Fields, IssuerHttp
from codexctl.adapters.openai_oauth.settings import IssuerSettings
from codexctl.domain.credentials import Secret
from codexctl.domain.errors import (
    AnswerLost,
    CodexctlError,
    NetworkFailed,
    ProtocolError,
    SignInFailed,
)
from codexctl.domain.sign_in import DeviceApproved, DeviceCode, DevicePending

_API = "/api/accounts/deviceauth"
_DEFAULT_INTERVAL_SECONDS = 5.0
_SHORTEST_INTERVAL_SECONDS = 1.0
_LONGEST_INTERVAL_SECONDS = 60.0
"""A longer one is a mistake of the sender, and would sleep through the approval."""
_LONGEST_USER_CODE = 64
_PENDING_STATUSES = (403, 404)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAiDeviceAuthorization:
    """The :class:`~codexctl.domain.ports.DeviceAuthorization` of OpenAI.

    Attributes:
        settings: Where it is and who asks.
    """

    settings: IssuerSettings

    def begin(self) -> DeviceCode:
        """See :meth:`codexctl.domain.ports.DeviceAuthorization.begin`."""
        answer = self._post("/usercode", {"client_id": self.settings.client_id})
        if not answer.is_good or is_page(answer):
            raise _begin_error(refusal(answer, ()))
        body = json_object(answer) or {}
        user_code = text(body, "user_code") or text(body, "usercode")
        device_id = Secret(text(body, "device_auth_id"))
        interval_seconds = _interval(body.get("interval"))
        del body  # it shows the id, and the next line may raise
        fits = user_code.isprintable() and len(user_code) <= _LONGEST_USER_CODE
        if not (user_code and device_id.reveal() and fits):
            raise _outside_the_protocol()
        return DeviceCode(
            user_code=user_code,
            verification_url=self.settings.url("/codex/device"),
            device_id=device_id,
            interval_seconds=interval_seconds,
        )

    def poll(self, device: DeviceCode) -> DevicePending | DeviceApproved:
        """See :meth:`codexctl.domain.ports.DeviceAuthorization.poll`."""
        fields: Fields = {"device_auth_id": device.device_id, "user_code": device.user_code}
        answer = self._post("/token", fields)
        if not answer.is_good or is_page(answer):
            return _pending(refusal(answer, (device.device_id,)))
        body = json_object(answer) or {}
        code = Secret(text(body, "authorization_code"))
        verifier = Secret(text(body, "code_verifier"))
        del body  # it shows both, and the next line may raise
        if not (code.reveal() and verifier.reveal()):
            raise _outside_the_protocol()
        return DeviceApproved(
            code=code, verifier=verifier, redirect_uri=self.settings.url("/deviceauth/callback")
        )

    def _post(self, path: str, fields: Fields) -> Answer:
        try:
            return IssuerHttp(self.settings).post_json(f"{_API}{path}", fields)
        except AnswerLost:
            # Asking again spends nothing, so that the wait may go on.
            raise NetworkFailed(
                "The sign-in service was asked and did not answer.",
                remedy="Check the network, then run codexctl login again.",
            ) from None


def _begin_error(fault: Refusal) -> CodexctlError:
    if fault.status == 404:
        return SignInFailed(
            "Signing in with a device code is not enabled for this account.",
            remedy=(
                "Enable device-code login in ChatGPT's security settings (in a workspace, an"
                " administrator may have to), or use codexctl login --browser or --paste."
            ),
            request_id=fault.request_id,
        )
    if fault.is_page or fault.status >= 500 or fault.status < 400 or fault.status in (408, 429):
        return passing_error(fault)
    return _said_no("The sign-in service gave no device code", fault)


def _pending(fault: Refusal) -> DevicePending:
    """Return that the user has not approved yet, where the refusal means that.

    Raises:
        CodexctlError: It means something else.
    """
    code = fault.code or ""
    # The issuer's own codes begin with deviceauth_, those of RFC 8628 do not. Some refusals have
    # words and no code.
    said = code or fault.words.lower()
    if fault.is_page:
        raise passing_error(fault)
    if "slow_down" in code or fault.status == 429:
        return DevicePending(slow_down=True)
    if "declined" in said or "denied" in said:
        raise _said_no("The sign-in was declined", fault)
    if "expired" in said:
        raise _said_no("The device code is no longer good", fault)
    if "authorization_pending" in code or fault.status in _PENDING_STATUSES:
        return DevicePending()
    if fault.status >= 500 or fault.status < 400 or fault.status == 408:
        raise passing_error(fault)
    raise _said_no("The sign-in service refused the device code", fault)


def _said_no(what: str, fault: Refusal) -> SignInFailed:
    return SignInFailed(
        f"{what} (HTTP {fault.status}): {fault.words or 'no reason given'}",
        remedy="Run codexctl login again for a new code, or use --browser or --paste.",
        request_id=fault.request_id,
    )


def _outside_the_protocol() -> ProtocolError:
    return ProtocolError(
        "The sign-in service answered outside the protocol.",
        remedy="Try again in a few minutes, or use codexctl login --browser.",
    )


def _interval(value: object) -> float:
    """Return the seconds between polls: the issuer sends a string, others a number."""
    seconds = math.nan
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            seconds = float(value)
        except (ValueError, OverflowError):
            seconds = math.nan
    if not math.isfinite(seconds) or seconds < 0:
        return _DEFAULT_INTERVAL_SECONDS
    return min(max(seconds, _SHORTEST_INTERVAL_SECONDS), _LONGEST_INTERVAL_SECONDS)
