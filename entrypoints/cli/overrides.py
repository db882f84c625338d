"""``-c KEY=VALUE``: a setting by the name of its long option, or a parameter of the request."""

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence

from codexctl.domain.errors import UsageError

_OPTIONS = frozenset({
    "ask", "effort", "idle-timeout", "instructions", "max-turns", "model", "retries", "sandbox",
    "summary", "timeout", "tools", "verbosity",
})  # fmt: skip
_SWITCHES = frozenset({"web-search"})


def split_overrides(pairs: Iterable[str]) -> tuple[Sequence[str], Mapping[str, object]]:
    """Return the pairs as command-line words, and those that name no option as parameters.

    A value is TOML where it is TOML (``true``, ``0.5``, ``["a"]``), else text.

    Raises:
        UsageError: A pair has no key or no value, or a switch is neither true nor false.
    """
    words: list[str] = []
    parameters: dict[str, object] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        key = key.strip()
        if not key or not equals:
            raise UsageError(f"{pair!r} is no setting.", remedy="Write it as -c KEY=VALUE.")
        option, value = key.replace("_", "-"), _value(text)
        if option in _SWITCHES:
            if not isinstance(value, bool):
                raise UsageError(
                    f"{key} is neither true nor false.", remedy=f"Write -c {key}=true."
                )
            words += [f"--{option}"] if value else []
        elif option in _OPTIONS:
            words.append(f"--{option}={value}")
        else:
            parameters[key] = value
    return words, parameters


def _value(text: str) -> object:
    try:
        table = tomllib.loads(f"value = {text}")
        json.dumps(table, allow_nan=False)  # TOML has dates and infinities, requests have not
    except (tomllib.TOMLDecodeError, TypeError, ValueError, RecursionError):
        return text
    return text if len(table) > 1 else table["value"]
