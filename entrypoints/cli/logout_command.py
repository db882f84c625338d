"""``codexctl logout``."""

from argparse import Namespace

from codexctl.entrypoints.cli.account import account_of
from codexctl.entrypoints.cli.exit_codes import DONE
from codexctl.entrypoints.cli.surroundings import Surroundings
from codexctl.entrypoints.rendering.screen import Screen


def run(options: Namespace, screen: Screen, surroundings: Surroundings) -> int:
    """Sign out; see ``codexctl logout --help``."""
    account = account_of(options, screen, surroundings)
    profiles = account.store.profiles() if options.all else (account.profile,)
    signed_out = [
        profile for profile in profiles if account.sign_out(profile, revoke=not options.no_revoke)
    ]
    for profile in signed_out:
        screen.note(f"Signed out: profile {profile}.")
    if not signed_out:
        screen.note("Nobody was signed in.")
    for name, value in (
        ("CODEXCTL_ACCESS_TOKEN", surroundings.environment.get("CODEXCTL_ACCESS_TOKEN")),
        ("OPENAI_API_KEY", surroundings.environment.get("OPENAI_API_KEY")),
    ):
        if value:
            screen.note(f"note: {name} is still set and goes on to be used.", "yellow")
    return DONE
