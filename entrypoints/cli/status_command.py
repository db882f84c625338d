"""``codexctl status``: who is signed in."""

import json
from argparse import Namespace

from codexctl.domain.credentials import Credential, Subscription
from codexctl.domain.errors import NotSignedIn
from codexctl.entrypoints.cli.account import account_of, kind_of
from codexctl.entrypoints.cli.exit_codes import DONE, exit_code_for
from codexctl.entrypoints.cli.surroundings import Surroundings
from codexctl.entrypoints.composition import Account
from codexctl.entrypoints.rendering.screen import Screen
from codexctl.entrypoints.settings import Settings, read_settings


def run(options: Namespace, screen: Screen, surroundings: Surroundings) -> int:
    """Tell who is signed in, without asking anybody; see ``codexctl status --help``."""
    account = account_of(options, screen, surroundings)
    found = _found(account, read_settings(surroundings.environment, options.profile))
    fields = _fields(account, found)
    if options.json:
        screen.answer(json.dumps(fields, ensure_ascii=False) + "\n")
    elif found is None:
        screen.answer(f"Not signed in (profile {account.profile}).\n")
    else:
        screen.answer(
            "".join(
                f"{name.replace('_', ' '):<12} {value}\n"
                for name, value in fields.items()
                if value is not None and name != "signed_in"
            )
        )
    if found is not None:
        return DONE
    screen.note("Sign in with: codexctl login")
    return exit_code_for(NotSignedIn("", remedy=""))


def _found(account: Account, settings: Settings) -> Credential | None:
    """Return the credential that a run would use. Nothing is renewed, nobody is asked."""
    if settings.access_token is not None:
        return account.credentials.credential_for(None)
    login = account.store.load(account.profile)
    if login is not None:
        return login.credential
    return account.credentials.credential_for(None) if settings.api_key is not None else None


def _fields(account: Account, found: Credential | None) -> dict[str, object]:
    fields: dict[str, object] = {"profile": account.profile, "signed_in": found is not None}
    if found is None:
        return fields
    fields |= {"kind": kind_of(found), "origin": found.origin}
    if isinstance(found, Subscription):
        expires_at = found.expires_at
        fields |= {
            "account_id": found.account_id,
            "plan": found.plan,
            "expires_at": None if expires_at is None else expires_at.isoformat(timespec="seconds"),
        }
    choice = account.key_choice()
    if choice.is_stored:
        fields |= {"key_source": choice.name.value, "key_note": choice.weakness}
    return fields
