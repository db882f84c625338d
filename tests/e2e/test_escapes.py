"""A model that tries to get out: each attempt is a call of a real run, and it is told what came.

What confines a command is tested in depth in ``tests/integration/test_confined_commands.py``; here
the whole command shows that it confines with it, and its file tools likewise.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.calling import Call, call, outputs_of, shell
from tests.command import COMMAND, Ran, process_environment, run_here
from tests.confining import (
    CONFINED_WAYS,
    PYTHON,
    READ_ONLY_WAYS,
    SECRET,
    WRITING,
    Place,
    Way,
    machine_for,
    place,
    shown,
    this_machine,
)

from codexctl.adapters.confinement.confinement import Mode
from codexctl.adapters.confinement.launch import Variant

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux confines so")

API_KEY = "sk-proj-a-key-that-is-kept-in-the-store"
REFUSALS = ("Read-only file system", "Permission denied", "Operation not permitted")
MEBIBYTE = 1 << 20
FILE_TOOL_WAYS = (READ_ONLY_WAYS[0], WRITING)
"""File tools confine themselves, the same in every variant."""


@dataclass(frozen=True, slots=True)
class Jail:
    """A place to break out of, in which somebody has signed in.

    Attributes:
        place: Its folders.
    """

    place: Place

    def told(self, *calls: Call) -> list[str]:
        """Let the model make the calls in one step; return what it is told of each."""
        words = ("--sandbox", self.place.way.mode.value, "-C", str(self.place.work))
        is_hidden = self.place.way.variant is Variant.LANDLOCK
        return outputs_of(
            *calls,
            words=words,
            environment=_environment(self.place),
            run=_run_without_bubblewrap if is_hidden else run_here,
        )

    def python(self, script: str) -> str:
        """Let the model run a Python script; return what it is told."""
        (output,) = self.told(shell(f"{PYTHON} - <<'END'\n{script}\nEND"))
        return output

    def leaked(self, outputs: list[str]) -> list[str]:
        """Return those of some outputs that hold a secret of the home folder."""
        key = (self.place.home / "credentials.key").read_bytes()
        secrets = [SECRET, API_KEY, key.decode("ascii", "replace").strip()]
        return [output for output in outputs if any(secret in output for secret in secrets)]


def _environment(made: Place) -> Mapping[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "CODEXCTL_HOME": str(made.home),
        "CODEXCTL_KEY_SOURCE": "file",
        "OPENAI_API_KEY": SECRET,  # what is signed in with goes before it
    }


def _run_without_bubblewrap(*words: str, environment: Mapping[str, str]) -> Ran:
    """Run the installed command where bubblewrap is not to be found: bubblewrap itself hides it."""
    program = this_machine().bubblewrap
    hide = (program, "--dev-bind", "/", "/", "--ro-bind", "/dev/null", program) if program else ()
    finished = subprocess.run(
        [*hide, COMMAND, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=process_environment(environment),
        timeout=100,
    )
    return Ran(
        exit_code=finished.returncode, stdout=finished.stdout, stderr=finished.stderr.decode()
    )


def _made(way: Way) -> Generator[Jail, None, None]:
    with place(way) as made:
        made.credentials.unlink()
        ran = run_here("login", "--api-key", stdin=API_KEY.encode(), environment=_environment(made))
        assert ran.exit_code == 0, ran.stderr
        (made.home / "note").write_text(SECRET)
        yield Jail(made)


def _named(way: Way) -> str:
    return str(way)


@pytest.fixture(params=CONFINED_WAYS, ids=_named)
def jail(request: pytest.FixtureRequest) -> Generator[Jail, None, None]:
    yield from _made(request.param)


@pytest.fixture(params=FILE_TOOL_WAYS, ids=_named)
def files(request: pytest.FixtureRequest) -> Generator[Jail, None, None]:
    yield from _made(request.param)


@pytest.fixture
def writing() -> Generator[Jail, None, None]:
    yield from _made(WRITING)


def _patch(path: object) -> Call:
    return call("apply_patch", input=f"*** Begin Patch\n*** Add File: {path}\n+x\n*** End Patch")


def _change(path: object) -> Call:
    hunk = "@@\n-as it was\n+spoilt"
    return call(
        "apply_patch", input=f"*** Begin Patch\n*** Update File: {path}\n{hunk}\n*** End Patch"
    )


# Writing


def test_a_command_writes_nothing_outside(jail: Jail) -> None:
    outside = jail.place.outside
    (jail.place.work / "link").symlink_to(outside)
    (jail.place.work / "link-to-file").symlink_to(outside / "file")
    before = shown(outside), shown(jail.place.work / ".git"), shown(Path("/etc/profile.d"))
    outputs = jail.told(
        *(
            shell(f"echo spoilt > {path}")
            for path in (
                f"{outside}/new",
                f"{outside}/file",
                "../outside/file",
                "link/new",
                "link-to-file",
                f"/proc/self/root{outside}/file",
                "/proc/self/cwd/../outside/file",
                ".git/hooks/post-commit",
                ".git/config",
                "/etc/profile.d/codexctl.sh",
            )
        ),
        shell(f"ln {outside}/file $TMPDIR/hard && echo spoilt > $TMPDIR/hard"),
        shell("mv .git away && mkdir .git"),
        shell(f"rm -rf {outside}"),
    )
    assert [any(words in output for words in REFUSALS) for output in outputs[:10]] == [True] * 10
    assert [output.startswith("Exit code: 0\n") for output in outputs] == [False] * 13
    assert (
        shown(outside),
        shown(jail.place.work / ".git"),
        shown(Path("/etc/profile.d")),
    ) == before


def test_a_patch_writes_nothing_outside(files: Jail) -> None:
    outside, work = files.place.outside, files.place.work
    (work / "link").symlink_to(outside)
    (work / "link-to-file").symlink_to(outside / "file")
    (work / "hard").hardlink_to(outside / "file")
    before = shown(outside), shown(work / ".git"), shown(files.place.home)
    paths = (
        f"{outside}/new",
        "../outside/new",
        "a/../../outside/new",
        "link/new",
        f"/proc/self/root{outside}/new",
        f"/proc/{os.getpid()}/cwd/new",
        ".git/hooks/post-commit",
        ".GIT/hooks/post-commit",
        "inner/.git/hooks/post-commit",
        "private/home/new",
        "/etc/profile.d/codexctl.sh",
    )
    changed = (f"{outside}/file", "../outside/file", "link/file", "link-to-file")
    outputs = files.told(*map(_patch, paths), *map(_change, changed), _change("hard"))
    refused = outputs[:-1]
    assert [output for output in refused if "Success." in output] == []
    assert all(refused)
    hidden = {name: text for name, text in shown(files.place.home).items() if name in before[2]}
    assert (shown(outside), shown(work / ".git"), hidden) == before
    assert not Path("/etc/profile.d/codexctl.sh").exists()


def test_a_patch_does_not_write_what_codexctl_runs_from(tmp_path: Path) -> None:
    # Such as where it is installed in the .venv of the project it works in.
    import codexctl

    (rooms,) = {Path(path) for path in codexctl.__path__}
    target = rooms / "adapters" / "patched_by_the_model.py"
    outputs = outputs_of(
        _patch(target),
        words=("--sandbox", "workspace-write", "-C", str(rooms.parents[1])),
        environment={"CODEXCTL_HOME": str(tmp_path)},
    )
    was_written = target.exists()
    target.unlink(missing_ok=True)
    assert (was_written, "Success." in outputs[0]) == (False, False), outputs


# Reading the credentials


def test_a_command_reads_no_credentials(jail: Jail) -> None:
    home = jail.place.home
    (jail.place.work / "link").symlink_to(home)
    outputs = jail.told(
        shell(f"cat {home}/*; ls {home}; cat {home}/note {home}/credentials.key"),
        shell(f"cat private/home/note link/note /proc/self/root{home}/note"),
        shell(f"cat /proc/{os.getpid()}/root{home}/note /proc/1/root{home}/credentials.key"),
        shell(f"ln -s {home} $TMPDIR/way; cat $TMPDIR/way/*; cp -r {home} $TMPDIR; cat $TMPDIR/*"),
        shell(f"ln {home}/note $TMPDIR/hard; cat $TMPDIR/hard; tar c {home}"),
        shell("mv private moved; cat moved/home/note moved/home/credentials.key"),
        shell(f"grep -ra '' private link $TMPDIR; find / -name note -path '*{home.name}*'"),
        shell("env; cat /proc/*/environ"),
    )
    assert jail.leaked(outputs) == []
    assert (home / "note").read_text() == SECRET


def test_a_file_tool_reads_no_credentials(files: Jail) -> None:
    home, work = files.place.home, files.place.work
    (work / "link").symlink_to(home)
    (work / "another").symlink_to(home / "note")
    (home / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + SECRET.encode())
    names = (
        str(home),
        "private/home",
        "link",
        f"../{work.name}/private/home",
        f"/proc/self/root{home}",
        f"/proc/{os.getpid()}/cwd/{home}",
    )
    refused = files.told(
        *(call("read_file", path=f"{name}/note") for name in names),
        *(call("read_file", path=f"{name}/credentials.key") for name in names),
        *(call("list_files", path=name) for name in names),
        *(call("search_files", path=name, pattern=".") for name in names),
        *(call("view_image", path=f"{name}/picture.png") for name in names),
        call("read_file", path="another"),
        call("read_file", path="/proc/self/environ"),
        call("read_file", path=f"/proc/{os.getpid()}/environ"),
        shell("cat note", workdir=str(home)),
    )
    assert files.leaked(refused) == []
    assert [output for output in refused if "credentials.enc" in output] == []
    assert all(refused)
    around = files.told(call("list_files"), call("search_files", pattern="refresh"))
    assert files.leaked(around) == []
    assert [name for name in ("note", "credentials") if name in "".join(around)] == []


def test_files_of_the_working_folder_are_read_all_the_same(files: Jail) -> None:
    outputs = files.told(call("read_file", path="file"), call("search_files", pattern="as it"))
    assert outputs[0] == "     1\tas it was\n"
    assert outputs[1].splitlines()[0] == "file:1:as it was"


# The network


def test_a_command_reaches_nothing_outside(jail: Jail) -> None:
    unix, abstract = jail.place.outside / "socket", f"\0codexctl-{jail.place.mark}"
    with ExitStack() as stack:
        servers = [
            stack.enter_context(_server(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))),
            stack.enter_context(_server(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))),
            stack.enter_context(_server(socket.AF_UNIX, socket.SOCK_STREAM, str(unix))),
            stack.enter_context(_server(socket.AF_UNIX, socket.SOCK_DGRAM, f"{unix}-d")),
            stack.enter_context(_server(socket.AF_UNIX, socket.SOCK_STREAM, abstract)),
        ]
        addresses = [(int(one.family), int(one.type), one.getsockname()) for one in servers]
        output = jail.python(
            f"""
