"""What a command may touch, said without a word of how a system enforces it."""

import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from codexctl.domain.errors import UsageError
from codexctl.domain.values import dataclass


class Mode(StrEnum):
    """The modes of ``--sandbox`` (cli-contract, "Built-in tools")."""

    READ_ONLY = "read-only"
    WORKSPACE_WRITE = "workspace-write"
    DANGER_FULL_ACCESS = "danger-full-access"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """What a command may touch. All paths are absolute, with links resolved.

    Attributes:
        mode: The mode of the sandbox.
        working_folder: Where commands start; the only folder that ``workspace-write`` opens.
        hidden: Files and folders that appear empty or cannot be opened in the two confined modes.
        kept: What ``workspace-write`` leaves closed although it lies below the working folder.
            ``.git`` is closed besides.
    """

    mode: Mode
    working_folder: str
    hidden: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        mode: Mode,
        working_folder: Path,
        *,
        hidden: Sequence[Path] = (),
        kept: Sequence[Path] | None = None,
    ) -> "Confinement":
        """Resolve the paths, now and not again, and see that the mode makes sense with them.

        Args:
            mode: The mode of the sandbox.
            working_folder: An existing folder.
            hidden: What no command may read; the folder of the credentials at least. It may not
                exist yet.
            kept: What no command may change; what codexctl runs from if it is None.

        Raises:
            UsageError: It would be no confinement, or hide the working folder itself.
        """
        made = cls(
            mode=mode,
            working_folder=os.path.realpath(working_folder),
            hidden=_resolved(hidden),
            kept=_resolved(own_code() if kept is None else kept),
        )
        if mode is not Mode.DANGER_FULL_ACCESS:
            made._check_hidden()
        if mode is Mode.WORKSPACE_WRITE:
            made._check_writable()
        return made

    @property
    def words(self) -> str:
        """What the model is told of it, one or two sentences."""
        match self.mode:
            case Mode.READ_ONLY:
                return (
                    "Commands run confined: nothing can be written outside a private temporary"
                    " folder ($TMPDIR), and there is no network."
                )
            case Mode.WORKSPACE_WRITE:
                return (
                    "Commands run confined: only the working folder (not its .git) and a private"
                    " temporary folder ($TMPDIR) can be written, and there is no network."
                )
            case Mode.DANGER_FULL_ACCESS:
                return "Commands run with all the rights of the user."

    def _check_hidden(self) -> None:
        if any(is_within(self.working_folder, path) for path in ("/dev", "/proc")):
            raise UsageError(
                f"The working folder {self.working_folder} lies where commands get files of"
                " their own.",
                remedy="Choose another working folder with --cd.",
            )
        for path in self.hidden:
            if is_within(self.working_folder, path):
                raise UsageError(
                    f"The working folder {self.working_folder} lies in {path}, which tools may"
                    " not read.",
                    remedy="Choose another working folder with --cd.",
                )

    def _check_writable(self) -> None:
        if self.working_folder == "/":
            raise UsageError(
                "workspace-write with / as the working folder would be no confinement.",
                remedy="Choose a folder of your own with --cd.",
            )
        if ".git" in Path(self.working_folder).parts:
            raise UsageError(
                f"The working folder {self.working_folder} lies in a .git folder, which"
                " workspace-write keeps closed.",
                remedy="Choose another working folder with --cd.",
            )
        for path in self.kept:
            if is_within(self.working_folder, path):
                raise UsageError(
                    f"The working folder {self.working_folder} lies in {path}, which codexctl"
                    " itself runs from.",
                    remedy="Choose another working folder with --cd, or use --sandbox read-only.",
                )


def is_within(path: str, folder: str) -> bool:
    """Tell whether an absolute path is a folder or lies below it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def own_code() -> tuple[Path, ...]:
    """Return what codexctl itself runs from.

    A command that could write there would have its code run unconfined, by this very run when it
    next loads a module. It matters where codexctl is installed below the working folder, such as
    in a project's ``.venv``.
    """
    import sys
    import sysconfig

    import codexctl

    rooms = ("domain", "application", "adapters", "entrypoints")
    packages = [Path(path) for path in codexctl.__path__]
    libraries = ("stdlib", "platstdlib", "purelib", "platlib")
    return (
        *packages,
        *(package / room for package in packages for room in rooms),
        *(Path(sysconfig.get_path(name)) for name in libraries),
        Path(sys.prefix, "pyvenv.cfg"),
        Path(sys.executable).parent,
        Path(sys.executable).resolve().parent,
    )


def _resolved(paths: Sequence[Path]) -> tuple[str, ...]:
    """Return real paths, without those that lie in another one of them."""
    real = sorted({os.path.realpath(path) for path in paths})
    return tuple(
        path for path in real if not any(path != other and is_within(path, other) for other in real)
    )
