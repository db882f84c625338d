"""The portable scenarios of the patch format: a folder, a patch, and the folder after it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.corpus import CORPUS, require_corpus

from codexctl.adapters.tools.patching.apply import apply_patch
from codexctl.adapters.tools.patching.places import FolderGuard
from codexctl.adapters.tools.tool import ToolFailure

_SCENARIOS = CORPUS / "apply_patch"
_NAMES = sorted(path.parent.name for path in _SCENARIOS.glob("*/patch.txt"))
_HALF_DONE = "015_failure_after_partial_success_leaves_changes"
"""The official client leaves the sections before the failing one applied; we leave nothing."""


def _as_it_is(patch: str) -> str:
    return patch


def _in_json(patch: str) -> str:
    return json.dumps({"input": patch})


def _tree(folder: Path) -> dict[str, bytes | None]:
    """Return the content of every file and None for every folder, by relative path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def _files(folder: Path) -> dict[str, bytes | None]:
    return {name: data for name, data in _tree(folder).items() if data is not None}


def _outcome(patch: str, work: Path) -> str:
    try:
        return apply_patch(patch, FolderGuard.at(work)).text
    except ToolFailure as exc:
        return str(exc)


def test_there_are_23_scenarios() -> None:
    require_corpus()
    assert len(_NAMES) == 23


@pytest.mark.parametrize("shape", [_as_it_is, _in_json], ids=["free text", "function argument"])
@pytest.mark.parametrize("name", _NAMES)
def test_a_scenario_comes_out_as_it_should(
    name: str, shape: Callable[[str], str], tmp_path: Path
) -> None:
    scenario = _SCENARIOS / name
    work = tmp_path / "work"
    work.mkdir()
    if (scenario / "input").is_dir():
        shutil.copytree(scenario / "input", work, dirs_exist_ok=True)
    before = _tree(work)
    expected = {} if name == _HALF_DONE else _files(scenario / "expected")
    patch = shape((scenario / "patch.txt").read_text(encoding="utf-8"))
    text = _outcome(patch, work)
    if text.endswith("\nNothing was changed."):
        assert _tree(work) == before
    else:
        assert text.startswith("Success. Updated the following files:\n")
    assert _files(work) == expected
