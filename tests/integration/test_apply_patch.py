"""Patches applied to real folders."""

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.fakes.patch_folder import FaultyGuard, MeddlingGuard
from tests.unprivileged import ordinary_user

from codexctl.adapters.tools.patching.apply import PatchResult, apply_patch
from codexctl.adapters.tools.patching.places import FolderGuard, Guard
from codexctl.adapters.tools.patching.plan import Change
from codexctl.adapters.tools.rooted import RootedFolder
from codexctl.adapters.tools.tool import ToolFailure
from codexctl.domain.tools import ChangeKind


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def _apply(where: Path | Guard, *lines: str) -> PatchResult:
    guard = FolderGuard.at(where) if isinstance(where, Path) else where
    return apply_patch("\n".join(["*** Begin Patch", *lines, "*** End Patch"]), guard)


def _refusal(where: Path | Guard, *lines: str) -> str:
    """Return why a patch is not applied, without the line that says that nothing was changed."""
    with pytest.raises(ToolFailure) as caught:
        _apply(where, *lines)
    text = str(caught.value)
    assert text.endswith("\nNothing was changed.")
    return text.removesuffix("\nNothing was changed.")


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_was_done_is_told_by_kind_and_listed_by_section(folder: Path) -> None:
    (folder / "gone").touch()
    (folder / "old").write_text("x\n")
    (folder / "same").write_text("x\n")
    result = _apply(
        folder,
        *("*** Delete File: gone", "*** Update File: old", "*** Move to: deep/new", "@@", "+y"),
        *("*** Update File: same", "@@", "-x", "+y", "*** Add File: b", "+b"),
        *("*** Update File: same", "@@", "-y", "+z"),
    )
    assert result.text.splitlines() == [
        "Success. Updated the following files:",
        *("A b", "M deep/new", "M same", "D gone"),
    ]
    assert result == PatchResult(
        (
            Change(path="gone", kind=ChangeKind.DELETE),
            Change(path="deep/new", kind=ChangeKind.UPDATE, moved_from="old"),
            Change(path="same", kind=ChangeKind.UPDATE),
            Change(path="b", kind=ChangeKind.ADD),
            Change(path="same", kind=ChangeKind.UPDATE),
        )
    )
    assert _names(folder) == ["b", "deep", "deep/new", "same"]


def test_a_name_that_could_deceive_is_told_escaped(folder: Path) -> None:
    result = _apply(folder, "*** Add File: a\u202eb", "+x")
    assert result.text == 'Success. Updated the following files:\nA "a\\u202eb"'


def test_nothing_but_the_files_of_the_patch_is_left(folder: Path) -> None:
    (folder / "a").write_text("x\n")
    _apply(folder, "*** Update File: a", "@@", "-x", "+y", "*** Add File: d/e/b", "+b")
    assert _names(folder) == ["a", "d", "d/e", "d/e/b"]


# Sections that touch one file


def test_sections_of_one_file_follow_one_another(folder: Path) -> None:
    _apply(
        folder,
        *("*** Add File: a", "+one", "*** Update File: a", "@@", "-one", "+two"),
        *("*** Update File: a", "*** Move to: b", "@@", "-two", "+three"),
        *("*** Update File: ./b", "@@", "-three", "+four"),
    )
    assert (folder / "b").read_text() == "four\n"
    assert _names(folder) == ["b"]


def test_a_file_may_be_removed_and_added_again(folder: Path) -> None:
    (folder / "a").write_text("x\n")
    (folder / "a").chmod(0o755)
    _apply(folder, "*** Delete File: a", "*** Add File: a", "+y")
    assert (folder / "a").read_text() == "y\n"
    assert not _mode(folder / "a") & 0o111


def test_a_file_may_be_added_and_removed_again(folder: Path) -> None:
    _apply(folder, "*** Add File: d/a", "+x", "*** Delete File: d/a")
    assert _names(folder) == []


def test_files_may_swap_their_names(folder: Path) -> None:
    (folder / "a").write_text("a\n")
    (folder / "b").write_text("b\n")
    moves = [("a", "c"), ("b", "a"), ("c", "b")]
    _apply(
        folder, *(f"*** {do}" for a, b in moves for do in (f"Update File: {a}", f"Move to: {b}"))
    )
    assert {name: (folder / name).read_text() for name in _names(folder)} == {
        "a": "b\n",
        "b": "a\n",
    }


