"""Commands that try to get out, run for real in every way of confinement that this machine has."""

import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.confining import (
    ALL_WAYS,
    CONFINED_WAYS,
    PYTHON,
    READ_ONLY_WAYS,
    SECRET,
    UNCONFINED,
    WRITING,
    Place,
    Way,
    interpreter,
    machine_for,
    place,
    shown,
)

from codexctl.adapters.confinement.confinement import Confinement, Mode
from codexctl.adapters.confinement.launch import Variant
from codexctl.adapters.confinement.machine import Machine
from codexctl.adapters.confinement.result import CommandNotRun, CommandResult
from codexctl.adapters.confinement.runner import ConfinedRunner
from codexctl.domain.errors import UsageError

pytestmark = pytest.mark.skipif(os.uname().sysname != "Linux", reason="Linux confines so")

REFUSALS = ("Read-only file system", "Permission denied", "Operation not permitted")


def _named(way: Way) -> str:
    return str(way)


@pytest.fixture(params=CONFINED_WAYS, ids=_named)
def confined(request: pytest.FixtureRequest) -> Generator[Place, None, None]:
    with place(request.param) as made:
        yield made


@pytest.fixture(params=READ_ONLY_WAYS, ids=_named)
def reading(request: pytest.FixtureRequest) -> Generator[Place, None, None]:
    with place(request.param) as made:
        yield made


@pytest.fixture(params=ALL_WAYS, ids=_named)
def anywhere(request: pytest.FixtureRequest) -> Generator[Place, None, None]:
    with place(request.param) as made:
        yield made


@pytest.fixture
def writing() -> Generator[Place, None, None]:
    with place(WRITING) as made:
        yield made


def _output(text: bytes) -> str:
    return text.decode(errors="replace")


def test_a_command_gives_its_exit_code_and_both_streams_in_one(anywhere: Place) -> None:
    result = anywhere.run("pwd; cat; echo err >&2; exit 3")
    assert (result.exit_code, result.output.decode(), result.explanation) == (
        3,
        f"{anywhere.work}\nerr\n",
        None,
    )


def test_a_command_ended_by_a_signal_has_the_exit_code_of_shells(anywhere: Place) -> None:
    assert anywhere.run("kill -SEGV $$").exit_code == 139


def test_a_command_can_start_in_a_folder_below_the_working_folder(writing: Place) -> None:
    (writing.work / "inner").mkdir()
    with writing.runner() as runner:
        result = runner.run("pwd", timeout_seconds=60, folder=Path("inner"))
    assert result.output.decode() == f"{writing.work}/inner\n"


def test_nothing_outside_is_written(confined: Place) -> None:
    before = shown(confined.outside)
    targets = (f"{confined.outside}/new", "../outside/new", f"{confined.outside}/file", "/etc/new")
    result = confined.run(f"for path in {' '.join(targets)}; do echo spoilt > $path; done")
    complaints = _output(result.output).splitlines()
    assert [any(words in line for words in REFUSALS) for line in complaints] == [True] * 4
    assert (shown(confined.outside), Path("/etc/new").exists()) == (before, False)


def test_nothing_outside_is_written_through_links_and_other_names(confined: Place) -> None:
    (confined.work / "link").symlink_to(confined.outside)
    before = shown(confined.outside)
    result = confined.run(
        f"""
        ln -s {confined.outside} $TMPDIR/link; ln {confined.outside}/file $TMPDIR/hard
        for path in link $TMPDIR/link /proc/self/cwd/../outside /proc/self/root{confined.outside} \
                /proc/1/root{confined.outside} /proc/$PPID/root{confined.outside}; do
            cd $path || continue
            echo spoilt > file; echo spoilt > new; rm -f file; mv file $TMPDIR; mkdir folder
            ln -s x symbolic; truncate -s 0 file; mkfifo fifo; cd {confined.work}
        done
        echo spoilt > $TMPDIR/hard
        """
    )
    assert shown(confined.outside) == before, _output(result.output)


