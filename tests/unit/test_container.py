"""The wiring: every port can be swapped, and every provider can be built."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from dependency_injector import containers, errors, providers
from tests.fakes.values import a_call, a_message

from codexctl.application.container import Container
from codexctl.application.run_conversation import RunConversation, Task
from codexctl.domain.errors import NetworkFailed
from codexctl.domain.run_events import RunFinished
from codexctl.domain.stream_events import Completed, ItemFinished, Usage
from codexctl.entrypoints.account_composition import open_account
from codexctl.entrypoints.composition import RunOptions, build_container
from codexctl.entrypoints.settings import read_settings
from codexctl.testing.fakes.model_stream import FakeModelStream
from codexctl.testing.fakes.notifier import FakeNotifier
from codexctl.testing.fakes.tool_executor import FakeToolExecutor, Scripted
from codexctl.testing.ports import Ports


def _provided(container: containers.Container) -> dict[str, providers.Provider[Any]]:
    """Return the providers by name; the library's own types leave theirs open."""
    found: dict[str, providers.Provider[Any]] = dict(container.providers)
    return found


def _ports(model: FakeModelStream) -> Ports:
    return Ports(model=model, tools=FakeToolExecutor({"look": [Scripted("seen")]}))


def test_a_conversation_with_a_call_runs_on_fakes_alone() -> None:
    model = FakeModelStream(
        [NetworkFailed("cut", remedy="again")],
        [ItemFinished(a_call(), 0), Completed(usage=Usage(input_tokens=1))],
        [ItemFinished(a_message("Hello"), 0), Completed(usage=Usage(input_tokens=2))],
    )
    run = _ports(model).run_conversation()
    events = list(run(Task(prompt="Hi", instructions="Be brief.")))
    assert events[-1] == RunFinished(Usage(input_tokens=3), a_message("Hello"))


def test_every_provider_can_be_built() -> None:
    # Nothing else sees a misspelt argument: it is a keyword of a call that nobody has made yet.
    container = _ports(FakeModelStream()).container()
    built = {name: provider() for name, provider in _provided(container).items()}
    assert type(built["run_conversation"]) is RunConversation
    assert built.keys() >= {"model", "credentials", "tools", "clock", "entropy", "ask_model"}


def test_a_port_left_open_is_an_error_and_no_half_built_job() -> None:
    with pytest.raises(errors.Error, match="Dependency"):
        Container().run_conversation()


def test_every_provider_of_the_real_composition_can_be_built(tmp_path: Path) -> None:
    settings = read_settings({"OPENAI_API_KEY": "sk-1", "CODEXCTL_HOME": str(tmp_path)})
    options = RunOptions(tools="all", working_folder=tmp_path)
    container = build_container(settings, options, FakeNotifier())
    with closing(container.model()):
        built = {name: provider() for name, provider in _provided(container).items()}
    assert type(built["run_conversation"]) is RunConversation


def test_everything_about_a_login_can_be_built(tmp_path: Path) -> None:
    settings = read_settings({"CODEXCTL_HOME": str(tmp_path / "home")})
    account = open_account(settings, FakeNotifier())
    assert account.store.profiles() == ()
    assert not (tmp_path / "home").exists()


def test_a_job_shares_its_model_with_whoever_closes_it(tmp_path: Path) -> None:
    options = RunOptions(tools="none", working_folder=tmp_path)
    container = build_container(read_settings({}), options, FakeNotifier())
    with closing(container.model()) as model:
        assert container.run_conversation().ask_model.model is model
