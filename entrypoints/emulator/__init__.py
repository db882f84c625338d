"""A loopback stand-in for the two Responses back ends, for demos, CI and tests.

It knows nothing of codexctl's own codec on purpose: a stand-in built from the client's code would
agree with the client's mistakes.
"""

from codexctl.entrypoints.emulator.scenarios import SCENARIO_NAMES
from codexctl.entrypoints.emulator.server import Emulator

__all__ = ["SCENARIO_NAMES", "Emulator"]
