"""The names of everything the emulator can be told to play, as the command line takes them."""

from collections.abc import Iterable, Mapping, Sequence
from textwrap import TextWrapper
from types import MappingProxyType
from typing import NamedTuple

from codexctl.entrypoints.emulator.faults.catalogue import FAULT_GROUPS, FAULT_NAMES
from codexctl.entrypoints.emulator.issuer.scenarios import ISSUER_SCENARIO_NAMES
from codexctl.entrypoints.emulator.model.scenarios import SCENARIO_NAMES
from codexctl.entrypoints.emulator.scenario_plays import read_play

NAME_GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "What a conversation is about": SCENARIO_NAMES,
        **{heading: tuple(table) for heading, table in FAULT_GROUPS.items()},
        "The issuer": ISSUER_SCENARIO_NAMES,
    }
)
"""All names, by the heading they are listed under."""
ALL_NAMES = tuple(name for names in NAME_GROUPS.values() for name in names)

_COUNTED = frozenset((*FAULT_NAMES, *ISSUER_SCENARIO_NAMES))
_HOW_OFTEN = """\
--scenario NAME: the first group says what a conversation is about. Each new one takes the next
name, and the last name goes on. All others are faults. NAME is played by the next request that it
fits, NAME*3 by three, NAME* by all that follow; then all goes well again.
"""

_WIDTH = 98


class SplitScenarios(NamedTuple):
    """Scenarios by whose they are, as the arguments of `Emulator` of the same names take them."""

    scenarios: tuple[str, ...]
    faults: tuple[str, ...]
    issuer_scenarios: tuple[str, ...]


def split_scenarios(written: Sequence[str]) -> SplitScenarios:
    """Split scenarios by their names; what is no name at all ends up among `scenarios`."""
    faults = tuple(_named(written, FAULT_NAMES))
    of_issuer = tuple(_named(written, ISSUER_SCENARIO_NAMES))
    others = tuple(text for text in written if text not in (*faults, *of_issuer))
    return SplitScenarios(others, faults, of_issuer)


def is_scenario(written: str) -> bool:
    """Tell whether there is such a scenario, and its count, if it has one, is a count."""
    return written in SCENARIO_NAMES or read_play(written, _COUNTED) is not None


def scenario_list() -> str:
    """Say how scenarios are played and list them under their headings, for `--help`."""
    wrapper = TextWrapper(
        _WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
    )
    groups = (
        f"\n{heading}:\n{wrapper.fill(' '.join(names))}\n" for heading, names in NAME_GROUPS.items()
    )
    return _HOW_OFTEN + "".join(groups)


def _named(written: Iterable[str], names: Sequence[str]) -> Iterable[str]:
    return (text for text in written if text.partition("*")[0] in names)
