"""Turns a command into a plan, for each way there is to confine it."""

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import assert_never

from codexctl.adapters.confinement import bubblewrap, seatbelt
from codexctl.adapters.confinement.confinement import Confinement, Mode
from codexctl.adapters.confinement.environment import tool_environment
from codexctl.adapters.confinement.layout import Layout, all_hidden, survey
from codexctl.adapters.confinement.limits import Limits
from codexctl.adapters.confinement.plan import Plan
from codexctl.adapters.confinement.private_folders import PrivateFolders
from codexctl.adapters.confinement.seccomp import Surroundings, filter_program
from codexctl.domain.values import dataclass


class Variant(StrEnum):
    """A way to confine."""

    BUBBLEWRAP = "bubblewrap"
    LANDLOCK = "Landlock"
    SEATBELT = "Seatbelt"
    NONE = "none"
    """``danger-full-access``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launcher:
    """Makes plans of commands.

    Attributes:
        variant: The way to confine.
        program: The path of bubblewrap, where it is the way.
        confinement: What is to be confined.
        environment: The environment of codexctl.
        limits: What a command may use up.
    """

    variant: Variant
    program: str
    confinement: Confinement
    environment: Mapping[str, str]
    limits: Limits

    def plan(
        self,
        command: Sequence[str],
        folders: PrivateFolders,
        *,
        folder: str,
        timeout_seconds: float,
    ) -> Plan:
        """Return the plan of a command.

        Args:
            command: Program and arguments; the program is an absolute path.
            folders: The private folders.
            folder: Where it starts.
            timeout_seconds: How long it may take.

        Raises:
            CommandNotRun: What has to be closed cannot be.
        """
        plan = self._unconfined(command, folder, timeout_seconds)
        match self.variant:
            case Variant.NONE:
                return plan
            case Variant.BUBBLEWRAP:
                layout = self._layout(folders)
                words = bubblewrap.arguments(layout, folder=folder, command=command)
                plan["argv"] = (self.program, *words)
                plan["seccomp"] = _filter(Surroundings.NAMESPACES)
                plan["is_bubblewrap"] = True
                plan["folder"] = "/"
                visible = layout.visible_temporary
            case Variant.LANDLOCK:
                hidden = all_hidden(self.confinement)
                plan["landlock"] = {"hidden": hidden, "writable": folders.temporary}
                plan["seccomp"] = _filter(Surroundings.LANDLOCK)
                visible = folders.temporary
            case Variant.SEATBELT:
                words = seatbelt.arguments(self._layout(folders), command=command)
                plan["argv"] = (seatbelt.PROGRAM, *words)
                visible = folders.temporary
            case _:
                assert_never(self.variant)
        mode = self.confinement.mode
        plan["environment"] = tool_environment(self.environment, mode, visible)
        opened = (self.confinement.working_folder,) if mode is Mode.WORKSPACE_WRITE else ()
        plan["disks"] = (folders.temporary, *opened)
        return plan

    def _layout(self, folders: PrivateFolders) -> Layout:
        """Look at what is there, once there is something to hide and to close."""
        for path in self.confinement.hidden:
            folders.hold(path)
        if self.confinement.mode is Mode.WORKSPACE_WRITE:
            folders.hold(f"{self.confinement.working_folder}/.git")
        return survey(
            self.confinement,
            temporary=folders.temporary,
            shared_memory=folders.shared_memory,
        )

    def _unconfined(self, command: Sequence[str], folder: str, timeout_seconds: float) -> Plan:
        mode, temporary = self.confinement.mode, tempfile.gettempdir()
        return {
            "argv": tuple(command),
            "environment": tool_environment(self.environment, mode, temporary),
            "folder": folder,
            "landlock": None,
            "seccomp": None,
            "is_bubblewrap": False,
            "timeout_seconds": timeout_seconds,
            "processes": self.limits.processes,
            "file_bytes": self.limits.file_bytes,
            "disk_bytes": self.limits.disk_bytes,
            "free_bytes": self.limits.free_bytes,
            "grace_seconds": self.limits.grace_seconds,
            "tick_seconds": self.limits.tick_seconds,
            "disks": (temporary, self.confinement.working_folder),
        }


def shell(environment: Mapping[str, str]) -> str:
    """Return the path of bash, else of sh."""
    return shutil.which("bash", path=environment.get("PATH")) or "/bin/sh"


def _filter(surroundings: Surroundings) -> bytes:
    return filter_program(os.uname().machine, surroundings)
