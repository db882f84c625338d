"""Commands confined in every way that this machine can, and what they try to get at."""

import functools
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from codexctl.adapters.confinement.confinement import Confinement, Mode
from codexctl.adapters.confinement.launch import Variant
from codexctl.adapters.confinement.limits import Limits
from codexctl.adapters.confinement.machine import Machine, examine
from codexctl.adapters.confinement.result import CommandResult
from codexctl.adapters.confinement.runner import ConfinedRunner
from codexctl.adapters.confinement.supervision import Interpreter

PYTHON = f"{os.path.realpath(sys.executable)} -I -S"
"""A Python for a command to try things with."""

SECRET = "the-refresh-token"

_COVERAGE = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
_FOLLOWED = """
import contextlib, os
become = os.execve
def save_and_become(*arguments):
    import coverage
    with contextlib.suppress(Exception):  # a confined process cannot save
        if (current := coverage.Coverage.current()) is not None:
            current.stop()
            current.save()
    become(*arguments)
os.execve = save_and_become
"""
"""What the supervising process does first, so that coverage sees what its child does."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to confine, and the mode that it has to enforce."""

    variant: Variant
    mode: Mode

    def __str__(self) -> str:
        return f"{self.variant}-{self.mode}"


READ_ONLY_WAYS = (
    Way(Variant.BUBBLEWRAP, Mode.READ_ONLY),
    Way(Variant.LANDLOCK, Mode.READ_ONLY),
)
WRITING = Way(Variant.BUBBLEWRAP, Mode.WORKSPACE_WRITE)
CONFINED_WAYS = (*READ_ONLY_WAYS, WRITING)
UNCONFINED = Way(Variant.NONE, Mode.DANGER_FULL_ACCESS)
ALL_WAYS = (*CONFINED_WAYS, UNCONFINED)


def interpreter() -> Interpreter:
    """Return who supervises: codexctl's own choice, or one that coverage can follow."""
    environment = {name: os.environ[name] for name in _COVERAGE if name in os.environ}
    own = Interpreter.own()
    if not environment:
        return own
    _, begin, packages = own.argv[own.argv.index("-c") :]
    return Interpreter((sys.executable, "-c", _FOLLOWED + begin, packages), environment)


@functools.cache
def this_machine() -> Machine:
    """Return what this machine can enforce."""
    confinement = Confinement.of(Mode.READ_ONLY, Path(__file__).parent)
    return examine(confinement, os.environ, interpreter(), thorough=True)


def machine_for(variant: Variant) -> Machine:
    """Return a machine that has one way only; skip the test where this one has not got it.

    In CI bubblewrap has to be there.
    """
    machine = this_machine()
    none = Machine(faults=machine.faults)
    match variant:
        case Variant.BUBBLEWRAP if machine.bubblewrap:
            return replace(none, bubblewrap=machine.bubblewrap)
        case Variant.LANDLOCK if machine.landlock:
            return replace(none, landlock=True)
        case Variant.NONE:
            return none
        case Variant.BUBBLEWRAP if os.environ.get("CI"):
            pytest.fail("; ".join(machine.faults))
        case _:
            pytest.skip("; ".join(machine.faults) or f"no {variant} here")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Folders to run in and to break out to.

    Attributes:
        way: How commands are confined.
        work: The working folder, with a git folder in it.
        outside: Another folder of the same user, with a ``file`` in it.
        home: The folder of the credentials, two folders below the working folder.
        mark: A word in the command line of a process that has to end with its command.
    """

    way: Way
    work: Path
    outside: Path
    home: Path
    mark: str

    @property
    def credentials(self) -> Path:
        """The file that holds a secret."""
        return self.home / "credentials.enc"

    @property
    def scratch(self) -> str:
        """Where a command of a test can write, for the shell; not the machine's own ``/tmp``."""
        return str(self.work) if self.way.variant is Variant.NONE else "$TMPDIR"

    def runner(
        self, limits: Limits | None = None, *, kept: tuple[Path, ...] | None = None
    ) -> ConfinedRunner:
        """Return a runner in this place."""
        return ConfinedRunner(
            Confinement.of(self.way.mode, self.work, hidden=[self.home], kept=kept),
            os.environ | {"OPENAI_API_KEY": SECRET},
            limits=limits,
            machine=machine_for(self.way.variant),
            interpreter=interpreter(),
        )

    def run(
        self, *commands: str, limits: Limits | None = None, timeout_seconds: float = 60
    ) -> CommandResult:
        """Run some commands one after the other in one run; return what came of the last."""
        with self.runner(limits) as runner:
            results = [runner.run(word, timeout_seconds=timeout_seconds) for word in commands]
        return results[-1]

    def python(self, script: str) -> CommandResult:
        """Run a Python script as a command."""
        return self.run(f"{PYTHON} - <<'END'\n{script}\nEND")

    def survivors(self) -> list[str]:
        """Return the command lines of all living processes of the machine that bear the mark."""
        found: list[str] = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "cmdline").read_bytes().decode(errors="replace")
                state = (process / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
            except OSError:
                continue
            if self.mark in words and state != "Z":
                found.append(words.replace("\0", " "))
        return found


@contextmanager
def place(way: Way) -> Generator[Place, None, None]:
    """Make a place for a ``with``, not below ``/tmp``, which confined commands see replaced."""
    machine_for(way.variant)
    root = Path(tempfile.mkdtemp(prefix="codexctl-test-", dir="/var/tmp")).resolve()
    made = Place(
        way=way,
        work=root / "work",
        outside=root / "outside",
        home=root / "work" / "private" / "home",
        mark=f"mark-{uuid.uuid4().hex}",
    )
    try:
        for folder in (made.home, made.outside, made.work / ".git" / "hooks"):
            folder.mkdir(parents=True)
        made.credentials.write_text(SECRET)
        (made.outside / "file").write_text("as it was")
        (made.work / "file").write_text("as it was")
        (made.work / ".git" / "config").write_text("[core]\n")
        yield made
    finally:
        shutil.rmtree(root)


def shown(folder: Path) -> dict[str, str | int]:
    """Return what is in a folder: the text and mode of each file, for comparison."""
    return {
        str(path.relative_to(folder)): f"{path.lstat().st_mode:o} {path.read_text()}"
        if path.is_file()
        else path.lstat().st_mode
        for path in sorted(folder.rglob("*"))
    }
