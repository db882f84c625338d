"""The composition root: with its neighbours, the one place that knows concrete adapters.

Here is what a run is made of; its tools, its tape and the login have a module each beside this one.
Each function imports what it builds, so that a command pays for what it uses and for nothing else.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from codexctl.application.open_session import SessionChoice
from codexctl.application.run_tools import NobodyToAsk
from codexctl.domain.credentials import Subscription
from codexctl.domain.tools import SandboxMode
from codexctl.domain.values import dataclass
from codexctl.entrypoints.account_composition import http_settings, login_ports
from codexctl.entrypoints.settings import Settings, home_folder
from codexctl.entrypoints.tool_composition import Commands, ToolOptions, chosen_tools

if TYPE_CHECKING:
    from codexctl.adapters.project_documents import ProjectDocuments
    from codexctl.adapters.responses.http import HttpSettings
    from codexctl.adapters.sessions.store import FileSessionStore
    from codexctl.application.container import Container
    from codexctl.application.open_session import OpenedSession
    from codexctl.application.route_requests import RouteRequests
    from codexctl.application.run_conversation import Task
    from codexctl.domain.credentials import Credential
    from codexctl.domain.ports import (
        Approver,
        Clock,
        ModelCatalogue,
        ModelStream,
        Notifier,
        SessionStore,
        ToolExecutor,
    )
    from codexctl.domain.run_events import RunEvent
    from codexctl.entrypoints.account_composition import AskPassphrase
    from codexctl.entrypoints.tape_composition import TapeDeck


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What a run is built for.

    Attributes:
        tools: Names of tools, comma-separated, or ``all`` or ``none``.
        working_folder: Where the tools work.
        sandbox: What they may touch.
        environment: The environment variables, of which tools see a few.
        approver: Makes what asks the user before a tool runs.
        idle_timeout_seconds: How long the service may be silent.
        ask_passphrase: Asks a person for the store's passphrase; None where nobody can be asked.
    """

    tools: str
    working_folder: Path
    approver: "Callable[[], Approver]" = NobodyToAsk
    sandbox: SandboxMode = SandboxMode.READ_ONLY
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    idle_timeout_seconds: float = 300.0
    ask_passphrase: "AskPassphrase | None" = None


@contextmanager
def running(
    settings: Settings, options: RunOptions, notifier: "Notifier", deck: "TapeDeck | None" = None
) -> "Generator[Callable[[Task], Generator[RunEvent, None, None]], None, None]":
    """Build the main job, and let go of its connections afterwards.

    Args:
        settings: The settings of this process.
        options: What the run is built for.
        notifier: Told what the user should know.
        deck: Records the run or plays it, if either is wanted.

    Raises:
        UsageError: There is no such tool.
    """
    container = build_container(settings, options, notifier, deck)
    with closing(container.tools()):
        run_conversation = container.run_conversation()
        with closing(container.model()):
            if deck is None:
                yield run_conversation
            else:
                yield lambda task: deck.followed(run_conversation(task))


def build_container(
    settings: Settings, options: RunOptions, notifier: "Notifier", deck: "TapeDeck | None" = None
) -> "Container":
    """Fill the ports of a run with the real adapters, built when they are asked for.

    Args:
        settings: The settings of this process.
        options: What the run is built for.
        notifier: Told what the user should know.
        deck: Records the run or plays it, if either is wanted.
    """
    from dependency_injector import providers

    from codexctl.adapters.responses.client import ResponsesClient
    from codexctl.application.container import Container

    http = http_settings(settings, options.idle_timeout_seconds)
    if deck is not None:
        http = deck.connected(http)
        notifier = deck.notifier(notifier)
    # Annotated with the ports, so that the type checker refuses an adapter that does not fit.
    model: providers.Provider[ModelStream] = providers.Singleton(ResponsesClient, http)
    tools: providers.Provider[ToolExecutor] = providers.Singleton(_tools, settings, options)
    catalogue: providers.Provider[ModelCatalogue] = providers.Singleton(_catalogue, http)
    ports = login_ports(settings, notifier, options.ask_passphrase)
    routing = providers.Singleton(_route_requests, settings, ports["clock"], notifier)

    def routing_for(credential: "Credential") -> str | None:
        # Before it is built: a run with an API key has nothing to find out.
        is_routed = isinstance(credential, Subscription) and credential.account_id is not None
        return routing()(credential) if is_routed else None

    approver = options.approver if deck is None else deck.approver(options.approver)
    container = Container(
        model=model,
        tools=tools,
        catalogue=catalogue,
        approver=providers.Factory(approver),
        routing_for=providers.Object(routing_for),
        **ports,
    )
    if deck is not None:
        deck.put_into(container)
    return container


@contextmanager
def opened_session(
    settings: Settings, choice: SessionChoice, notifier: "Notifier", deck: "TapeDeck | None" = None
) -> "Generator[OpenedSession, None, None]":
    """Open the conversation that the user wants, and let go of it afterwards.

    One that is played from a tape is the tape's own, and is kept nowhere.

    Raises:
        UsageError, SessionBusy, SessionUnreadable, FileNotWritten: It cannot be opened.
    """
    from codexctl.adapters.system import SystemClock, SystemEntropy
    from codexctl.application.open_session import OpenSession

    if deck is not None:
        notifier = deck.notifier(notifier)
        if (taped := deck.session()) is not None:
            yield taped
            return
    open_session = OpenSession(
        store=open_sessions(settings),
        clock=SystemClock(),
        entropy=SystemEntropy(),
        notifier=notifier,
    )
    opened = open_session(choice)
    with closing(opened.log):
        if deck is not None:
            deck.check_session(opened)
        yield opened


def project_documents(folder: Path) -> "ProjectDocuments":
    """Read what the project tells every agent that works in a folder of it."""
    from codexctl.adapters.project_documents import read_project_documents

    return read_project_documents(folder)


def open_sessions(settings: Settings) -> "SessionStore":
    """Return what keeps conversations. Nothing is read or made yet."""
    return _session_files(settings)


def session_lines(settings: Settings, reference: str) -> tuple[str, ...]:
    """Return the lines of a session's log as they stand there.

    Raises:
        UsageError: There is no such session, or there are several.
        SessionUnreadable: The log cannot be read.
    """
    return _session_files(settings).lines(reference)


def _session_files(settings: Settings) -> "FileSessionStore":
    from codexctl.adapters.sessions.store import FileSessionStore
    from codexctl.adapters.system import SystemClock

    return FileSessionStore(home_folder(settings), SystemClock())


def _catalogue(http: "HttpSettings") -> "ModelCatalogue":
    from codexctl.adapters.responses.model_list import HttpModelCatalogue

    return HttpModelCatalogue(http)


def _route_requests(settings: Settings, clock: "Clock", notifier: "Notifier") -> "RouteRequests":
    from codexctl.adapters.caches.routing_memory import FileRoutingMemory
    from codexctl.adapters.responses.routing import ChatGptRouting
    from codexctl.application.route_requests import RouteRequests

    return RouteRequests(
        routing=ChatGptRouting(http_settings(settings)),
        memory=FileRoutingMemory(home_folder(settings)),
        clock=clock,
        notifier=notifier,
    )


def _tools(settings: Settings, options: RunOptions) -> "ToolExecutor":
    from codexctl.adapters.tools.registry import ToolRegistry

    tool_options = ToolOptions(
        names=options.tools,
        working_folder=options.working_folder,
        sandbox=options.sandbox,
        home=home_folder(settings),
        environment=options.environment,
    )
    commands = Commands(tool_options)
    return ToolRegistry(chosen_tools(tool_options, commands), commands.close)
