"""``codexctl rekey``: protect the credential file otherwise."""

from argparse import Namespace

from codexctl.entrypoints.cli.account import account_of
from codexctl.entrypoints.cli.exit_codes import DONE
from codexctl.entrypoints.cli.surroundings import Surroundings
from codexctl.entrypoints.rendering.screen import Screen


def run(options: Namespace, screen: Screen, surroundings: Surroundings) -> int:
    """Re-encrypt the stored credentials; see ``codexctl rekey --help``."""
    account = account_of(options, screen, surroundings)
    leftover = account.rekey(options.to)
    screen.note(f"The credential file is protected by the {options.to} source now.")
    for text in (leftover, account.key_choice().weakness):
        if text is not None:
            screen.note(f"note: {text}", "yellow")
    return DONE
