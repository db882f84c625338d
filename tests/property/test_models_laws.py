"""Laws of model names."""

from contextlib import suppress

from hypothesis import assume, given
from hypothesis import strategies as st

from codexctl.domain.errors import UsageError
from codexctl.domain.models import Effort, ModelChoice, Provider

_WORDS = [*Provider, *Effort, "gpt-5.5", "ft:gpt-4o:org::id", "x", " ", "", "/", ":", "HIGH"]
_NAMES = st.lists(st.sampled_from(_WORDS) | st.text(max_size=3), max_size=6).map("".join)


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
