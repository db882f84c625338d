"""The models the emulator offers, each with one that a small client has to leave alone."""

from codexctl.entrypoints.emulator.json_values import Json, JsonObject

MODELS_ETAG = 'W/"emulator-models-1"'

_WINDOW_TOKENS = 272_000
_TOOL_OUTPUT_TOKENS = 10_000
_EFFORTS: tuple[tuple[str, str], ...] = (
    ("low", "Fast, with light reasoning"),
    ("medium", "Balances speed and depth"),
    ("high", "Reasons longer over hard problems"),
)


def _model(slug: str, display_name: str, *, priority: int, lite: bool) -> JsonObject:
    efforts: list[Json] = [{"effort": name, "description": text} for name, text in _EFFORTS]
    return {
        "slug": slug,
        "display_name": display_name,
        "description": "A model of the codexctl emulator: no model at all.",
        "visibility": "list",
        "supported_in_api": not lite,
        "priority": priority,
        "default_reasoning_level": "medium",
        "supported_reasoning_levels": efforts,
        "supports_reasoning_summaries": True,
        "shell_type": "shell_command",
        "base_instructions": "",
        "support_verbosity": True,
        "default_verbosity": "medium",
        "apply_patch_tool_type": "freeform",
        "supports_parallel_tool_calls": not lite,
        "experimental_supported_tools": [],
        "input_modalities": ["text", "image"],
        "availability_nux": None,
        "upgrade": None,
        "context_window": _WINDOW_TOKENS,
        "truncation_policy": {"mode": "tokens", "limit": _TOOL_OUTPUT_TOKENS},
        "service_tiers": [],
        "use_responses_lite": lite,
        "tool_mode": "code_mode_only" if lite else None,
        "minimal_client_version": "0.0.0",
    }


def _api_model(name: str, created: int) -> JsonObject:
    return {"id": name, "object": "model", "created": created, "owned_by": "system"}


MODELS = (
    _model("gpt-5.5", "GPT-5.5", priority=1, lite=False),
    _model("gpt-5.6-luna", "GPT-5.6 Luna", priority=2, lite=True),
)
"""What the ChatGPT side offers."""

API_MODELS = (
    _api_model("gpt-4o-mini-tts", 1_742_403_959),
    _api_model("gpt-5.2-codex", 1_766_164_985),
    _api_model("text-embedding-3-small", 1_705_948_997),
    _api_model("gpt-5.5", 1_776_902_400),
)
"""What the API offers; the real one has models of every kind in no order that means anything."""
