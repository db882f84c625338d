"""``codexctl rekey``: protect the credential file otherwise."""

from argparse import Namespace

from codexctl.entrypoints.cli.account import account_of
from codexctl.entrypoints.cli.exit_codes import DONE
from codexctl.entrypoints.cli.surroundings import Surroundings
from codexctl.entrypoints.rendering.screen import Screen
from codexctl.entrypoints.settings import read_settings


def run(options: Namespace, screen: Screen, surroundings: Surroundings) -> int:
    """Re-encrypt the stored credentials; see ``codexctl rekey --help``."""
    account = account_of(options, screen, surroundings)
    leftover = account.rekey(options.to)
    screen.note(f"The key of the credential file comes from the {options.to} source now.")
    wanted = read_settings(surroundings.environment).key_source
    if wanted not in (None, options.to):
        screen.note(
            f"note: CODEXCTL_KEY_SOURCE still asks for {wanted}. Set it to {options.to} or unset"
            " it, or the file will not be opened.",
            "yellow",
        )
    for text in (leftover, account.key_choice().weakness):
        if text is not None:
            screen.note(f"note: {text}", "yellow")
    return DONE
