"""The list of packages, the folders, the mapping and the links say the same thing.

A package that is not in the list would be missing from the wheel without a word.
"""

import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import codexctl

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "codexctl"
ROOMS = ("adapters", "application", "domain", "entrypoints")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SETUPTOOLS: dict[str, Any] = PROJECT["tool"]["setuptools"]


def _files() -> list[Path]:
    """Every file of the packages but for what Python leaves there, as it is installed."""
    return [
        path.relative_to(above)
        for above, name in (*((ROOT, room) for room in ROOMS), (SOURCE, "testing"))
        for path in sorted((above / name).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]


def _package(folder: Path) -> str:
    return ".".join(("codexctl", *folder.parts))


def test_every_folder_that_holds_a_module_is_a_listed_package() -> None:
    folders = {path.parent for path in _files() if path.suffix == ".py"}
    assert sorted(SETUPTOOLS["packages"]) == sorted({"codexctl", *map(_package, folders)})


def test_every_listed_package_says_what_it_is_for() -> None:
    folders = {path.parent for path in _files() if path.suffix == ".py"}
    silent = [
        str(folder)
        for folder in sorted(folders)
        if not (SOURCE / folder / "__init__.py").is_file()
        or not (SOURCE / folder / "__init__.py").read_text(encoding="utf-8").startswith('"""')
    ]
    assert silent == []


def test_the_mapping_names_each_room_and_nothing_else() -> None:
    rooms = {f"codexctl.{room}": room for room in ROOMS}
    assert SETUPTOOLS["package-dir"] == {"codexctl": "src/codexctl", **rooms}


def test_the_links_show_type_checkers_the_same_tree() -> None:
    links = {path.name: path.readlink() for path in SOURCE.iterdir() if path.is_symlink()}
    assert links == {room: Path("../..") / room for room in ROOMS}


def test_the_installed_name_holds_two_modules_and_what_tests_use_besides_the_rooms() -> None:
    own = {path.name for path in SOURCE.iterdir() if not path.is_symlink()} - {"__pycache__"}
    assert own == {"__init__.py", "__main__.py", "py.typed", "testing"}


def test_every_file_that_is_no_module_is_package_data() -> None:
    data: dict[str, list[str]] = SETUPTOOLS["package-data"]
    forgotten = [
        str(path)
        for path in _files()
        if path.suffix != ".py"
        and not any(path.match(pattern) for pattern in data.get(_package(path.parent), []))
    ]
    assert forgotten == []


def test_the_package_is_marked_as_typed() -> None:
    assert "py.typed" in SETUPTOOLS["package-data"]["codexctl"]
    assert (SOURCE / "py.typed").read_bytes() == b""


def test_the_version_is_written_in_one_place() -> None:
    assert "version" not in PROJECT["project"]
    assert SETUPTOOLS["dynamic"]["version"] == {"attr": "codexctl.__version__"}
    assert version("codexctl-cli") == codexctl.__version__


def test_the_pins_are_exact_and_meet_what_is_declared() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert [pin for pin in pins if pin.count("==") != 1 or " " in pin] == []
    project = PROJECT["project"]
    extras = [
        one for name, of in project["optional-dependencies"].items() if name != "all" for one in of
    ]
    declared = [*project["dependencies"], *extras, *PROJECT["dependency-groups"]["dev"]]
    names = {pin.partition("==")[0].lower().replace("_", "-") for pin in pins}
    assert [one for one in declared if _name(one) not in names] == []


def test_the_extra_named_all_is_every_other_one() -> None:
    extras: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
    others = sorted(name for name in extras if name != "all")
    assert extras["all"] == [f"codexctl-cli[{','.join(others)}]"]


def _name(requirement: str) -> str:
    name = next(requirement[:end] for end in range(1, 99) if requirement[end] in "[<>=~! ")
    return name.lower().replace("_", "-")