import socket
for family, kind, address in {addresses!r}:
    try:
        with socket.socket(family, kind) as one:
            one.settimeout(5)
            one.connect(address)
            one.send(b"hello")
            print("sent", kind)
    except OSError as exc:
        print("refused:", exc)
"""
        )
        for server in servers:
            with pytest.raises(BlockingIOError):
                server.accept() if server.type is socket.SOCK_STREAM else server.recv(10)
    lines = output.partition("Output:\n")[2].splitlines()
    # In a network of its own a datagram goes nowhere without a complaint.
    lost = [line for line in lines if line == f"sent {int(socket.SOCK_DGRAM)}"]
    refused = [line for line in lines if line.startswith("refused: ")]
    assert (len(lost) <= 1, len(refused) + len(lost)) == (True, len(servers)), output


def _server(family: int, kind: int, address: object) -> socket.socket:
    made = socket.socket(family, kind)
    made.bind(address)  # type: ignore[arg-type]  # as its family has it
    if kind == socket.SOCK_STREAM:
        made.listen()
    made.setblocking(False)
    return made


# Using up the machine


def test_a_daemon_is_gone_when_its_call_has_ended(jail: Jail) -> None:
    mark = jail.place.mark
    script = f"exec -a {mark} sleep 600"
    outputs = jail.told(
        shell(f"(setsid bash -c '{script}' > /dev/null 2>&1 < /dev/null &) ; echo started"),
        shell(f"nohup bash -c '{script}' & disown; echo started"),
    )
    assert [output.splitlines()[0] for output in outputs] == ["Exit code: 0"] * 2
    assert [output.splitlines()[-1] for output in outputs] == ["started"] * 2
    assert jail.place.survivors() == []


def test_a_command_that_forks_on_and_on_is_ended_and_the_model_told(jail: Jail) -> None:
    # It would stop by itself, should the limit of 1,024 fail.
    output = jail.python(
        f"""
