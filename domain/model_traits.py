"""What is known of models by their names, and the options cut to it.

Names change fast, so only what is known is held against a choice: a model that the table does not
name is asked for whatever the user wants, and the service says what it takes.
"""

from dataclasses import replace

from codexctl.domain.models import Effort, ModelOptions, Summary
from codexctl.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTraits:
    """What a model takes.

    Attributes:
        efforts: The efforts it takes, the least first; empty if it does not reason at all, None
            if that is not known.
        reasons_unasked: Whether it reasons where no effort is named.
        has_verbosity: Whether the length of its answers can be chosen.
        takes_pictures: Whether it can see.
        is_lite: Whether the ChatGPT back end lists it for the "responses-lite" dialect.
    """

    efforts: tuple[Effort, ...] | None = None
    reasons_unasked: bool = True
    has_verbosity: bool = True
    takes_pictures: bool = True
    is_lite: bool = False

    @property
    def reasons(self) -> bool:
        """Whether it reasons, or may do so for all that is known."""
        return self.efforts != ()


def traits_of(slug: str) -> ModelTraits:
    """Return what is known of a model; nothing is, if the table does not name it.

    The longest name counts that the slug is, or goes on from with ``-`` or ``:``. What a gateway
    puts before the name (``openai/gpt-4o``) and the mark of a fine-tuned model (``ft:``) are
    passed over.
    """
    name = slug.rpartition("/")[2].removeprefix("ft:")
    known = [one for one in _TRAITS if name.startswith(one) and name[len(one) :][:1] in _ENDS]
    return _TRAITS[max(known, key=len)] if known else _UNKNOWN


def clamped(options: ModelOptions, slug: str) -> tuple[ModelOptions, tuple[str, ...]]:
    """Return the options as far as the model takes them, and a sentence for each that it does not.

    An effort becomes the next lower one that the model takes, or its lowest; but never ``none``,
    which is not a little thought but no thought at all.
    """
    traits = traits_of(slug)
    words: list[str] = []
    effort, summary, verbosity = options.effort, options.summary, options.verbosity
    if not traits.reasons:
        # Whoever wanted none of it gets what they wanted.
        if effort not in (None, Effort.NONE):
            words.append(f"effort {effort} is not sent: {slug} does not reason.")
        if summary not in (None, Summary.NONE):
            words.append(f"summary {summary} is not sent: {slug} does not reason.")
        effort = summary = None
    elif effort is not None and traits.efforts is not None and effort not in traits.efforts:
        wanted, effort = effort, _nearest(effort, traits.efforts)
        words.append(f"effort {wanted} is not one of {slug}'s; {effort} is used.")
    if verbosity is not None and not traits.has_verbosity:
        words.append(f"verbosity {verbosity} is not sent: {slug} has none to choose.")
        verbosity = None
    return replace(options, effort=effort, summary=summary, verbosity=verbosity), tuple(words)


def _nearest(wanted: Effort, efforts: tuple[Effort, ...]) -> Effort:
    order = list(Effort)
    thinking = [effort for effort in efforts if effort is not Effort.NONE]
    lower = [effort for effort in thinking if order.index(effort) < order.index(wanted)]
    return lower[-1] if lower else thinking[0]


_ENDS = ("", "-", ":")
"""What may follow a name: ``gpt-5`` says nothing of a later ``gpt-5.9``."""

_LOW_TO_HIGH = (Effort.LOW, Effort.MEDIUM, Effort.HIGH)
_LOW_TO_XHIGH = (*_LOW_TO_HIGH, Effort.XHIGH)
_LOW_TO_MAX = (*_LOW_TO_XHIGH, Effort.MAX)
_NONE_TO_XHIGH = (Effort.NONE, *_LOW_TO_XHIGH)
_NONE_TO_MAX = (Effort.NONE, *_LOW_TO_MAX)
_MEDIUM_TO_XHIGH = (Effort.MEDIUM, Effort.HIGH, Effort.XHIGH)

