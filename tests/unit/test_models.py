"""Names of models, as the user writes them."""

import pytest

from codexctl.domain.errors import UsageError
from codexctl.domain.models import DEFAULT_MODELS, Effort, ModelChoice, Provider


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gpt-5.5", ModelChoice("gpt-5.5")),
        ("openai/gpt-5.5", ModelChoice("gpt-5.5", Provider.API)),
        ("openai-codex/gpt-5.5", ModelChoice("gpt-5.5", Provider.CHATGPT)),
        ("gpt-5.5:high", ModelChoice("gpt-5.5", None, Effort.HIGH)),
        ("openai/gpt-5.5:none", ModelChoice("gpt-5.5", Provider.API, Effort.NONE)),
        ("ft:gpt-4o:org::id", ModelChoice("ft:gpt-4o:org::id")),
        ("ft:gpt-4o:org::id:low", ModelChoice("ft:gpt-4o:org::id", None, Effort.LOW)),
        ("qwen/qwen3:8b", ModelChoice("qwen/qwen3:8b")),
        ("openai/qwen/qwen3", ModelChoice("qwen/qwen3", Provider.API)),
        ("gpt-5.5:low:high", ModelChoice("gpt-5.5:low", None, Effort.HIGH)),
        ("gpt-5.5:HIGH", ModelChoice("gpt-5.5:HIGH")),
        ("openai", ModelChoice("openai")),
        ("high", ModelChoice("high")),
    ],
)
def test_a_name_is_read_with_what_stands_around_it(text: str, expected: ModelChoice) -> None:
    assert ModelChoice.parse(text) == expected


@pytest.mark.parametrize("text", ["", " ", "openai/", "openai/ ", ":high", "openai-codex/:low"])
def test_a_name_without_a_model_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="names no model"):
        ModelChoice.parse(text)


def test_a_choice_is_written_as_it_is_read() -> None:
    choice = ModelChoice("gpt-5.5", Provider.CHATGPT, Effort.XHIGH)
    assert str(choice) == "openai-codex/gpt-5.5:xhigh"


def test_every_provider_has_a_default_model() -> None:
    assert set(DEFAULT_MODELS) == set(Provider)
