"""For tests of what is built on codexctl: a fake of every port, runs in this process, cassettes.

The fixtures are in ``codexctl.testing.pytest_plugin``, which pytest loads by itself. What they are
used for is in ``docs/testing.md``. Nothing here is loaded before it is asked for: pytest imports
this package in every run where codexctl is installed.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codexctl.testing.cassette import Cassette
    from codexctl.testing.command import RunResult, run_codexctl
    from codexctl.testing.fakes.approver import FakeApprover
    from codexctl.testing.fakes.authorization_server import FakeAuthorizationServer, SeenRefresh
    from codexctl.testing.fakes.clock import FakeClock
    from codexctl.testing.fakes.credential_source import FakeCredentialSource
    from codexctl.testing.fakes.credential_store import FakeCredentialStore
    from codexctl.testing.fakes.device_authorization import FakeDeviceAuthorization
    from codexctl.testing.fakes.entropy import FakeEntropy
    from codexctl.testing.fakes.model_catalogue import FakeModelCatalogue
    from codexctl.testing.fakes.model_stream import Asked, FakeModelStream
    from codexctl.testing.fakes.notifier import FakeNotifier
    from codexctl.testing.fakes.profile_lock import FakeProfileLock
    from codexctl.testing.fakes.quota_source import FakeQuotaSource
    from codexctl.testing.fakes.redirect_receiver import Arrival, FakeRedirectReceiver
    from codexctl.testing.fakes.routing import FakeRoutingMemory, FakeWorkspaceRouting
    from codexctl.testing.fakes.session_store import FakeSessionLog, FakeSessionStore
    from codexctl.testing.fakes.tool_executor import FakeToolExecutor, Scripted
    from codexctl.testing.ports import Ports
    from codexctl.testing.scripts import calls, says
    from codexctl.testing.surroundings import emulator_environment

__all__ = [
    "Arrival",
    "Asked",
    "Cassette",
    "FakeApprover",
    "FakeAuthorizationServer",
    "FakeClock",
    "FakeCredentialSource",
    "FakeCredentialStore",
    "FakeDeviceAuthorization",
    "FakeEntropy",
    "FakeModelCatalogue",
    "FakeModelStream",
    "FakeNotifier",
    "FakeProfileLock",
    "FakeQuotaSource",
    "FakeRedirectReceiver",
    "FakeRoutingMemory",
    "FakeSessionLog",
    "FakeSessionStore",
    "FakeToolExecutor",
    "FakeWorkspaceRouting",
    "Ports",
    "RunResult",
    "Scripted",
    "SeenRefresh",
    "calls",
    "emulator_environment",
    "run_codexctl",
    "says",
]

_PLACES = {
    "Arrival": "fakes.redirect_receiver",
    "Asked": "fakes.model_stream",
    "Cassette": "cassette",
    "FakeApprover": "fakes.approver",
    "FakeAuthorizationServer": "fakes.authorization_server",
    "FakeClock": "fakes.clock",
    "FakeCredentialSource": "fakes.credential_source",
    "FakeCredentialStore": "fakes.credential_store",
    "FakeDeviceAuthorization": "fakes.device_authorization",
    "FakeEntropy": "fakes.entropy",
    "FakeModelCatalogue": "fakes.model_catalogue",
    "FakeModelStream": "fakes.model_stream",
    "FakeNotifier": "fakes.notifier",
    "FakeProfileLock": "fakes.profile_lock",
    "FakeQuotaSource": "fakes.quota_source",
    "FakeRedirectReceiver": "fakes.redirect_receiver",
    "FakeRoutingMemory": "fakes.routing",
    "FakeSessionLog": "fakes.session_store",
    "FakeSessionStore": "fakes.session_store",
    "FakeToolExecutor": "fakes.tool_executor",
    "FakeWorkspaceRouting": "fakes.routing",
    "Ports": "ports",
    "RunResult": "command",
    "Scripted": "fakes.tool_executor",
    "SeenRefresh": "fakes.authorization_server",
    "calls": "scripts",
    "emulator_environment": "surroundings",
    "run_codexctl": "command",
    "says": "scripts",
}
"""Where each public name is; a test holds this, the list and the imports above together."""


if not TYPE_CHECKING:  # to a type checker every name would be there

    def __getattr__(name: str) -> object:
        """Return a public name, loaded now."""
        if name not in _PLACES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
