"""What of a request may stand in a log: everything but what could be used to sign in."""

import re
from urllib.parse import parse_qsl, unquote_plus

from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.http.form_bodies import FORM
from codexctl.entrypoints.emulator.http.messages import HttpRequest
from codexctl.entrypoints.emulator.json_values import Json

HIDDEN = "***"
_SECRET_NAMES = frozenset(
    (
        "access_token",
        "api_key",
        "authorization_code",
        "client_secret",
        "code",
        "code_verifier",
        "device_auth_id",
        "device_code",
        "id_token",
        "refresh_token",
        "state",
        "subject_token",
        "token",
        "user_code",
        "usercode",
    )
)
_FIELD_NAME = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_CONVERSATIONS = frozenset(backend.responses_path for backend in Backend)


def loggable_target(target: str) -> str:
    """Give a target with the secret values of its query hidden."""
    path, mark, query = target.partition("?")
    return path + mark + "&".join(_loggable_parameter(pair) for pair in query.split("&"))


def loggable_body(request: HttpRequest) -> Json:
    """Give the body of a request with its secret values hidden, None for one that is no JSON.

    A form becomes an object. The body of a conversation stays as it is: nothing in it signs in,
    and a tool may well have an argument named `code`.
    """
    if request.path in _CONVERSATIONS:
        return request.body
    if request.is_json:
        return HIDDEN if isinstance(request.body, str) else _without_secrets(request.body)
    if request.content_type == FORM:
        pairs = parse_qsl(request.raw.decode("utf-8", errors="replace"), keep_blank_values=True)
        return {_loggable_name(name): _loggable_value(name, value) for name, value in pairs}
    return None


def _loggable_parameter(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return name + equals + HIDDEN if equals and _is_secret(unquote_plus(name)) else pair


def _without_secrets(value: Json) -> Json:
    if isinstance(value, list):
        return [_without_secrets(entry) for entry in value]
    if isinstance(value, dict):
        return {
            name: HIDDEN if _is_secret(name) else _without_secrets(inner)
            for name, inner in value.items()
        }
    return value


def _loggable_name(name: str) -> str:
    # A body that is no form but was sent as one is all name.
    return name if _FIELD_NAME.fullmatch(name) else HIDDEN


def _loggable_value(name: str, value: str) -> str:
    return HIDDEN if _is_secret(name) or not _FIELD_NAME.fullmatch(name) else value


def _is_secret(name: str) -> bool:
    return name.strip().lower() in _SECRET_NAMES
