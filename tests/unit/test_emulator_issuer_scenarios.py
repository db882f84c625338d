import pytest

from codexctl.entrypoints.emulator import (
    ISSUER_SCENARIO_NAMES,
    SCENARIO_NAMES,
    Emulator,
    split_scenarios,
)
from codexctl.entrypoints.emulator.issuer.scenarios import IssuerScenarios, RequestKind


def played(scenarios: IssuerScenarios, kind: RequestKind, times: int) -> list[str | None]:
    return [scenarios.next(kind) for _ in range(times)]


def test_scenarios_of_a_kind_are_played_in_order_as_often_as_said() -> None:
    scenarios = IssuerScenarios(("refresh-500*2", "login-denied", "refresh-429"))
    assert played(scenarios, RequestKind.REFRESH, 4) == [
        "refresh-500",
        "refresh-500",
        "refresh-429",
        None,
    ]
    assert played(scenarios, RequestKind.AUTHORIZE, 2) == ["login-denied", None]


def test_a_star_without_a_count_is_for_ever() -> None:
    scenarios = IssuerScenarios(("refresh-429", "refresh-500*"))
    assert played(scenarios, RequestKind.REFRESH, 4) == ["refresh-429", *["refresh-500"] * 3]


@pytest.mark.parametrize(
    "written",
    ["", "*", "tool", "refresh-500**", "refresh-500*0", "refresh-500*-1", "refresh-500 "],
)
def test_what_is_no_scenario_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="no scenario of the issuer"):
        Emulator(issuer_scenarios=(written,))


def test_no_name_is_both_a_conversations_and_the_issuers() -> None:
    assert set(SCENARIO_NAMES).isdisjoint(ISSUER_SCENARIO_NAMES)


def test_names_are_split_by_whose_they_are() -> None:
    written = ("tool", "refresh-500*2", "nonsense", "http-500", "login-denied", "cut-in-text*")
    assert split_scenarios(written) == (
        ("tool", "nonsense"),
        ("http-500", "cut-in-text*"),
        ("refresh-500*2", "login-denied"),
    )
