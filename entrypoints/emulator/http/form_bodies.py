"""The fields of a request to the issuer: a form, a query or a JSON object."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from codexctl.entrypoints.emulator.http.messages import HttpRequest
from codexctl.entrypoints.emulator.json_values import as_object

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
_MOST_FIELDS = 50


class UnreadableFieldsError(Exception):
    """A body or query that cannot be read; the message says why, and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields by name; a missing one is an empty text, as RFC 6749 has it.

    Attributes:
        values: the texts by name.
        is_form: whether they came as a form.
    """

    values: dict[str, str]
    is_form: bool = False

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")


def body_fields(request: HttpRequest) -> Fields:
    """Read a body that is a form or a JSON object, whichever its content-type says.

    Raises:
        UnreadableFieldsError: for any other body.
    """
    if request.content_type == FORM:
        text = request.raw.decode("utf-8", errors="replace")
        return Fields(_parsed(text), is_form=True)
    if request.content_type == JSON and isinstance(request.body, dict):
        given = as_object(request.body)
        return Fields({name: value for name, value in given.items() if isinstance(value, str)})
    msg = f"The body has to be {FORM} or a JSON object, with the content-type that says so."
    raise UnreadableFieldsError(msg)


def query_fields(request: HttpRequest) -> Fields:
    """Read the query of the target.

    Raises:
        UnreadableFieldsError: when it cannot be read.
    """
    return Fields(_parsed(request.query))


def _parsed(text: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as exc:
        msg = f"There are more than {_MOST_FIELDS} parameters."
        raise UnreadableFieldsError(msg) from exc
    fields = dict(pairs)
    if len(fields) < len(pairs):
        # RFC 6749, 3.1 and 3.2: parameters must not be included more than once.
        msg = "A parameter is there twice."
        raise UnreadableFieldsError(msg)
    return fields
