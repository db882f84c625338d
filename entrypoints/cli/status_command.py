"""``codexctl status``: who is signed in."""

import json
from argparse import Namespace
from datetime import UTC, datetime, timedelta

from codexctl.domain.credentials import Credential, StoredLogin, Subscription
from codexctl.domain.errors import NotSignedIn
from codexctl.domain.refusals import refresh_refused
from codexctl.domain.values import dataclass
from codexctl.entrypoints.account_composition import Account
from codexctl.entrypoints.cli.account import account_of, kind_of
from codexctl.entrypoints.cli.exit_codes import DONE, exit_code_for
from codexctl.entrypoints.cli.surroundings import Surroundings
from codexctl.entrypoints.rendering.screen import Screen
from codexctl.entrypoints.settings import Settings, read_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The credential that a run would use.

    Attributes:
        credential: It.
        problem: Why it is not renewed any more, if so.
        is_usable: Whether a run could use it now, as far as this machine can tell.
        is_renewed: Whether it is renewed when it ends.
    """

    credential: Credential
    problem: str | None = None
    is_usable: bool = True
    is_renewed: bool = False


def run(options: Namespace, screen: Screen, surroundings: Surroundings) -> int:
    """Tell who is signed in, without asking anybody; see ``codexctl status --help``."""
    account = account_of(options, screen, surroundings)
    found = _found(account, read_settings(surroundings.environment, options.profile))
    is_signed_in = found is not None and found.is_usable
    fields = {"profile": account.profile, "signed_in": is_signed_in, **_fields(account, found)}
    if options.json:
        screen.answer(json.dumps(fields, ensure_ascii=False) + "\n")
    elif found is None:
        screen.answer(f"Not signed in (profile {account.profile}).\n")
    else:
        screen.answer(_as_text(fields, found))
    if is_signed_in:
        return DONE
    screen.note("Sign in with: codexctl login")
    return exit_code_for(NotSignedIn("", remedy=""))


def _found(account: Account, settings: Settings) -> _Found | None:
    """Return the credential that a run would use. Nothing is renewed, nobody is asked."""
    if settings.access_token is not None:
        return _Found(credential=account.credentials.credential_for(None))
    login = account.store.load(account.profile)
    if login is not None:
        return _stored(login)
    if settings.api_key is None:
        return None
    return _Found(credential=account.credentials.credential_for(None))


def _stored(login: StoredLogin) -> _Found:
    credential = login.credential
    if not isinstance(credential, Subscription):
        return _Found(credential=credential)
    now = datetime.now(UTC)
    problem = None
    if login.refusal is not None:
        answer_was_lost = login.refresh_sent_at is not None
        problem = refresh_refused(login.refusal, answer_was_lost=answer_was_lost).message
    elif credential.refresh_token is None and credential.is_expired(now, timedelta(0)):
        problem = "The token has ended, and it came without one to renew it with."
    return _Found(
        credential=credential,
        problem=problem,
        is_usable=problem is None or not credential.is_expired(now),
        is_renewed=problem is None and credential.refresh_token is not None,
    )


def _fields(account: Account, found: _Found | None) -> dict[str, object]:
    if found is None:
        return {}
    credential = found.credential
    fields: dict[str, object] = {"kind": kind_of(credential), "origin": credential.origin}
    if isinstance(credential, Subscription):
        expires_at = credential.expires_at
        fields |= {
            "account_id": credential.account_id,
            "plan": credential.plan,
            "expires_at": None if expires_at is None else expires_at.isoformat(timespec="seconds"),
        }
    choice = account.key_choice()
    if choice.is_stored:
        fields |= {"key_source": choice.name.value, "key_note": choice.weakness}
    if found.problem is not None:
        fields["problem"] = found.problem
    return fields


def _as_text(fields: dict[str, object], found: _Found) -> str:
    remarks = {"expires_at": " (and is then renewed)" if found.is_renewed else ""}
    return "".join(
        f"{name.replace('_', ' '):<12} {value}{remarks.get(name, '')}\n"
        for name, value in fields.items()
        if value is not None and name != "signed_in"
    )
