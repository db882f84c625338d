"""Which names of fields, parameters and headers mean a secret. Pure.

The list of known-bugs 144 (what other recorders left on their tapes), and what else names a person,
an account or a machine.
"""

import re
from functools import lru_cache

from codexctl.adapters.cassettes.stand_ins import Kind

_NAMES: dict[Kind, str] = {
    Kind.ACCESS_TOKEN: "access_token session_token auth_token bearer_token personal_access_token"
    " actor_token subject_token",
    Kind.REFRESH_TOKEN: "refresh_token",
    Kind.ID_TOKEN: "id_token id_token_hint",
    Kind.API_KEY: "api_key x_api_key openai_api_key ocp_apim_subscription_key",
    Kind.BEARER: "authorization proxy_authorization",
    Kind.JWT: "jwt assertion client_assertion",
    Kind.COOKIE: "cookie cookies set_cookie csrf_token xsrf_token",
    Kind.CODE: "authorization_code user_code usercode",
    Kind.VERIFIER: "code_verifier code_challenge",
    Kind.DEVICE: "device_code device_auth_id device_id installation_id machine_id",
    Kind.SECRET: "client_secret secret_key private_key signing_key password passphrase turn_state"
    " x_codex_turn_state x_oai_attestation openai_sentinel_token",
    Kind.ACCOUNT: "account_id chatgpt_account_id default_account_id workspace_id account_ordering"
    " chatgpt_workspace_id allowed_workspace_id tenant_id account_user_id chatgpt_account_user_id",
    Kind.USER: "user user_id chatgpt_user_id safety_identifier end_user_id auth_user_id sub",
    Kind.ORGANIZATION: "organization_id organization org_id openai_organization",
    Kind.PROJECT: "project_id openai_project",
    Kind.EMAIL: "email email_address e_mail login_hint preferred_username",
    Kind.NAME: "given_name family_name full_name nickname phone_number",
    Kind.SESSION: "prompt_cache_key session_id session_key thread_id conversation_id window_id"
    " turn_id x_client_request_id x_codex_window_id x_codex_parent_thread_id login_owner_id"
    " aws_sso_app_session_id",
    Kind.ADDRESS: "x_forwarded_for x_real_ip true_client_ip cf_connecting_ip forwarded client_ip"
    " ip_address x_client_ip",
}
_ONLY_IN_SIGN_IN: dict[Kind, str] = {
    Kind.CODE: "code",
    Kind.STATE: "state nonce",
    Kind.SECRET: "token key secret",
}
"""Names that mean something else in a conversation, such as the code of an error."""
_OWNERS: dict[str, Kind] = {
    "account": Kind.ACCOUNT,
    "accounts": Kind.ACCOUNT,
    "workspace": Kind.ACCOUNT,
    "workspaces": Kind.ACCOUNT,
    "user": Kind.USER,
    "users": Kind.USER,
    "profile": Kind.USER,
    "organization": Kind.ORGANIZATION,
    "organizations": Kind.ORGANIZATION,
    "orgs": Kind.ORGANIZATION,
    "project": Kind.PROJECT,
    "projects": Kind.PROJECT,
}
"""Objects whose ``id`` and ``name`` are those of somebody."""

_TELLING = re.compile(
    r"authorization|cookie|secret|password|api-?key|(?:^|-)token$|session|account"
)
"""In the name of a header that is not on the list."""
_HARMLESS = frozenset(
    ("www-authenticate", "x-openai-authorization-error", "x-openai-account-routing-override")
)
_OAUTH = re.compile(r"/oauth|/deviceauth|/authorize|/auth/callback|user-auth-credential|/revoke")
_SQUEEZED = re.compile(r"[^a-z0-9]")
_ID = re.compile(r"(?=.*[0-9]).{6,}")
_WEAK_VALUE = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9._~+/=-]{20,}")


@lru_cache(maxsize=1024)
def _squeezed(name: str) -> str:
    return _SQUEEZED.sub("", name.lower())


def _table(names: dict[Kind, str]) -> dict[str, Kind]:
    return {_squeezed(name): kind for kind, all_ in names.items() for name in all_.split()}


_KINDS = _table(_NAMES)
_SIGN_IN_KINDS = _table(_ONLY_IN_SIGN_IN)

QUOTED_NAMES = (
    "|".join(
        name.replace("_", "[_-]?")
        for kind in (
            Kind.ACCESS_TOKEN,
            Kind.REFRESH_TOKEN,
            Kind.ID_TOKEN,
            Kind.API_KEY,
            Kind.CODE,
            Kind.VERIFIER,
            Kind.DEVICE,
        )
        for name in _NAMES[kind].split()
    )
    + "|client_secret|(?:chatgpt_)?account_id|chatgpt_user_id|safety_identifier"
)
"""Names that mean a secret in any text, as alternatives of a pattern."""


def is_sign_in(url: str) -> bool:
    """Tell whether a request signs somebody in, renews that or ends it."""
    return _OAUTH.search(url) is not None


def kind_of_parameter(name: str) -> Kind | None:
    """Return what a query or form parameter of that name holds."""
    squeezed = _squeezed(name)
    return _KINDS.get(squeezed) or _SIGN_IN_KINDS.get(squeezed)


def kind_of_member(path: tuple[str | int, ...], value: str, *, sign_in: bool) -> Kind | None:
    """Return what a member of a JSON text holds, if it is a secret.

    Args:
        path: Keys and positions that lead to it. The elements of a list go by the list's name.
        value: The value.
        sign_in: Whether it is said while signing in, where more names mean a secret.
    """
    kind, sign_in_kind = _kinds_of_path(tuple(step for step in path[-4:] if isinstance(step, str)))
    if kind is not None or sign_in_kind is None:
        return kind
    return sign_in_kind if sign_in or _WEAK_VALUE.fullmatch(value) else None


@lru_cache(maxsize=1024)
def _kinds_of_path(names: tuple[str, ...]) -> tuple[Kind | None, Kind | None]:
    """Return what a member of that path always holds, and what it may hold."""
    if not names:
        return None, None
    written, before = names[-1], names[:-1]
    name, holder = _squeezed(written), _squeezed(before[-1]) if before else ""
    if name in ("id", "name") and holder:
        owner = _OWNERS.get(holder)
        return (Kind.NAME if owner and name == "name" else owner), None
    if holder == "headers":
        return kind_of_header(written), None
    if holder == "cookies":
        return Kind.COOKIE, None
    return _KINDS.get(name), _SIGN_IN_KINDS.get(name)


def kind_of_segment(before: str, segment: str) -> Kind | None:
    """Return whose id a step of a URL's path is, by the step before it."""
    owner = _OWNERS.get(before.lower())
    return owner if owner is not None and _ID.fullmatch(segment) else None


def kind_of_header(name: str) -> Kind | None:
    """Return what a header of that name holds, if it is a secret."""
    lower = name.lower()
    if lower in _HARMLESS:
        return None
    if (kind := _KINDS.get(_squeezed(lower))) is not None:
        return kind
    return Kind.SECRET if _TELLING.search(lower) else None
