"""Each error that a provider's fault can be: what happened, and what to do about it.

The provider's own words are always passed on: what another client swallowed was missed by its users
(pi#1956). Which function is called for which fault is the matter of ``fault_rules``.
"""

from math import ceil

from codexctl.domain.errors import (
    UNREADABLE_REASONING,
    CodexctlError,
    ContextWindowExceeded,
    GatewayBlocked,
    ImageRefused,
    InvalidRequest,
    ModelUnavailable,
    PlanExcludesService,
    PolicyRefused,
    ProtocolError,
    RateLimited,
    ServiceUnavailable,
    SignInRejected,
)
from codexctl.domain.provider_fault import ProviderFault
from codexctl.domain.refusals import SIGN_IN_AGAIN

_ENDED_SIGN_INS = ("token_expired", "token_revoked", "token_invalidated", "invalid_jwt")
_NOT_A_CHATGPT_MODEL = "is not supported when using codex with a chatgpt account"
_LATER = "Try again in a few minutes; if it goes on, see https://status.openai.com."


def told(opening: str, fault: ProviderFault) -> str:
    """Return what happened, with the status and the provider's words as far as there are any."""
    note = "" if fault.status is None else f" (HTTP {fault.status})"
    said = fault.message or (f"code {fault.code}" if fault.code else "")
    return f"{opening}{note}: {said}" if said else f"{opening}{note}."


def sign_in_rejected(fault: ProviderFault) -> CodexctlError:
    """The credential is refused."""
    said = fault.message.lower()
    if fault.code == "invalid_api_key" or any(
        key in said for key in ("api key", "subscription key")
    ):
        remedy = "Check that the key is complete, current and meant for this service."
    elif fault.code in _ENDED_SIGN_INS or "signing in" in said or "log in" in said:
        remedy = SIGN_IN_AGAIN
    else:
        remedy = (
            "Sign in again with codexctl login; or, if you gave a key or a token yourself, check"
            " that it is complete, current and meant for this service."
        )
    return SignInRejected(
        told("The service rejected the credential", fault),
        remedy=remedy,
        request_id=fault.request_id,
    )


def permission_missing(fault: ProviderFault) -> CodexctlError:
    """The credential is known and may not do this; mostly it is one of the other service."""
    # The token of a ChatGPT sign-in lacks the scopes of api.openai.com (byte5ai/omadia#823).
    return SignInRejected(
        told("The credential does not allow this", fault),
        remedy="A ChatGPT sign-in serves openai-codex/ models alone and an API key openai/ models"
        " alone: choose the model with -m to match, or give the key the permission it lacks.",
        request_id=fault.request_id,
    )


def account_deactivated(fault: ProviderFault) -> CodexctlError:
    """The account behind the credential was closed."""
    return SignInRejected(
        told("The account has been deactivated", fault),
        remedy="Look for a mail from OpenAI about it, or sign in to another account with"
        " codexctl login.",
        request_id=fault.request_id,
    )


def plan_excludes_service(fault: ProviderFault) -> CodexctlError:
    """The account's plan is too small for the service."""
    plan = f" ({fault.plan})" if fault.plan else ""
    return PlanExcludesService(
        told(f"This account's plan{plan} does not include Codex", fault),
        remedy="Upgrade to Plus (https://chatgpt.com/explore/plus), or use an API key.",
        request_id=fault.request_id,
    )


def workspace_deactivated(fault: ProviderFault) -> CodexctlError:
    """The account's workspace was closed."""
    return PlanExcludesService(
        told("The workspace of this account has been deactivated", fault),
        remedy="Ask the workspace's admin, or sign in to another one with codexctl login.",
        request_id=fault.request_id,
    )


def rate_limited(fault: ProviderFault) -> CodexctlError:
    """Too much in too short a time."""
    return RateLimited(
        told("Too many requests just now", fault),
        remedy=f"Wait {_stretch(fault.retry_after_seconds)} and run the command again.",
        request_id=fault.request_id,
        retry_after_seconds=fault.retry_after_seconds,
    )


def _stretch(seconds: float | None) -> str:
    if seconds is None or seconds <= 1:
        return "a moment"
    if seconds <= 90:
        return f"{ceil(seconds)} seconds"
    if seconds <= 5400:
        return f"{ceil(seconds / 60)} minutes"
    return f"{ceil(seconds / 3600)} hours"


def context_window_exceeded(fault: ProviderFault) -> CodexctlError:
    """The conversation is too long for the model."""
    return ContextWindowExceeded(
        told("The conversation does not fit the model's context window", fault),
        remedy="Start a new run with a shorter prompt or fewer files, or choose a model with a"
        " larger window with -m.",
        request_id=fault.request_id,
    )


def policy_refused(fault: ProviderFault) -> CodexctlError:
    """The provider's rules forbid it."""
    return PolicyRefused(
        told("The provider's policies forbid this request", fault),
        remedy="Change the prompt; the same one would be refused again.",
        request_id=fault.request_id,
    )


def image_refused(fault: ProviderFault) -> CodexctlError:
    """A picture cannot be read."""
    return ImageRefused(
        told("The provider cannot read a picture of the conversation", fault),
        remedy="Leave the picture out, or save it again as PNG, JPEG, GIF or WebP.",
        request_id=fault.request_id,
    )


