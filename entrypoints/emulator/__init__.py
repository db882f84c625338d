"""A loopback stand-in for the OAuth issuer and the two Responses back ends.

It serves demos, CI and tests, and knows nothing of codexctl's own codec on purpose: a stand-in
built from the client's code would agree with the client's mistakes.

Each package knows only those below it: `responses`, `account` and `sources` (scripts, tapes);
`faults`; `model` (what is said, and its stream) and `issuer`; `http`. `server` puts them together.
"""

from codexctl.entrypoints.emulator.faults.catalogue import FAULT_NAMES
from codexctl.entrypoints.emulator.issuer.identity import (
    ACCOUNT_ID,
    EMAIL,
    OTHER_ACCOUNT_ID,
    PLAN_TYPE,
)
from codexctl.entrypoints.emulator.issuer.scenarios import ISSUER_SCENARIO_NAMES
from codexctl.entrypoints.emulator.issuer.state import IssuerState
from codexctl.entrypoints.emulator.model.scenarios import SCENARIO_NAMES
from codexctl.entrypoints.emulator.scenario_names import NAME_GROUPS, split_scenarios
from codexctl.entrypoints.emulator.server import Emulator
from codexctl.entrypoints.emulator.sources.mistakes import SourceMistake

__all__ = [
    "ACCOUNT_ID",
    "EMAIL",
    "FAULT_NAMES",
    "ISSUER_SCENARIO_NAMES",
    "NAME_GROUPS",
    "OTHER_ACCOUNT_ID",
    "PLAN_TYPE",
    "SCENARIO_NAMES",
    "Emulator",
    "IssuerState",
    "SourceMistake",
    "split_scenarios",
]
