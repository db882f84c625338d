"""A ``Notifier`` that remembers."""


class FakeNotifier:
    """Keeps what it was told.

    ```python
    notifier = FakeNotifier()
    notifier.tell("The disk is nearly full.")
    assert notifier.told == ["The disk is nearly full."]
    ```
    """

    def __init__(self) -> None:
        self.told: list[str] = []

    def tell(self, text: str) -> None:
        """See :meth:`codexctl.domain.ports.Notifier.tell`."""
        self.told.append(text)
