"""The contract of ``codexctl.domain.ports.Entropy``, for the machine's chance and for the fake."""

import uuid

import pytest
from tests.fakes.entropy import FakeEntropy

from codexctl.adapters.system import SystemEntropy
from codexctl.domain.ports import Entropy

_OFTEN = 1000


def _scripted() -> Entropy:
    return FakeEntropy(spreads=[-1.0, 0.25, 1.0])


@pytest.fixture(params=[SystemEntropy, _scripted], ids=["system", "fake"])
def entropy(request: pytest.FixtureRequest) -> Entropy:
    return request.param()


def test_an_identifier_is_a_uuid_in_its_long_form(entropy: Entropy) -> None:
    identifier = entropy.identifier()
    assert str(uuid.UUID(identifier)) == identifier


def test_identifiers_are_distinct(entropy: Entropy) -> None:
    assert len({entropy.identifier() for _ in range(_OFTEN)}) == _OFTEN


def test_a_spread_lies_between_minus_one_and_one(entropy: Entropy) -> None:
    assert all(-1 <= entropy.spread() <= 1 for _ in range(_OFTEN))


def test_the_fake_counts_and_gives_its_last_spread_for_ever() -> None:
    entropy = FakeEntropy(spreads=[-1.0, 0.5])
    assert [entropy.identifier() for _ in range(2)] == [
        "00000000-0000-4000-8000-000000000001",
        "00000000-0000-4000-8000-000000000002",
    ]
    assert [entropy.spread() for _ in range(3)] == [-1.0, 0.5, 0.5]