def test_modes_owners_times_and_attributes_outside_stay(confined: Place) -> None:
    before = (confined.outside / "file").stat()
    file = confined.outside / "file"
    confined.run(
        f"chmod 777 {file}; touch -d 2001-01-01 {file}; touch {file}; chown 1:1 {file};"
        f" setfattr -n user.x -v y {file}; chattr +d {file}"
    )
    confined.python(f"import os; os.setxattr({str(file)!r}, 'user.x', b'y')")
    assert (confined.outside / "file").stat() == before
    assert os.listxattr(file) == []


def test_a_link_swapped_between_check_and_use_leads_nowhere(confined: Place) -> None:
    before = shown(confined.outside)
    result = confined.python(
        f"""
import os, threading
os.chdir(os.environ["TMPDIR"])
os.mkdir("inside")
def swap():
    for target in ("inside", {str(confined.outside)!r}) * 1000:
        os.symlink(target, "next")
        os.replace("next", "way")
swap_all = threading.Thread(target=swap)
swap_all.start()
inside = 0
while swap_all.is_alive():
    try:
        if os.path.samefile("way", "inside"):
            with open("way/file", "w") as file:
                inside += file.write("spoilt")
    except OSError:
        pass
print(inside > 0)
"""
    )
    assert (result.output, shown(confined.outside)) == (b"True\n", before)


def test_only_the_temporary_folder_can_be_written_read_only(reading: Place) -> None:
    before = shown(reading.work)
    result = reading.run("echo x > new; echo x > file; rm file; echo kept > $TMPDIR/new")
    assert (shown(reading.work), result.exit_code) == (before, 0)


def test_what_is_below_the_working_folder_can_be_written_workspace_write(writing: Place) -> None:
    result = writing.run("mkdir -p a/b && echo new > a/b/c && mv a d && chmod 600 d/b/c && rm file")
    assert (result.output, result.exit_code) == (b"", 0)
    assert (writing.work / "d/b/c").read_text() == "new\n"
    assert not (writing.work / "file").exists()


def test_the_temporary_folder_is_kept_for_the_run_and_removed_after_it(confined: Place) -> None:
    with confined.runner() as runner:
        name = f"$TMPDIR/{confined.mark}"
        runner.run(f"mkdir -m 0 $TMPDIR/closed; echo kept > {name}", timeout_seconds=60)
        result = runner.run(f"cat {name}", timeout_seconds=60)
        (made,) = Path(tempfile.gettempdir()).glob(f"codexctl-*/tmp/{confined.mark}")
    assert (result.output, made.parent.exists()) == (b"kept\n", False)


def test_the_git_folder_cannot_be_changed(confined: Place) -> None:
    before = shown(confined.work / ".git")
    result = confined.run(
        "echo x > .git/hooks/post-commit; echo x >> .git/config; mkdir .git/new; rm -rf .git;"
        " mv .git away; mkdir elsewhere; mv elsewhere .git; ln -sfn /tmp .git; chmod 777 .git"
    )
    assert shown(confined.work / ".git") == before, _output(result.output)


def test_the_git_folder_of_a_repository_one_below_cannot_be_changed(writing: Place) -> None:
    hooks = writing.work / "inner" / ".git" / "hooks"
    hooks.mkdir(parents=True)
    result = writing.run(
        "mv inner elsewhere; mkdir -p deep; mv inner deep/; rm -rf inner/.git",
        "echo x > inner/.git/hooks/x; echo x > deep/inner/.git/hooks/x; echo ours > inner/file",
    )
    assert (result.exit_code, list(hooks.iterdir())) == (0, [])
    assert (writing.work / "inner" / "file").read_text() == "ours\n"


def test_a_git_file_and_the_folder_it_names_cannot_be_changed(writing: Place) -> None:
    (writing.work / ".git").rename(writing.work / "real")
    (writing.work / ".git").write_text("gitdir: real\n")
    before = shown(writing.work / "real")
    writing.run("echo gitdir: mine > .git; rm .git; echo x > real/hooks/x; mv real away")
    assert shown(writing.work / "real") == before
    assert (writing.work / ".git").read_text() == "gitdir: real\n"


