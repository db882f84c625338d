"""docs/emulator.md against the tables it tells of."""

from pathlib import Path

import pytest

from codexctl.entrypoints.emulator import ISSUER_SCENARIO_NAMES, SCENARIO_NAMES
from codexctl.entrypoints.emulator.faults.catalogue import FAULT_GROUPS

DOCS = (Path(__file__).resolve().parents[2] / "docs" / "emulator.md").read_text("utf-8")


@pytest.mark.parametrize("heading", FAULT_GROUPS)
def test_the_docs_have_a_row_for_each_fault_in_the_order_of_the_table(heading: str) -> None:
    section = DOCS.partition(f"### {heading}\n\n")[2].partition("\n\n")[0]
    rows = [f"| `{name}` | {fault.about} |" for name, fault in FAULT_GROUPS[heading].items()]
    assert section.split("\n") == ["| name | what happens |", "|---|---|", *rows]


def test_the_docs_have_a_row_for_each_scenario() -> None:
    rows = [line.split("`")[1] for line in DOCS.split("\n") if line.startswith("| `")]
    assert tuple(rows[: len(SCENARIO_NAMES)]) == SCENARIO_NAMES


def test_the_docs_name_each_scenario_of_the_issuer() -> None:
    section = DOCS.partition("### The issuer\n\n")[2].partition("\n\n")[0]
    assert tuple(section.split("`")[1::2]) == ISSUER_SCENARIO_NAMES
