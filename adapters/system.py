"""The machine's clock and chance."""

import os
import random
import time
from datetime import UTC, datetime


class SystemClock:
    """The :class:`~codexctl.domain.ports.Clock` of the machine."""

    def now(self) -> datetime:
        """See :meth:`codexctl.domain.ports.Clock.now`."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """See :meth:`codexctl.domain.ports.Clock.sleep`."""
        time.sleep(seconds)


class SystemEntropy:
    """The :class:`~codexctl.domain.ports.Entropy` of the machine."""

    def identifier(self) -> str:
        """See :meth:`codexctl.domain.ports.Entropy.identifier`."""
        # A random UUID (RFC 9562, version 4), by hand: importing uuid takes longer than the rest of
        # this module, since it loads the platform module to be told what system this is.
        bits = bytearray(os.urandom(16))
        bits[6] = bits[6] & 0x0F | 0x40
        bits[8] = bits[8] & 0x3F | 0x80
        digits = bits.hex()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def spread(self) -> float:
        """See :meth:`codexctl.domain.ports.Entropy.spread`."""
        return random.uniform(-1.0, 1.0)  # noqa: S311 (jitter keeps no secret)
