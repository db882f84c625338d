"""A loopback stand-in for the OAuth issuer and the two Responses back ends.

It serves demos, CI and tests, and knows nothing of codexctl's own codec on purpose: a stand-in
built from the client's code would agree with the client's mistakes.
"""

from codexctl.entrypoints.emulator.identity import ACCOUNT_ID, EMAIL, OTHER_ACCOUNT_ID, PLAN_TYPE
from codexctl.entrypoints.emulator.issuer_scenarios import (
    ISSUER_SCENARIO_NAMES,
    split_scenarios,
)
from codexctl.entrypoints.emulator.issuer_state import IssuerState
from codexctl.entrypoints.emulator.scenarios import SCENARIO_NAMES
from codexctl.entrypoints.emulator.server import Emulator

__all__ = [
    "ACCOUNT_ID",
    "EMAIL",
    "ISSUER_SCENARIO_NAMES",
    "OTHER_ACCOUNT_ID",
    "PLAN_TYPE",
    "SCENARIO_NAMES",
    "Emulator",
    "IssuerState",
    "split_scenarios",
]
