"""How the use cases are put together, with the ports left open.

The ports are dependencies that ``entrypoints/composition.py`` fills with adapters and tests fill
with fakes. Nothing is built when the container is, and nobody is handed the container: whoever
composes takes a use case out of it and lets go.
"""

from typing import Any

from dependency_injector import containers, providers

from codexctl.application.ask_model import AskModel
from codexctl.application.run_conversation import RunConversation
from codexctl.application.run_tools import RunTools
from codexctl.domain.ports import Clock, CredentialSource, Entropy, ModelStream, ToolExecutor


def _port() -> providers.Provider[Any]:
    """Return an open dependency; it could check a class, but takes no Protocol."""
    return providers.Dependency()


class Container(containers.DeclarativeContainer):
    """The wiring of a run."""

    model: providers.Provider[ModelStream] = _port()
    credentials: providers.Provider[CredentialSource] = _port()
    tools: providers.Provider[ToolExecutor] = _port()
    clock: providers.Provider[Clock] = _port()
    entropy: providers.Provider[Entropy] = _port()

    ask_model: providers.Provider[AskModel] = providers.Factory(
        AskModel, model=model, credentials=credentials, clock=clock, entropy=entropy
    )
    run_tools: providers.Provider[RunTools] = providers.Factory(RunTools, tools=tools)
    run_conversation: providers.Provider[RunConversation] = providers.Factory(
        RunConversation,
        ask_model=ask_model,
        run_tools=run_tools,
        credentials=credentials,
        tools=tools,
        entropy=entropy,
    )
