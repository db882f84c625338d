"""The official client's ``auth.json`` (wire-contract 1.11): read, and never written.

Its refresh token is taken along, and from then on two programs spend one chain of them: whichever
renews second may be signed out (Hermes#63413, openusage#566). Whoever imports has to say so.
"""

import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from codexctl.adapters.openai_oauth.answers import one_line
from codexctl.domain.credentials import (
    ApiKey,
    Credential,
    Secret,
    Subscription,
    fits_a_header,
)
from codexctl.domain.errors import UsageError

_LONGEST_FILE = 1_048_576
_CHATGPT_MODES = ("chatgpt", "chatgptAuthTokens")
_KEY_MODE = "apikey"
_REMEDY = "Sign in with the official client first, or run: codexctl login"


def read_codex_auth(path: Path) -> Credential:
    """Return the credential in an ``auth.json``.

    Args:
        path: The file, usually ``~/.codex/auth.json``.

    Raises:
        UsageError: It is missing, unreadable, too large or malformed, or holds a kind of sign-in
            that cannot be taken over.
    """
    fields = _parsed(_content(path), path)
    mode = fields.get("auth_mode")
    if not isinstance(mode, str):
        mode = _inferred_mode(fields)
    if mode == _KEY_MODE:
        key = _token(fields, "OPENAI_API_KEY", path)
        return ApiKey(Secret(key), f"API key imported from {path}")
    if mode in _CHATGPT_MODES:
        return _subscription(fields, path)
    raise _useless(path, f"holds a kind of sign-in that codexctl cannot use ({one_line(mode)})")


def _content(path: Path) -> bytes:
    try:
        # Looked at first: opening a pipe would wait for somebody to write to it.
        if not stat.S_ISREG(path.stat().st_mode):
            raise _useless(path, "is not a file")
        with path.open("rb") as file:
            content = file.read(_LONGEST_FILE + 1)
    except FileNotFoundError:
        raise _useless(path, "does not exist") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise _useless(path, f"cannot be read ({reason or 'no such name'})") from error
    if len(content) > _LONGEST_FILE:
        raise _useless(path, "is far too large for an auth.json")
    return content


def _parsed(content: bytes, path: Path) -> Mapping[str, object]:
    try:
        parsed: object = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        parsed = None  # the error quotes the file, so it goes no further
    if not isinstance(parsed, dict):
        raise _useless(path, "is not the JSON object that an auth.json is")
    return cast("Mapping[str, object]", parsed)


def _object(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _inferred_mode(fields: Mapping[str, object]) -> str:
    """Return the mode of a file that names none, in the official client's order."""
    if fields.get("personal_access_token"):
        return "personalAccessToken"
    if fields.get("bedrock_api_key"):
        return "bedrockApiKey"
    return _KEY_MODE if fields.get("OPENAI_API_KEY") else _CHATGPT_MODES[0]


def _subscription(fields: Mapping[str, object], path: Path) -> Subscription:
    from codexctl.adapters.openai_oauth.claims import read_claims

    held = _object(fields.get("tokens"))
    access_token = _token(held, "access_token", path)
    id_token, stored_account = held.get("id_token"), held.get("account_id")
    others = [id_token] if isinstance(id_token, str) else []
    claims = read_claims(access_token, *others)
    account_id = claims.account_id if claims else None
    if account_id is None and isinstance(stored_account, str) and fits_a_header(stored_account):
        account_id = stored_account
    return Subscription(
        access_token=Secret(access_token),
        account_id=account_id,
        expires_at=claims.expires_at if claims else None,
        origin=f"imported from {path}",
        refresh_token=_optional_token(held, "refresh_token"),
        plan=claims.plan if claims else None,
        is_borrowed=True,
    )


def _token(fields: Mapping[str, object], name: str, path: Path) -> str:
    value = fields.get(name)
    token = value.strip() if isinstance(value, str) else ""
    if not fits_a_header(token):
        raise _useless(path, f"has no usable {name}")
    return token


def _optional_token(fields: Mapping[str, object], name: str) -> Secret | None:
    value = fields.get(name)
    token = Secret(value.strip()) if isinstance(value, str) else Secret("")
    return token if token.fits_a_header() else None


def _useless(path: Path, why: str) -> UsageError:
    return UsageError(f"{one_line(str(path))} {why}.", remedy=_REMEDY)
