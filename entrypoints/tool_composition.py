"""The part of the composition root that puts the tools of a run together."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from codexctl.domain.tools import SandboxMode
from codexctl.domain.values import dataclass

if TYPE_CHECKING:
    from codexctl.adapters.confinement.result import CommandResult
    from codexctl.adapters.confinement.runner import ConfinedRunner
    from codexctl.adapters.tools.tool import Tool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolOptions:
    """What the tools of a run are built for.

    Attributes:
        names: Names of tools, comma-separated, or ``all`` or ``none``.
        working_folder: Where they work.
        sandbox: What they may touch.
        home: The folder with the credentials, which no confined tool may read.
        environment: The environment variables, of which commands see a few.
    """

    names: str
    working_folder: Path
    sandbox: SandboxMode
    home: Path
    environment: Mapping[str, str]


def chosen_tools(options: ToolOptions, commands: "Commands") -> "tuple[Tool, ...]":
    """Return the tools of a run.

    Raises:
        UsageError: There is no such tool.
    """
    if options.names.strip() == "none":
        return ()  # before the tools are imported
    from codexctl.adapters.tools.built_in import ToolSetting, built_in_tools, select

    setting = ToolSetting(
        working_folder=options.working_folder,
        mode=options.sandbox,
        hidden=_hidden(options),
        kept=_kept(options),
        runner=commands,
    )
    return select(options.names, built_in_tools(setting))


class Commands:
    """Runs commands as the sandbox wants it; what it takes is loaded at the first command.

    Args:
        options: What the sandbox is.
    """

    def __init__(self, options: ToolOptions) -> None:
        self._options = options
        self._runner: ConfinedRunner | None = None

    def run(
        self, command: str, *, timeout_seconds: float, folder: Path | None = None
    ) -> "CommandResult":
        """Run a command; see ``codexctl.adapters.tools.shell.CommandRunner``.

        Raises:
            ToolFailure: It has not run: there is nothing to confine it with, or it cannot start.
        """
        from codexctl.adapters.confinement.result import CommandNotRun
        from codexctl.adapters.tools.tool import ToolFailure
        from codexctl.domain.errors import UsageError

        try:
            runner = self._runner = self._runner or self._built()
            return runner.run(command, timeout_seconds=timeout_seconds, folder=folder)
        except UsageError as error:
            raise ToolFailure(f"{error.message} {error.remedy}") from error
        except CommandNotRun as error:
            raise ToolFailure(str(error)) from error

    def close(self) -> None:
        """End what still runs, and remove what it worked with."""
        if self._runner is not None:
            self._runner.close()

    def _built(self) -> "ConfinedRunner":
        from codexctl.adapters.confinement.confinement import Confinement, Mode
        from codexctl.adapters.confinement.runner import ConfinedRunner

        options = self._options
        confinement = Confinement.of(
            Mode(options.sandbox.value), options.working_folder, hidden=_hidden(options)
        )
        return ConfinedRunner(confinement, options.environment)


def _hidden(options: ToolOptions) -> tuple[Path, ...]:
    """Return what no confined tool may read: our credentials, and the official client's."""
    codex = options.environment.get("CODEX_HOME") or os.path.expanduser("~/.codex")  # noqa: PTH111
    others = (Path(codex),) if os.path.isdir(codex) else ()  # noqa: PTH112 (no error where closed)
    return (options.home, *others)


def _kept(options: ToolOptions) -> tuple[Path, ...]:
    """Return what no patch may change although it lies below the working folder.

    That is codexctl's own code, which this run would load, and where ``.git`` files point to.
    """
    if options.sandbox is not SandboxMode.WORKSPACE_WRITE:
        return ()
    from codexctl.adapters.confinement.confinement import own_code
    from codexctl.adapters.confinement.git_folders import git_entries, pointed_at

    folder = os.path.realpath(options.working_folder)
    targets = (target for entry in git_entries(folder) for target in pointed_at(entry, folder))
    return (*own_code(), *map(Path, targets))