import os, signal, sys
mark = {jail.place.mark!r}
for _ in range(1400):
    if os.fork() == 0:
        signal.pause()
signal.pause()
"""
    )
    assert output.splitlines()[0] == "Exit code: none"
    assert output.splitlines()[2] == "It had more than 1024 processes at a time, and was ended."
    assert jail.place.survivors() == []


def test_a_file_without_end_is_cut_off(jail: Jail) -> None:
    # Of a hole: nothing is written. How much of a disk may be filled is tested with small limits in
    # tests/integration/test_process_end.py, since a run has no option for it.
    (output,) = jail.told(shell("truncate -s 3G $TMPDIR/big; stat -c %s $TMPDIR/big"))
    assert "File size limit exceeded" in output or "File too large" in output
    assert output.endswith("\n0\n")


def test_a_command_that_prints_a_lot_is_told_by_its_head_and_tail(jail: Jail) -> None:
    (output,) = jail.told(
        shell("echo begin; head -c 50000000 /dev/zero | tr '\\0' x; echo; echo end")
    )
    head, marker, tail = output.split("…")
    assert (output.splitlines()[0], head.splitlines()[3:4], tail.splitlines()[-1]) == (
        "Exit code: 0",
        ["begin"],
        "end",
    )
    assert marker.endswith(" bytes left out")
    assert int(marker.split()[0]) > 49_900_000
    assert len(output.encode()) <= 40_000


@pytest.mark.slow
def test_a_gigabyte_of_output_is_told_by_its_head_and_tail(jail: Jail) -> None:
    (output,) = jail.told(shell("head -c 1000000000 /dev/zero | tr '\\0' x; echo; echo end"))
    assert (output.splitlines()[0], output.splitlines()[-1]) == ("Exit code: 0", "end")
    assert len(output.encode()) <= 40_000


def test_a_command_that_ignores_sigterm_is_killed_and_the_model_told(jail: Jail) -> None:
    script = f"trap '' TERM INT HUP; while :; do (exec -a {jail.place.mark} sleep 600); done"
    (output,) = jail.told(shell(script, timeout_ms=400))
    assert output.splitlines()[0] == "Exit code: none"
    assert output.splitlines()[2] == "Its time was up after 0.4 seconds, and it was ended."
    assert jail.place.survivors() == []


# Where it cannot be enforced


def test_landlock_alone_does_not_do_for_workspace_write_and_nothing_runs(tmp_path: Path) -> None:
    machine_for(Variant.LANDLOCK)
    work = tmp_path / "work"
    work.mkdir()
    (output,) = outputs_of(
        shell("touch ran"),
        words=("--sandbox", Mode.WORKSPACE_WRITE.value, "-C", str(work)),
        environment={"CODEXCTL_HOME": str(tmp_path / "home")},
        run=_run_without_bubblewrap,
    )
    assert output == (
        "This machine cannot enforce --sandbox workspace-write: bubblewrap is not installed;"
        " Landlock alone cannot keep .git closed in a folder that is open. Install bubblewrap"
        " (Debian's and Fedora's package is called that too) and see that it may make user"
        " namespaces, or run codexctl in a container of its own with --sandbox"
        " danger-full-access."
    )
    assert list(work.iterdir()) == []
