"""What the commands about a login have in common."""

import os
from argparse import Namespace
from typing import TYPE_CHECKING

from codexctl.domain.credentials import ApiKey, Credential, Secret
from codexctl.entrypoints.account_composition import Account, open_account
from codexctl.entrypoints.cli.surroundings import Surroundings
from codexctl.entrypoints.cli.terminal_input import ask_passphrase, is_at_terminal
from codexctl.entrypoints.rendering.notices import ScreenNotifier
from codexctl.entrypoints.rendering.screen import Screen
from codexctl.entrypoints.settings import read_settings

if TYPE_CHECKING:
    from codexctl.entrypoints.account_composition import AskPassphrase


def account_of(options: Namespace, screen: Screen, surroundings: Surroundings) -> Account:
    """Return the account of the profile in use."""
    settings = read_settings(surroundings.environment, options.profile)
    return open_account(settings, ScreenNotifier(screen), passphrase_asker(screen, surroundings))


def passphrase_asker(screen: Screen, surroundings: Surroundings) -> "AskPassphrase | None":
    """Return what asks for the store's passphrase, or None where nobody can answer."""
    if not is_at_terminal(surroundings):
        return None
    chosen: list[Secret] = []

    def ask(*, is_new: bool) -> Secret:
        if not is_new:
            return ask_passphrase(screen, is_new=False)
        if not chosen:  # asked for once, however often the store wants it
            chosen.append(ask_passphrase(screen, is_new=True))
        return chosen[0]

    return ask


def kind_of(credential: Credential) -> str:
    """Return what a credential is, in words."""
    if isinstance(credential, ApiKey):
        return "API key"
    return "ChatGPT" if credential.refresh_token is not None else "access token"


def is_headless(surroundings: Surroundings) -> bool:
    """Tell whether no browser of the user can come back to this machine.

    Without a display, over SSH or in CI, a browser that is opened here is not the user's, or there
    is none. A container counts by the same signs: some have the user's display, and their network.
    """
    environment = surroundings.environment
    remote = ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT", "CI", "CODESPACES", "REMOTE_CONTAINERS")
    if any(environment.get(name) for name in remote):
        return True
    has_display = any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return os.name == "posix" and os.uname().sysname == "Linux" and not has_display
