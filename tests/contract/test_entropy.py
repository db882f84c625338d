"""The contract of ``codexctl.domain.ports.Entropy``.

For the machine's chance, for that of a run that is recorded or played, and for the fake.
"""

import uuid

import pytest

from codexctl.adapters.cassettes.played import TapedEntropy
from codexctl.adapters.cassettes.recorded import RecordingEntropy
from codexctl.adapters.cassettes.tape import RunFacts
from codexctl.adapters.system import SystemEntropy
from codexctl.domain.ports import Entropy
from codexctl.testing.fakes.entropy import FakeEntropy

_OFTEN = 1000


def _scripted() -> Entropy:
    return FakeEntropy(spreads=[-1.0, 0.25, 1.0])


def _recorded() -> Entropy:
    return RecordingEntropy(SystemEntropy())


def _taped() -> Entropy:
    return TapedEntropy(RunFacts(identifiers=("7d444840-9dc0-41d1-b245-5ffdce74fad2",)))


@pytest.fixture(
    params=[SystemEntropy, _recorded, _taped, _scripted],
    ids=["system", "recorded", "taped", "fake"],
)
def entropy(request: pytest.FixtureRequest) -> Entropy:
    return request.param()


def test_an_identifier_is_a_uuid_in_its_long_form(entropy: Entropy) -> None:
    identifier = entropy.identifier()
    assert str(uuid.UUID(identifier)) == identifier


def test_identifiers_are_distinct(entropy: Entropy) -> None:
    assert len({entropy.identifier() for _ in range(_OFTEN)}) == _OFTEN


def test_a_spread_lies_between_minus_one_and_one(entropy: Entropy) -> None:
    assert all(-1 <= entropy.spread() <= 1 for _ in range(_OFTEN))


def test_a_run_that_is_played_makes_up_what_the_recorded_one_did() -> None:
    recorded = RecordingEntropy(FakeEntropy(spreads=[0.5]))
    made_up = [recorded.identifier() for _ in range(2)]
    taped = TapedEntropy(RunFacts(identifiers=tuple(recorded.identifiers)))
    assert [taped.identifier() for _ in range(2)] == made_up
    assert taped.spread() == recorded.spread() == 0


def test_the_fake_counts_and_gives_its_last_spread_for_ever() -> None:
    entropy = FakeEntropy(spreads=[-1.0, 0.5])
    assert [entropy.identifier() for _ in range(2)] == [
        "00000000-0000-4000-8000-000000000001",
        "00000000-0000-4000-8000-000000000002",
    ]
    assert [entropy.spread() for _ in range(3)] == [-1.0, 0.5, 0.5]
