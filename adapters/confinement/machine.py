"""What this machine can enforce, found out by trying."""

import os
import platform
import stat
import sys
from collections.abc import Mapping, Sequence

from codexctl.adapters.confinement import landlock, seatbelt
from codexctl.adapters.confinement.confinement import Confinement, Mode, is_within
from codexctl.adapters.confinement.launch import Launcher, Variant, shell
from codexctl.adapters.confinement.limits import Limits
from codexctl.adapters.confinement.output import BoundedOutput
from codexctl.adapters.confinement.private_folders import PrivateFolders
from codexctl.adapters.confinement.result import CommandNotRun, result_of
from codexctl.adapters.confinement.seccomp import supported
from codexctl.adapters.confinement.supervision import Interpreter, Supervision
from codexctl.domain.errors import UsageError
from codexctl.domain.values import dataclass

_USUAL_FOLDERS = ("/usr/bin", "/usr/local/bin", "/bin", "/run/current-system/sw/bin")
_PROOF = 42
_TRIAL_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What this machine can enforce.

    Attributes:
        bubblewrap: The path of a bubblewrap that works; None where there is none.
        landlock: Whether Landlock, with a filter of system calls, can do all that is needed.
        seatbelt: Whether macOS's sandbox works.
        faults: Why the others do not, a clause each.
    """

    bubblewrap: str | None = None
    landlock: bool = False
    seatbelt: bool = False
    faults: tuple[str, ...] = ()

    def variant(self, mode: Mode) -> Variant:
        """Return the best way to confine.

        Raises:
            UsageError: There is none that enforces all of it.
        """
        if mode is Mode.DANGER_FULL_ACCESS:
            return Variant.NONE
        if self.seatbelt:
            return Variant.SEATBELT
        if self.bubblewrap is not None:
            return Variant.BUBBLEWRAP
        if self.landlock and mode is Mode.READ_ONLY:
            return Variant.LANDLOCK
        faults = self.faults
        if self.landlock:
            faults = (*faults, "Landlock alone cannot keep .git closed in a folder that is open")
        raise UsageError(
            f"This machine cannot enforce --sandbox {mode}: {'; '.join(faults)}.",
            remedy="Install bubblewrap (Debian's and Fedora's package is called that too)"
            " and see that it may make user namespaces, or run codexctl in a container of its"
            f" own with --sandbox {Mode.DANGER_FULL_ACCESS}.",
        )

    def launcher(
        self, confinement: Confinement, environment: Mapping[str, str], limits: Limits
    ) -> Launcher:
        """Return what makes plans of commands.

        Raises:
            UsageError: The mode cannot be enforced.
        """
        return Launcher(
            variant=self.variant(confinement.mode),
            program=self.bubblewrap or "",
            confinement=confinement,
            environment=environment,
            limits=limits,
        )


def examine(
    confinement: Confinement,
    environment: Mapping[str, str],
    interpreter: Interpreter,
    *,
    thorough: bool = False,
) -> Machine:
    """Find out what this machine can enforce, by running an empty command.

    Takes some hundredths of a second.

    Args:
        confinement: What is to be confined.
        environment: The environment of codexctl.
        interpreter: Who supervises.
        thorough: Try Landlock also where bubblewrap works.
    """
    if sys.platform == "darwin":
        return _examine_seatbelt(confinement, environment, interpreter)
    if sys.platform != "linux" or not supported(platform.machine()):
        return Machine(faults=(f"{platform.system()} on {platform.machine()} is not known",))
    trial = Trial(confinement, environment, interpreter)
    faults: list[str] = []
    program = find_bubblewrap(environment, confinement.working_folder)
    if program is None:
        faults.append("bubblewrap is not installed")
    elif fault := trial.fault(Machine(bubblewrap=program)):
        faults.append(f"bubblewrap does not work here ({fault})")
        program = None
    elif not thorough:
        return Machine(bubblewrap=program)
    can_landlock = True
    if fault := _landlock_fault(trial):
        faults.append(fault)
        can_landlock = False
    return Machine(bubblewrap=program, landlock=can_landlock, faults=tuple(faults))


def find_bubblewrap(
    environment: Mapping[str, str],
    working_folder: str,
    *,
    usual: Sequence[str] = _USUAL_FOLDERS,
) -> str | None:
    """Return the path of bubblewrap, None where there is none.

    It runs unconfined, so nothing counts that lies in the working folder, where a command may have
    put it.

    Args:
        environment: The environment of codexctl, whose ``PATH`` is searched last.
        working_folder: The working folder.
        usual: Where it is searched first.
    """
    folders = [*usual, *environment.get("PATH", "").split(os.pathsep)]
    for folder in folders:
        if os.path.isabs(folder):
            path = os.path.realpath(os.path.join(folder, "bwrap"))
            if _is_program(path) and not is_within(path, working_folder):
                return path
    return None


class Trial:
    """Runs an empty command in read-only mode.

    Args:
        confinement: What is to be confined.
        environment: The environment of codexctl.
        interpreter: Who supervises.
    """

    def __init__(
        self, confinement: Confinement, environment: Mapping[str, str], interpreter: Interpreter
    ) -> None:
        self._confinement = Confinement(
            mode=Mode.READ_ONLY,
            working_folder=confinement.working_folder,
            hidden=confinement.hidden,
        )
        self._environment = environment
        self._interpreter = interpreter

    def fault(self, machine: Machine) -> str | None:
        """Return why a machine with one way to confine does not work; None where it does."""
        limits = Limits()
        launcher = machine.launcher(self._confinement, self._environment, limits)
        folders = PrivateFolders()
        output = BoundedOutput(limits.output_bytes)
        try:
            plan = launcher.plan(
                (shell(self._environment), "-c", f"exit {_PROOF}"),
                folders,
                folder="/",
                timeout_seconds=_TRIAL_SECONDS,
            )
            report = Supervision(plan, self._interpreter, output).finish()
            result = result_of(report, output, limits, _TRIAL_SECONDS)
        except CommandNotRun as exc:
            return str(exc).rstrip(".")
        finally:
            folders.remove()
        return None if result.exit_code == _PROOF else result.explanation or "it fails"


def _landlock_fault(trial: Trial) -> str | None:
    from codexctl.adapters.confinement import kernel

    if fault := version_fault(kernel.landlock_version()):
        return fault
    fault = trial.fault(Machine(landlock=True))
    return fault and f"Landlock does not work here ({fault})"


def version_fault(version: int) -> str | None:
    """Return what is wrong with a version of Landlock's interface, 0 for none; None for nothing."""
    if version == 0:
        return "the kernel has no Landlock"
    if version < landlock.NEEDED_VERSION:
        return (
            f"the kernel's Landlock has version {version}, and {landlock.NEEDED_VERSION} is"
            " needed (Linux 6.12)"
        )
    return None


def _examine_seatbelt(
    confinement: Confinement, environment: Mapping[str, str], interpreter: Interpreter
) -> Machine:
    if not _is_program(seatbelt.PROGRAM):
        return Machine(faults=(f"there is no {seatbelt.PROGRAM}",))
    trial = Trial(confinement, environment, interpreter)
    fault = trial.fault(Machine(seatbelt=True))
    if fault is not None:
        return Machine(faults=(f"{seatbelt.PROGRAM} does not work here ({fault})",))
    return Machine(seatbelt=True)


def _is_program(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode) and os.access(path, os.X_OK)
    except OSError:
        return False