def test_no_git_folder_can_be_planted(writing: Place) -> None:
    (writing.work / ".git" / "config").unlink()
    (writing.work / ".git" / "hooks").rmdir()
    (writing.work / ".git").rmdir()
    result = writing.run("mkdir -p .git/hooks; echo x > .git/config; ls -A .git; rmdir .git; :")
    assert "x" not in _output(result.output).split()
    assert not (writing.work / ".git").exists()


def test_a_git_link_is_refused(writing: Place) -> None:
    (writing.work / ".git").rename(writing.work / "real")
    (writing.work / ".git").symlink_to("real")
    with pytest.raises(CommandNotRun, match="is a symbolic link"):
        writing.run("true")


def test_what_codexctl_runs_from_cannot_be_changed(writing: Place) -> None:
    code = writing.work / "venv" / "lib" / "code.py"
    code.parent.mkdir(parents=True)
    code.write_text("as it was")
    with writing.runner(kept=(code.parent,)) as runner:
        runner.run("mv venv away; echo spoilt > venv/lib/code.py", timeout_seconds=60)
        runner.run("echo spoilt > venv/lib/code.py; echo x > venv/new", timeout_seconds=60)
    assert (code.read_text(), (writing.work / "venv/new").exists()) == ("as it was", True)


def test_the_credentials_cannot_be_read(confined: Place) -> None:
    (confined.work / "link").symlink_to(confined.home)
    result = confined.run(
        f"ln -s {confined.home} $TMPDIR/way; ln {confined.credentials} $TMPDIR/hard;"
        f" mv private moved; mv private/home $TMPDIR/home; mkdir -p private/home",
        f"""
        for folder in {confined.home} private/home moved/home link $TMPDIR/way $TMPDIR/home \
                /proc/self/cwd/private/home /proc/self/root{confined.home} \
                /proc/1/root{confined.home}; do
            cat $folder/credentials.enc; ls $folder; cp -r $folder $TMPDIR/copy; tar c $folder
        done
        cat $TMPDIR/hard; grep -ra {SECRET} . $TMPDIR; find . -name 'credentials*'
        """,
    )
    assert SECRET not in _output(result.output)
    assert not [line for line in _output(result.output).splitlines() if line == "credentials.enc"]
    assert confined.credentials.read_text() == SECRET


def test_a_hidden_file_cannot_be_read(confined: Place) -> None:
    file = confined.outside / "file"
    file.write_text(SECRET)
    with ConfinedRunner(
        Confinement.of(confined.way.mode, confined.work, hidden=[file]),
        os.environ,
        machine=machine_for(confined.way.variant),
        interpreter=interpreter(),
    ) as runner:
        result = runner.run(f"cat {file}; cat {file.parent}/*", timeout_seconds=60)
    assert (result.exit_code, SECRET in _output(result.output)) == (1, False)


def test_credentials_that_come_into_being_meanwhile_cannot_be_read(confined: Place) -> None:
    home, go = confined.outside / "later" / "home", confined.outside / "go"
    results: list[CommandResult] = []

    def run() -> None:
        with ConfinedRunner(
            Confinement.of(confined.way.mode, confined.work, hidden=[home]),
            os.environ,
            machine=machine_for(confined.way.variant),
            interpreter=interpreter(),
        ) as runner:
            wait = f"until [ -e {go} ]; do (exec -a {confined.mark} sleep 0.01); done"
            results.append(runner.run(f"{wait}; cat {home}/x && echo read", timeout_seconds=60))

    thread = threading.Thread(target=run)
    thread.start()
    while not confined.survivors():
        assert thread.is_alive()
    home.mkdir(parents=True, exist_ok=True)
    (home / "x").write_text(SECRET)
    go.touch()
    thread.join()
    assert [(one.exit_code, SECRET in one.output.decode()) for one in results] == [(1, False)]
    assert (home / "x").read_text() == SECRET


