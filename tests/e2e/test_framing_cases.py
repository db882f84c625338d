"""Every framing case of the WHATWG rules, through the real command."""

import pytest
from tests.command import run_command, run_here
from tests.corpus import FramingCase, framing_cases, require_corpus

CASES = framing_cases()


@pytest.fixture
def corpus() -> None:
    require_corpus()


pytestmark = pytest.mark.usefixtures("corpus")


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_inspect_prints_the_expected_events(case: FramingCase) -> None:
    ran = run_here("inspect", "--frames", "--json", "-", stdin=b"".join(case.chunks))
    assert ran.exit_code == 0
    assert ran.lines == case.expected


def test_the_installed_command_prints_the_expected_events() -> None:
    everything = b"".join(b"".join(case.chunks) for case in CASES if case.name == "eol-mixed")
    ran = run_command("inspect", "--frames", "--json", "-", stdin=everything)
    assert ran.lines == [{"event": "m", "data": "1\n2\n3", "id": "", "retry": None}]
