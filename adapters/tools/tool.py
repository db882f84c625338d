"""What a tool is made of: what the model is told, what runs, and what comes of it."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from codexctl.domain.tools import FileChange, OutcomeStatus, ToolSpec
from codexctl.domain.values import dataclass

if TYPE_CHECKING:
    from codexctl.domain.conversation import Image

Arguments: TypeAlias = Mapping[str, object]
"""Arguments of a call that have passed the schema of its tool."""


class ToolFailure(Exception):
    """A tool could not do what was asked, in words that the model can act on.

    Never leaves this package: the registry makes a failed outcome of it.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What came of a call.

    Attributes:
        text: For the model, of any length; never empty.
        status: Whether the tool did what was asked. A tool with nothing to tell but words raises
            :class:`ToolFailure` instead.
        exit_code: What a command exited with.
        changes: Files that a patch changed, or would have changed.
        images: Pictures that go with the text.
    """

    text: str
    status: OutcomeStatus = OutcomeStatus.COMPLETED
    exit_code: int | None = None
    changes: tuple[FileChange, ...] = ()
    images: "tuple[Image, ...]" = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One tool.

    Attributes:
        spec: What the model is told of it. The time that it names is kept by the registry for a
            tool that only reads, and by the tool itself for another: that one cannot be left
            behind half done.
        run: From checked arguments to the result. Raises :class:`ToolFailure` for what is expected
            to go wrong. May be called from several threads at once where the tool is read-only.
        free_text: The argument that the text of a custom tool call stands for; None for a tool
            that takes JSON alone.
    """

    spec: ToolSpec
    run: Callable[[Arguments], ToolResult]
    free_text: str | None = None


def shown(name: str) -> str:
    """Return a file name or argument so that it stays on one line and cannot deceive.

    A name with control characters, direction marks or bytes that are not UTF-8 is shown as a JSON
    string in quotes, which is just what the model has to write to name it in a call.
    """
    if name and name.isprintable() and not name.startswith('"'):
        return name
    return json.dumps(name)
