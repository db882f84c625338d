"""Which places are hidden, closed and seen, found on disk or worked out."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codexctl.adapters.confinement import bubblewrap, seatbelt
from codexctl.adapters.confinement.confinement import Confinement, Mode, is_within
from codexctl.adapters.confinement.git_folders import git_entries, pointed_at
from codexctl.adapters.confinement.landlock import visible
from codexctl.adapters.confinement.launch import Launcher, Variant
from codexctl.adapters.confinement.layout import Hidden, Layout, survey
from codexctl.adapters.confinement.limits import Limits
from codexctl.adapters.confinement.mounts import other_names
from codexctl.adapters.confinement.private_folders import PrivateFolders
from codexctl.adapters.confinement.result import CommandNotRun

NAMES = st.sampled_from("abc")
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(lambda names: "/" + "/".join(names))

MOUNTINFO = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:25 / /proc rw - proc proc rw
31 22 8:1 /home /data/homes rw - ext4 /dev/sda1 rw
32 22 8:2 / /srv rw - ext4 /dev/sda2 rw
33 22 8:2 /with\040space /mnt/a\040b rw - ext4 /dev/sda2 rw
34 22 8:1 / /srv/mirror rw - ext4 /dev/sda1 rw
"""


@given(hidden=st.lists(PATHS, min_size=1, max_size=3), tree=st.lists(PATHS, max_size=12))
def test_all_that_is_not_hidden_is_seen_and_nothing_that_is(
    hidden: list[str], tree: list[str]
) -> None:
    hidden = [one for one in hidden if not any(o != one and is_within(one, o) for o in hidden)]
    there = {parent for path in tree for parent in (path, *map(str, Path(path).parents))} - {"/"}

    def entries(folder: str) -> list[str]:
        return [Path(path).name for path in there if str(Path(path).parent) == folder]

    seen = list(visible(hidden, entries))
    ways = {str(parent) for path in hidden for parent in (Path(path), *Path(path).parents)}
    for path in there:
        is_seen = any(is_within(path, one) for one in seen)
        assert is_seen == (path not in ways and not any(is_within(path, one) for one in hidden))


def test_a_folder_on_the_way_to_a_hidden_one_is_not_seen_itself() -> None:
    tree = {"/": ["etc", "home"], "/home": ["me", "you"], "/home/me": [".secret", "work"]}
    assert list(visible(["/home/me/.secret"], lambda folder: tree.get(folder, []))) == [
        "/etc",
        "/home/you",
        "/home/me/work",
    ]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/home/me/x", ["/data/homes/me/x", "/srv/mirror/home/me/x"]),
        ("/data/homes/me", ["/home/me", "/srv/mirror/home/me"]),
        ("/etc/x", ["/srv/mirror/etc/x"]),
        ("/srv/with space/x", ["/mnt/a b/x"]),
        ("/mnt/a b", ["/srv/with space"]),
        ("/proc/1", []),
    ],
)
def test_other_names_come_from_other_mounts_of_the_disk(path: str, names: list[str]) -> None:
    assert other_names(path, MOUNTINFO) == names


def test_without_mounts_there_are_no_other_names() -> None:
    assert other_names("/home/me", "") == []


def test_git_entries_are_those_of_the_folder_and_of_its_folders(tmp_path: Path) -> None:
    for folder in (".git", "a/.git", "b/c/.git"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / ".git").write_text("gitdir: elsewhere")
    (tmp_path / "link").symlink_to("a")
    assert git_entries(str(tmp_path)) == [
        str(tmp_path / ".git"),
        str(tmp_path / "a" / ".git"),
        str(tmp_path / "d" / ".git"),
    ]
    assert git_entries(str(tmp_path / "nowhere")) == []


def test_a_git_file_leads_to_its_folder_and_to_the_shared_one(tmp_path: Path) -> None:
    work = tmp_path / "work"
    (work / "main" / "worktrees" / "x").mkdir(parents=True)
    (work / "main" / "worktrees" / "x" / "commondir").write_text("../..\n")
    (work / ".git").write_text("gitdir: main/worktrees/x\n")
    (work / "far.git").write_text(f"gitdir: {tmp_path}/outside\n")
    (work / "no.git").write_text("nothing\n")
    assert pointed_at(str(work / ".git"), str(work)) == [
        str(work / "main" / "worktrees" / "x"),
        str(work / "main"),
    ]
    assert pointed_at(str(work / "far.git"), str(work)) == []
    assert pointed_at(str(work / "no.git"), str(work)) == []
    assert pointed_at(str(work / "main"), str(work)) == []


