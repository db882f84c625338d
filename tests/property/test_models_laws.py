"""Laws of model names, and of the options cut to a model."""

from contextlib import suppress

from hypothesis import assume, given
from hypothesis import strategies as st

from codexctl.domain.errors import UsageError
from codexctl.domain.model_traits import clamped, traits_of
from codexctl.domain.models import (
    Effort,
    ModelChoice,
    ModelOptions,
    Provider,
    Summary,
    Verbosity,
)

_WORDS = [*Provider, *Effort, "gpt-5.5", "ft:gpt-4o:org::id", "x", " ", "", "/", ":", "HIGH"]
_NAMES = st.lists(st.sampled_from(_WORDS) | st.text(max_size=3), max_size=6).map("".join)

_SLUGS = st.sampled_from(
    [
        *("gpt-3.5-turbo", "gpt-4", "gpt-4o", "gpt-5-chat-latest", "o1", "o3-mini", "o4-mini"),
        *("gpt-5", "gpt-5-pro", "gpt-5-codex", "gpt-5.1", "gpt-5.1-chat-latest"),
        *("gpt-5.1-codex-max", "gpt-5.2", "gpt-5.2-pro", "gpt-5.3-codex", "gpt-5.4", "gpt-5.5"),
        *("gpt-5.6-luna", "gpt-6-astra", "gpt-6.1-sol", "gpt-9", "qwen3:8b"),
    ]
)
_OPTIONS = st.builds(
    ModelOptions,
    effort=st.none() | st.sampled_from(Effort),
    summary=st.none() | st.sampled_from(Summary),
    verbosity=st.none() | st.sampled_from(Verbosity),
    web_search=st.booleans(),
)


def _parsed(text: str) -> ModelChoice:
    with suppress(UsageError):
        return ModelChoice.parse(text)
    assume(condition=False)
    raise AssertionError


@given(_NAMES)
def test_a_name_that_can_be_read_is_written_as_it_was_read(text: str) -> None:
    assert str(_parsed(text)) == text


@given(_NAMES)
def test_what_is_written_is_read_as_the_same_choice(text: str) -> None:
    choice = _parsed(text)
    assert ModelChoice.parse(str(choice)) == choice


@given(
    st.sampled_from(["gpt-5.5", "ft:gpt-4o:org::id", "qwen/qwen3:8b"]),
    st.none() | st.sampled_from(Provider),
    st.none() | st.sampled_from(Effort),
)
def test_any_choice_of_a_model_survives_being_written(
    slug: str, provider: Provider | None, effort: Effort | None
) -> None:
    choice = ModelChoice(slug, provider, effort)
    assert ModelChoice.parse(str(choice)) == choice


@given(_OPTIONS, _SLUGS)
def test_an_effort_that_is_left_is_one_of_the_models(options: ModelOptions, slug: str) -> None:
    effort = clamped(options, slug)[0].effort
    efforts = traits_of(slug).efforts
    assert effort is None or efforts is None or effort in efforts


@given(_OPTIONS, _SLUGS)
def test_only_whoever_asks_for_no_thought_at_all_gets_none(
    options: ModelOptions, slug: str
) -> None:
    effort = clamped(options, slug)[0].effort
    assert effort is not Effort.NONE or options.effort is Effort.NONE


@given(_OPTIONS, _SLUGS)
def test_what_is_cut_to_a_model_is_cut_no_further(options: ModelOptions, slug: str) -> None:
    once, _ = clamped(options, slug)
    assert clamped(once, slug) == (once, ())


@given(_OPTIONS, _SLUGS)
def test_every_cut_is_told_and_nothing_else_is(options: ModelOptions, slug: str) -> None:
    cut, words = clamped(options, slug)
    unwanted = (None, Effort.NONE, Summary.NONE)  # leaving these out is what they ask for
    lost = [
        before
        for before, after in (
            (options.effort, cut.effort),
            (options.summary, cut.summary),
            (options.verbosity, cut.verbosity),
        )
        if before is not after and (before not in unwanted or after is not None)
    ]
    assert len(words) == len(lost)
    assert all(str(value) in sentence for value, sentence in zip(lost, words, strict=True))
