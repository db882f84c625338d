"""The tool ``apply_patch``: where it may write, and what it says."""

import json
from itertools import count
from pathlib import Path

import pytest

from codexctl.adapters.tools.apply_patch import Writable, apply_patch_tool
from codexctl.adapters.tools.closed import Closed
from codexctl.adapters.tools.registry import ToolRegistry
from codexctl.adapters.tools.tool import ToolResult
from codexctl.domain.tools import (
    CallKind,
    ChangeKind,
    FileChange,
    OutcomeStatus,
    SandboxMode,
    ToolCall,
)

_WRITE = SandboxMode.WORKSPACE_WRITE
_NOTHING = "Nothing was changed."


@pytest.fixture(name="work")
def _work(tmp_path: Path) -> Path:
    work = tmp_path / "work"
    work.mkdir()
    return work


def _patch(*lines: str) -> str:
    return "\n".join(["*** Begin Patch", *lines, "*** End Patch"])


def _apply(writable: Writable, *lines: str) -> ToolResult:
    times = count(step=0.25)
    return apply_patch_tool(writable, lambda: next(times)).run({"input": _patch(*lines)})


def _add(writable: Writable, path: str | Path) -> ToolResult:
    return _apply(writable, f"*** Add File: {path}", "+x")


def _is_refused(result: ToolResult) -> bool:
    assert result.text.endswith(_NOTHING) == (result.status is OutcomeStatus.FAILED)
    return result.status is OutcomeStatus.FAILED


def test_a_patch_says_what_it_changed(work: Path) -> None:
    for name in ("changed", "gone", "old"):
        (work / name).write_text("x\n")
    result = _apply(
        Writable(mode=_WRITE, working_folder=work),
        *("*** Update File: changed", "@@", "-x", "+y", "*** Update File: changed", "@@", "+z"),
        *("*** Delete File: gone", "*** Update File: old", "*** Move to: new"),
        *("@@", "-x", "+y", f"*** Add File: {work}/d/added", "+x"),
    )
    lines = ["Success. Updated the following files:", f"A {work}/d/added", "M changed", "M new"]
    assert result == ToolResult(
        text="\n".join(["Exit code: 0", "Wall time: 0.2 seconds", "Output:", *lines, "D gone"]),
        changes=(
            FileChange("changed", ChangeKind.UPDATE),
            FileChange("gone", ChangeKind.DELETE),
            FileChange("old", ChangeKind.DELETE),
            FileChange("new", ChangeKind.ADD),
            FileChange("d/added", ChangeKind.ADD),
        ),
    )


def test_a_patch_that_does_not_fit_says_why_and_what_it_would_have_changed(work: Path) -> None:
    result = _apply(
        Writable(mode=_WRITE, working_folder=work),
        *("*** Add File: a", "+x", "*** Delete File: missing"),
    )
    assert result == ToolResult(
        text=f"missing does not exist\n{_NOTHING}",
        status=OutcomeStatus.FAILED,
        changes=(FileChange("a", ChangeKind.ADD), FileChange("missing", ChangeKind.DELETE)),
    )
    assert list(work.iterdir()) == []


def test_what_is_no_patch_changes_no_files(work: Path) -> None:
    tool = apply_patch_tool(Writable(mode=_WRITE, working_folder=work))
    result = tool.run({"input": "rm -rf"})
    assert (result.status, result.changes) == (OutcomeStatus.FAILED, ())
    assert result.text.endswith(_NOTHING)


def test_in_a_read_only_sandbox_every_patch_is_refused_in_words(work: Path) -> None:
    result = _add(Writable(mode=SandboxMode.READ_ONLY, working_folder=work), "a")
    assert result == ToolResult(
        text=(
            "The sandbox is read-only: no file can be changed. Say what you would change instead;"
            " the user can allow it with --sandbox workspace-write."
        ),
        status=OutcomeStatus.FAILED,
        changes=(FileChange("a", ChangeKind.ADD),),
    )
    assert list(work.iterdir()) == []


