"""Choosing a way to confine, and finding bubblewrap where nobody could have planted it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from codexctl.adapters.confinement import processes
from codexctl.adapters.confinement.confinement import Confinement, Mode
from codexctl.adapters.confinement.launch import Variant, shell
from codexctl.adapters.confinement.machine import (
    Machine,
    examine,
    find_bubblewrap,
    version_fault,
)
from codexctl.adapters.confinement.supervision import Interpreter
from codexctl.domain.errors import UsageError

ALL_OF_LINUX = Machine(bubblewrap="/usr/bin/bwrap", landlock=True)
LANDLOCK = Machine(landlock=True, faults=("bubblewrap is not installed",))
NOTHING = Machine(faults=("bubblewrap is not installed", "the kernel has no Landlock"))


@pytest.mark.parametrize(
    ("machine", "mode", "variant"),
    [
        (ALL_OF_LINUX, Mode.READ_ONLY, Variant.BUBBLEWRAP),
        (ALL_OF_LINUX, Mode.WORKSPACE_WRITE, Variant.BUBBLEWRAP),
        (ALL_OF_LINUX, Mode.DANGER_FULL_ACCESS, Variant.NONE),
        (LANDLOCK, Mode.READ_ONLY, Variant.LANDLOCK),
        (Machine(seatbelt=True), Mode.READ_ONLY, Variant.SEATBELT),
        (Machine(seatbelt=True), Mode.WORKSPACE_WRITE, Variant.SEATBELT),
        (NOTHING, Mode.DANGER_FULL_ACCESS, Variant.NONE),
    ],
)
def test_the_best_way_is_chosen(machine: Machine, mode: Mode, variant: Variant) -> None:
    assert machine.variant(mode) is variant


@pytest.mark.parametrize(
    ("machine", "mode", "reasons"),
    [
        (NOTHING, Mode.READ_ONLY, "bubblewrap is not installed; the kernel has no Landlock"),
        (
            LANDLOCK,
            Mode.WORKSPACE_WRITE,
            "bubblewrap is not installed; Landlock alone cannot keep .git closed in a folder",
        ),
    ],
)
def test_a_mode_that_nothing_enforces_is_refused(
    machine: Machine, mode: Mode, reasons: str
) -> None:
    with pytest.raises(UsageError) as caught:
        machine.variant(mode)
    start = f"This machine cannot enforce --sandbox {mode}: {reasons}"
    assert caught.value.message.startswith(start)
    assert caught.value.remedy.startswith("Install bubblewrap")


def test_a_bubblewrap_in_the_working_folder_is_not_run(tmp_path: Path) -> None:
    planted, mine = tmp_path / "work" / "bin", tmp_path / "bin"
    for folder in (planted, mine):
        folder.mkdir(parents=True)
        (folder / "bwrap").touch(0o755)
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "bwrap").symlink_to(planted / "bwrap")
    work = str(tmp_path / "work")

    def found(path: str) -> str | None:
        return find_bubblewrap({"PATH": path}, work, usual=())

    assert found(f"{planted}:{tmp_path / 'link'}:bin:.:") is None
    assert found(f"{planted}:{mine}") == str(mine / "bwrap")


def test_what_is_no_program_is_not_bubblewrap(tmp_path: Path) -> None:
    (tmp_path / "bwrap").touch(0o644)
    assert find_bubblewrap({"PATH": str(tmp_path)}, "/work", usual=()) is None


def test_bash_is_preferred_and_sh_is_always_there(tmp_path: Path) -> None:
    (tmp_path / "bash").touch(0o755)
    assert shell({"PATH": str(tmp_path)}) == str(tmp_path / "bash")
    assert shell({"PATH": "/nowhere"}) == "/bin/sh"


def test_a_way_that_fails_its_trial_is_not_had(tmp_path: Path) -> None:
    # An interpreter that answers nothing stands for whatever may be wrong with a machine.
    interpreter = Interpreter(("/bin/true",), {})
    machine = examine(Confinement.of(Mode.READ_ONLY, tmp_path), {}, interpreter)
    assert (machine.bubblewrap, machine.landlock, machine.seatbelt) == (None, False, False)
    assert machine.faults


def test_processes_of_this_one_are_found_with_those_below_them() -> None:
    with subprocess.Popen(["sh", "-c", "sleep 600 & wait"], start_new_session=True) as shell_:
        while len(found := processes.descendants(shell_.pid)) < 1:
            assert shell_.poll() is None
        assert set(found.values()) == {shell_.pid}
        assert processes.descendants(os.getpid()).keys() >= {shell_.pid, *found}
        processes.end_session(shell_.pid)
        assert processes.descendants(shell_.pid) == {}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_threads_are_counted() -> None:
    mine = processes.threads_of_user(os.getuid())
    everyone = processes.threads_of_machine()
    assert everyone is not None
    assert mine >= 1
    assert everyone >= 1
    assert processes.threads_of_user(4_000_000_000) == 0


@pytest.mark.parametrize(
    ("version", "fault"),
    [
        (0, "the kernel has no Landlock"),
        (5, "the kernel's Landlock has version 5, and 6 is needed (Linux 6.12)"),
        (6, None),
        (7, None),
    ],
)
def test_an_old_landlock_is_not_enough(version: int, fault: str | None) -> None:
    assert version_fault(version) == fault