def test_a_file_may_be_moved_onto_itself(folder: Path) -> None:
    (folder / "a").write_text("x\n")
    _apply(folder, "*** Update File: a", "*** Move to: ./a", "@@", "-x", "+y")
    assert (folder / "a").read_text() == "y\n"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            ("*** Delete File: a", "*** Update File: a", "@@", "+x"),
            "a does not exist: the patch itself removes it before",
        ),
        (
            ("*** Delete File: a", "*** Delete File: a"),
            "a does not exist: the patch itself removes it before",
        ),
        (
            ("*** Update File: a", "*** Move to: b", "*** Update File: a", "@@", "+x"),
            "a does not exist: the patch itself removes it before",
        ),
        (
            ("*** Add File: n", "+x", "*** Add File: n/m", "+x"),
            "n/m cannot be written: the patch takes n for a file and for a folder",
        ),
        (
            ("*** Delete File: a", "*** Add File: a/m", "+x"),
            "a/m cannot be written: the patch takes a for a file and for a folder",
        ),
        (
            ("*** Add File: n/m", "+x", "*** Add File: n", "+x"),
            "n cannot be written: the patch takes it for a file and, in n/m, for a folder",
        ),
    ],
)
def test_sections_that_contradict_one_another_are_refused(
    folder: Path, lines: tuple[str, ...], words: str
) -> None:
    (folder / "a").write_text("x\n")
    assert _refusal(folder, *lines) == words
    assert _names(folder) == ["a"]


# What is there and what is not


_NO_TEXT = (
    "b: an added line holds half a surrogate pair, which is no text; write the character whole"
)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("*** Delete File: x",), "x does not exist"),
        (("*** Delete File: x/y",), "x/y does not exist"),
        (("*** Update File: x", "@@", "+x"), "x does not exist"),
        (("*** Delete File: d",), "d is a folder; a patch is for files"),
        (("*** Add File: d", "+x"), "d is a folder; a patch is for files"),
        (("*** Update File: d", "@@", "+x"), "d is a folder; a patch is for files"),
        (("*** Update File: a", "*** Move to: d"), "d is a folder; a patch is for files"),
        (("*** Add File: .", "+x"), ". is a folder; a patch is for files"),
        (("*** Add File: a/b", "+x"), "a/b cannot be reached: a part of the path is not a folder"),
        (("*** Delete File: a/b",), "a/b cannot be reached: a part of the path is not a folder"),
        (
            ("*** Update File: a", "*** Move to: a/b/c"),
            "a/b/c cannot be reached: a part of the path is not a folder",
        ),
        (
            ("*** Update File: loop", "@@", "+x"),
            "loop cannot be reached: its symbolic links form a loop",
        ),
        (("*** Delete File: fifo",), "fifo is not a regular file; a patch is for files"),
        (("*** Add File: fifo", "+x"), "fifo is not a regular file; a patch is for files"),
        (("*** Update File: fifo", "@@", "+x"), "fifo is not a regular file; a patch is for files"),
        (
            ("*** Add File: a\0b", "+x"),
            '"a\\u0000b" is not a path: it is empty or holds a null character',
        ),
        (("*** Add File: a\ud800", "+x"), '"a\\ud800" is not a path: it cannot be encoded'),
        (
            ("*** Add File: " + "n" * 300, "+x"),
            "n" * 300 + " cannot be reached: the name is too long",
        ),
        (("*** Add File: b", "+\ud800"), _NO_TEXT),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    folder: Path, lines: tuple[str, ...], words: str
) -> None:
    (folder / "a").write_text("x\n")
    (folder / "d").mkdir()
    (folder / "loop").symlink_to("loop")
    os.mkfifo(folder / "fifo")
    assert _refusal(folder, "*** Add File: first", "+x", *lines) == words
    assert _names(folder) == ["a", "d", "fifo", "loop"]


