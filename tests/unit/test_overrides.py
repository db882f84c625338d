"""``-c KEY=VALUE``: settings by the names of their options, and parameters of the request."""

import pytest

from codexctl.domain.errors import UsageError
from codexctl.entrypoints.cli.arguments import parse


def test_a_setting_by_the_name_of_its_option_sets_the_option() -> None:
    options = parse(["run", "-c", "max_turns=3", "-c", "effort=high", "-c", "idle-timeout=2.5"])
    assert (options.max_turns, options.effort, options.idle_timeout) == (3, "high", 2.5)


def test_an_option_goes_before_the_setting_even_with_its_default() -> None:
    options = parse(["run", "-c", "max_turns=3", "--max-turns", "50"])
    assert options.max_turns == 50


def test_a_model_that_is_named_replaces_the_one_that_is_set() -> None:
    assert parse(["run", "-c", "model=a", "-m", "b"]).model == ["b"]


def test_a_switch_is_true_or_false() -> None:
    assert parse(["run", "-c", "web_search=true"]).web_search is True
    assert parse(["run", "-c", "web_search=false"]).web_search is False


def test_what_names_no_option_is_a_parameter_of_the_request() -> None:
    options = parse(["run", "-c", "service_tier=priority", "-c", "top_p=0.5", "-c", 'stop=["a"]'])
    assert options.parameters == {"service_tier": "priority", "top_p": 0.5, "stop": ["a"]}


@pytest.mark.parametrize("text", ["2026-11-21", "inf", "nan", "1, 2", "1\nx = 2", ""])
def test_a_value_that_a_request_cannot_hold_is_text(text: str) -> None:
    assert parse(["run", "-c", f"label={text}"]).parameters == {"label": text}


@pytest.mark.parametrize(
    "pair", ["effort", "=high", "effort=enormous", "max_turns=0", "web_search=maybe"]
)
def test_a_setting_that_makes_no_sense_is_a_usage_error(pair: str) -> None:
    with pytest.raises(UsageError):
        parse(["run", "-c", pair])


def test_without_settings_there_are_no_parameters() -> None:
    assert parse(["run", "Hi"]).parameters == {}
