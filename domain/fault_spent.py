"""A spent allowance, in words: which limit it is, and what the plan allows to do about it.

The remedies follow the official client's (wire-contract 3.7). When the limit comes back is not
said here but in the error's ``resets_at``: only who shows it knows the reader's time zone.
"""

from codexctl.domain.errors import CodexctlError, QuotaExhausted
from codexctl.domain.fault_words import told
from codexctl.domain.provider_fault import ProviderFault

_CREDITS = "https://chatgpt.com/settings/usage"
_BILLING = "https://platform.openai.com/settings/organization/billing"
_SAYS_NO_MORE = (
    "the usage limit has been reached",
    "usage limit reached",
    "you've hit your usage limit",
    "you\N{RIGHT SINGLE QUOTATION MARK}ve hit your usage limit",
)

_OF_WORKSPACES = {
    "workspace_owner_credits_depleted": (
        "The workspace has no credits left.",
        f"Buy credits for it ({_CREDITS}), or use another account.",
    ),
    "workspace_member_credits_depleted": (
        "The workspace has no credits left.",
        "Ask the workspace's owner to add credits, or use another account.",
    ),
    "workspace_owner_usage_limit_reached": (
        "The spending limit of this member of the workspace is reached.",
        f"Raise the limit in the workspace's settings ({_CREDITS}), or use another account.",
    ),
    "workspace_member_usage_limit_reached": (
        "The spending limit of this member of the workspace is reached.",
        "Ask the workspace's owner to raise the limit, or use another account.",
    ),
}
KINDS = frozenset({*_OF_WORKSPACES, "usage_limit_reached", "usage_limit_exceeded"})
"""The codes and types by which a spent limit is known."""


def limit_reached(fault: ProviderFault) -> CodexctlError:
    """A usage limit of the plan, or a limit that a workspace has set."""
    kind = next((one for one in (fault.reached, fault.code) if one in _OF_WORKSPACES), None)
    if kind is not None:
        message, remedy = _OF_WORKSPACES[kind]
        # No window brings credits back.
        resets_at = None if "credits" in kind else fault.resets_at
    else:
        message, remedy, resets_at = _sentence(fault), _remedy(fault), fault.resets_at
    return QuotaExhausted(message, remedy=remedy, resets_at=resets_at, request_id=fault.request_id)


def billing_limit_reached(fault: ProviderFault) -> CodexctlError:
    """The paid allowance of an API key."""
    return QuotaExhausted(
        told("The paid quota of this account is used up", fault),
        remedy=f"Add credit or raise the limit at {_BILLING}, or use another key.",
        request_id=fault.request_id,
    )


def above_rate_limit(fault: ProviderFault) -> CodexctlError:
    """One request that is larger than what the account may use in a minute: waiting is no help."""
    return QuotaExhausted(
        told("This one request is larger than the account's rate limit", fault),
        remedy="Send less at once, choose another model with -m, or raise the account's limits.",
        request_id=fault.request_id,
    )


def _sentence(fault: ProviderFault) -> str:
    limit = fault.spent.limit_name if fault.spent else "usage limit"
    family = f" for {fault.limit_name}" if fault.limit_name else ""
    plan = (fault.plan or "unknown").replace("_", " ")
    whose = "" if plan.lower() == "unknown" else f" of the {plan} plan"
    sentence = f"The {limit}{family}{whose} is used up"
    if fault.message.lower().rstrip(".") in ("", *_SAYS_NO_MORE):
        return sentence + "."
    return f"{sentence}: {fault.message}"


def _remedy(fault: ProviderFault) -> str:
    wait = "wait until it resets" if fault.resets_at else "try again later"
    if fault.promotion:
        ending = "" if fault.promotion.endswith((".", "!", "?")) else "."
        return f"{fault.promotion}{ending} Or {wait}, or choose another model with -m."
    ways = [*_ways_of(fault), wait, "choose another model with -m"]
    listed = f"{', '.join(ways[:-1])}, or {ways[-1]}."
    return listed[0].upper() + listed[1:]


def _ways_of(fault: ProviderFault) -> list[str]:
    """Return what the plan allows besides waiting."""
    plan = (fault.plan or "").lower()
    # Whoever has credits is not helped by more of them.
    buying = [] if fault.has_credits else [f"buy credits ({_CREDITS})"]
    if plan == "plus":
        return ["upgrade to Pro", *buying]
    if plan in ("pro", "prolite"):
        return buying
    if plan in ("free", "go"):
        return ["upgrade to Plus (https://chatgpt.com/explore/plus)"]
    if any(word in plan for word in ("team", "business", "usage_based")):
        return ["ask the workspace's admin for more"]
    return []
