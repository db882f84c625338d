"""The tool ``apply_patch``: changes files, all that a patch says or nothing."""

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from codexctl.adapters.tools.closed import Closed, is_within
from codexctl.adapters.tools.tool import Arguments, Tool, ToolFailure, ToolResult, shown
from codexctl.domain.tools import ChangeKind, FileChange, OutcomeStatus, SandboxMode, ToolSpec
from codexctl.domain.values import dataclass

if TYPE_CHECKING:
    from codexctl.adapters.tools.patching.places import FolderGuard
    from codexctl.adapters.tools.patching.sections import Section

_DESCRIPTION = """\
Adds, changes, moves and deletes text files: all that the patch says, or nothing. A patch is
*** Begin Patch
one or more sections
*** End Patch
with the sections
*** Add File: PATH, then the lines of the file, each behind a +
*** Delete File: PATH
*** Update File: PATH, then *** Move to: PATH if it moves, then hunks.
A hunk is a line @@, which may name a line above the place (@@ class Name), then lines of the \
file: behind a space if they stay, behind - if they go, behind + if they come. Give about three \
lines that stay before and after a change.
"""

_REFUSED = (
    "The sandbox is read-only: no file can be changed. Say what you would change instead; the user"
    " can allow it with --sandbox workspace-write."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writable:
    """What patches may change.

    Attributes:
        mode: Nothing, the working and the temporary folder, or everything.
        working_folder: What relative paths start from.
        temporary_folder: The other folder that ``workspace-write`` opens, if there is one.
        hidden: What is neither read nor written.
        kept: What is not written, besides ``.git``.
    """

    mode: SandboxMode
    working_folder: Path
    temporary_folder: Path | None = None
    hidden: Closed = Closed()
    kept: Closed = Closed()

    @property
    def words(self) -> str:
        """What the model is told of it."""
        match self.mode:
            case SandboxMode.READ_ONLY:
                return "In this run the sandbox is read-only, so every patch is refused."
            case SandboxMode.WORKSPACE_WRITE:
                also = self.temporary_folder
                below = f" and below {shown(str(also))}" if also else ""
                return (
                    f"Only what is below the working folder (not its .git){below} can be changed."
                )
            case SandboxMode.DANGER_FULL_ACCESS:
                return "Whatever the user can write can be changed."
            case _:
                assert_never(self.mode)

    def guard(self) -> "FolderGuard":
        """Return what keeps a patch within it.

        Raises:
            ToolFailure: Nothing may be changed.
        """
        from codexctl.adapters.tools.patching.places import FolderGuard
        from codexctl.adapters.tools.rooted import RootedFolder

        match self.mode:
            case SandboxMode.READ_ONLY:
                raise ToolFailure(_REFUSED)
            case SandboxMode.WORKSPACE_WRITE:
                paths = [path for path in (self.working_folder, self.temporary_folder) if path]
                folders = [
                    RootedFolder.at(path, hidden=self.hidden, kept=self.kept) for path in paths
                ]
            case SandboxMode.DANGER_FULL_ACCESS:
                paths = [self.working_folder, Path("/")]
                folders = [RootedFolder.at(path, protected=frozenset()) for path in paths]
            case _:
                assert_never(self.mode)
        return FolderGuard(folders[0].root, tuple(folders))


def apply_patch_tool(writable: Writable, now: Callable[[], float] = time.monotonic) -> Tool:
    """Return the tool. It takes the patch as a custom tool call too.

    Args:
        writable: What it may change.
        now: A clock, in seconds.
    """
    spec = ToolSpec(
        name="apply_patch",
        description=_DESCRIPTION + writable.words,
        parameters={
            "type": "object",
            "properties": {
                "input": {
                    "type": "string",
                    "description": (
                        "The patch; its paths are absolute or relative to the working folder."
                    ),
                },
            },
            "required": ["input"],
            "additionalProperties": False,
        },
        read_only=False,
        # What is begun is ended or undone. How long the disk takes for that is not in our hands.
        timeout_seconds=math.inf,
    )
    return Tool(spec=spec, run=partial(_apply, writable, now), free_text="input")


def _apply(writable: Writable, now: Callable[[], float], arguments: Arguments) -> ToolResult:
    # 15 ms, paid by runs that patch.
    from codexctl.adapters.tools.patching.apply import apply_patch

    patch = str(arguments["input"])
    started = now()
    try:
        result = apply_patch(patch, writable.guard())
    except ToolFailure as exc:
        return ToolResult(
            text=str(exc), status=OutcomeStatus.FAILED, changes=_changes(patch, writable)
        )
    seconds = now() - started
    # wire-contract 4.3, the texts of the official client.
    head = ["Exit code: 0", f"Wall time: {seconds:.1f} seconds", "Output:"]
    return ToolResult(text="\n".join([*head, result.text]), changes=_changes(patch, writable))


def _changes(patch: str, writable: Writable) -> tuple[FileChange, ...]:
    """Return what a patch does to which files; nothing for one that cannot be understood."""
    from codexctl.adapters.tools.patching.patch_format import parse_patch

    changes: dict[FileChange, None] = {}
    with suppress(ToolFailure):
        for section in parse_patch(patch):
            changes |= dict.fromkeys(_changes_of(section, writable.working_folder))
    return tuple(changes)


def _changes_of(section: "Section", working_folder: Path) -> Iterator[FileChange]:
    from codexctl.adapters.tools.patching.sections import AddFile, DeleteFile, UpdateFile

    match section:
        case AddFile(path, _):
            yield FileChange(_relative(path, working_folder), ChangeKind.ADD)
        case DeleteFile(path):
            yield FileChange(_relative(path, working_folder), ChangeKind.DELETE)
        case UpdateFile(path=path, move_to=move_to) if move_to is None or move_to == path:
            yield FileChange(_relative(path, working_folder), ChangeKind.UPDATE)
        case UpdateFile(path=path, move_to=move_to):
            yield FileChange(_relative(path, working_folder), ChangeKind.DELETE)
            yield FileChange(_relative(move_to or path, working_folder), ChangeKind.ADD)
        case _:
            assert_never(section)


def _relative(path: str, working_folder: Path) -> str:
    for folder in (str(working_folder), os.path.realpath(working_folder)):
        if is_within(path, folder) and path != folder:
            return os.path.relpath(path, folder)
    return path
