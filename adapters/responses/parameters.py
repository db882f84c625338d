"""Parameters that the user adds to a request: what each of the two services takes of them. Pure.

Two lists of what is allowed, one for each service, since what one takes the other answers with a
400. Whatever is left out is told: a limit that silently is none is worse than an error.
"""

import json

from codexctl.domain.model_traits import traits_of
from codexctl.domain.models import Effort, ModelOptions, Provider

_OURS = frozenset(
    {
        *("model", "instructions", "input", "store", "stream", "prompt_cache_key", "tools"),
        *("tool_choice", "parallel_tool_calls", "include", "reasoning", "text"),
    }
)
_SAMPLING = frozenset({"temperature", "top_p", "top_logprobs"})
_ALLOWED = {
    # Every other one is "Unsupported parameter: …" there (wire-contract 2.6).
    Provider.CHATGPT: frozenset({"service_tier"}),
    Provider.API: _SAMPLING
    | {
        *("max_output_tokens", "max_tool_calls", "metadata", "prompt_cache_retention"),
        *("safety_identifier", "service_tier", "stream_options", "truncation", "user"),
    },
}
_LEAST_OUTPUT_TOKENS = 16
"""The API refuses less: "Expected a value >= 16" (recorded)."""


def sent_parameters(
    options: ModelOptions, model: str, provider: Provider
) -> tuple[dict[str, object], tuple[str, ...]]:
    """Return the parameters that are sent, by name, and a sentence for each that is not.

    Args:
        options: The user's options, clamped to the model.
        model: The model's name.
        provider: Whom it is asked of.
    """
    sent: dict[str, object] = {}
    words: list[str] = []
    for name, value in sorted(options.parameters.items()):
        if value is None:
            continue
        reason = _reason_against(name, value, options, model, provider)
        if reason is not None:
            words.append(f"{name} is not sent: {reason}.")
        elif name == "max_output_tokens" and _is_below(value, _LEAST_OUTPUT_TOKENS):
            sent[name] = _LEAST_OUTPUT_TOKENS
            words.append(
                f"{name} {value} is less than the API takes; {_LEAST_OUTPUT_TOKENS} is used."
            )
        else:
            sent[name] = value
    return sent, tuple(words)


def _reason_against(
    name: str, value: object, options: ModelOptions, model: str, provider: Provider
) -> str | None:
    if name in _OURS:
        return "codexctl sets it itself"
    if name not in _ALLOWED[provider]:
        service = "ChatGPT back end" if provider is Provider.CHATGPT else "API"
        return f"the {service} refuses it"
    if name in _SAMPLING and _is_thinking(options, model):
        can_stop = Effort.NONE in (traits_of(model).efforts or ())
        return f"{model} {'takes it with effort none only' if can_stop else 'does not take it'}"
    return None if _is_json(value) else "its value is not JSON"


def _is_thinking(options: ModelOptions, model: str) -> bool:
    """Tell whether the answer is reasoned about, for all that is known; then it is not sampled."""
    traits = traits_of(model)
    if not traits.efforts:
        return False  # does not reason, or nothing is known of it
    return options.effort is not Effort.NONE and (
        options.effort is not None or traits.reasons_unasked
    )


def _is_below(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value < least


def _is_json(value: object) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True