def test_a_file_of_more_than_10_mib_is_not_updated(folder: Path) -> None:
    (folder / "a").write_bytes(b"x\n" * 5_242_881)
    words = "a has 10485762 bytes; a patch is for files of up to 10485760"
    assert _refusal(folder, "*** Update File: a", "@@", "+x") == words


def test_a_file_that_may_not_be_read_is_said_so() -> None:
    with ordinary_user() as folder:
        (folder / "a").touch(mode=0)
        words = "a cannot be read: permission denied"
        assert _refusal(folder, "*** Update File: a", "@@", "+x") == words


def test_a_folder_that_may_not_be_written_is_said_so() -> None:
    with ordinary_user() as folder:
        (folder / "d").mkdir(mode=0o555)
        words = "d/b cannot be written: Permission denied"
        assert _refusal(folder, "*** Add File: a", "+x", "*** Add File: d/b", "+x") == words
        assert _names(folder) == ["d"]


# What stays of a file


def test_permissions_are_kept(folder: Path) -> None:
    for name in ("updated", "moved", "over"):
        (folder / name).write_text("x\n")
        (folder / name).chmod(0o751)
    _apply(
        folder,
        *("*** Update File: updated", "@@", "+y", "*** Add File: over", "+y"),
        *("*** Update File: moved", "*** Move to: d/moved", "@@", "+y"),
    )
    modes = {name: oct(_mode(folder / name)) for name in ("updated", "d/moved", "over")}
    assert modes == {"updated": "0o751", "d/moved": "0o751", "over": "0o751"}


def test_a_moved_file_brings_its_permissions_to_where_another_was(folder: Path) -> None:
    (folder / "script").touch(mode=0o700)
    (folder / "over").touch(mode=0o600)
    _apply(folder, "*** Update File: script", "*** Move to: over")
    assert oct(_mode(folder / "over")) == "0o700"


def test_a_file_that_is_rewritten_no_longer_runs_as_its_owner(folder: Path) -> None:
    (folder / "a").touch()
    (folder / "a").chmod(0o4755)
    _apply(folder, "*** Update File: a", "@@", "+y")
    assert oct(_mode(folder / "a")) == "0o755"


def test_a_new_file_has_the_permissions_of_new_files(folder: Path) -> None:
    (folder / "ours").touch()
    _apply(folder, "*** Add File: a", "+x")
    assert _mode(folder / "a") == _mode(folder / "ours")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_the_owner_is_kept_when_root_patches(folder: Path) -> None:
    (folder / "a").touch()
    os.chown(folder / "a", 1234, 2345)
    _apply(folder, "*** Update File: a", "@@", "+y")
    found = (folder / "a").stat()
    assert (found.st_uid, found.st_gid) == (1234, 2345)


def test_a_moved_file_without_hunks_is_the_same_to_the_last_byte(folder: Path) -> None:
    (folder / "a").write_bytes(b"\0\xff\r\nx")
    _apply(folder, "*** Update File: a", "*** Move to: b")
    assert (folder / "b").read_bytes() == b"\0\xff\r\nx"


def test_another_name_of_a_file_keeps_the_old_content(folder: Path) -> None:
    outside = folder.parent / "outside"
    outside.write_text("x\n")
    (folder / "a").hardlink_to(outside)
    _apply(folder, "*** Update File: a", "@@", "-x", "+y")
    assert ((folder / "a").read_text(), outside.read_text()) == ("y\n", "x\n")


# Links


def test_a_link_within_the_folder_is_written_through(folder: Path) -> None:
    (folder / "d").mkdir()
    (folder / "d" / "a").write_text("x\n")
    (folder / "link").symlink_to("d/../d/a")
    (folder / "way").symlink_to("d")
    _apply(
        folder,
        *("*** Update File: link", "@@", "-x", "+y", "*** Update File: way/a", "@@", "+z"),
        *("*** Add File: way/b", "+b"),
    )
    assert (folder / "link").is_symlink()
    assert (folder / "d" / "a").read_text() == "y\nz\n"
    assert (folder / "d" / "b").read_text() == "b\n"


