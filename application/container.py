"""How the use cases are put together, with the ports left open.

The ports are dependencies that ``entrypoints/composition.py`` fills with adapters and tests fill
with fakes. Nothing is built when the container is, and nobody is handed the container: whoever
composes takes a use case out of it and lets go.
"""

from collections.abc import Callable
from typing import Any

from dependency_injector import containers, providers

from codexctl.application.ask_model import AskModel
from codexctl.application.choose_model import ChooseModel
from codexctl.application.fresh_credentials import FreshCredentials
from codexctl.application.renew_login import RenewLogin
from codexctl.application.run_conversation import RunConversation
from codexctl.application.run_tools import RunTools
from codexctl.domain.credentials import Credential
from codexctl.domain.ports import (
    Approver,
    AuthorizationServer,
    Clock,
    CredentialSource,
    CredentialStore,
    Entropy,
    ModelCatalogue,
    ModelStream,
    Notifier,
    ProfileLock,
    ToolExecutor,
)


def port() -> providers.Provider[Any]:
    """Return an open dependency; it could check a class, but takes no Protocol."""
    return providers.Dependency()


class Container(containers.DeclarativeContainer):
    """The wiring of a run with the login of one profile."""

    model: providers.Provider[ModelStream] = port()
    tools: providers.Provider[ToolExecutor] = port()
    clock: providers.Provider[Clock] = port()
    entropy: providers.Provider[Entropy] = port()
    environment: providers.Provider[CredentialSource] = port()
    store: providers.Provider[CredentialStore] = port()
    lock: providers.Provider[ProfileLock] = port()
    server: providers.Provider[AuthorizationServer] = port()
    notifier: providers.Provider[Notifier] = port()
    profile: providers.Provider[str] = port()
    approver: providers.Provider[Approver] = port()
    catalogue: providers.Provider[ModelCatalogue] = port()
    # A use case of its own, and one that a run with an API key never loads: so it is handed in.
    routing_for: providers.Provider[Callable[[Credential], str | None]] = port()

    # One for the life of the container: it remembers what could not be saved.
    renew_login: providers.Provider[RenewLogin] = providers.Singleton(
        RenewLogin,
        profile=profile,
        store=store,
        lock=lock,
        server=server,
        clock=clock,
        notifier=notifier,
    )
    # Its provider, not itself: a run with a ready token needs no store and no issuer.
    credentials: providers.Provider[CredentialSource] = providers.Factory(
        FreshCredentials,
        profile=profile,
        environment=environment,
        store=store,
        renew_login=renew_login.provider,
        clock=clock,
    )
    choose_model: providers.Provider[ChooseModel] = providers.Factory(
        ChooseModel, credentials=credentials, catalogue=catalogue.provider
    )
    ask_model: providers.Provider[AskModel] = providers.Factory(
        AskModel, model=model, credentials=credentials, clock=clock, entropy=entropy
    )
    run_tools: providers.Provider[RunTools] = providers.Factory(
        RunTools, tools=tools, approver=approver.provider
    )
    run_conversation: providers.Provider[RunConversation] = providers.Factory(
        RunConversation,
        ask_model=ask_model,
        run_tools=run_tools,
        choose_model=choose_model,
        routing_for=routing_for,
        tools=tools,
        clock=clock,
        entropy=entropy,
    )
