"""What users install: built from a copy of the tree, put into an empty venv and used there."""

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

import codexctl

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("adapters", "application", "domain", "entrypoints")
CONSTRAINTS = ROOT / "constraints.txt"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """Both distributions, and the wheel that the source distribution makes."""

    sdist: Path
    wheel: Path
    wheel_of_sdist: Path


def _run(*command: str | Path, folder: Path) -> str:
    """Run a tool of packaging, which has to go well, with the environment's pip configuration."""
    finished = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PIP_CONSTRAINT": str(CONSTRAINTS), "PYTHONPATH": ""},
        timeout=500,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build in a copy, so that nothing is left behind in the tree."""
    folder = tmp_path_factory.mktemp("distributions")
    source = folder / "source"
    leave = shutil.ignore_patterns("__pycache__")
    for name in (*ROOMS, "src"):
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=leave)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = (sys.executable, "-m", "build", source, "--outdir")
    _run(*build, folder / "direct", "--wheel", folder=folder)
    _run(*build, folder / "through-sdist", folder=folder)
    (wheel,) = (folder / "direct").glob("*.whl")
    (wheel_of_sdist,) = (folder / "through-sdist").glob("*.whl")
    (sdist,) = (folder / "through-sdist").glob("*.tar.gz")
    return Built(sdist=sdist, wheel=wheel, wheel_of_sdist=wheel_of_sdist)


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a venv of its own; return the folder of its programs."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, symlinks=True, with_pip=False)
    _run(
        *(sys.executable, "-m", "pip", "--python", folder / "bin" / "python"),
        *("install", "--quiet", built.wheel),
        folder=folder,
    )
    return folder / "bin"


def _use(installed: Path, *words: str, elsewhere: Path) -> subprocess.CompletedProcess[str]:
    """Run a program of that venv from another folder, in an empty environment."""
    program, *arguments = words
    return subprocess.run(
        [installed / program, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        cwd=elsewhere,
        env={},
        timeout=100,
    )


def _names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return sorted(archive.namelist())


def test_the_wheel_takes_no_name_but_its_own(built: Built) -> None:
    information = f"codexctl_cli-{codexctl.__version__}.dist-info"
    assert {name.partition("/")[0] for name in _names(built.wheel)} == {"codexctl", information}


def test_the_wheel_holds_every_module_of_the_tree(built: Built) -> None:
    source = ROOT / "src" / "codexctl"
    here = {
        f"codexctl/{path.relative_to(source)}"
        for package in (*ROOMS, "testing")
        for path in (source / package).rglob("*.py")
    }
    here |= {"codexctl/__init__.py", "codexctl/__main__.py", "codexctl/py.typed"}
    assert {name for name in _names(built.wheel) if name.startswith("codexctl/")} == here


def test_the_source_distribution_makes_the_same_wheel(built: Built) -> None:
    assert _names(built.wheel_of_sdist) == _names(built.wheel)


def test_the_source_distribution_holds_no_bytecode_and_no_link(built: Built) -> None:
    with tarfile.open(built.sdist) as archive:
        members = archive.getmembers()
    odd = [one.name for one in members if one.issym() or "__pycache__" in one.name]
    assert odd == []
    top = f"codexctl_cli-{codexctl.__version__}"
    assert {f"{top}/LICENSE", f"{top}/README.md", f"{top}/pyproject.toml"} <= {
        one.name for one in members
    }


def test_the_installed_command_knows_its_version(installed: Path, tmp_path: Path) -> None:
    ran = _use(installed, "codexctl", "--version", elsewhere=tmp_path)
    expected = (0, f"codexctl {codexctl.__version__}\n", "")
    assert (ran.returncode, ran.stdout, ran.stderr) == expected


def test_the_installed_demo_runs_to_its_end(installed: Path, tmp_path: Path) -> None:
    ran = _use(installed, "codexctl", "demo", elsewhere=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "README.md" in ran.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_module_is_the_same_program(installed: Path, tmp_path: Path) -> None:
    by_module = _use(installed, "python", "-m", "codexctl", "--help", elsewhere=tmp_path)
    by_name = _use(installed, "codexctl", "--help", elsewhere=tmp_path)
    assert by_module.returncode == 0
    assert by_module.stdout == by_name.stdout != ""


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_is_importable_by_its_bare_name(room: str, installed: Path, tmp_path: Path) -> None:
    assert (
        _use(installed, "python", "-c", f"import codexctl.{room}", elsewhere=tmp_path).returncode
        == 0
    )
    bare = _use(installed, "python", "-c", f"import {room}", elsewhere=tmp_path)
    assert bare.stderr.endswith(f"ModuleNotFoundError: No module named '{room}'\n")