def test_a_link_to_nothing_is_written_through_when_a_file_is_added(folder: Path) -> None:
    (folder / "link").symlink_to("d/new")
    _apply(folder, "*** Add File: link", "+x")
    assert (folder / "d" / "new").read_text() == "x\n"


def test_a_removed_link_leaves_what_it_leads_to(folder: Path) -> None:
    secret = folder.parent / "secret"
    secret.write_text("x\n")
    (folder / "out").symlink_to(secret)
    (folder / "nothing").symlink_to("nowhere")
    _apply(folder, "*** Delete File: out", "*** Delete File: nothing")
    assert (_names(folder), secret.read_text()) == ([], "x\n")


def test_a_file_added_where_a_link_was_removed_is_no_link(folder: Path) -> None:
    (folder / "a").write_text("x\n")
    (folder / "link").symlink_to("a")
    _apply(folder, "*** Delete File: link", "*** Add File: link", "+y")
    assert not (folder / "link").is_symlink()
    assert [(folder / name).read_text() for name in ("a", "link")] == ["x\n", "y\n"]


def test_a_moved_link_leaves_what_it_leads_to(folder: Path) -> None:
    (folder / "a").write_text("x\n")
    (folder / "link").symlink_to("a")
    _apply(folder, "*** Update File: link", "*** Move to: b", "@@", "-x", "+y")
    assert {name: (folder / name).read_text() for name in _names(folder)} == {
        "a": "x\n",
        "b": "y\n",
    }


# Where a patch may not work

_OUTSIDE = ("../secret", "link", "up/secret", "{absolute}", "../work-2/secret", "d/../../secret")


@pytest.mark.parametrize("path", _OUTSIDE)
@pytest.mark.parametrize(
    "section",
    [
        ("*** Add File: {path}", "+x"),
        ("*** Update File: {path}", "@@", "-canary", "+x"),
        ("*** Update File: a", "*** Move to: {path}", "@@", "+x"),
    ],
    ids=["add", "update", "move"],
)
def test_what_is_outside_is_refused(folder: Path, path: str, section: tuple[str, ...]) -> None:
    secrets = [folder.parent / "secret", folder.parent / "work-2" / "secret"]
    secrets[1].parent.mkdir()
    for secret in secrets:
        secret.write_text("canary\n")
    (folder / "a").write_text("x\n")
    (folder / "d").mkdir()
    (folder / "link").symlink_to("../secret")
    (folder / "up").symlink_to("..")
    path = path.format(absolute=secrets[0])
    allowed = os.path.realpath(folder)
    words = f"{path} is outside what may be written; only what is below {allowed} can be"
    assert _refusal(folder, *(line.format(path=path) for line in section)) == words
    assert [secret.read_text() for secret in secrets] == ["canary\n", "canary\n"]


@pytest.mark.parametrize("path", ["../secret", "up/secret"])
def test_what_is_outside_is_not_removed(folder: Path, path: str) -> None:
    (folder.parent / "secret").write_text("canary\n")
    (folder / "up").symlink_to("..")
    assert "is outside what may be written" in _refusal(folder, f"*** Delete File: {path}")
    assert (folder.parent / "secret").exists()


def test_an_absolute_path_below_the_folder_is_taken(folder: Path) -> None:
    _apply(folder, f"*** Add File: {folder}/d/a", "+x", "*** Add File: ../work/b", "+x")
    assert _names(folder) == ["b", "d", "d/a"]