_UNKNOWN = ModelTraits()
_WITHOUT_REASONING = ModelTraits(efforts=(), has_verbosity=False)
_BLIND_WITHOUT_REASONING = replace(_WITHOUT_REASONING, takes_pictures=False)
_EARLY = ModelTraits(efforts=_LOW_TO_HIGH, has_verbosity=False)
_CHAT = ModelTraits(efforts=(Effort.MEDIUM,))
_CODEX = replace(_EARLY, efforts=_LOW_TO_XHIGH)
_PRO = ModelTraits(efforts=_MEDIUM_TO_XHIGH)
_ON_REQUEST = ModelTraits(efforts=_NONE_TO_XHIGH, reasons_unasked=False)
_GPT_5_6 = ModelTraits(efforts=_NONE_TO_MAX)
_LITE = ModelTraits(is_lite=True)

# Sources: the efforts and verbosities that users' scripts found the API to accept, model by model
# (enricoros/big-AGI#930, #944, #947, #1159), its errors that name the values it takes
# (openai/codex#6647 and #9035, microsoft/vscode#301045, CortexReach/memory-lancedb-pro#201), the
# table of pydantic-ai that was held against it in July 2026, recorded errors (o4-mini refuses
# "minimal", gpt-5-chat-latest any effort), and the official client's catalogue for what is lite
# (wire-contract 2.7). Where they differ, the larger set stands.
_TRAITS = {
    "gpt-3.5": _BLIND_WITHOUT_REASONING,
    "gpt-4": _BLIND_WITHOUT_REASONING,
    "gpt-4-turbo": _WITHOUT_REASONING,
    "gpt-4o": _WITHOUT_REASONING,
    "gpt-4.1": _WITHOUT_REASONING,
    "gpt-4.5": _WITHOUT_REASONING,
    "chatgpt-4o": _WITHOUT_REASONING,
    "gpt-5-chat": _WITHOUT_REASONING,
    "o1": _EARLY,
    "o3": _EARLY,
    "o3-mini": replace(_EARLY, takes_pictures=False),
    "o4-mini": _EARLY,
    "codex-mini": _EARLY,
    "gpt-5": ModelTraits(efforts=(Effort.MINIMAL, *_LOW_TO_HIGH)),
    "gpt-5-pro": ModelTraits(efforts=(Effort.HIGH,)),
    "gpt-5-codex": _EARLY,
    "gpt-5.1": replace(_ON_REQUEST, efforts=(Effort.NONE, *_LOW_TO_HIGH)),
    "gpt-5.1-chat": _CHAT,
    "gpt-5.1-codex": _EARLY,
    "gpt-5.1-codex-max": _CODEX,
    "gpt-5.2": _ON_REQUEST,
    "gpt-5.2-chat": _CHAT,
    "gpt-5.2-codex": _CODEX,
    "gpt-5.2-pro": _PRO,
    "gpt-5.3-chat": _CHAT,
    "gpt-5.3-codex": ModelTraits(efforts=_NONE_TO_XHIGH),
    "gpt-5.3-codex-spark": ModelTraits(efforts=_NONE_TO_XHIGH, takes_pictures=False),
    "gpt-5.4": _ON_REQUEST,
    "gpt-5.4-pro": _PRO,
    "gpt-5.5": ModelTraits(efforts=_NONE_TO_XHIGH),
    "gpt-5.5-pro": ModelTraits(efforts=_LOW_TO_XHIGH),
    "gpt-5.6": _GPT_5_6,
    "gpt-5.6-sol": replace(_GPT_5_6, is_lite=True),
    "gpt-5.6-terra": replace(_GPT_5_6, is_lite=True),
    "gpt-5.6-luna": replace(_GPT_5_6, is_lite=True),
    "gpt-6-astra": replace(_LITE, efforts=_LOW_TO_MAX),
    "gpt-6-sol": _LITE,
    "gpt-6-luna": _LITE,
    "gpt-6.1-sol": _LITE,
    "gpt-6.1-terra": _LITE,
}
