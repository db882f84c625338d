"""The wiring of signing in and out, on top of that of a run.

Apart from it so that a run does not import what it never uses.
"""

from dependency_injector import providers

from codexctl.application.container import Container, port
from codexctl.application.keep_login import KeepLogin
from codexctl.application.sign_in import SignInByDevice, SignInByRedirect
from codexctl.application.sign_out import SignOut
from codexctl.domain.ports import DeviceAuthorization, QuotaSource


class SignInContainer(Container):
    """The wiring of everything about the login of one profile."""

    device: providers.Provider[DeviceAuthorization] = port()
    quota: providers.Provider[QuotaSource] = port()

    keep_login: providers.Provider[KeepLogin] = providers.Factory(
        KeepLogin,
        profile=Container.profile,
        store=Container.store,
        lock=Container.lock,
        server=Container.server,
        notifier=Container.notifier,
    )
    sign_in_by_redirect: providers.Provider[SignInByRedirect] = providers.Factory(
        SignInByRedirect, server=Container.server
    )
    sign_in_by_device: providers.Provider[SignInByDevice] = providers.Factory(
        SignInByDevice, server=Container.server, device=device, clock=Container.clock
    )
    sign_out: providers.Provider[SignOut] = providers.Factory(
        SignOut,
        store=Container.store,
        lock=Container.lock,
        server=Container.server,
        notifier=Container.notifier,
    )
