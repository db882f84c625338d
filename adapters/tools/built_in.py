"""The tools that come with codexctl, and choosing among them."""

from collections.abc import Sequence
from pathlib import Path

from codexctl.adapters.tools.list_files import list_files_tool
from codexctl.adapters.tools.read_file import read_file_tool
from codexctl.adapters.tools.tool import Tool
from codexctl.adapters.tools.working_folder import WorkingFolder
from codexctl.domain.errors import UsageError


def built_in_tools(working_folder: Path) -> tuple[Tool, ...]:
    """Return every tool there is, in the order in which the model is told of them.

    Args:
        working_folder: What paths are relative to, and what the tools do not look beyond.
    """
    folder = WorkingFolder.at(working_folder)
    return (read_file_tool(folder), list_files_tool(folder))


def select(names: str, tools: Sequence[Tool]) -> tuple[Tool, ...]:
    """Return the tools that a setting names, in the order of ``tools``.

    Args:
        names: Names with commas between them, or ``all``, or ``none``.
        tools: What there is to choose from.

    Raises:
        UsageError: A name is none of theirs.
    """
    if names.strip() == "all":
        return tuple(tools)
    if names.strip() == "none":
        return ()
    wanted = [name.strip() for name in names.split(",")]
    known = [tool.spec.name for tool in tools]
    for name in wanted:
        if name not in known:
            raise UsageError(
                f"There is no tool named {name!r}.",
                remedy=f"Name some of {', '.join(known)}, or give all or none by itself.",
            )
    return tuple(tool for tool in tools if tool.spec.name in wanted)
