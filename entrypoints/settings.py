"""What the environment says, checked once and read nowhere else."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from codexctl.domain.credentials import Secret
from codexctl.domain.errors import UsageError
from codexctl.domain.models import Provider
from codexctl.domain.values import dataclass

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_BASE_URLS = {
    Provider.CHATGPT: "https://chatgpt.com/backend-api/codex",
    Provider.API: "https://api.openai.com/v1",
}
DEFAULT_ORIGINATOR = "codexctl"
DEFAULT_PROFILE = "default"
DEFAULT_ISSUER = "https://auth.openai.com"
DEFAULT_CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann"
"""The public id of OpenAI's own command line; the issuer knows its redirect addresses."""
KEY_SOURCES = ("keyring", "passphrase", "file")
_LONGEST_PROFILE = 64

_BASE_URL_VARIABLES = {
    Provider.CHATGPT: ("CODEXCTL_CHATGPT_BASE_URL",),
    Provider.API: ("CODEXCTL_API_BASE_URL", "OPENAI_BASE_URL"),
}
_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
_LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of this process.

    Attributes:
        base_urls: Where each provider's ``/responses`` is.
        originator: The product named in requests.
        access_token: A ready access token; never stored.
        api_key: An API key.
        ca_bundle: Path of the certificates to trust; None for the default ones.
        debug: Whether tracebacks are wanted.
        profile: Whose stored login is used.
        home: The folder of everything that is kept; None for the platform's own.
        issuer: The OAuth issuer.
        client_id: The OAuth client id.
        key_source: What protects the credential file; None for whichever is best.
        passphrase: The passphrase, where no terminal can ask.
    """

    base_urls: Mapping[Provider, str]
    originator: str
    access_token: Secret | None
    api_key: Secret | None
    ca_bundle: str | None
    debug: bool
    profile: str = DEFAULT_PROFILE
    home: str | None = None
    issuer: str = DEFAULT_ISSUER
    client_id: str = DEFAULT_CLIENT_ID
    key_source: str | None = None
    passphrase: Secret | None = None


def read_settings(environment: Mapping[str, str], profile: str | None = None) -> Settings:
    """Read the settings from environment variables; an empty one counts as not set.

    Args:
        environment: The variables.
        profile: The profile that the command line asks for; it goes before the environment's.

    Raises:
        UsageError: A value is of no use; the message names its variable.
    """
    return Settings(
        base_urls={provider: _base_url(environment, provider) for provider in Provider},
        originator=_header_value(environment, "CODEXCTL_ORIGINATOR") or DEFAULT_ORIGINATOR,
        access_token=_secret(environment, "CODEXCTL_ACCESS_TOKEN"),
        api_key=_secret(environment, "OPENAI_API_KEY"),
        ca_bundle=_ca_bundle(environment),
        debug=wants_debug(environment),
        profile=_profile_name(
            profile
            if profile is not None
            else environment.get("CODEXCTL_PROFILE", "").strip() or DEFAULT_PROFILE
        ),
        home=environment.get("CODEXCTL_HOME") or None,
        issuer=_issuer(environment),
        client_id=_header_value(environment, "CODEXCTL_CLIENT_ID") or DEFAULT_CLIENT_ID,
        key_source=_key_source(environment),
        passphrase=_secret(environment, "CODEXCTL_PASSPHRASE"),
    )


def wants_debug(environment: Mapping[str, str]) -> bool:
    """Tell whether tracebacks are wanted."""
    return any(environment.get(name) == "1" for name in ("CODEXCTL_DEBUG", "CODEX_DEBUG"))


def _profile_name(word: str) -> str:
    if word.isprintable() and 0 < len(word) <= _LONGEST_PROFILE and word == word.strip():
        return word
    raise UsageError(
        "The name of the profile is empty, too long, or has characters that cannot be shown.",
        remedy=f"Use 1 to {_LONGEST_PROFILE} letters, such as --profile work.",
    )


def home_folder(settings: Settings) -> "Path":
    """Return the folder of everything that is kept. It need not exist yet."""
    from pathlib import Path

    if settings.home is not None:
        return Path(settings.home).absolute()
    import platformdirs

    return platformdirs.user_data_path("codexctl", appauthor=False)


def _issuer(environment: Mapping[str, str]) -> str:
    value = environment.get("CODEXCTL_ISSUER", "").strip()
    if not value:
        return DEFAULT_ISSUER
    _check_base_url("CODEXCTL_ISSUER", value)
    return value


def _key_source(environment: Mapping[str, str]) -> str | None:
    value = environment.get("CODEXCTL_KEY_SOURCE", "").strip() or "auto"
    if value not in ("auto", *KEY_SOURCES):
        raise UsageError(
            "CODEXCTL_KEY_SOURCE names no key source.",
            remedy=f"Set it to auto, {', '.join(KEY_SOURCES)}, or leave it unset.",
        )
    return None if value == "auto" else value


def _secret(environment: Mapping[str, str], name: str) -> Secret | None:
    value = environment.get(name, "")
    return Secret(value) if value.strip() else None


def _header_value(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    if not (value.isascii() and (value.isprintable())):
        raise UsageError(
            f"{name} holds characters that cannot stand in a request header.",
            remedy="Use printable ASCII.",
        )
    return value


def _base_url(environment: Mapping[str, str], provider: Provider) -> str:
    for name in _BASE_URL_VARIABLES[provider]:
        if value := environment.get(name, "").strip():
            _check_base_url(name, value)
            return value
    return DEFAULT_BASE_URLS[provider]


def _check_base_url(name: str, value: str) -> None:
    """Refuse what would send a token in the clear, or nowhere. The value may hold a password."""
    try:
        parts = urlsplit(value)
        host = parts.hostname
        _ = parts.port  # reading it checks it
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(
            f"{name} is not a URL.", remedy="Write it as https://HOST/PATH, or leave it unset."
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise UsageError(
            f"{name} holds a user name, a query or a fragment.",
            remedy="Write it as https://HOST/PATH; credentials have their own variables.",
        )
    if parts.scheme == "http" and host not in _LOOPBACK_HOSTS:
        raise UsageError(
            f"{name} is plain http, which would show the token to everyone on the way.",
            remedy="Use https; plain http is accepted for this machine only (127.0.0.1).",
        )


def _ca_bundle(environment: Mapping[str, str]) -> str | None:
    """Return the first CA bundle named. requests itself knows nothing of ``SSL_CERT_FILE``."""
    for name in _CA_VARIABLES:
        if path := environment.get(name, ""):
            if not os.path.exists(path):  # noqa: PTH110 (pathlib costs start-up time)
                raise UsageError(
                    f"{name} names {path}, which does not exist.",
                    remedy=f"Correct {name}, or unset it to use the default certificates.",
                )
            return path
    return None
