"""The words by which a fault is known where its code says nothing. Lower case.

Each phrase is one or several pieces that all have to be there. Those of OpenAI are recorded or
quoted in public threads; the others are those of gateways and compatible servers.
"""

from typing import TypeAlias

Phrases: TypeAlias = tuple[tuple[str, ...], ...]

POLICY: Phrases = (
    ("flagged", "polic"),
    ("flagged for possible",),
    ("content management policy",),  # Azure
)

USAGE_LIMIT: Phrases = (
    ("usage limit has been reached",),
    ("usage limit reached",),
    ("hit your usage limit",),
)

BILLING: Phrases = (
    ("exceeded your current quota",),
    ("insufficient balance",),  # DeepSeek
    ("insufficient credits",),  # OpenRouter
    ("requires more credits",),
)

ABOVE_RATE_LIMIT: Phrases = (("request too large", "per min"),)

UNREADABLE_REASONING: Phrases = (
    ("encrypted content", "could not be verified"),
    ("encrypted content", "could not be decrypted"),
)

BROKEN_HISTORY: Phrases = (
    ("without its required",),  # a reasoning item and the item after it
    ("no tool output found",),
    ("no tool call found",),
)

IMAGE: Phrases = (
    ("does not represent a valid image",),
    ("the image data",),
    ("invalid image data",),
    ("invalid image format",),
    ("invalid image type",),
    ("invalid image url",),
    ("invalid base64 image",),
    ("unsupported image",),
    ("image mime type",),
    ("only image types are supported",),
    ("could not process image",),
    ("unable to process image",),
    ("does not support image",),
)

OVERFLOW: Phrases = (
    # Nothing shorter: a 400 taken for an overflow led to endless compaction (Hermes#6751).
    ("exceeds the context window",),
    ("maximum context length",),  # OpenAI's chat API, vLLM, OpenRouter
    ("maximum model length",),
    ("maximum prompt length",),  # xAI
    ("exceeds the available context size",),  # llama.cpp
    ("greater than the context length",),  # LM Studio
    ("input tokens exceed",),  # Azure: "… the configured limit of 272000 tokens"
    ("input token count", "exceeds the maximum"),  # Gemini
    ("prompt token count", "exceeds the limit"),  # Copilot
    ("prompt is too long",),  # Anthropic
    ("context length exceeded",),
    ("context size has been exceeded",),
    ("exceeded model token limit",),  # Moonshot
    ("reduce the length of the messages",),  # Groq
)

MODEL: Phrases = (
    ("is not supported when using codex with a chatgpt account",),
    ("model not found",),
    ("model", "does not exist"),
    ("model", "do not have access to it"),
    ("not have access to model",),
    ("model", "no longer accessible"),
    ("not allowed to", "from this model"),
    ("verified to use the model",),
    ("verified to stream this model",),
    ("no such model",),
    ("unknown model",),
    ("not a valid model",),
)

NOT_VERIFIED: Phrases = (("verified to generate reasoning summaries",),)

PERMISSION: Phrases = (
    ("missing scopes",),
    ("insufficient permission",),
    ("permission denied",),
    ("not have permission",),
    ("must be a member of an organization",),
)

SIGN_IN: Phrases = (
    ("incorrect api key",),  # xAI sends it with 400
    ("invalid api key",),
    ("invalid subscription key",),
    ("authentication token",),
    ("try signing in again",),
)

REGION: Phrases = (
    ("country, region, or territory not supported",),
    ("not supported in your country",),
    ("not available in your country",),
    ("not available in your region",),
)

CAPACITY: Phrases = (
    ("currently overloaded",),
    ("is at capacity",),
    ("experiencing high demand",),
)


def says(words: str, phrases: Phrases) -> bool:
    """Tell whether one of the phrases is there."""
    said = words.lower()
    return any(all(piece in said for piece in phrase) for phrase in phrases)