def _layout(mode: Mode, working_folder: str = "/work", *, replaces_tmp: bool = True) -> Layout:
    return Layout(
        confinement=Confinement(mode=mode, working_folder=working_folder, hidden=("/work/a/b",)),
        temporary="/var/private/tmp",
        shared_memory="/var/private/shm",
        replaces_tmp=replaces_tmp,
        covered=("/run",),
        shown_again=("/run/current-system",),
        hidden=(Hidden("/work/a/b", is_folder=True), Hidden("/etc/secret", is_folder=False)),
        closed=("/work/.git",) if mode is Mode.WORKSPACE_WRITE else (),
        pinned=("/work/a",) if mode is Mode.WORKSPACE_WRITE else (),
    )


def _mounts(words: tuple[str, ...]) -> list[str]:
    """The arguments of bubblewrap from the first mount on, one option a string."""
    joined = " ".join(words[words.index("--ro-bind") : words.index("--chdir")])
    return ["--" + option.strip() for option in joined.split("--") if option]


def test_bubblewrap_closes_after_it_opens() -> None:
    words = bubblewrap.arguments(
        _layout(Mode.WORKSPACE_WRITE), folder="/work/x", command=("/bin/sh", "-c", "true")
    )
    assert _mounts(words) == [
        "--ro-bind / /",
        "--dev /dev",
        "--proc /proc",
        "--bind /var/private/shm /dev/shm",
        "--remount-ro /dev",
        "--tmpfs /run",
        "--ro-bind /run/current-system /run/current-system",
        "--bind /work /work",
        "--bind /work/a /work/a",
        "--ro-bind /work/.git /work/.git",
        "--bind /var/private/tmp /tmp",
        "--perms 0000",
        "--tmpfs /work/a/b",
        "--remount-ro /work/a/b",
        "--ro-bind /dev/null /etc/secret",
        "--remount-ro /run",
    ]
    assert words[-6:] == ("--chdir", "/work/x", "--", "/bin/sh", "-c", "true")
    assert {"--unshare-all", "--die-with-parent", "--new-session", "--seccomp"} <= set(words)


def test_bubblewrap_opens_nothing_but_the_temporary_folder_read_only() -> None:
    words = bubblewrap.arguments(_layout(Mode.READ_ONLY), folder="/", command=("/bin/sh",))
    assert [mount for mount in _mounts(words) if mount.startswith("--bind")] == [
        "--bind /var/private/shm /dev/shm",
        "--bind /var/private/tmp /tmp",
    ]


def test_bubblewrap_shows_a_working_folder_below_a_covered_one() -> None:
    layout = _layout(Mode.READ_ONLY, "/run/media/me/disk", replaces_tmp=False)
    mounts = _mounts(bubblewrap.arguments(layout, folder="/", command=("/bin/sh",)))
    assert "--ro-bind /run/media/me/disk /run/media/me/disk" in mounts
    assert "--bind /var/private/tmp /var/private/tmp" in mounts


def test_seatbelt_closes_after_it_opens() -> None:
    words = seatbelt.arguments(_layout(Mode.WORKSPACE_WRITE), command=("/bin/sh", "-c", "true"))
    assert words[1].splitlines()[:2] == ["(version 1)", "(deny default)"]
    assert words[1].splitlines()[-6:] == [
        '(allow file-write* (subpath (param "TEMPORARY")))',
        '(allow file-write* (subpath (param "WORK")))',
        '(deny file-write* (subpath (param "WORK_GIT")))',
        '(deny file-write* (subpath (param "CLOSED_0")))',
        '(deny file-write-unlink (literal (param "PINNED_0")))',
        '(deny file-read* file-write* process-exec (subpath (param "HIDDEN_0")))',
    ]
    assert words[2:] == (
        *("-D", "TEMPORARY=/var/private/tmp", "-D", "WORK=/work", "-D", "WORK_GIT=/work/.git"),
        *("-D", "CLOSED_0=/work/.git", "-D", "PINNED_0=/work/a", "-D", "HIDDEN_0=/work/a/b"),
        *("--", "/bin/sh", "-c", "true"),
    )


def test_seatbelt_opens_nothing_but_the_temporary_folder_read_only() -> None:
    rules = seatbelt.profile(_layout(Mode.READ_ONLY)).splitlines()
    assert [rule for rule in rules if "allow file-write*" in rule] == [
        '(allow file-write* (subpath (param "TEMPORARY")))'
    ]
    assert not [rule for rule in rules if "allow" in rule and "network" in rule]


def _survey(mode: Mode, work: Path, hidden: Path, *, kept: tuple[Path, ...] = ()) -> Layout:
    confinement = Confinement.of(mode, work, hidden=[hidden], kept=kept)
    return survey(confinement, temporary="/private/tmp", shared_memory="/private/shm")


