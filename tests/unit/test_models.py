"""Names of models, as the user writes them, and what is known of the models behind them."""

import pytest

from codexctl.domain.errors import UsageError
from codexctl.domain.model_traits import ModelTraits, clamped, traits_of
from codexctl.domain.models import (
    DEFAULT_MODELS,
    Effort,
    ModelChoice,
    ModelOptions,
    Provider,
    Summary,
    Verbosity,
)


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


@pytest.mark.parametrize(
    ("slug", "efforts"),
    [
        ("o3", "low medium high"),
        ("o4-mini-2025-04-16", "low medium high"),
        ("gpt-5", "minimal low medium high"),
        ("gpt-5-mini-2025-08-07", "minimal low medium high"),
        ("gpt-5-2025-08-07", "minimal low medium high"),
        ("gpt-5-codex", "low medium high"),
        ("gpt-5-pro", "high"),
        ("gpt-5.1", "none low medium high"),
        ("gpt-5.1-codex-mini", "low medium high"),
        ("gpt-5.1-codex-max", "low medium high xhigh"),
        ("gpt-5.2-2025-12-11", "none low medium high xhigh"),
        ("gpt-5.2-pro", "medium high xhigh"),
        ("gpt-5.5", "none low medium high xhigh"),
        ("gpt-5.6-sol", "none low medium high xhigh max"),
        ("gpt-6-astra", "low medium high xhigh max"),
        ("openai/gpt-5.1", "none low medium high"),
        ("ft:gpt-5:org::id", "minimal low medium high"),
        ("gpt-4o-mini", ""),
        ("gpt-4.1-nano", ""),
        ("gpt-4-0613", ""),
        ("gpt-3.5-turbo", ""),
        ("ft:gpt-4o:org::id", ""),
        ("chatgpt-4o-latest", ""),
        ("gpt-5-chat-latest", ""),
    ],
)
def test_a_model_takes_the_efforts(slug: str, efforts: str) -> None:
    assert traits_of(slug).efforts == tuple(Effort(word) for word in efforts.split())


@pytest.mark.parametrize("slug", ["gpt-5.9", "gpt-50", "gpt-4x", "qwen3:8b", "o11", ""])
def test_nothing_is_said_of_a_model_that_is_not_known(slug: str) -> None:
    assert traits_of(slug) == ModelTraits()


@pytest.mark.parametrize(
    ("slug", "sees"),
    [("gpt-5.5", True), ("gpt-4-turbo", True), ("gpt-4", False), ("o3-mini", False)],
)
def test_not_every_model_takes_pictures(slug: str, sees: bool) -> None:  # noqa: FBT001
    assert traits_of(slug).takes_pictures is sees


def test_the_lite_dialect_is_that_of_the_models_listed_for_it() -> None:
    listed = "gpt-6-astra gpt-6.1-sol gpt-6.1-terra gpt-6-sol gpt-6-luna"
    listed += " gpt-5.6-sol gpt-5.6-terra gpt-5.6-luna"
    others = ("gpt-5.5", "gpt-5.6", "gpt-6", "any")
    assert {slug: traits_of(slug).is_lite for slug in (*listed.split(), *others)} == {
        **dict.fromkeys(listed.split(), True),
        **dict.fromkeys(others, False),
    }


@pytest.mark.parametrize(
    ("slug", "wanted", "used"),
    [
        ("gpt-5.5", Effort.MINIMAL, Effort.LOW),
        ("gpt-5.5", Effort.MAX, Effort.XHIGH),
        ("o4-mini", Effort.MINIMAL, Effort.LOW),
        ("o4-mini", Effort.NONE, Effort.LOW),
        ("o4-mini", Effort.XHIGH, Effort.HIGH),
        ("gpt-5", Effort.NONE, Effort.MINIMAL),
        ("gpt-5-pro", Effort.LOW, Effort.HIGH),
        ("gpt-5.1-chat-latest", Effort.HIGH, Effort.MEDIUM),
    ],
)
def test_an_effort_becomes_the_nearest_that_the_model_takes(
    slug: str, wanted: Effort, used: Effort
) -> None:
    assert clamped(ModelOptions(effort=wanted), slug) == (
        ModelOptions(effort=used),
        (f"effort {wanted} is not one of {slug}'s; {used} is used.",),
    )


def test_a_model_that_does_not_reason_is_asked_for_no_reasoning() -> None:
    options = ModelOptions(
        effort=Effort.HIGH, summary=Summary.DETAILED, verbosity=Verbosity.LOW, web_search=True
    )
    assert clamped(options, "gpt-4o") == (
        ModelOptions(web_search=True),
        (
            "effort high is not sent: gpt-4o does not reason.",
            "summary detailed is not sent: gpt-4o does not reason.",
            "verbosity low is not sent: gpt-4o has none to choose.",
        ),
    )


def test_whoever_wants_no_reasoning_of_a_model_without_gets_what_they_want() -> None:
    options = ModelOptions(effort=Effort.NONE, summary=Summary.NONE)
    assert clamped(options, "gpt-4o") == (ModelOptions(), ())


@pytest.mark.parametrize("slug", ["gpt-5.5", "gpt-9", "gpt-6.1-sol"])
def test_options_that_the_model_may_take_are_left_alone(slug: str) -> None:
    options = ModelOptions(effort=Effort.XHIGH, summary=Summary.CONCISE, verbosity=Verbosity.HIGH)
    assert clamped(options, slug) == (options, ())
