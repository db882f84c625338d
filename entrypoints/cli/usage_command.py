"""``codexctl usage``: what is left of the account's allowance."""

import json
from argparse import Namespace

from codexctl.domain.credentials import Subscription
from codexctl.domain.errors import SignInRejected, UsageError
from codexctl.domain.quota import Quota, QuotaWindow
from codexctl.entrypoints.account_composition import Account
from codexctl.entrypoints.cli.account import account_of
from codexctl.entrypoints.cli.exit_codes import DONE
from codexctl.entrypoints.cli.surroundings import Surroundings
from codexctl.entrypoints.rendering.screen import Screen


def run(options: Namespace, screen: Screen, surroundings: Surroundings) -> int:
    """Ask for the allowance and show it; see ``codexctl usage --help``."""
    quota = _quota(account_of(options, screen, surroundings))
    screen.answer(_as_json(quota) if options.json else _as_text(quota))
    return DONE


def _quota(account: Account) -> Quota:
    credential = account.credentials.credential_for(None)
    if not isinstance(credential, Subscription):
        raise UsageError(
            f"The credential in use is an API key ({credential.origin}), and a key has no usage"
            " windows.",
            remedy="See the usage page of the API's platform, or sign in with: codexctl login",
        )
    try:
        return account.quota.quota(credential)
    except SignInRejected:
        other = account.credentials.renewed(credential)
        if not isinstance(other, Subscription):
            raise
        return account.quota.quota(other)


def _as_json(quota: Quota) -> str:
    windows = [
        {
            "name": window.name,
            "used_percent": window.used_percent,
            "window_minutes": window.length_minutes,
            "resets_at": window.resets_at and window.resets_at.isoformat(timespec="seconds"),
        }
        for window in quota.windows
    ]
    return json.dumps({"plan": quota.plan, "windows": windows}) + "\n"


def _as_text(quota: Quota) -> str:
    lines = [f"plan {quota.plan or 'unknown'}"]
    lines += [_window(window) for window in quota.windows] or ["no limits are told"]
    return "\n".join(lines) + "\n"


def _window(window: QuotaWindow) -> str:
    line = f"{window.name:<8} {window.used_percent:3.0f} % used"
    if window.resets_at is None:
        return line
    return f"{line}, resets {window.resets_at.astimezone():%Y-%m-%d %H:%M %Z}"