def test_a_patch_may_work_in_several_folders_and_follow_links_between_them(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    (one / "link").symlink_to("../two/a")
    roots = (RootedFolder.at(one), RootedFolder.at(two))
    guard = FolderGuard(os.path.realpath(one), roots)
    _apply(
        guard, "*** Add File: link", "+x", "*** Add File: b", "+x", f"*** Add File: {two}/c", "+x"
    )
    assert (_names(one), _names(two)) == (["b", "link"], ["a", "c"])


def test_a_guard_without_folders_allows_nothing(folder: Path) -> None:
    words = "a is outside what may be written; only what is below no folder can be"
    assert _refusal(FolderGuard(str(folder), ()), "*** Add File: a", "+x") == words


@pytest.mark.parametrize(
    "path", [".git/config", ".git/hooks/new", ".GIT/config", "way/config", "d/.Git", ".git. /x"]
)
def test_what_belongs_to_git_is_not_written(folder: Path, path: str) -> None:
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("x\n")
    (folder / "way").symlink_to(".git")
    assert "is protected" in _refusal(folder, f"*** Add File: {path}", "+x")
    assert _names(folder) == [".git", ".git/config", "way"]
    assert (folder / ".git" / "config").read_text() == "x\n"


@pytest.mark.parametrize(
    "lines",
    [
        ("*** Delete File: .git/config",),
        ("*** Update File: .git/config", "@@", "+x"),
        ("*** Update File: .git/config", "*** Move to: a"),
        ("*** Update File: a", "*** Move to: .git/config"),
    ],
)
def test_what_belongs_to_git_is_not_changed_either(folder: Path, lines: tuple[str, ...]) -> None:
    (folder / "a").touch()
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("x\n")
    assert _refusal(folder, *lines) == ".git/config may not be written: .git is protected"
    assert (folder / ".git" / "config").read_text() == "x\n"


# What changes behind our back


def _swap(folder: Path, outside: Path) -> Callable[[], None]:
    """Return what puts a link to the outside where a folder was."""

    def meddle() -> None:
        (folder / "d").rename(folder / "d-before")
        (folder / "d").symlink_to(outside)

    return meddle


@pytest.mark.parametrize("trigger", ["d/a", "last"])
@pytest.mark.parametrize(
    "section",
    [
        ("*** Add File: d/a", "+x"),
        ("*** Add File: d/new/a", "+x", "*** Add File: d/a", "+x"),
        ("*** Update File: d/a", "@@", "+x"),
        ("*** Update File: b", "*** Move to: d/a", "@@", "+x"),
        ("*** Update File: d/a", "*** Move to: c"),
    ],
    ids=["add", "add in a new folder", "update", "move there", "move from there"],
)
def test_a_folder_swapped_for_a_link_leads_nowhere(
    folder: Path, trigger: str, section: tuple[str, ...]
) -> None:
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "a").write_text("canary\n")
    (folder / "d").mkdir()
    (folder / "d" / "a").write_text("x\n")
    (folder / "b").touch()
    guard = MeddlingGuard(folder, trigger, _swap(folder, outside))
    words = _refusal(guard, *section, "*** Add File: last", "+x")
    assert words.endswith(("a part of the path is not a folder", "Not a directory"))
    assert _names(outside) == ["a"]
    assert (outside / "a").read_text() == "canary\n"
    assert _names(folder) == ["b", "d", "d-before", "d-before/a"]


def test_a_file_swapped_for_a_link_is_not_written_through(folder: Path) -> None:
    outside = folder.parent / "outside"
    outside.write_text("canary\n")
    (folder / "a").write_text("x\n")

    def meddle() -> None:
        (folder / "a").unlink()
        (folder / "a").symlink_to(outside)

    guard = MeddlingGuard(folder, "last", meddle)
    words = "a was changed by someone else while the patch was applied; read it again"
    section = ("*** Update File: a", "@@", "+x")
    assert _refusal(guard, *section, "*** Add File: last", "+x") == words
    assert ((folder / "a").readlink(), outside.read_text()) == (outside, "canary\n")


@pytest.mark.parametrize(
    "section",
    [
        ("*** Update File: a", "@@", "+x"),
        ("*** Delete File: a",),
        ("*** Add File: a", "+x"),
        ("*** Update File: b", "*** Move to: a"),
        ("*** Add File: new", "+x"),
    ],
)
def test_what_somebody_else_wrote_meanwhile_is_not_lost(
    folder: Path, section: tuple[str, ...]
) -> None:
    (folder / "a").write_text("x\n")
    (folder / "b").write_text("b\n")

    def meddle() -> None:
        (folder / "a").write_text("theirs\n")
        (folder / "new").write_text("theirs\n")

    guard = MeddlingGuard(folder, "last", meddle)
    words = "was changed by someone else while the patch was applied; read it again"
    assert words in _refusal(guard, *section, "*** Add File: last", "+x")
    found = {name: (folder / name).read_text() for name in _names(folder)}
    assert found == {"a": "theirs\n", "b": "b\n", "new": "theirs\n"}


