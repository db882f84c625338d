"""The machine's clock and chance."""

import random
import time
import uuid
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
        return str(uuid.uuid4())

    def spread(self) -> float:
        """See :meth:`codexctl.domain.ports.Entropy.spread`."""
        return random.uniform(-1.0, 1.0)  # noqa: S311 (jitter keeps no secret)
