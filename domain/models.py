"""Which model, of which provider, thinking how hard."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from codexctl.domain.errors import UsageError
from codexctl.domain.values import dataclass


class Provider(StrEnum):
    """The two services that speak the Responses API; the value is the prefix of a model's name."""

    CHATGPT = "openai-codex"
    API = "openai"


class Effort(StrEnum):
    """How hard a model thinks, from least to most."""

    NONE = "none"
    MINIMAL = "minimal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    XHIGH = "xhigh"
    MAX = "max"


class Summary(StrEnum):
    """How a model's reasoning is summed up for the reader."""

    AUTO = "auto"
    CONCISE = "concise"
    DETAILED = "detailed"
    NONE = "none"


class Verbosity(StrEnum):
    """How long the answers are to be."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOptions:
    """How a model is to answer. None leaves a matter to the service.

    Attributes:
        effort: How hard to think.
        summary: How to sum up the reasoning.
        verbosity: How long to answer.
        output_schema: JSON Schema that the final answer has to follow.
        web_search: Whether the service may search the web.
        parameters: Further parameters of the Responses API by their names on the wire
            (``service_tier``, ``max_output_tokens``, …). What a service does not take is left out,
            and told.
    """

    effort: Effort | None = None
    summary: Summary | None = None
    verbosity: Verbosity | None = None
    output_schema: Mapping[str, object] | None = None
    web_search: bool = False
    parameters: Mapping[str, object] = field(default_factory=dict[str, object])


_PROVIDERS = {provider.value: provider for provider in Provider}
_EFFORTS = {effort.value: effort for effort in Effort}

DEFAULT_MODELS = {Provider.CHATGPT: "gpt-5.5", Provider.API: "gpt-5.2-codex"}
"""Used when no model is named. ``gpt-5.5`` is the only listed ordinary model of the official
client's catalogue (0.169.0); every other one wants a dialect of its own."""


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What the user asked for.

    Attributes:
        slug: The name as the service knows it; passed on unchecked, since names change fast.
        provider: The service, or None for whichever the credential belongs to.
        effort: How hard to think, or None for the service's default.
    """

    slug: str
    provider: Provider | None = None
    effort: Effort | None = None

    @classmethod
    def parse(cls, text: str) -> "ModelChoice":
        """Read ``[openai-codex/|openai/]SLUG[:EFFORT]``.

        A prefix or suffix that is not one of ours belongs to the slug (fine-tuned models are named
        ``ft:gpt-4o:org::id``).

        Raises:
            UsageError: Nothing is left for the slug.
        """
        prefix, slash, rest = text.partition("/")
        provider = _PROVIDERS.get(prefix) if slash else None
        slug = text if provider is None else rest
        head, colon, tail = slug.rpartition(":")
        effort = _EFFORTS.get(tail) if colon else None
        if effort is not None:
            slug = head
        if not slug.strip():
            raise UsageError(
                f"{text!r} names no model.", remedy="Write it as gpt-5.5 or openai/gpt-5.5:high."
            )
        return cls(slug, provider, effort)

    def __str__(self) -> str:
        prefix = f"{self.provider}/" if self.provider else ""
        suffix = f":{self.effort}" if self.effort else ""
        return f"{prefix}{self.slug}{suffix}"