def test_a_survey_pins_the_ways_to_what_is_closed_or_hidden(tmp_path: Path) -> None:
    for folder in (".git", "sub/.git", "a/b/home", "venv/lib"):
        (tmp_path / folder).mkdir(parents=True)
    layout = _survey(
        Mode.WORKSPACE_WRITE, tmp_path, tmp_path / "a/b/home", kept=(tmp_path / "venv/lib",)
    )
    assert (layout.closed, layout.hidden, layout.pinned) == (
        tuple(str(tmp_path / name) for name in (".git", "sub/.git", "venv/lib")),
        (Hidden(str(tmp_path / "a/b/home"), is_folder=True),),
        tuple(str(tmp_path / name) for name in ("a", "a/b", "sub", "venv")),
    )


def test_a_survey_closes_the_room_of_the_private_folders(tmp_path: Path) -> None:
    (tmp_path / "tmp" / "room").mkdir(parents=True)
    layout = survey(
        Confinement.of(Mode.WORKSPACE_WRITE, tmp_path),
        temporary=str(tmp_path / "tmp" / "room" / "tmp"),
        shared_memory=str(tmp_path / "tmp" / "room" / "shm"),
    )
    assert (layout.closed, layout.pinned) == (
        (str(tmp_path / "tmp" / "room"),),
        (str(tmp_path / "tmp"),),
    )


def test_a_survey_closes_nothing_read_only(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    layout = _survey(Mode.READ_ONLY, tmp_path, tmp_path / "missing")
    assert (layout.closed, layout.hidden, layout.pinned) == ((), (), ())


def test_a_survey_leaves_out_what_is_out_of_sight_already(tmp_path: Path) -> None:
    # The temporary folder of a test may lie below /tmp or elsewhere.
    (tmp_path / "home").mkdir()
    layout = _survey(Mode.READ_ONLY, Path("/etc"), tmp_path / "home")
    is_out_of_sight = is_within(str(tmp_path.resolve()), "/tmp")
    assert layout.replaces_tmp
    assert layout.visible_temporary == "/tmp"
    assert len(layout.hidden) == (0 if is_out_of_sight else 1)


def test_a_survey_refuses_a_git_link(tmp_path: Path) -> None:
    (tmp_path / ".git").symlink_to("elsewhere")
    with pytest.raises(CommandNotRun, match="Use --sandbox read-only"):
        _survey(Mode.WORKSPACE_WRITE, tmp_path, tmp_path / "missing")


def test_held_folders_go_again_and_what_was_put_in_them_stays(tmp_path: Path) -> None:
    folders = PrivateFolders()
    folders.hold(str(tmp_path / "a" / "b"))
    folders.hold(str(tmp_path / "c"))
    folders.hold("/proc/cannot/be/made")
    (tmp_path / "c" / "file").touch()
    (Path(folders.temporary) / "closed").mkdir(0)
    (Path(folders.temporary) / "link").symlink_to(tmp_path)
    before, room = tmp_path.stat().st_mode, Path(folders.temporary).parent
    folders.remove()
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["c", "file"]
    assert not room.exists()
    assert tmp_path.stat().st_mode == before


def test_a_folder_that_another_run_holds_is_not_removed(tmp_path: Path) -> None:
    first, second = PrivateFolders(), PrivateFolders()
    for folders in (first, second):
        folders.hold(str(tmp_path / ".git"))
        folders.hold(str(tmp_path / ".git"))
    first.remove()
    assert (tmp_path / ".git").is_dir()
    second.remove()
    first, second = PrivateFolders(), PrivateFolders()
    (tmp_path / ".git").rmdir()
    for folders in (first, second):
        folders.hold(str(tmp_path / ".git"))
    second.remove()
    first.remove()
    assert not (tmp_path / ".git").exists()


@pytest.mark.parametrize("mode", [Mode.READ_ONLY, Mode.WORKSPACE_WRITE])
def test_on_macos_a_command_goes_to_seatbelt(tmp_path: Path, mode: Mode) -> None:
    launcher = Launcher(
        variant=Variant.SEATBELT,
        program="",
        confinement=Confinement.of(mode, tmp_path),
        environment={},
        limits=Limits(),
    )
    folders = PrivateFolders()
    plan = launcher.plan(("/bin/sh", "-c", "true"), folders, folder="/", timeout_seconds=9)
    temporary = folders.temporary
    folders.remove()
    assert (plan["argv"][:2], plan["argv"][-4:]) == (
        ("/usr/bin/sandbox-exec", "-p"),
        ("--", "/bin/sh", "-c", "true"),
    )
    assert (plan["landlock"], plan["seccomp"], plan["is_bubblewrap"]) == (None, None, False)
    assert plan["environment"]["TMPDIR"] == temporary