@pytest.mark.parametrize("path", ["../a", "link/a", ".git/hooks/a", "sub/.GIT/a"])
def test_a_writable_workspace_is_the_working_folder_without_its_git(work: Path, path: str) -> None:
    (work / ".git").mkdir()
    (work / "link").symlink_to("..")
    assert _is_refused(_add(Writable(mode=_WRITE, working_folder=work), path))
    assert list(work.parent.iterdir()) == [work]
    assert list((work / ".git").iterdir()) == []


def test_a_writable_workspace_has_a_temporary_folder_as_well(work: Path) -> None:
    temporary = work.parent / "private"
    temporary.mkdir()
    writable = Writable(mode=_WRITE, working_folder=work, temporary_folder=temporary)
    result = _add(writable, temporary / "a")
    assert (result.status, result.changes) == (
        OutcomeStatus.COMPLETED,
        (FileChange(str(temporary / "a"), ChangeKind.ADD),),
    )
    assert (temporary / "a").read_text() == "x\n"
    assert str(temporary) in writable.words


def test_what_is_hidden_is_neither_read_nor_written(work: Path) -> None:
    (work / "home").mkdir()
    (work / "home" / "key").write_text("canary\n")
    writable = Writable(mode=_WRITE, working_folder=work, hidden=Closed.of([work / "home"]))
    assert _is_refused(_add(writable, "home/a"))
    told = _apply(writable, "*** Update File: home/key", "@@", "-x", "+y")
    assert told.text == (
        f"{work}/home/key may not be used: {work}/home is closed to tools\n{_NOTHING}"
    )


def test_what_is_kept_is_not_written(work: Path) -> None:
    (work / ".venv").mkdir()
    writable = Writable(mode=_WRITE, working_folder=work, kept=Closed.of([work / ".venv"]))
    assert _is_refused(_add(writable, ".venv/sitecustomize.py"))
    assert list((work / ".venv").iterdir()) == []


def test_full_access_is_access_to_everything(work: Path) -> None:
    (work / ".git").mkdir()
    full = Writable(
        mode=SandboxMode.DANGER_FULL_ACCESS,
        working_folder=work,
        hidden=Closed.of([work]),
        kept=Closed.of([work]),
    )
    for path in ("a", "../b", ".git/c"):
        assert not _is_refused(_add(full, path))
        assert (work / path).read_text() == "x\n"


def test_what_was_left_behind_elsewhere_is_named_by_its_whole_path(work: Path) -> None:
    full = Writable(mode=SandboxMode.DANGER_FULL_ACCESS, working_folder=work)
    place = full.guard().resolve("../a", follow_last=True)
    assert place.beside("b").name() == str(work.parent / "b")
    assert full.guard().resolve("a", follow_last=True).name() == "a"


@pytest.mark.parametrize("kind", CallKind)
def test_a_patch_is_taken_as_json_and_as_free_text(work: Path, kind: CallKind) -> None:
    patch = _patch("*** Add File: a", "+x")
    arguments = patch if kind is CallKind.CUSTOM else json.dumps({"input": patch})
    registry = ToolRegistry([apply_patch_tool(Writable(mode=_WRITE, working_folder=work))])
    outcome = registry.execute(
        ToolCall(call_id="c", name="apply_patch", arguments=arguments, kind=kind)
    )
    assert (outcome.status, outcome.changes) == (
        OutcomeStatus.COMPLETED,
        (FileChange("a", ChangeKind.ADD),),
    )
    assert (work / "a").read_text() == "x\n"


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (SandboxMode.READ_ONLY, "the sandbox is read-only, so every patch is refused."),
        (_WRITE, "Only what is below the working folder (not its .git) can be changed."),
        (SandboxMode.DANGER_FULL_ACCESS, "Whatever the user can write can be changed."),
    ],
)
def test_the_model_is_told_what_may_be_changed(work: Path, mode: SandboxMode, words: str) -> None:
    spec = apply_patch_tool(Writable(mode=mode, working_folder=work)).spec
    assert spec.description.endswith(words)
    assert not spec.read_only
