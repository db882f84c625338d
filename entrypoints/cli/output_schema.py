"""``--output-schema FILE``."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from codexctl.domain.errors import UsageError


def read_schema(word: str) -> Mapping[str, object]:
    """Read the JSON Schema that the final answer has to follow.

    Raises:
        UsageError: It cannot be read, or is not a JSON object.
    """
    try:
        value: object = json.loads(Path(word).read_bytes())
    except OSError as error:
        raise _refused(word, f"cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise _refused(word, "is not JSON") from error
    if not isinstance(value, dict):
        raise _refused(word, "is JSON, but not an object")
    return cast("dict[str, object]", value)


def _refused(word: str, what: str) -> UsageError:
    return UsageError(
        f"The output schema {word} {what}.", remedy="Name a file that holds a JSON Schema."
    )
