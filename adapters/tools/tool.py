"""What a tool is made of: what the model is told, and what runs."""

import json
from collections.abc import Callable, Mapping
from typing import TypeAlias

from codexctl.domain.tools import ToolSpec
from codexctl.domain.values import dataclass

Arguments: TypeAlias = Mapping[str, object]
"""Arguments of a call that have passed the schema of its tool."""


class ToolFailure(Exception):
    """A tool could not do what was asked, in words that the model can act on.

    Never leaves this package: the registry makes a failed outcome of it.
    """


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool.

    Attributes:
        spec: What the model is told of it.
        run: From checked arguments to the text for the model. Raises :class:`ToolFailure` for what
            is expected to go wrong. May be called from several threads at once where the tool is
            read-only.
    """

    spec: ToolSpec
    run: Callable[[Arguments], str]


def shown(name: str) -> str:
    """Return a file name or argument so that it stays on one line and cannot deceive.

    A name with control characters, direction marks or bytes that are not UTF-8 is shown as a JSON
    string in quotes, which is just what the model has to write to name it in a call.
    """
    if name and name.isprintable() and not name.startswith('"'):
        return name
    return json.dumps(name)
