"""What the inner rooms may import, as a list of what is allowed.

Import-linter's contracts name what is forbidden; here a module nobody thought of is refused too.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("adapters", "application", "domain", "entrypoints")
PURE = {
    "abc",
    "collections",
    "collections.abc",
    "contextlib",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "itertools",
    "math",
    "re",
    "types",
    "typing",
}
"""Of the standard library: no I/O, no clock, no entropy."""

REACHES_OUT = {"__import__", "breakpoint", "eval", "exec", "input", "open", "print"}
"""Built-in functions that need no import to do what an inner room must not."""

CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
"""What the permitted datetime can do that only the port may."""


def _modules(*rooms: str) -> list[Path]:
    return [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _place(path: Path, node: ast.stmt | ast.expr) -> str:
    return f"{path.relative_to(ROOT)}:{node.lineno}"


def _imports(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each imported module with the place that imports it; a relative one starts with dots.

    Imports inside functions and for type checkers count like every other.
    """
    for node in ast.walk(_tree(path)):
        match node:
            case ast.Import(names=names):
                yield from ((_place(path, node), alias.name) for alias in names)
            case ast.ImportFrom(module=module, level=level):
                yield _place(path, node), "." * level + (module or "")
            case _:
                pass


def _strangers(path: Path, *known: str) -> list[str]:
    return [
        f"{place} imports {name}"
        for place, name in _imports(path)
        if name not in PURE and not any(name == one or name.startswith(f"{one}.") for one in known)
    ]


@pytest.mark.parametrize("path", _modules("domain"), ids=lambda path: path.stem)
def test_the_domain_imports_itself_and_pure_modules(path: Path) -> None:
    assert _strangers(path, "codexctl.domain") == []


@pytest.mark.parametrize("path", _modules("application"), ids=lambda path: path.stem)
def test_the_application_imports_the_domain_itself_and_pure_modules(path: Path) -> None:
    known = ["codexctl.domain", "codexctl.application"]
    if path.name in ("container.py", "sign_in_container.py"):
        known.append("dependency_injector")
    if path.name == "run_tools.py":
        known.append("threading")  # an order of work, which reaches nothing outside
    assert _strangers(path, *known) == []


@pytest.mark.parametrize("path", _modules("domain", "application"), ids=lambda path: path.stem)
def test_the_inner_rooms_call_nothing_that_reaches_out(path: Path) -> None:
    calls = [node for node in ast.walk(_tree(path)) if isinstance(node, ast.Call)]
    called = [(_place(path, node), ast.unparse(node.func)) for node in calls]
    assert [f"{place} calls {name}" for place, name in called if name in REACHES_OUT | CLOCKS] == []


@pytest.mark.parametrize("room", [*ROOMS, "src", "tests"])
def test_every_import_is_absolute_and_by_the_installed_name(room: str) -> None:
    bare = [
        f"{place} imports {name}"
        for path in _modules(room)
        for place, name in _imports(path)
        if name.partition(".")[0] in ("", *ROOMS)
    ]
    assert bare == []
