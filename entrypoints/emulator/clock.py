"""Where the emulator has the present from."""

from collections.abc import Callable
from typing import TypeAlias

Clock: TypeAlias = Callable[[], float]
"""Gives the present as Unix seconds, as `time.time` does; a test gives one it can step."""