def test_a_folder_that_somebody_else_makes_meanwhile_is_used(folder: Path) -> None:
    guard = MeddlingGuard(folder, "last", (folder / "d").mkdir)
    _apply(guard, "*** Add File: d/a", "+x", "*** Add File: last", "+x")
    assert _names(folder) == ["d", "d/a", "last"]


# What fails half way

_PATCH = (
    *("*** Update File: a", "@@", "-a", "+A", "*** Delete File: b", "*** Add File: d/e/c", "+c"),
    *("*** Update File: link", "*** Move to: d/f", "@@", "+x"),
)


def _patched(folder: Path) -> None:
    (folder / "a").write_text("a\n")
    (folder / "b").write_text("b\n")
    (folder / "link").symlink_to("a")


def _state(folder: Path) -> dict[str, object]:
    """Return all that can be seen of a folder, down to which file it is."""
    return {
        name: (found.st_ino, found.st_mode, found.st_mtime_ns, found.st_nlink)
        for name in _names(folder)
        if (found := (folder / name).lstat())
        if not stat.S_ISDIR(found.st_mode)
    }


def _outcome(guard: Guard) -> PatchResult | str:
    try:
        return _apply(guard, *_PATCH)
    except ToolFailure as exc:
        return str(exc)


@pytest.mark.parametrize("number", range(1, 20))
def test_a_failure_at_any_operation_leaves_all_or_nothing(folder: Path, number: int) -> None:
    _patched(folder)
    before = _state(folder)
    guard = FaultyGuard(folder, lambda one: one == number)
    outcome = _outcome(guard)
    if isinstance(outcome, str):
        assert outcome.endswith(" cannot be written: No space left on device\nNothing was changed.")
        assert _state(folder) == before
        assert _names(folder) == ["a", "b", "link"]
    else:
        # A hard link that was refused, or a file of ours that could not be removed.
        names = ["a", "d", "d/e", "d/e/c", "d/f", *outcome.left_behind]
        assert _names(folder) == sorted(names)
        assert len(outcome.left_behind) <= 1


def test_the_operations_of_a_patch_are_fewer_than_are_tried(folder: Path) -> None:
    _patched(folder)
    guard = FaultyGuard(folder, lambda _: False)
    _apply(guard, *_PATCH)
    assert guard.folder.done == 14


def test_what_cannot_be_cleaned_up_is_named(folder: Path) -> None:
    (folder / "a").write_text("a\n")
    guard = FaultyGuard(folder, lambda number: number == 4)
    result = _apply(guard, "*** Update File: a", "@@", "-a", "+A")
    (left,) = result.left_behind
    assert result.text.endswith(f"\nM a\n[{left} was left behind; remove it]")
    assert _names(folder) == [left, "a"]


def test_what_cannot_be_put_back_is_named(folder: Path) -> None:
    (folder / "a").write_text("a\n")
    # 1 writes the new file, 2 gives the old one a second name, 3 would put the new one there.
    guard = FaultyGuard(folder, lambda number: number > 2)
    with pytest.raises(ToolFailure) as caught:
        _apply(guard, "*** Update File: a", "@@", "-a", "+A")
    ours = {(folder / name).read_text(): name for name in _names(folder) if name != "a"}
    old, new = ours["a\n"], ours["A\n"]
    full = "No space left on device"
    assert str(caught.value).splitlines() == [
        "a cannot be written: No space left on device",
        f"a could not be put back; it is now {old}: {full}",
        f"{new} is left over and could not be removed: {full}",
    ]


def test_an_interrupt_leaves_every_file_as_it_was(folder: Path) -> None:
    _patched(folder)
    before = _state(folder)

    def interrupt(number: int) -> bool:
        if number == 6:
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        _apply(FaultyGuard(folder, interrupt), *_PATCH)
    assert _state(folder) == before
    assert _names(folder) == ["a", "b", "link"]


def test_a_socket_is_not_replaced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)  # the address of a socket has to be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("x")
        words = "x is not a regular file; a patch is for files"
        assert _refusal(folder, "*** Add File: x", "+x") == words
