"""What the application needs from the world, one Protocol a need.

The docstring of each is its contract, and names the test that holds every adapter and the fake to
it.
"""

from collections.abc import Generator
from datetime import datetime
from typing import Protocol

from codexctl.domain.credentials import Credential
from codexctl.domain.models import Provider
from codexctl.domain.stream_events import StreamEvent
from codexctl.domain.tools import ToolCall, ToolOutcome, ToolSpec
from codexctl.domain.turn import TurnRequest


class ModelStream(Protocol):
    """Asks a model and streams its response. Contract: ``tests/contract/test_model_stream.py``."""

    def stream(
        self, request: TurnRequest, credential: Credential
    ) -> Generator[StreamEvent, None, None]:
        """Send one request and yield what comes back, each event as soon as it has arrived.

        Nothing is sent before the first event is asked for. The generator ends after the terminal
        event, or earlier where the stream does; that the terminal event is missing is for the
        caller to notice. Closing the generator closes the connection. It does not retry.

        Raises:
            CodexctlError: The request could not be sent, was refused, or broke on the way.
        """
        ...

    def close(self) -> None:
        """Let go of connections kept for later requests. May be called more than once."""
        ...


class CredentialSource(Protocol):
    """Knows who the user is. Contract: ``tests/contract/test_credential_source.py``."""

    def credential_for(self, provider: Provider | None) -> Credential:
        """Return a credential for the provider, or for whichever there is one when it is None.

        Raises:
            NotSignedIn: There is none.
            SignInRejected: There is one and it is of no use (expired, malformed).
        """
        ...


class ToolExecutor(Protocol):
    """Runs tools. Contract: ``tests/contract/test_tool_executor.py``."""

    def specs(self) -> tuple[ToolSpec, ...]:
        """Return the tools a model may call, in a constant order."""
        ...

    def execute(self, call: ToolCall) -> ToolOutcome:
        """Run one call and return its one outcome, which names the call.

        A call of an unknown tool, arguments that are not JSON or break the schema, and a tool that
        fails or crashes are failed outcomes in words that the model can act on. Nothing is raised
        but an interrupt by the user.
        """
        ...


class Clock(Protocol):
    """The time, and waiting for it to pass. Contract: ``tests/contract/test_clock.py``."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait. An interrupt by the user ends the wait at once."""
        ...


class Entropy(Protocol):
    """Chance. Contract: ``tests/contract/test_entropy.py``."""

    def identifier(self) -> str:
        """Return a new identifier: a UUID in its 36-character form, distinct at each call."""
        ...

    def spread(self) -> float:
        """Return a number from -1 to 1."""
        ...
