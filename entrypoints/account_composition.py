"""The part of the composition root that signs in, and knows who is signed in.

Each function imports what it builds, so that a command pays for what it uses and for nothing else.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from codexctl import __version__
from codexctl.domain.credentials import Subscription
from codexctl.domain.values import dataclass
from codexctl.entrypoints.settings import Settings, home_folder

if TYPE_CHECKING:
    from codexctl.adapters.openai_oauth.settings import IssuerSettings
    from codexctl.adapters.responses.http import HttpSettings
    from codexctl.adapters.token_store.encrypted_file import EncryptedFileStore
    from codexctl.adapters.token_store.key_choice import KeyChoice
    from codexctl.adapters.token_store.passphrase import AskPassphrase as AskStorePassphrase
    from codexctl.application.keep_login import KeepLogin
    from codexctl.application.sign_in import SignInByDevice, SignInByRedirect
    from codexctl.application.sign_out import SignOut
    from codexctl.domain.credentials import Credential
    from codexctl.domain.ports import (
        AuthorizationServer,
        Clock,
        CredentialSource,
        CredentialStore,
        DeviceAuthorization,
        Entropy,
        Notifier,
        ProfileLock,
        QuotaSource,
        RedirectReceiver,
    )

    AskPassphrase: TypeAlias = AskStorePassphrase


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Everything about the login of one profile.

    Attributes:
        profile: Whose.
        store: Where logins are kept.
        credentials: The credential in use, from wherever it comes, good for the next request.
        keep_login: Saves a new login.
        sign_out: Removes one.
        by_redirect: Signs in with a browser or a paste.
        by_device: Signs in with a code for another device.
        quota: Knows what is left of the allowance.
        key_choice: Tells what protects the credential file.
        check_key: Finds out now whether a first credential file could be protected, and has a
            person asked for a new passphrase where one is needed.
        rekey: Protects it otherwise; returns what is left to do by hand, if anything.
    """

    profile: str
    store: "CredentialStore"
    credentials: "CredentialSource"
    keep_login: "KeepLogin"
    sign_out: "SignOut"
    by_redirect: "SignInByRedirect"
    by_device: "SignInByDevice"
    quota: "QuotaSource"
    key_choice: "Callable[[], KeyChoice]"
    check_key: Callable[[], None]
    rekey: Callable[[str], str | None]


def open_account(
    settings: Settings, notifier: "Notifier", ask_passphrase: "AskPassphrase | None" = None
) -> Account:
    """Build everything about the login of the settings' profile. Nothing is read or sent yet.

    Args:
        settings: Whose login, where it is kept, who issued it.
        notifier: Told what the user should know.
        ask_passphrase: Asks a person; None where nobody can be asked.
    """
    from dependency_injector import providers

    from codexctl.adapters.openai_oauth.device import OpenAiDeviceAuthorization
    from codexctl.adapters.responses.account import ChatGptAccount
    from codexctl.adapters.token_store.keys import KeySourceName
    from codexctl.application.sign_in_container import SignInContainer

    ports = login_ports(settings, notifier, ask_passphrase)
    device: providers.Provider[DeviceAuthorization] = providers.Singleton(
        OpenAiDeviceAuthorization, settings=_issuer(settings)
    )
    quota: providers.Provider[QuotaSource] = providers.Singleton(
        ChatGptAccount, http_settings(settings), ports["clock"]
    )
    container = SignInContainer(device=device, quota=quota, **ports)
    file_store = _file_store(settings, ask_passphrase)
    return Account(
        profile=settings.profile,
        store=container.store(),
        credentials=container.credentials(),
        keep_login=container.keep_login(),
        sign_out=container.sign_out(),
        by_redirect=container.sign_in_by_redirect(),
        by_device=container.sign_in_by_device(),
        quota=container.quota(),
        key_choice=file_store.key_choice,
        check_key=lambda: _check_key(file_store),
        rekey=lambda to: file_store.rekey(KeySourceName(to)).leftover,
    )


