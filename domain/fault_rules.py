"""Which error a provider's fault is: by its code, then by its words, then by its status.

The codes are those of wire-contract 3.2 and 3.5 and of the recorded errors.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from codexctl.domain import fault_phrases, fault_spent, fault_words
from codexctl.domain.errors import UNREADABLE_REASONING, CodexctlError
from codexctl.domain.fault_phrases import Phrases, says
from codexctl.domain.provider_fault import ProviderFault

Sentence: TypeAlias = Callable[[ProviderFault], CodexctlError]


def sentence_for(fault: ProviderFault) -> Sentence:
    """Return what turns the fault into its error."""
    if fault.is_html:
        return _by_status(fault)  # no service of ours has written that
    return _BY_CODE.get(fault.code or "") or _by_words(fault) or _by_status(fault)


def _invalid_prompt(fault: ProviderFault) -> CodexctlError:
    """A prompt that is refused: for what it says, or for how it is put together."""
    is_flagged = says(fault.message, fault_phrases.POLICY)
    return (fault_words.policy_refused if is_flagged else fault_words.invalid_request)(fault)


def _rate_limit(fault: ProviderFault) -> CodexctlError:
    """Too much at a time. What is too large for any minute is so in the next one too."""
    is_too_large = says(fault.message, fault_phrases.ABOVE_RATE_LIMIT)
    return (fault_spent.above_rate_limit if is_too_large else fault_words.rate_limited)(fault)


def _coded(sentence: Sentence, *codes: str) -> dict[str, Sentence]:
    return dict.fromkeys(codes, sentence)


_BY_CODE: Mapping[str, Sentence] = {
    **_coded(fault_spent.limit_reached, *fault_spent.KINDS),
    **_coded(
        fault_spent.billing_limit_reached,
        "insufficient_quota",
        "billing_hard_limit_reached",
        "billing_not_active",
    ),
    **_coded(fault_words.plan_excludes_service, "usage_not_included"),
    **_coded(fault_words.workspace_deactivated, "deactivated_workspace"),
    **_coded(
        _rate_limit,
        "rate_limit_exceeded",
        "rate_limit_error",
        "ratelimitreached",
        "too_many_requests",
        "requests",
        "tokens",
    ),
    **_coded(
        fault_words.context_window_exceeded,
        "context_length_exceeded",
        "exceed_context_size_error",
        "model_context_window_exceeded",
        "model_max_prompt_tokens_exceeded",
    ),
    **_coded(
        fault_words.policy_refused,
        "cyber_policy",
        "bio_policy",
        "misalignment_policy_violation",
        "content_policy_violation",
        "image_content_policy_violation",
        "content_filter",
    ),
    **_coded(_invalid_prompt, "invalid_prompt"),
    **_coded(fault_words.unreadable_reasoning, UNREADABLE_REASONING),
    **_coded(
        fault_words.image_refused,
        "invalid_image",
        "invalid_image_format",
        "invalid_image_mode",
        "invalid_image_url",
        "invalid_base64",
        "invalid_base64_image",
        "image_parse_error",
        "image_too_large",
        "image_too_small",
        "image_file_too_large",
        "image_file_not_found",
        "empty_image_file",
        "failed_to_download_image",
        "unsupported_image_media_type",
    ),
    **_coded(
        fault_words.model_unavailable,
        "model_not_found",
        "model_not_available",
        "model_not_supported",
        "deploymentnotfound",
    ),
    **_coded(
        fault_words.sign_in_rejected,
        "invalid_api_key",
        "invalid_authentication",
        "invalid_jwt",
        "invalid_token",
        "token_expired",
        "token_invalidated",
        "token_revoked",
        "authentication_error",
    ),
    **_coded(fault_words.permission_missing, "missing_scope", "insufficient_permissions"),
    **_coded(fault_words.account_deactivated, "account_deactivated"),
    **_coded(
        fault_words.region_not_served,
        "unsupported_country_region_territory",
        "ip_not_authorized",
    ),
    **_coded(
        fault_words.at_capacity,
        "server_is_overloaded",
        "server_overloaded",
        "overloaded_error",
        "slow_down",
    ),
    **_coded(
        fault_words.service_unavailable,
        "server_error",
        "internal_server_error",
        "service_unavailable",
        "vector_store_timeout",
        "websocket_connection_limit_reached",
    ),
}

_BY_WORDS: tuple[tuple[Phrases, Sentence], ...] = (
    (fault_phrases.POLICY, fault_words.policy_refused),
    (fault_phrases.USAGE_LIMIT, fault_spent.limit_reached),
    (fault_phrases.BILLING, fault_spent.billing_limit_reached),
    (fault_phrases.ABOVE_RATE_LIMIT, fault_spent.above_rate_limit),
    (fault_phrases.UNREADABLE_REASONING, fault_words.unreadable_reasoning),
    (fault_phrases.BROKEN_HISTORY, fault_words.broken_history),
    (fault_phrases.IMAGE, fault_words.image_refused),
    (fault_phrases.OVERFLOW, fault_words.context_window_exceeded),
    (fault_phrases.MODEL, fault_words.model_unavailable),
    (fault_phrases.NOT_VERIFIED, fault_words.not_verified),
    (fault_phrases.PERMISSION, fault_words.permission_missing),
    (fault_phrases.SIGN_IN, fault_words.sign_in_rejected),
    (fault_phrases.REGION, fault_words.region_not_served),
    (fault_phrases.CAPACITY, fault_words.at_capacity),
)
_ALSO_OF_A_BROKEN_SERVICE = (fault_phrases.OVERFLOW, fault_phrases.CAPACITY)
"""What counts with a 5xx: there, other words may be those of a service behind the service."""


def _by_words(fault: ProviderFault) -> Sentence | None:
    is_broken = fault.status is not None and fault.status >= 500
    for phrases, sentence in _BY_WORDS:
        if is_broken and phrases not in _ALSO_OF_A_BROKEN_SERVICE:
            continue
        if says(fault.message, phrases):
            return sentence
    if not is_broken and "image_url" in (fault.param or ""):
        return fault_words.image_refused
    return None


def _by_status(fault: ProviderFault) -> Sentence:
    match fault.status:
        case None if fault.code in _BLAMES_THE_REQUEST:
            return fault_words.invalid_request
        case None:
            # With no code we know it is passing: the official client tries again (3.2).
            return fault_words.service_unavailable
        case 407:
            return fault_words.proxy_wants_sign_in
        case status if status >= 500:
            return fault_words.service_unavailable
        case 413:
            return fault_words.request_too_large  # a gateway says it with a page, and is right
        case status if fault.is_html or 300 <= status < 400:
            return fault_words.gateway_blocked
        case status if status < 300:
            return fault_words.no_answer_of_the_protocol
        case 404 | 405:
            return _missing(fault)
        case 429 if (fault.spent or fault.reached) and not fault.has_credits:
            # Told by headers alone; to ask again would be in vain (known bug 132).
            return fault_spent.limit_reached
        case status:
            return _BY_STATUS.get(status, fault_words.invalid_request)


def _missing(fault: ProviderFault) -> Sentence:
    """Tell a thing that is missing at the service from a service that is missing."""
    names_a_thing = fault.param is not None or " with id '" in fault.message
    return fault_words.invalid_request if names_a_thing else fault_words.not_found


_BLAMES_THE_REQUEST = ("invalid_request_error", "invalid_request")
"""Types that say nothing more; a fault inside a stream has no status that would say it."""

_BY_STATUS: Mapping[int, Sentence] = {
    401: fault_words.sign_in_rejected,
    402: fault_spent.billing_limit_reached,
    403: fault_words.forbidden,
    408: fault_words.service_unavailable,
    429: fault_words.rate_limited,
}
