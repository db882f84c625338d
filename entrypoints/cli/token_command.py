"""``codexctl token``: a bearer for scripts."""

from argparse import Namespace

from codexctl.domain.credentials import ApiKey
from codexctl.entrypoints.cli.account import account_of
from codexctl.entrypoints.cli.exit_codes import DONE
from codexctl.entrypoints.cli.surroundings import Surroundings
from codexctl.entrypoints.rendering.screen import Screen


def run(options: Namespace, screen: Screen, surroundings: Surroundings) -> int:
    """Print the bearer, renewed if it is about to end; see ``codexctl token --help``."""
    account = account_of(options, screen, surroundings)
    credential = account.credentials.credential_for(None)
    bearer = credential.key if isinstance(credential, ApiKey) else credential.access_token
    screen.answer(bearer.reveal() + "\n")
    return DONE
