"""What a provider reports when it will not answer, and which of our errors that is.

One rule for both ways a fault arrives: the body of an HTTP error, and an event inside a stream.
Codes and texts are those of wire-contract 3.2 and 3.5 of the Responses services.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from codexctl.domain.errors import (
    CodexctlError,
    ContextWindowExceeded,
    GatewayBlocked,
    InvalidRequest,
    ModelUnavailable,
    PlanExcludesService,
    PolicyRefused,
    QuotaExhausted,
    RateLimited,
    ServiceUnavailable,
    SignInRejected,
)
from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderFault:
    """A fault as the provider told it, whatever shape it told it in.

    Attributes:
        message: The provider's words, one line, ``""`` if it gave none.
        code: ``error.code``, else ``error.type``, lower case; None if neither was there.
        status: The HTTP status; None for a fault inside a stream.
        is_html: The body was a page for people: something between us and the service answered.
        plan: The account's plan, where a limit names it.
        resets_at: When a spent limit comes back, aware.
        retry_after_seconds: How long the provider asks to wait.
        request_id: The provider's id of the request.
    """

    message: str
    code: str | None = None
    status: int | None = None
    is_html: bool = False
    plan: str | None = None
    resets_at: datetime | None = None
    retry_after_seconds: float | None = None
    request_id: str | None = None


def error_for(fault: ProviderFault) -> CodexctlError:
    """Return the error that a fault means: by code, then by the text, then by the status."""
    build = (
        _BY_CODE.get(fault.code or "")
        or _by_text(fault.message.lower())
        or _by_status(fault.status, is_html=fault.is_html)
    )
    return build(fault)


def _said(fault: ProviderFault, otherwise: str) -> str:
    """Return the provider's own words, or ours where it gave none."""
    return fault.message or otherwise


def _status_note(fault: ProviderFault) -> str:
    return "" if fault.status is None else f" (HTTP {fault.status})"


def _sign_in_rejected(fault: ProviderFault) -> CodexctlError:
    return SignInRejected(
        f"The service rejected the credential{_status_note(fault)}:"
        f" {_said(fault, 'no reason given')}",
        remedy="Check that the token or key is complete, current and meant for this service.",
        request_id=fault.request_id,
    )


def _quota_exhausted(fault: ProviderFault) -> CodexctlError:
    plan = f" of the {fault.plan} plan" if fault.plan else ""
    when = f" It resets at {fault.resets_at.isoformat()}." if fault.resets_at else ""
    return QuotaExhausted(
        f"The usage limit{plan} is reached: {_said(fault, 'no details given')}{when}",
        remedy="Wait until the limit resets, choose another model, or use another account.",
        request_id=fault.request_id,
    )


def _plan_excludes_service(fault: ProviderFault) -> CodexctlError:
    return PlanExcludesService(
        f"This account's plan does not include the service: {_said(fault, 'usage not included')}",
        remedy="Sign in with an account whose plan includes Codex, or use an API key.",
        request_id=fault.request_id,
    )


def _rate_limited(fault: ProviderFault) -> CodexctlError:
    return RateLimited(
        f"Too many requests just now{_status_note(fault)}: {_said(fault, 'rate limit reached')}",
        remedy="Wait a moment and run the command again.",
        request_id=fault.request_id,
        retry_after_seconds=fault.retry_after_seconds,
    )


def _context_window(fault: ProviderFault) -> CodexctlError:
    return ContextWindowExceeded(
        f"The conversation does not fit the model's context window: {_said(fault, 'too long')}",
        remedy="Start a new run with a shorter prompt or fewer files.",
        request_id=fault.request_id,
    )


def _policy(fault: ProviderFault) -> CodexctlError:
    return PolicyRefused(
        f"The provider's policies forbid this request: {_said(fault, 'it was flagged')}",
        remedy="Change the prompt.",
        request_id=fault.request_id,
    )


def _invalid_request(fault: ProviderFault) -> CodexctlError:
    return InvalidRequest(
        f"The provider refused the request{_status_note(fault)}: {_said(fault, 'no reason given')}",
        remedy="Change what the message names; it would be refused again as it is.",
        request_id=fault.request_id,
    )


def _model_unavailable(fault: ProviderFault) -> CodexctlError:
    return ModelUnavailable(
        f"The model is not available to this account: {_said(fault, 'model not found')}",
        remedy="Choose another model with -m.",
        request_id=fault.request_id,
    )


def _service_unavailable(fault: ProviderFault) -> CodexctlError:
    return ServiceUnavailable(
        f"The service could not answer{_status_note(fault)}: {_said(fault, 'no reason given')}",
        remedy="Try again in a few minutes; if it goes on, see https://status.openai.com.",
        request_id=fault.request_id,
        retry_after_seconds=fault.retry_after_seconds,
    )


def _gateway_blocked(fault: ProviderFault) -> CodexctlError:
    return GatewayBlocked(
        f"A gateway answered in place of the service{_status_note(fault)}:"
        f" {_said(fault, 'it sent a web page')}",
        remedy="Check proxy, VPN and region. Signing in again does not help here.",
        request_id=fault.request_id,
    )


_BY_CODE: Mapping[str, Callable[[ProviderFault], CodexctlError]] = {
    "context_length_exceeded": _context_window,
    "insufficient_quota": _quota_exhausted,
    "usage_limit_reached": _quota_exhausted,
    "deactivated_workspace": _plan_excludes_service,
    "usage_not_included": _plan_excludes_service,
    "cyber_policy": _policy,
    "bio_policy": _policy,
    "misalignment_policy_violation": _policy,
    "content_policy_violation": _policy,
    "invalid_prompt": _invalid_request,
    "server_is_overloaded": _service_unavailable,
    "slow_down": _service_unavailable,
    "server_error": _service_unavailable,
    "rate_limit_exceeded": _rate_limited,
    "model_not_found": _model_unavailable,
    "invalid_api_key": _sign_in_rejected,
    "token_expired": _sign_in_rejected,
    "token_revoked": _sign_in_rejected,
    "invalid_jwt": _sign_in_rejected,
    "account_deactivated": _sign_in_rejected,
}

# Phrases the services use where they give no code. Lower case.
_BY_TEXT: tuple[tuple[str, Callable[[ProviderFault], CodexctlError]], ...] = (
    ("is not supported when using codex with a chatgpt account", _model_unavailable),
    ("exceeds the context window", _context_window),
    ("maximum context length", _context_window),
    ("usage limit has been reached", _quota_exhausted),
)


def _by_text(message: str) -> Callable[[ProviderFault], CodexctlError] | None:
    return next((build for phrase, build in _BY_TEXT if phrase in message), None)


_BY_STATUS: Mapping[int, Callable[[ProviderFault], CodexctlError]] = {
    401: _sign_in_rejected,
    402: _quota_exhausted,
    408: _service_unavailable,
    429: _rate_limited,
}


def _by_status(status: int | None, *, is_html: bool) -> Callable[[ProviderFault], CodexctlError]:
    if status is None or status >= 500:
        # A fault inside a stream with no code we know is passing: the official client retries it.
        return _service_unavailable
    if is_html or 300 <= status < 400:
        return _gateway_blocked
    return _BY_STATUS.get(status, _invalid_request)