def _check_key(store: "EncryptedFileStore") -> None:
    choice = store.key_choice()
    if not choice.is_stored:
        store.sources.named(choice.name).prepare()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who signs in, and how to reach them.

    Attributes:
        present: Shows the URL to open, and opens it where that is wanted.
        read_line: Asks for a paste and returns it; None at the end of the input.
        confirm: Asks whether a code without its state is to be used.
        tell: Says what was wrong with a paste.
    """

    present: Callable[[str], None]
    read_line: Callable[[], str | None]
    confirm: Callable[[], bool]
    tell: Callable[[str], None]


def browser_receiver(
    person: Person, timeout_seconds: float, *, takes_pastes: bool
) -> "RedirectReceiver | None":
    """Return what waits for the browser, and for a paste beside it where somebody can paste.

    None if other programs hold the ports that the browser comes back to.
    """
    from codexctl.adapters.openai_oauth.callback import CallbackOptions, LoopbackCallback
    from codexctl.adapters.openai_oauth.pasted_redirect import FirstOf

    callback = LoopbackCallback.if_a_port_is_free(
        CallbackOptions(present=person.present, timeout_seconds=timeout_seconds)
    )
    if callback is None or not takes_pastes:
        return callback
    return FirstOf(callback=callback, prompt=_paste_prompt(person))


def paste_receiver(person: Person) -> "RedirectReceiver":
    """Return what waits for a paste alone."""
    from codexctl.adapters.openai_oauth.pasted_redirect import PastedRedirect

    return PastedRedirect(present=person.present, prompt=_paste_prompt(person))


def read_codex_login(path: Path) -> "Credential":
    """Read the official client's login; its file is not touched.

    Raises:
        UsageError: There is none, or it cannot be read.
    """
    from codexctl.adapters.openai_oauth.codex_auth_file import read_codex_auth

    return read_codex_auth(path)


def ready_token(token: str, origin: str) -> Subscription:
    """Return the credential of an access token that was handed over ready."""
    from codexctl.adapters.openai_oauth.environment import ready_subscription

    return ready_subscription(token, origin)


def login_ports(
    settings: Settings, notifier: "Notifier", ask_passphrase: "AskPassphrase | None"
) -> dict[str, Any]:
    """Return the providers that runs and sign-ins share, by the names of the container."""
    from dependency_injector import providers

    from codexctl.adapters.openai_oauth.environment import EnvironmentCredentials
    from codexctl.adapters.system import SystemClock, SystemEntropy

    clock: providers.Provider[Clock] = providers.Singleton(SystemClock)
    entropy: providers.Provider[Entropy] = providers.Singleton(SystemEntropy)
    environment: providers.Provider[CredentialSource] = providers.Singleton(
        EnvironmentCredentials,
        access_token=settings.access_token,
        api_key=settings.api_key,
        clock=clock,
    )
    store: providers.Provider[CredentialStore] = providers.Singleton(
        _store, settings, ask_passphrase
    )
    lock: providers.Provider[ProfileLock] = providers.Singleton(_profile_lock, settings)
    server: providers.Provider[AuthorizationServer] = providers.Singleton(
        _authorization_server, settings, clock
    )
    return {
        "clock": clock,
        "entropy": entropy,
        "environment": environment,
        "store": store,
        "lock": lock,
        "server": server,
        "notifier": providers.Object(notifier),
        "profile": providers.Object(settings.profile),
    }


def _store(settings: Settings, ask_passphrase: "AskPassphrase | None") -> "CredentialStore":
    from codexctl.adapters.token_store.on_demand import StoreOnDemand

    return StoreOnDemand(
        lambda: home_folder(settings) / "credentials.enc",
        lambda: _file_store(settings, ask_passphrase),
    )


def _file_store(settings: Settings, ask_passphrase: "AskPassphrase | None") -> "EncryptedFileStore":
    from codexctl.adapters.token_store.encrypted_file import EncryptedFileStore
    from codexctl.adapters.token_store.key_choice import sources_of_home
    from codexctl.adapters.token_store.keys import KeySourceName
    from codexctl.adapters.token_store.passphrase import PassphraseKeys

    home = home_folder(settings)
    wanted = None if settings.key_source is None else KeySourceName(settings.key_source)
    passphrase = PassphraseKeys(given=settings.passphrase, ask=ask_passphrase)
    return EncryptedFileStore(home, sources_of_home(home, wanted=wanted, passphrase=passphrase))


def _profile_lock(settings: Settings) -> "ProfileLock":
    from codexctl.adapters.token_store.locking import FileProfileLock

    return FileProfileLock(home_folder(settings))


def _authorization_server(settings: Settings, clock: "Clock") -> "AuthorizationServer":
    from codexctl.adapters.openai_oauth.authorization_server import OpenAiAuthorizationServer

    return OpenAiAuthorizationServer(settings=_issuer(settings), clock=clock)


def _issuer(settings: Settings) -> "IssuerSettings":
    from codexctl.adapters.openai_oauth.settings import IssuerSettings

    return IssuerSettings(
        identity=_identity(settings),
        issuer=settings.issuer,
        client_id=settings.client_id,
        ca_bundle=settings.ca_bundle,
    )


def http_settings(settings: Settings, idle_timeout_seconds: float = 300.0) -> "HttpSettings":
    """Return how to reach the services.

    Args:
        settings: The settings of this process.
        idle_timeout_seconds: How long they may be silent.
    """
    from codexctl.adapters.responses.http import HttpSettings

    return HttpSettings(
        base_urls=settings.base_urls,
        identity=_identity(settings),
        # To a user it is one limit: how long the service may be silent, whenever.
        header_timeout_seconds=idle_timeout_seconds,
        idle_timeout_seconds=idle_timeout_seconds,
        ca_bundle=settings.ca_bundle,
    )


def _paste_prompt(person: Person) -> Any:  # noqa: ANN401 (an adapter's own type)
    from codexctl.adapters.openai_oauth.pasted_redirect import PastePrompt

    return PastePrompt(read_line=person.read_line, confirm=person.confirm, tell=person.tell)


def _identity(settings: Settings) -> dict[str, str]:
    """Return the headers that say who is calling: the product, and nothing about the user."""
    import sys

    return {
        "originator": settings.originator,
        "user-agent": f"{settings.originator}/{__version__} ({sys.platform})",
    }
