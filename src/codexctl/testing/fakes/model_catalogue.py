"""A ``ModelCatalogue`` that a test fills."""

from codexctl.domain.credentials import Credential
from codexctl.domain.errors import CodexctlError


class FakeModelCatalogue:
    """Answers with what it was given, and raises it where it is an error.

    ```python
    catalogue = FakeModelCatalogue(("gpt-5.5", "gpt-5.6-luna"))
    assert catalogue.slugs(credential) == ("gpt-5.5", "gpt-5.6-luna")
    assert catalogue.asked == [credential]
    ```
    """

    def __init__(self, answer: tuple[str, ...] | CodexctlError) -> None:
        self.answer = answer
        self.asked: list[Credential] = []

    def slugs(self, credential: Credential) -> tuple[str, ...]:
        """See :meth:`codexctl.domain.ports.ModelCatalogue.slugs`."""
        self.asked.append(credential)
        if isinstance(self.answer, CodexctlError):
            raise self.answer
        return self.answer