def test_a_folder_that_was_made_to_be_hidden_is_removed_again(confined: Place) -> None:
    home = confined.outside / "later" / "home"
    with ConfinedRunner(
        Confinement.of(confined.way.mode, confined.work, hidden=[home]),
        os.environ,
        machine=machine_for(confined.way.variant),
        interpreter=interpreter(),
    ) as runner:
        runner.run("true", timeout_seconds=60)
    assert sorted(path.name for path in confined.outside.iterdir()) == ["file"]


def test_secrets_of_the_environment_are_not_passed_on(anywhere: Place) -> None:
    assert SECRET not in _output(anywhere.run("env; set").output)


def test_the_memory_of_other_processes_cannot_be_read(confined: Place) -> None:
    other = subprocess.Popen(["sleep", "600"], env={"TOKEN": SECRET})
    try:
        while b"sleep" not in Path(f"/proc/{other.pid}/cmdline").read_bytes():
            pass  # it has not become itself yet
        result = confined.run(
            f"cd /proc/{other.pid}; cat environ; ls -l cwd fd; cat /proc/*/environ"
        )
    finally:
        other.kill()
        other.wait()
    assert SECRET not in _output(result.output)


def test_no_connection_leads_outside(confined: Place) -> None:
    unix, abstract = confined.outside / "socket", f"\0codexctl-{confined.mark}"
    servers = [
        _server(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        _server(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        _server(socket.AF_UNIX, socket.SOCK_STREAM, str(unix)),
        _server(socket.AF_UNIX, socket.SOCK_DGRAM, f"{unix}-datagrams"),
        _server(socket.AF_UNIX, socket.SOCK_STREAM, abstract),
        _server(socket.AF_UNIX, socket.SOCK_DGRAM, f"{abstract}-datagrams"),
    ]
    try:
        addresses = [(one.family.value, one.type.value, one.getsockname()) for one in servers]
        result = confined.python(
            f"""
import socket
for family, kind, address in {addresses!r}:
    try:
        with socket.socket(family, kind) as one:
            one.settimeout(5)
            one.connect(address)
            one.send(b"hello")
            print("sent", address, kind)
    except OSError as exc:
        print(exc)
    try:
        one, other = socket.socketpair(socket.AF_UNIX, kind)
        one.sendto(b"hello", address)
        print("sent by a pair", address, kind)
    except (OSError, TypeError) as exc:
        print(exc)
"""
        )
        for server in servers:
            server.setblocking(False)
            with pytest.raises(BlockingIOError):
                server.accept() if server.type is socket.SOCK_STREAM else server.recv(10)
        assert result.exit_code == 0, _output(result.output)
    finally:
        for server in servers:
            server.close()


def _server(family: int, kind: int, address: object) -> socket.socket:
    made = socket.socket(family, kind)
    made.bind(address)  # type: ignore[arg-type]  # as its family has it
    if kind == socket.SOCK_STREAM:
        made.listen()
    return made


def test_processes_of_a_command_can_talk_over_pipes_and_pairs(confined: Place) -> None:
    result = confined.python(
        "import socket\none, other = socket.socketpair()\none.send(b'hello')\nprint(other.recv(9))"
    )
    assert result.output == b"b'hello'\n"


def test_bubblewrap_leaves_a_loopback_of_its_own() -> None:
    with place(WRITING) as made:
        result = made.python(
            "import socket\nserver = socket.create_server(('127.0.0.1', 0))\n"
            "socket.create_connection(server.getsockname()).send(b'hello')\n"
            "print(server.accept()[0].recv(9))"
        )
    assert result.output == b"b'hello'\n"


def test_ways_into_the_kernel_are_closed(confined: Place) -> None:
    result = confined.python(
        """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
numbers = {"x86_64": dict(ptrace=101, mount=165, unshare=272, setns=308, keyctl=250, bpf=321,
                          userfaultfd=323, io_uring_setup=425, fsopen=430, open_tree=428),
           "aarch64": dict(ptrace=117, mount=40, unshare=97, setns=268, keyctl=219, bpf=280,
                           userfaultfd=282, io_uring_setup=425, fsopen=430, open_tree=428)}
for name, number in numbers[os.uname().machine].items():
    result = libc.syscall(number, 0, 0, 0, 0, 0)
    print(name, result, os.strerror(ctypes.get_errno()))
print("vsock", libc.socket(40, 1, 0), os.strerror(ctypes.get_errno()))
print("fork with namespaces", libc.syscall(56 if os.uname().machine == "x86_64" else 220,
      0x10000000 | 17, 0, 0, 0, 0), os.strerror(ctypes.get_errno()))
"""
    )
    lines = _output(result.output).splitlines()
    assert [line for line in lines if not line.endswith("-1 Operation not permitted")] == []
    assert len(lines) == 12


def test_nothing_is_left_in_shared_memory(confined: Place) -> None:
    before = Path("/proc/sysvipc/shm").read_text().count("\n")
    confined.run("ipcmk -M 4096; ipcmk -Q; echo x > /dev/shm/left")
    assert Path("/proc/sysvipc/shm").read_text().count("\n") == before
    assert not Path("/dev/shm/left").exists()


def test_processes_outside_get_no_signal(confined: Place) -> None:
    result = confined.run(f"kill -0 {os.getpid()} && echo reached; kill -0 -1 2>/dev/null; :")
    assert "reached" not in _output(result.output)


def test_devices_cannot_be_opened(confined: Place) -> None:
    result = confined.run(
        "for one in kmsg vda sda nvme0n1 mem ptmx; do : < /dev/$one && echo opened $one; done;"
        " head -c 1 /dev/urandom | wc -c; echo x > /dev/null; echo y > /dev/full"
    )
    lines = _output(result.output).splitlines()
    own = ["opened ptmx"] if confined.way.variant is Variant.BUBBLEWRAP else []
    assert [line for line in lines if line.startswith("opened")] == own
    assert "1" in lines
    assert "No space left on device" in lines[-1]


def test_root_has_no_more_rights_than_others(confined: Place) -> None:
    result = confined.run("grep -E '^(CapEff|CapPrm|NoNewPrivs)' /proc/self/status")
    assert [line.split()[1] for line in _output(result.output).splitlines()] == [
        "0000000000000000",
        "0000000000000000",
        "1",
    ]


def test_usual_things_work_all_the_same(confined: Place) -> None:
    result = confined.run(
        "ls /usr > /dev/null; seq 3 | sort -r | tee $TMPDIR/copy;"
        f" {PYTHON} -c 'import threading, subprocess;"
        ' t = threading.Thread(target=print, args=("thread",)); t.start(); t.join();'
        ' print(subprocess.run(["echo", "child"], capture_output=True).stdout)\'; date > /dev/null'
    )
    assert (result.output, result.exit_code) == (b"3\n2\n1\nthread\nb'child\\n'\n", 0)


def test_full_access_confines_nothing() -> None:
    with place(UNCONFINED) as made:
        result = made.run(f"echo new > {made.outside}/file; cat {made.credentials}")
        assert (made.outside / "file").read_text() == "new\n"
    assert result.output.decode() == SECRET


@pytest.mark.parametrize("mode", [Mode.READ_ONLY, Mode.DANGER_FULL_ACCESS])
def test_a_runner_finds_out_by_itself_how_to_confine(tmp_path: Path, mode: Mode) -> None:
    machine_for(Variant.BUBBLEWRAP)
    with ConfinedRunner(
        Confinement.of(mode, tmp_path), os.environ, interpreter=interpreter()
    ) as runner:
        result = runner.run("touch here", timeout_seconds=60)
    is_open = mode is Mode.DANGER_FULL_ACCESS
    assert (result.exit_code == 0, (tmp_path / "here").exists()) == (is_open, is_open)


def test_a_folder_that_is_not_there_is_told_and_nothing_runs(writing: Place) -> None:
    with writing.runner() as runner, pytest.raises(CommandNotRun, match="nowhere is not a folder"):
        runner.run("touch ran", timeout_seconds=60, folder=Path("nowhere"))
    assert not (writing.work / "ran").exists()


def test_a_folder_that_is_out_of_sight_is_told_and_nothing_runs() -> None:
    with (
        place(Way(Variant.BUBBLEWRAP, Mode.READ_ONLY)) as made,
        made.runner() as runner,
        pytest.raises(CommandNotRun, match=r"could not set up the confinement .*chdir"),
    ):
        runner.run("true", timeout_seconds=60, folder=Path("/run/lock"))


def test_a_working_folder_below_tmp_is_confined_as_well(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    with ConfinedRunner(
        Confinement.of(Mode.WORKSPACE_WRITE, work),
        os.environ,
        machine=machine_for(Variant.BUBBLEWRAP),
        interpreter=interpreter(),
    ) as runner:
        result = runner.run("echo x > file; echo x > ../file; ls -A", timeout_seconds=60)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "work"]
    assert "../file: Read-only file system" in _output(result.output)


def test_private_folders_below_the_working_folder_cannot_be_replaced(writing: Place) -> None:
    # As where TMPDIR names a folder of the project.
    script = """
import sys, tempfile
from pathlib import Path
from tests.confining import WRITING, Place
root, *commands = sys.argv[1:]
tempfile.tempdir = f"{root}/work/temporary"
made = Place(way=WRITING, work=Path(root, "work"), outside=Path(root, "outside"),
             home=Path(root, "work/private/home"), mark="")
print(made.run(*commands).output.decode())
"""
    swap = (
        "cd temporary/codexctl-*; for one in tmp shm; do mv $one x; rm -r $one;"
        f" ln -s {writing.outside} $one; done; cd ..; mv codexctl-* y; cd ..; mv temporary z"
    )
    (writing.work / "temporary").mkdir()
    before = shown(writing.outside)
    ran = subprocess.run(
        [
            *(sys.executable, "-c", script, writing.work.parent),
            swap,
            "echo spoilt > $TMPDIR/file; echo spoilt > /dev/shm/file; cat $TMPDIR/file",
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert (ran.stdout, shown(writing.outside)) == ("spoilt\n\n", before)


def test_a_command_gets_no_descriptors_but_the_first_three(anywhere: Place) -> None:
    result = anywhere.run(f"{PYTHON} -c 'import os; print(sorted(os.listdir(\"/proc/self/fd\")))'")
    # The fourth is the one that lists.
    assert result.output == b"['0', '1', '2', '3']\n"


@pytest.mark.parametrize(
    ("machine", "mode", "reason"),
    [
        (Machine(faults=("bubblewrap is not installed",)), Mode.READ_ONLY, "not installed"),
        (Machine(landlock=True), Mode.WORKSPACE_WRITE, "cannot keep .git closed"),
    ],
)
def test_a_mode_that_cannot_be_enforced_is_refused(
    tmp_path: Path, machine: Machine, mode: Mode, reason: str
) -> None:
    with (
        ConfinedRunner(Confinement.of(mode, tmp_path), {}, machine=machine) as runner,
        pytest.raises(UsageError, match=reason) as caught,
    ):
        runner.run("touch ran", timeout_seconds=60)
    assert "Install bubblewrap" in caught.value.remedy
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("/bin/false", "bubblewrap could not set up the confinement"),
        ("/bin/nowhere", "FileNotFoundError"),
    ],
)
def test_a_bubblewrap_that_does_not_work_is_not_believed(
    tmp_path: Path, program: str, reason: str
) -> None:
    with (
        ConfinedRunner(
            Confinement.of(Mode.READ_ONLY, tmp_path),
            os.environ,
            machine=Machine(bubblewrap=program),
            interpreter=interpreter(),
        ) as runner,
        pytest.raises(CommandNotRun, match=reason),
    ):
        runner.run("touch ran", timeout_seconds=60)
    assert list(tmp_path.iterdir()) == []
