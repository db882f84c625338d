"""The tools that come with codexctl, and choosing among them."""

from collections.abc import Sequence
from pathlib import Path

from codexctl.adapters.tools.apply_patch import Writable, apply_patch_tool
from codexctl.adapters.tools.closed import Closed, places_of_the_system
from codexctl.adapters.tools.list_files import list_files_tool
from codexctl.adapters.tools.read_file import read_file_tool
from codexctl.adapters.tools.reading import ReadableFiles
from codexctl.adapters.tools.search_files import search_files_tool
from codexctl.adapters.tools.shell import CommandRunner, shell_tool
from codexctl.adapters.tools.tool import Tool
from codexctl.adapters.tools.view_image import view_image_tool
from codexctl.domain.errors import UsageError
from codexctl.domain.tools import SandboxMode
from codexctl.domain.values import dataclass

NOTHING_TO_CONFINE_WITH = (
    "Commands cannot be run: there is nothing here to confine them with. Use the other tools."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSetting:
    """What the tools of a run work with, and what they may touch.

    Attributes:
        working_folder: What paths are relative to.
        mode: The mode of the sandbox.
        hidden: Files and folders that tools neither read nor write in the two confined modes; the
            folder of the credentials at least. They need not exist yet.
        kept: What tools do not write in ``workspace-write``, although it lies below the working
            folder: codexctl's own code. ``.git`` is kept besides.
        temporary_folder: The private folder for temporary files, which ``workspace-write`` opens
            for patches; None if there is none.
        runner: Runs the commands of ``shell``; or, where they cannot be confined, what each call
            is told: what is the matter, and what to do.
    """

    working_folder: Path
    mode: SandboxMode = SandboxMode.READ_ONLY
    hidden: tuple[Path, ...] = ()
    kept: tuple[Path, ...] = ()
    temporary_folder: Path | None = None
    runner: CommandRunner | str = NOTHING_TO_CONFINE_WITH


def built_in_tools(setting: ToolSetting) -> tuple[Tool, ...]:
    """Return every tool there is, in the order in which the model is told of them."""
    hidden = _hidden(setting)
    files = ReadableFiles.at(setting.working_folder, hidden)
    writable = Writable(
        mode=setting.mode,
        working_folder=setting.working_folder,
        temporary_folder=setting.temporary_folder,
        hidden=hidden,
        kept=Closed.of(setting.kept),
    )
    return (
        shell_tool(files, setting.mode, setting.runner),
        read_file_tool(files),
        list_files_tool(files),
        search_files_tool(files),
        apply_patch_tool(writable),
        view_image_tool(files),
    )


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


def _hidden(setting: ToolSetting) -> Closed:
    if setting.mode is SandboxMode.DANGER_FULL_ACCESS:
        return Closed()
    base = str(setting.working_folder.resolve())
    return Closed.of([*setting.hidden, *places_of_the_system(base)])
