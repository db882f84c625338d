"""A fault as a provider told it."""

from datetime import datetime

from codexctl.domain.quota import QuotaWindow
from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderFault:
    """A fault as the provider told it, whatever shape it told it in.

    Every text is one line without control characters.

    Attributes:
        message: The provider's words, ``""`` if it gave none.
        code: ``error.code``, else ``error.type``, lower case; None if neither was there.
        param: The field of the request that is the matter.
        status: The HTTP status, or the one that a fault inside a stream names; else None.
        is_html: The body was a page for people: something between us and the service answered.
        is_cloudflare: That was Cloudflare, which stands before both services.
        plan: The account's plan.
        spent: The window that is used up, where the headers tell the windows.
        limit_name: The name of the family of limits in force, where it has one.
        reached: What kind of limit it is (``x-codex-rate-limit-reached-type``), lower case.
        has_credits: Whether the account has paid credits left.
        promotion: What the provider offers in place of waiting.
        resets_at: When a spent limit comes back, aware.
        retry_after_seconds: How long the provider asks to wait.
        request_id: The provider's id of the request.
    """

    message: str
    code: str | None = None
    param: str | None = None
    status: int | None = None
    is_html: bool = False
    is_cloudflare: bool = False
    plan: str | None = None
    spent: QuotaWindow | None = None
    limit_name: str | None = None
    reached: str | None = None
    has_credits: bool | None = None
    promotion: str | None = None
    resets_at: datetime | None = None
    retry_after_seconds: float | None = None
    request_id: str | None = None
