"""An ``Entropy`` that is no such thing."""

from collections.abc import Sequence


class FakeEntropy:
    """Identifiers that count from one, and a spread that a script gives.

    ```python
    entropy = FakeEntropy(spreads=[-1.0, 1.0])
    assert entropy.identifier() == "00000000-0000-4000-8000-000000000001"
    assert [entropy.spread() for _ in range(3)] == [-1.0, 1.0, 1.0]
    ```

    The last spread is given again for every further question; without a script it is 0, which
    leaves delays as they are written in the policy.
    """

    def __init__(self, *, spreads: Sequence[float] = (0.0,)) -> None:
        self._spreads = tuple(spreads)
        self._identifiers_given = 0
        self._spreads_given = 0

    def identifier(self) -> str:
        """See :meth:`codexctl.domain.ports.Entropy.identifier`."""
        self._identifiers_given += 1
        return f"00000000-0000-4000-8000-{self._identifiers_given:012d}"

    def spread(self) -> float:
        """See :meth:`codexctl.domain.ports.Entropy.spread`."""
        spread = self._spreads[min(self._spreads_given, len(self._spreads) - 1)]
        self._spreads_given += 1
        return spread
