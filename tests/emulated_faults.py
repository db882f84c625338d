"""Plays the emulator's faults, and keeps what came of each."""

from functools import cache
from typing import Any

from tests.raw_client import Got, ask_raw

from codexctl.entrypoints.emulator import FAULT_NAMES, Emulator
from codexctl.entrypoints.emulator.backends import Backend

NOW = 1_800_000_000
SHORT_SILENCE_SECONDS = 0.1
CHATGPT = Backend.CHATGPT.responses_path
API = Backend.API_KEY.responses_path
BODY: dict[str, Any] = {
    "model": "gpt-5.5",
    "instructions": "Be brief.",
    "input": [{"role": "user", "content": [{"type": "input_text", "text": "go"}]}],
    "store": False,
    "stream": True,
}
SLOW_ONES = ("slow", "slow-headers", "drip", "trickle")


def ask(emulator: Emulator, name: str, path: str = CHATGPT) -> Got:
    """Ask an emulator whose next fault this is."""
    url = emulator.issuer + path
    if name == "trickle":
        return ask_raw(url, BODY, most_bytes=200)
    if name.startswith("stall"):
        return ask_raw(url, BODY, silence_seconds=SHORT_SILENCE_SECONDS)
    return ask_raw(url, BODY)


def play_all(names: tuple[str, ...], path: str = CHATGPT) -> dict[str, Got]:
    """Play one fault after another."""
    with Emulator(faults=names, clock=lambda: NOW) as emulator:
        return {name: ask(emulator, name, path) for name in names}


@cache
def played_faults() -> dict[str, Got]:
    """What comes of each fault, by its name; played once for all tests."""
    return play_all(FAULT_NAMES)
