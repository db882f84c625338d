"""A request's body as bytes that every JSON parser takes."""

import json
from math import isfinite
from typing import cast

from codexctl.adapters.responses.fields import JsonObject, as_text


def json_body(body: JsonObject) -> bytes:
    """Return the body as JSON, in ASCII; the same body always gives the same bytes.

    Python writes two things that other parsers refuse: ``NaN`` and its like, which become null,
    and half a surrogate pair (how it marks bytes of a file name that are no text), which becomes
    U+FFFD.
    """
    try:
        text = _dumped(body)
    except ValueError:
        text = _dumped(_cleaned(body))
    else:
        # A whole pair looks like this too; half of one is found by looking at every string.
        if "\\ud" in text:
            text = _dumped(_cleaned(body))
    return text.encode()


def _dumped(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _cleaned(value: object) -> object:
    match value:
        case str():
            return as_text(value)
        case float():
            return value if isfinite(value) else None
        case dict():
            fields = cast("dict[object, object]", value)
            return {_cleaned(key): _cleaned(field) for key, field in fields.items()}
        case list() | tuple():
            return [_cleaned(one) for one in cast("list[object]", value)]
        case _:
            return value
