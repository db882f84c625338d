"""Runs shell commands inside a confinement, and leaves nothing of them behind."""

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from codexctl.adapters.confinement.confinement import Confinement, Mode
from codexctl.adapters.confinement.launch import Launcher, shell
from codexctl.adapters.confinement.limits import Limits
from codexctl.adapters.confinement.machine import Machine, examine
from codexctl.adapters.confinement.output import BoundedOutput
from codexctl.adapters.confinement.private_folders import PrivateFolders
from codexctl.adapters.confinement.result import CommandNotRun, CommandResult, result_of
from codexctl.adapters.confinement.supervision import Interpreter, Supervision

_MOST_PATIENCE_SECONDS = 10.0


class ConfinedRunner:
    """Runs commands. May be called from several threads at once; closed at the end of a run.

    What the machine can enforce is found out at the first command.

    Args:
        confinement: What commands may touch.
        environment: The environment of codexctl; what a command sees of it is in
            :mod:`codexctl.adapters.confinement.environment`.
        limits: What one command may use up.
        machine: What the machine can enforce, where that is known already.
        interpreter: Who supervises; tests choose it.
    """

    def __init__(
        self,
        confinement: Confinement,
        environment: Mapping[str, str],
        *,
        limits: Limits | None = None,
        machine: Machine | None = None,
        interpreter: Interpreter | None = None,
    ) -> None:
        self._confinement = confinement
        self._environment = environment
        self._limits = limits or Limits()
        self._machine = machine
        self._interpreter = interpreter or Interpreter.own()
        self._changed = threading.Condition()
        self._folders: PrivateFolders | None = None
        self._launcher: Launcher | None = None
        self._running: set[Supervision] = set()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    def run(
        self, command: str, *, timeout_seconds: float, folder: Path | None = None
    ) -> CommandResult:
        """Run a command with ``bash -c``, else ``sh -c``, until all its processes are gone.

        An exception in this thread, such as an interrupt by the user, ends the command too.

        Args:
            command: The command.
            timeout_seconds: How long it may take.
            folder: Where it starts, relative to the working folder; there if it is None.

        Raises:
            UsageError: The mode cannot be enforced on this machine.
            CommandNotRun: This command could not be started.
        """
        if "\0" in command:
            raise CommandNotRun("The command was not run: it holds a null character.")
        start = os.path.realpath(os.path.join(self._confinement.working_folder, folder or "."))
        if not os.path.isdir(start):
            raise CommandNotRun(f"The command was not run: {folder} is not a folder.")
        launcher, folders = self._prepared()
        plan = launcher.plan(
            (shell(self._environment), "-c", command),
            folders,
            folder=start,
            timeout_seconds=timeout_seconds,
        )
        output = BoundedOutput(self._limits.output_bytes)
        supervision = Supervision(plan, self._interpreter, output)
        with self._changed:
            self._running.add(supervision)
        try:
            report = supervision.finish()
        finally:
            with self._changed:
                self._running.discard(supervision)
                self._changed.notify_all()
        return result_of(report, output, self._limits, timeout_seconds)

    def close(self) -> None:
        """End what still runs in other threads, and remove the private folders."""
        with self._changed:
            for supervision in self._running:
                supervision.interrupt()
            self._changed.wait_for(lambda: not self._running, _MOST_PATIENCE_SECONDS)
            if self._folders is not None and not self._running:
                self._folders.remove()
                self._folders = None

    def _prepared(self) -> tuple[Launcher, PrivateFolders]:
        with self._changed:
            if self._launcher is None:
                self._machine = self._machine or self._examined()
                self._launcher = self._machine.launcher(
                    self._confinement, self._environment, self._limits
                )
            self._folders = self._folders or PrivateFolders()
            return self._launcher, self._folders

    def _examined(self) -> Machine:
        if self._confinement.mode is Mode.DANGER_FULL_ACCESS:
            return Machine()  # nothing of it is needed
        return examine(self._confinement, self._environment, self._interpreter)
