"""Import-linter refuses each arrow that the house forbids, planted in a copy of the tree."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.command import process_environment

ROOT = Path(__file__).resolve().parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")
INWARD = "Arrows point inward; every room is named"
PURE_DOMAIN = "The domain knows no third party, no I/O and no clock"
PURE_APPLICATION = (
    "The application knows no third party but dependency-injector, in the containers alone"
)
APART = "Adapters do not know each other"
ONE_ROOT = "Concrete adapters are named in the composition root alone"
STAND_IN = "The emulator shares no code with the client"
STAND_IN_ORDER = "The emulator's packages know only those below them"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """A line that must not be in a file, and the contract it breaks."""

    file: str
    line: str
    breaks: str


PLANTS = {
    "requests in the domain": Plant(
        file="domain/turn.py", line="import requests", breaks=PURE_DOMAIN
    ),
    "os in the domain": Plant(file="domain/limits.py", line="import os", breaks=PURE_DOMAIN),
    "a clock in the domain, out of sight": Plant(
        file="domain/limits.py", line="def _now():\n    from time import time", breaks=PURE_DOMAIN
    ),
    "the domain looking outward": Plant(
        file="domain/turn.py", line="import codexctl.application.ask_model", breaks=INWARD
    ),
    "the domain looking outward, relatively": Plant(
        file="domain/turn.py", line="from ..adapters import system", breaks=INWARD
    ),
    "the application knowing an adapter": Plant(
        file="application/ask_model.py", line="import codexctl.adapters.system", breaks=INWARD
    ),
    "the application on the network": Plant(
        file="application/ask_model.py", line="import socket", breaks=PURE_APPLICATION
    ),
    "a container outside the container": Plant(
        file="application/ask_model.py", line="import dependency_injector", breaks=PURE_APPLICATION
    ),
    "an adapter knowing the command line": Plant(
        file="adapters/system.py", line="import codexctl.entrypoints.settings", breaks=INWARD
    ),
    "an adapter knowing a use case": Plant(
        file="adapters/system.py", line="import codexctl.application.ask_model", breaks=INWARD
    ),
    "an adapter knowing another": Plant(
        file="adapters/tools/registry.py", line="import codexctl.adapters.system", breaks=APART
    ),
    "an adapter knowing the inside of another": Plant(
        file="adapters/responses/client.py",
        line="from codexctl.adapters.openai_oauth import claims",
        breaks=APART,
    ),
    "a command that builds an adapter": Plant(
        file="entrypoints/cli/run_command.py",
        line="import codexctl.adapters.system",
        breaks=ONE_ROOT,
    ),
    "a command that names an adapter's type": Plant(
        file="entrypoints/cli/run_command.py",
        line="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
        "    from codexctl.adapters.responses.sse import ServerSentEvent",
        breaks=ONE_ROOT,
    ),
    "a command that uses what is for tests": Plant(
        file="entrypoints/cli/run_command.py", line="import codexctl.testing.command", breaks=INWARD
    ),
    "the emulator made of what it stands in for": Plant(
        file="entrypoints/emulator/model/wire.py",
        line="import codexctl.domain.stream_events",
        breaks=STAND_IN,
    ),
    "the emulated model knowing what goes wrong with it": Plant(
        file="entrypoints/emulator/model/wire.py",
        line="import codexctl.entrypoints.emulator.faults.catalogue",
        breaks=STAND_IN_ORDER,
    ),
    "a fifth room": Plant(file="src/codexctl/utils/__init__.py", line="", breaks=INWARD),
    "a module beside the rooms": Plant(file="src/codexctl/helpers.py", line="", breaks=INWARD),
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what import-linter reads."""
    leave = shutil.ignore_patterns("__pycache__")
    for name in ("src", "domain", "application", "adapters", "entrypoints"):
        shutil.copytree(ROOT / name, tmp_path / name, symlinks=True, ignore=leave)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def _lint(tree: Path) -> tuple[int, str]:
    """Return the exit code and what was said, on as few lines as can be."""
    finished = subprocess.run(
        [LINT_IMPORTS, "--no-cache"],
        capture_output=True,
        text=True,
        cwd=tree,
        # The copy has to come before the installed one.
        env=process_environment({"PYTHONPATH": str(tree / "src"), "COLUMNS": "400"}),
        timeout=100,
    )
    return finished.returncode, " ".join((finished.stdout + finished.stderr).split())


def test_the_tree_as_it_is_keeps_every_contract(tree: Path) -> None:
    code, said = _lint(tree)
    assert code == 0, said
    assert [
        name
        for name in (INWARD, PURE_DOMAIN, APART, ONE_ROOT, STAND_IN, STAND_IN_ORDER)
        if f"{name} KEPT" not in said
    ] == []


@pytest.mark.parametrize("plant", PLANTS.values(), ids=list(PLANTS))
def test_a_forbidden_arrow_is_refused(plant: Plant, tree: Path) -> None:
    path = tree / plant.file
    path.parent.mkdir(exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{plant.line}\n")
    code, said = _lint(tree)
    assert code == 1, said
    assert f"{plant.breaks} BROKEN" in said, said