def invalid_request(fault: ProviderFault) -> CodexctlError:
    """The request is wrong as it is."""
    return _invalid(fault, "Change what the message names; it would be refused again as it is.")


def unreadable_reasoning(fault: ProviderFault) -> CodexctlError:
    """Reasoning that another model or account has sealed (Hermes#33035)."""
    return InvalidRequest(
        told("The provider refused the request", fault),
        remedy="Start a new conversation: this one holds reasoning of another model or account.",
        code=UNREADABLE_REASONING,
        request_id=fault.request_id,
    )


def broken_history(fault: ProviderFault) -> CodexctlError:
    """The conversation does not hang together, so every request with it is refused."""
    return _invalid(
        fault, "Start a new conversation; if that is refused too, report it with what -v says."
    )


def request_too_large(fault: ProviderFault) -> CodexctlError:
    """The body is longer than what the service, or something before it, takes."""
    return _invalid(fault, "Send less: a shorter prompt, or fewer or smaller pictures.")


def not_verified(fault: ProviderFault) -> CodexctlError:
    """Reasoning summaries are for verified organisations alone."""
    return _invalid(fault, "Verify the organisation where the message says, or use --summary none.")


def not_found(fault: ProviderFault) -> CodexctlError:
    """There is no service where it should be: never a matter of the credential."""
    # In an outage the back end answers 404 to everything (openai/codex#42553).
    return _invalid(
        fault,
        "Check the *_BASE_URL settings; if they are the defaults, the service has a problem and"
        " the sign-in is fine: try again later.",
    )


def forbidden(fault: ProviderFault) -> CodexctlError:
    """The service will not do it for this account, and does not say that it is the sign-in."""
    return _invalid(
        fault,
        "This account or key may not do it: ask whoever manages the account, or use another one.",
    )


def _invalid(fault: ProviderFault, remedy: str) -> CodexctlError:
    param = fault.param if fault.param and fault.param not in fault.message else None
    return InvalidRequest(
        told("The provider refused the request", fault) + (f" ({param})" if param else ""),
        remedy=remedy,
        code=fault.code,
        request_id=fault.request_id,
    )


def model_unavailable(fault: ProviderFault) -> CodexctlError:
    """There is no such model, or not for this account."""
    if _NOT_A_CHATGPT_MODEL in fault.message.lower():
        # The provider's sentence says it all. The caller knows which models there are.
        message, remedy = fault.message, "Choose another model with -m."
    else:
        # Originator lists come and go (zed#60654, pi#6569).
        message = told("The model is not available to this account", fault)
        remedy = (
            "Choose another model with -m; some models answer certain programs alone, as told by"
            " CODEXCTL_ORIGINATOR."
        )
    return ModelUnavailable(message, remedy=remedy, request_id=fault.request_id)


def service_unavailable(fault: ProviderFault) -> CodexctlError:
    """The service has a bad minute."""
    opening = "The service could not answer"
    if fault.status == 500:
        # The official client's reading of a plain 500 (wire-contract 3.5).
        opening = "The service failed, perhaps for having high demand just now"
    return _unavailable(fault, opening, _LATER)


def at_capacity(fault: ProviderFault) -> CodexctlError:
    """Too many people want this model."""
    return _unavailable(
        fault,
        "The model is at capacity just now",
        "Choose another model with -m, or try again later.",
    )


def _unavailable(fault: ProviderFault, opening: str, remedy: str) -> CodexctlError:
    return ServiceUnavailable(
        told(opening, fault),
        remedy=remedy,
        request_id=fault.request_id,
        retry_after_seconds=fault.retry_after_seconds,
    )


def gateway_blocked(fault: ProviderFault) -> CodexctlError:
    """Something between us and the service answered."""
    if fault.is_cloudflare:
        # Never a matter of the sign-in (openclaw#94432, Hermes#13834).
        return _blocked(
            fault,
            "Cloudflare stopped the request before it reached the service",
            "It does so with some networks and regions: try another network, or without VPN and"
            " proxy. The sign-in is fine.",
        )
    return _blocked(
        fault,
        "A gateway answered in place of the service",
        "Check the proxy, the VPN and the *_BASE_URL settings. The sign-in is fine.",
    )


def region_not_served(fault: ProviderFault) -> CodexctlError:
    """The service does not serve the place that the request comes from."""
    return _blocked(
        fault,
        "The service does not serve this region or network",
        "Use a network of a supported country, without a VPN or proxy elsewhere."
        " The sign-in is fine.",
    )


def proxy_wants_sign_in(fault: ProviderFault) -> CodexctlError:
    """The proxy does not know us."""
    return _blocked(
        fault,
        "The proxy wants a user name and a password",
        "Put them into the *_PROXY variable, as in http://USER:PASSWORD@HOST:PORT.",
    )


def _blocked(fault: ProviderFault, opening: str, remedy: str) -> CodexctlError:
    return GatewayBlocked(told(opening, fault), remedy=remedy, request_id=fault.request_id)


def no_answer_of_the_protocol(fault: ProviderFault) -> CodexctlError:
    """A success that is no stream."""
    return ProtocolError(
        told("The service sent something else than an answer", fault),
        remedy="Run it again; if it goes on, check the *_BASE_URL settings.",
        request_id=fault.request_id,
    )
