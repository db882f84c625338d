"""The main job with a fake for every port."""

from collections.abc import Callable
from dataclasses import field, fields
from typing import Any

from dependency_injector import providers

from codexctl.application.container import Container
from codexctl.application.run_conversation import RunConversation
from codexctl.domain.credentials import Credential, Secret, Subscription
from codexctl.domain.models import Provider
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
from codexctl.domain.values import dataclass
from codexctl.testing.fakes.approver import FakeApprover
from codexctl.testing.fakes.authorization_server import FakeAuthorizationServer
from codexctl.testing.fakes.clock import FakeClock
from codexctl.testing.fakes.credential_source import FakeCredentialSource
from codexctl.testing.fakes.credential_store import FakeCredentialStore
from codexctl.testing.fakes.entropy import FakeEntropy
from codexctl.testing.fakes.model_catalogue import FakeModelCatalogue
from codexctl.testing.fakes.model_stream import FakeModelStream
from codexctl.testing.fakes.notifier import FakeNotifier
from codexctl.testing.fakes.profile_lock import FakeProfileLock
from codexctl.testing.fakes.tool_executor import FakeToolExecutor


def _signed_in() -> CredentialSource:
    token = Secret("made-up-token-of-a-fake")
    subscription = Subscription(
        access_token=token, account_id="account-1", expires_at=None, origin="a fake"
    )
    return FakeCredentialSource({Provider.CHATGPT: subscription})


def _no_tools() -> ToolExecutor:
    return FakeToolExecutor({})


def _no_models() -> ModelCatalogue:
    return FakeModelCatalogue(())


def _no_routing(_credential: Credential, /) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What a run needs of the world; a fake where nothing is given.

    ```python
    model = FakeModelStream(calls("look", {"at": "the sky"}), says("It is blue."))
    tools = FakeToolExecutor({"look": [Scripted("blue")]})
    run_conversation = Ports(model=model, tools=tools).run_conversation()
    events = list(run_conversation(Task(prompt="Well?", instructions="Be brief.")))
    assert tools.count("look") == 1
    ```

    Attributes:
        model: Who answers; by default nobody, and the first request fails the test.
        tools: What the model may call; by default nothing.
        clock: The time; by default it passes only when someone waits for it.
        entropy: Chance; by default ids count from one.
        environment: Ready credentials; by default a made-up subscription.
        store: The logins that are kept; by default none.
        lock: Lets one process change a login at a time.
        server: The issuer of tokens.
        notifier: Tells the user what ends nothing.
        approver: Is asked before a tool runs; by default a question fails the test.
        catalogue: Knows which models there are; by default none.
        profile: Whose login it is.
        routing_for: Returns what a credential's requests name as their routing.
    """

    model: ModelStream = field(default_factory=FakeModelStream)
    tools: ToolExecutor = field(default_factory=_no_tools)
    clock: Clock = field(default_factory=FakeClock)
    entropy: Entropy = field(default_factory=FakeEntropy)
    environment: CredentialSource = field(default_factory=_signed_in)
    store: CredentialStore = field(default_factory=FakeCredentialStore)
    lock: ProfileLock = field(default_factory=FakeProfileLock)
    server: AuthorizationServer = field(default_factory=FakeAuthorizationServer)
    notifier: Notifier = field(default_factory=FakeNotifier)
    approver: Approver = field(default_factory=FakeApprover)
    catalogue: ModelCatalogue = field(default_factory=_no_models)
    profile: str = "default"
    routing_for: Callable[[Credential], str | None] = _no_routing

    def container(self) -> Container:
        """Return the wiring of a run with these ports."""
        given: dict[str, Any] = {
            port.name: providers.Object(getattr(self, port.name)) for port in fields(self)
        }
        return Container(**given)

    def run_conversation(self) -> RunConversation:
        """Return the main job with these ports; each of its runs plays on in the same scripts."""
        return self.container().run_conversation()
