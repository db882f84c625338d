"""The error bodies of the two back ends."""

from typing import NamedTuple

from codexctl.entrypoints.emulator.backends import Backend
from codexctl.entrypoints.emulator.json_values import JsonObject


class Refusal(NamedTuple):
    """An HTTP status with the JSON body that goes with it."""

    status: int
    body: JsonObject


def detail(text: str, status: int = 400) -> Refusal:
    """Refuse in the ChatGPT side's own shape."""
    return Refusal(status, {"detail": text})


def nested(
    message: str, param: str | None = None, code: str | None = None, status: int = 400
) -> Refusal:
    """Refuse in the API's shape, which the ChatGPT side passes on for what the API checks."""
    error: JsonObject = {
        "message": message,
        "type": "invalid_request_error",
        "param": param,
        "code": code,
    }
    return Refusal(status, {"error": error})


def invalid_value(message: str, param: str) -> Refusal:
    """Refuse one value in the request."""
    return nested(message, param, "invalid_value")


def too_long(param: str, value: str, limit: int = 64) -> Refusal | None:
    """Refuse a string that is longer than its field takes."""
    if len(value) <= limit:
        return None
    message = (
        f"Invalid '{param}': string too long. Expected a string with maximum length {limit}, "
        f"but got a string with length {len(value)} instead."
    )
    return nested(message, param, "string_above_max_length")


def in_shape_of(backend: Backend, text: str, code: str, status: int) -> Refusal:
    """Refuse in the shape the back end uses for its own checks."""
    if backend is Backend.CHATGPT:
        return detail(text, status)
    return nested(text, code=code, status=status)
