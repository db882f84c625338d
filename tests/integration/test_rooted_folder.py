"""A folder whose files are read and written by ways that do not lead out of it."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unprivileged import ordinary_user

from codexctl.adapters.tools.closed import Closed
from codexctl.adapters.tools.descent import HAS_DESCRIPTORS
from codexctl.adapters.tools.entries import EntryKind
from codexctl.adapters.tools.paths import PathOutside, PathRefused
from codexctl.adapters.tools.rooted import RootedFolder

_WAYS = [
    pytest.param(
        True,
        id="open folders",
        marks=pytest.mark.skipif(not HAS_DESCRIPTORS, reason="the system cannot work in one"),
    ),
    pytest.param(False, id="checked paths"),
]


@pytest.fixture(name="work")
def _work(tmp_path: Path) -> Path:
    work = tmp_path / "work"
    work.mkdir()
    return work


@pytest.fixture(name="folder", params=_WAYS)
def _folder(work: Path, request: pytest.FixtureRequest) -> RootedFolder:
    by_descriptor: bool = request.param
    return replace(RootedFolder.at(work), by_descriptor=by_descriptor)


def _names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def _listed(folder: RootedFolder, parts: tuple[str, ...] = ()) -> list[str]:
    with folder.opened_folder(parts) as opened, os.scandir(opened.descriptor) as entries:
        return sorted(entry.name for entry in entries)


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        (".", ()),
        ("a", ("a",)),
        ("./d//a/", ("d", "a")),
        ("d/../a", ("a",)),
        ("../work/a", ("a",)),
        ("way/a", ("d", "a")),
        ("link", ("d", "a")),
        ("dangling", ("d", "new")),
        ("missing/way/a", ("missing", "way", "a")),
    ],
)
def test_a_path_is_located_with_its_links_resolved(
    path: str, parts: tuple[str, ...], folder: RootedFolder
) -> None:
    root = Path(folder.root)
    (root / "d").mkdir()
    (root / "d" / "a").touch()
    (root / "way").symlink_to("d")
    (root / "link").symlink_to(root / "d" / "a")
    (root / "dangling").symlink_to("way/new")
    assert folder.locate(path) == parts
    assert folder.locate(str(root / path)) == parts


@pytest.mark.parametrize(
    ("path", "parts"), [("link", ("link",)), ("way/link", ("link",)), ("way/.", ()), ("way/", ())]
)
def test_a_link_itself_is_located_when_asked_for(
    path: str, parts: tuple[str, ...], folder: RootedFolder
) -> None:
    (Path(folder.root) / "link").symlink_to("/")
    (Path(folder.root) / "way").symlink_to(".")
    assert folder.locate(path, follow_last=False) == parts


@pytest.mark.parametrize("path", ["..", "../a", "/", "/etc/passwd", "up/a", "out", "../work-2/a"])
def test_what_is_outside_is_refused(path: str, folder: RootedFolder) -> None:
    root = Path(folder.root)
    (root / "up").symlink_to("..")
    (root / "out").symlink_to("/etc/passwd")
    with pytest.raises(PathOutside) as caught:
        folder.locate(path)
    assert str(caught.value) == f"{path} is outside {root}"


@pytest.mark.parametrize("path", ["", "a\0b", "a\ud800"])
def test_what_is_no_path_is_refused(path: str, folder: RootedFolder) -> None:
    with pytest.raises(PathRefused, match="is not a path"):
        folder.locate(path)


def test_the_root_of_the_file_system_holds_everything(work: Path) -> None:
    (work / "a").write_text("x")
    folder = RootedFolder.at(Path("/"))
    parts = folder.locate(str(work / "a"))
    assert folder.read(parts, 9)[1] == b"x"
    assert folder.is_folder(())


def test_what_stands_there_is_told(folder: RootedFolder) -> None:
    root = Path(folder.root)
    (root / "file").write_text("four")
    (root / "file").chmod(0o4750)
    (root / "link").symlink_to("nowhere")
    (root / "d").mkdir()
    os.mkfifo(root / "fifo")
    kinds = {
        name: status.kind
        for name in ("file", "link", "d", "fifo")
        if (status := folder.status((name,)))
    }
    assert kinds == {
        "file": EntryKind.FILE,
        "link": EntryKind.LINK,
        "d": EntryKind.FOLDER,
        "fifo": EntryKind.OTHER,
    }
    status, found = folder.status(("file",)), (root / "file").stat()
    assert status is not None
    assert (status.mode, status.size_bytes) == (0o750, 4)
    assert status.owner == (found.st_uid, found.st_gid)


@pytest.mark.parametrize("parts", [("x",), ("x", "y"), ("d", "x")])
def test_nothing_is_told_of_what_is_not_there(parts: tuple[str, ...], folder: RootedFolder) -> None:
    (Path(folder.root) / "d").mkdir()
    assert folder.status(parts) is None
    assert not folder.is_folder(parts)


def test_the_identity_of_a_file_is_another_after_a_change(folder: RootedFolder) -> None:
    file = Path(folder.root) / "a"
    file.write_text("x")
    before = folder.status(("a",))
    assert folder.status(("a",)) == before
    file.write_text("longer")
    after = folder.status(("a",))
    assert before is not None
    assert after is not None
    assert before.identity != after.identity


def test_a_folder_inside_is_listed(folder: RootedFolder) -> None:
    (Path(folder.root) / "d" / "e").mkdir(parents=True)
    (Path(folder.root) / "d" / "b").touch()
    assert _listed(folder, ("d",)) == ["b", "e"]


def test_a_file_is_read_up_to_a_limit(folder: RootedFolder) -> None:
    (Path(folder.root) / "a").write_text("abcdef")
    status, data = folder.read(("a",), 4)
    assert (status, data) == (folder.status(("a",)), b"abcd")


def test_an_opened_file_is_closed_in_the_end(folder: RootedFolder) -> None:
    (Path(folder.root) / "a").write_text("x")
    with folder.opened_file(("a",)) as file:
        assert os.read(file, 9) == b"x"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.read(file, 9)


def test_a_fifo_is_not_opened(folder: RootedFolder) -> None:
    os.mkfifo(Path(folder.root) / "a")
    with pytest.raises(PathRefused) as caught:
        folder.read(("a",), 9)
    assert str(caught.value) == "a is not a regular file but a FIFO; it was not opened"


def test_a_folder_is_not_read(folder: RootedFolder) -> None:
    with pytest.raises(IsADirectoryError):
        folder.read((), 9)


def test_a_new_file_is_written_like_another(folder: RootedFolder) -> None:
    root = Path(folder.root)
    (root / "script").touch(mode=0o755)
    folder.make_folder(("d",))
    folder.create(("d", "a"), b"x", folder.status(("script",)))
    assert (root / "d" / "a").read_bytes() == b"x"
    assert stat.S_IMODE((root / "d" / "a").stat().st_mode) == stat.S_IMODE(
        (root / "script").stat().st_mode
    )


def test_a_new_file_takes_nobodys_place(folder: RootedFolder) -> None:
    root = Path(folder.root)
    (root / "a").write_text("x")
    (root / "link").symlink_to("new")
    for name in ("a", "link"):
        with pytest.raises(FileExistsError):
            folder.create((name,), b"y", None)
    assert ((root / "a").read_text(), (root / "new").exists()) == ("x", False)


def test_a_new_file_that_cannot_be_written_whole_is_not_left(folder: RootedFolder) -> None:
    data = memoryview(b"x" * 10)[::2]  # not contiguous, so that writing fails
    with pytest.raises(BufferError):
        folder.create(("a",), data, None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert _listed(folder) == []


def test_names_are_given_and_taken(folder: RootedFolder) -> None:
    root = Path(folder.root)
    (root / "d").mkdir()
    (root / "d" / "a").write_text("x")
    folder.link(("d", "a"), "b")
    folder.rename(("d", "a"), "c")
    assert _names(root / "d") == ["b", "c"]
    folder.remove(("d", "b"))
    folder.remove(("d", "c"))
    folder.remove_folder(("d",))
    assert _listed(folder) == []


@pytest.mark.parametrize(
    "name", [".git", ".GIT", ".git.", ".git ", "git~1", "GIT~1", ".g\u200cit", "\ufeff.git"]
)
def test_what_some_system_takes_for_git_is_not_written(name: str, folder: RootedFolder) -> None:
    root = Path(folder.root)
    (root / name).mkdir()
    (root / name / "a").write_text("x")
    (root / "a").touch()
    inside = (name, "a")
    for operation in (
        lambda: folder.make_folder((name, "d")),
        lambda: folder.remove_folder((name,)),
        lambda: folder.create((name, "new"), b"y", None),
        lambda: folder.link(inside, "b"),
        lambda: folder.rename(inside, "b"),
        lambda: folder.rename(("a",), name),
        lambda: folder.link(("a",), name),
        lambda: folder.remove(inside),
    ):
        with pytest.raises(PathRefused, match="is protected"):
            operation()
    assert (_names(root / name), folder.read(inside, 9)[1]) == (["a"], b"x")


@pytest.mark.parametrize("name", [".gitignore", "git", ".github", "a.git"])
def test_names_like_that_of_git_are_written(name: str, folder: RootedFolder) -> None:
    folder.create((name,), b"x", None)
    assert (Path(folder.root) / name).read_text() == "x"


def test_nothing_is_protected_where_that_is_asked_for(work: Path) -> None:
    (work / ".git").mkdir()
    RootedFolder.at(work, protected=frozenset()).create((".git", "a"), b"x", None)
    assert (work / ".git" / "a").read_text() == "x"


def _is_refused(folder: RootedFolder, parts: tuple[str, ...]) -> list[bool]:
    refused: list[bool] = []
    for operation in (
        lambda: folder.status(parts),
        lambda: folder.read(parts, 9),
        lambda: folder.make_folder((*parts[:-1], "new")),
        lambda: folder.remove_folder((*parts[:-1], "empty")),
        lambda: folder.create((*parts[:-1], "new"), b"x", None),
        lambda: folder.link(parts, "new"),
        lambda: folder.rename(parts, "new"),
        lambda: folder.remove(parts),
        lambda: _listed(folder, parts[:-1]),
    ):
        try:
            operation()
        except OSError:
            refused.append(True)
        else:
            refused.append(False)
    return refused


def test_no_operation_follows_a_link_on_the_way(folder: RootedFolder) -> None:
    root = Path(folder.root)
    outside = root.parent / "outside"
    (outside / "d" / "empty").mkdir(parents=True)
    (outside / "d" / "a").write_text("canary")
    (root / "way").symlink_to("../outside")
    assert _is_refused(folder, ("way", "d", "a")) == [True] * 9
    assert _names(outside / "d") == ["a", "empty"]
    assert (outside / "d" / "a").read_text() == "canary"


def test_no_operation_follows_a_folder_above_that_became_a_link(tmp_path: Path) -> None:
    (tmp_path / "above" / "work").mkdir(parents=True)
    folder = RootedFolder.at(tmp_path / "above" / "work")
    (tmp_path / "other" / "work" / "d" / "empty").mkdir(parents=True)
    (tmp_path / "other" / "work" / "d" / "a").write_text("canary")
    (tmp_path / "above").rename(tmp_path / "was-above")
    (tmp_path / "above").symlink_to("other")
    assert _is_refused(folder, ("d", "a")) == [True] * 9
    assert _names(tmp_path / "other" / "work" / "d") == ["a", "empty"]


def test_a_link_is_neither_read_nor_written_through(folder: RootedFolder) -> None:
    root = Path(folder.root)
    secret = root.parent / "secret"
    secret.write_text("canary")
    (root / "link").symlink_to(secret)
    with pytest.raises(OSError, match="symbolic links"):
        folder.read(("link",), 9)
    folder.link(("link",), "second")
    folder.rename(("link",), "third")
    folder.remove(("third",))
    assert _names(root) == ["second"]
    assert secret.read_text() == "canary"


@pytest.mark.skipif(not hasattr(os, "O_PATH"), reason="only Linux passes without listing")
def test_passing_through_a_folder_takes_no_right_to_list_it() -> None:
    with ordinary_user() as path:
        (path / "d" / "e").mkdir(parents=True)
        (path / "d").chmod(0o311)
        folder = RootedFolder.at(path)
        folder.create(("d", "e", "a"), b"x", None)
        assert folder.read(("d", "e", "a"), 9)[1] == b"x"
        with pytest.raises(PermissionError):
            _listed(folder, ("d",))


def test_no_descriptor_is_left_open(work: Path) -> None:
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("only Linux shows what is open")
    folder = RootedFolder.at(work)
    (work / "way").symlink_to(".")
    before = _names(Path("/proc/self/fd"))
    folder.create(("a",), b"x", None)
    folder.read(("a",), 9)
    _listed(folder)
    _is_refused(folder, ("way", "a"))
    _is_refused(folder, ("a", "b"))
    assert _names(Path("/proc/self/fd")) == before


@pytest.mark.parametrize(
    "path", ["home", "home/secret", "home/new", "way/secret", "./home/../home"]
)
def test_what_is_hidden_is_not_located(path: str, folder: RootedFolder) -> None:
    root = Path(folder.root)
    (root / "home").mkdir()
    (root / "way").symlink_to("home")
    hiding = replace(folder, hidden=Closed.of([root / "home"]))
    with pytest.raises(PathRefused) as caught:
        hiding.locate(path)
    assert str(caught.value) == f"{path} may not be used: {root / 'home'} is closed to tools"


def test_a_hidden_folder_is_known_under_another_name(folder: RootedFolder) -> None:
    root = Path(folder.root)
    (root / "home" / "d" / "empty").mkdir(parents=True)
    (root / "home" / "d" / "a").write_text("canary")
    # As a second mount would have it: another path, the same folder.
    hiding = replace(folder, hidden=Closed((f"{root}/./home",)))
    assert hiding.locate("home/d/a") == ("home", "d", "a")
    assert _is_refused(hiding, ("home", "d", "a")) == [True] * 9
    assert _is_refused(hiding, ("home", "a")) == [True] * 9
    assert _names(root / "home" / "d") == ["a", "empty"]


def test_a_hidden_file_is_known_under_another_name(folder: RootedFolder) -> None:
    root = Path(folder.root)
    (root / "key").write_text("canary")
    (root / "other").hardlink_to(root / "key")
    hiding = replace(folder, hidden=Closed.of([root / "key"]))
    with pytest.raises(PermissionError):
        hiding.read(("other",), 9)


def test_what_is_kept_is_read_and_not_written(folder: RootedFolder) -> None:
    root = Path(folder.root)
    (root / "venv" / "empty").mkdir(parents=True)
    (root / "venv" / "a").write_text("x")
    keeping = replace(folder, kept=Closed.of([root / "venv"]))
    assert keeping.read(("venv", "a"), 9)[1] == b"x"
    assert _listed(keeping, ("venv",)) == ["a", "empty"]
    for operation in (
        lambda: keeping.make_folder(("venv", "d")),
        lambda: keeping.remove_folder(("venv", "empty")),
        lambda: keeping.create(("venv", "new"), b"y", None),
        lambda: keeping.link(("venv", "a"), "b"),
        lambda: keeping.rename(("venv", "a"), "b"),
        lambda: keeping.remove(("venv", "a")),
        lambda: keeping.rename(("other",), "venv"),
    ):
        with pytest.raises(PathRefused, match="is protected"):
            operation()
    assert _names(root / "venv") == ["a", "empty"]


def test_what_is_kept_is_known_under_another_name(folder: RootedFolder) -> None:
    root = Path(folder.root)
    (root / "venv").mkdir()
    (root / "venv" / "a").write_text("x")
    keeping = replace(folder, kept=Closed((f"{root}/./venv",)))
    assert keeping.read(("venv", "a"), 9)[1] == b"x"
    with pytest.raises(PermissionError):
        keeping.remove(("venv", "a"))
    with pytest.raises(PermissionError):
        keeping.create(("venv", "b"), b"y", None)
