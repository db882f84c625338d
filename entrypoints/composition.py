"""The composition root: the one place that knows concrete adapters.

Each function imports what it builds, so that a command pays for what it uses and for nothing else.
"""

from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from codexctl import __version__
from codexctl.domain.stream_events import StreamEvent
from codexctl.entrypoints.settings import Settings

if TYPE_CHECKING:
    from codexctl.adapters.responses.sse import ServerSentEvent
    from codexctl.adapters.tools.tool import Tool
    from codexctl.application.container import Container
    from codexctl.application.run_conversation import RunConversation
    from codexctl.domain.ports import Clock, CredentialSource, Entropy, ModelStream, ToolExecutor

    Frame: TypeAlias = ServerSentEvent


@contextmanager
def running(
    settings: Settings, *, tools: str, working_folder: Path, idle_timeout_seconds: float
) -> "Generator[RunConversation, None, None]":
    """Build the main job, and let go of its connections afterwards.

    Args:
        settings: Where the services are and who asks.
        tools: Names of tools, comma-separated, or ``all`` or ``none``.
        working_folder: Where the tools work.
        idle_timeout_seconds: How long the service may be silent.

    Raises:
        UsageError: There is no such tool.
    """
    container = build_container(
        settings,
        tools=tools,
        working_folder=working_folder,
        idle_timeout_seconds=idle_timeout_seconds,
    )
    run_conversation = container.run_conversation()
    with closing(container.model()):
        yield run_conversation


def build_container(
    settings: Settings, *, tools: str, working_folder: Path, idle_timeout_seconds: float
) -> "Container":
    """Fill the container's ports with the real adapters, built when they are asked for."""
    from dependency_injector import providers

    from codexctl.adapters.openai_oauth.environment import EnvironmentCredentials
    from codexctl.adapters.responses.client import ResponsesClient
    from codexctl.adapters.responses.http import HttpSettings
    from codexctl.adapters.system import SystemClock, SystemEntropy
    from codexctl.adapters.tools.registry import ToolRegistry
    from codexctl.application.container import Container

    http = HttpSettings(
        base_urls=settings.base_urls,
        identity=_identity(settings),
        idle_timeout_seconds=idle_timeout_seconds,
        ca_bundle=settings.ca_bundle,
    )
    # Annotated with the ports, so that the type checker refuses an adapter that does not fit.
    model: providers.Provider[ModelStream] = providers.Singleton(ResponsesClient, http)
    clock: providers.Provider[Clock] = providers.Singleton(SystemClock)
    entropy: providers.Provider[Entropy] = providers.Singleton(SystemEntropy)
    credentials: providers.Provider[CredentialSource] = providers.Singleton(
        EnvironmentCredentials,
        access_token=settings.access_token,
        api_key=settings.api_key,
        clock=clock,
    )
    executor: providers.Provider[ToolExecutor] = providers.Singleton(
        ToolRegistry, _chosen_tools(tools, working_folder)
    )
    return Container(
        model=model, credentials=credentials, tools=executor, clock=clock, entropy=entropy
    )


def _chosen_tools(names: str, working_folder: Path) -> "tuple[Tool, ...]":
    if names.strip() == "none":
        return ()  # before the tools are imported
    from codexctl.adapters.tools.built_in import built_in_tools, select

    return select(names, built_in_tools(working_folder))


def read_frames(chunks: Iterable[bytes]) -> "Generator[Frame, None, None]":
    """Yield the server-sent events of a recorded stream, as the client would see them."""
    from codexctl.adapters.responses.sse import read_events

    return read_events(chunks)


def decode_frame(frame: "Frame") -> tuple[str, StreamEvent]:
    """Return the wire's name of a server-sent event, and what it means to the client.

    Raises:
        ProtocolError: Its data is not JSON.
    """
    from codexctl.adapters.responses.wire_codec import decode_event, kind_of

    return kind_of(frame.event, frame.data), decode_event(frame.event, frame.data)


def _identity(settings: Settings) -> dict[str, str]:
    """Return the headers that say who is calling: the product, and nothing about the user."""
    import sys

    return {
        "originator": settings.originator,
        "user-agent": f"{settings.originator}/{__version__} ({sys.platform})",
    }
