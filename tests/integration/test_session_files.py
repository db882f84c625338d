"""Sessions on a real file system: what the files are like, and what can happen to them."""

import os
import resource
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import pytest
from filelock import FileLock
from tests.command import process_environment
from tests.disks import make_read_only, small_disk
from tests.fakes.session_values import (
    ANSWERED,
    ASKED,
    STEP,
    a_header,
    an_id,
    log_files,
)
from tests.fakes.stores import IN_MEMORY
from tests.unprivileged import ordinary_user

from codexctl.adapters.sessions.log_file import LockedFile, read_file
from codexctl.adapters.sessions.store import FileSessionStore
from codexctl.domain.conversation import Image, UserMessage
from codexctl.domain.errors import FileNotWritten, SessionBusy, SessionUnreadable, UsageError
from codexctl.domain.ports import SessionLog
from codexctl.domain.session import CallBegun, ItemAdded, SessionHeader, SessionRecord
from codexctl.testing.fakes.clock import FakeClock

ROOT = Path(__file__).resolve().parents[2]
LONG = ItemAdded(UserMessage("x" * 100_000))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def _store(home: Path) -> FileSessionStore:
    return FileSessionStore(home, FakeClock())


def _keep(home: Path, header: SessionHeader, *records: SessionRecord) -> Path:
    """Keep a whole session; return its log."""
    with closing(_store(home).create(header)) as log:
        log.append(*(records or (ASKED, ANSWERED, STEP)))
    (path,) = (home / "sessions").glob(f"*_{header.session_id}.jsonl")
    return path


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@contextmanager
def _umask(mask: int) -> Generator[None, None, None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


# What the files are like


def test_a_log_is_named_by_time_and_id_so_that_names_sort(home: Path) -> None:
    for number in (2, 1):
        _keep(home, a_header(number))
    assert [path.name for path in log_files(home)] == [
        f"2026-11-21T04-14-24_{an_id(1)}.jsonl",
        f"2026-11-21T04-15-24_{an_id(2)}.jsonl",
    ]


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o777], ids=oct)
def test_logs_and_their_folders_are_for_their_owner_alone(home: Path, mask: int) -> None:
    with _umask(mask):
        path = _keep(home, a_header(name="work"))
    assert [_mode(one) for one in (home, home / "sessions", path)] == [0o700, 0o700, 0o600]
    assert _mode(home / "sessions" / "names.lock") == 0o600


def test_rights_that_others_were_given_are_taken_away_again(home: Path) -> None:
    path = _keep(home, a_header())
    (home / "sessions").chmod(0o755)
    path.chmod(0o644)
    _store(home).open(an_id(1))[1].close()
    _keep(home, a_header(2))
    assert [_mode(one) for one in (home / "sessions", path)] == [0o700, 0o600]


def test_nothing_is_made_before_the_first_record(home: Path) -> None:
    store = _store(home)
    log = store.create(a_header(name="work"))
    assert list(store.listed()) == []
    log.close()
    assert not home.exists()


def test_nothing_but_the_log_is_left(home: Path) -> None:
    path = _keep(home, a_header())
    _store(home).open(an_id(1))[1].close()
    assert list((home / "sessions").iterdir()) == [path]
    _store(home).remove(an_id(1))
    assert list((home / "sessions").iterdir()) == []


def test_the_log_is_lines_of_json_that_begin_with_the_header(home: Path) -> None:
    path = _keep(home, a_header(), ASKED, CallBegun("call_1"))
    begun = '"created_at":"2026-11-21T04:14:24+00:00"'
    at = '{"at":"2026-01-02T03:04:05.000+00:00",'
    assert path.read_text(encoding="utf-8").split("\n") == [
        f'{{"codexctl_session":1,"id":"{an_id(1)}",{begun},"working_folder":"/work"}}',
        f'{at}"record":"item","item":{{"type":"user_message","text":"How are you?"}}}}',
        f'{at}"record":"call_begun","call_id":"call_1"}}',
        "",
    ]
    assert list(_store(home).lines(an_id(1))) == path.read_text(encoding="utf-8").split("\n")[:-1]


def test_the_time_of_a_change_is_the_files(home: Path) -> None:
    path = _keep(home, a_header())
    moment = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
    os.utime(path, ns=(0, int(moment.timestamp()) * 10**9 + 678_901_234))
    assert _store(home).read(an_id(1)).changed_at == moment
    assert next(_store(home).listed()).changed_at == moment


def _system_calls(action: Callable[[], None]) -> list[str]:
    """Return which of the functions of ``os`` that change a file were called, in order."""
    called: list[str] = []

    def profile(_frame: FrameType, event: str, function: object) -> None:
        name = getattr(function, "__name__", "")
        if event == "c_call" and name in ("write", "fsync", "ftruncate", "unlink"):
            called.append(name)

    sys.setprofile(profile)
    try:
        action()
    finally:
        sys.setprofile(None)
    return called


def test_each_record_is_one_write_and_waits_for_the_disk_only_where_it_matters(home: Path) -> None:
    with closing(_store(home).create(a_header())) as log:
        home.mkdir(0o700)
        (home / "sessions").mkdir(0o700)
        assert _system_calls(lambda: log.append(ASKED)) == ["write"]  # with the header
        assert _system_calls(lambda: log.append(LONG, ANSWERED)) == ["write", "write"]
        durable = _system_calls(lambda: log.append(STEP, is_durable=True))
        assert durable == ["write", "fsync", "fsync"]  # the file, and the folder it is new in
        assert _system_calls(lambda: log.append(STEP, is_durable=True)) == ["write", "fsync"]
    _, log = _store(home).open(an_id(1))
    with closing(log):
        assert _system_calls(lambda: log.append(STEP, is_durable=True)) == ["write", "fsync"]


# Torn and damaged lines


def test_a_log_torn_at_any_byte_is_read_and_taken_up_as_far_as_its_whole_lines(home: Path) -> None:
    records = (
        ItemAdded(UserMessage("ü 🙂\n", (Image("image/png", b"x"),))),
        ANSWERED,
        CallBegun("c"),
    )
    path = _keep(home, a_header(), *records)
    whole = path.read_bytes()
    first_end = whole.index(b"\n") + 1
    for length in range(first_end, len(whole) + 1):
        path.write_bytes(whole[:length])
        kept = records[: whole[first_end:length].count(b"\n")]
        assert _store(home).read(an_id(1)).records == kept
        (summary,) = _store(home).listed()
        assert summary.header == a_header()
        session, log = _store(home).open(an_id(1))
        with closing(log):
            log.append(STEP)
        assert session.records == kept
        assert _store(home).read(an_id(1)).records == (*kept, STEP)


def test_a_log_torn_in_its_first_line_is_no_session(home: Path) -> None:
    path = _keep(home, a_header())
    first = path.read_bytes().partition(b"\n")[0]
    for length in range(len(first) + 1):
        path.write_bytes(first[:length])
        assert list(_store(home).listed()) == []
        with pytest.raises(SessionUnreadable):
            _store(home).open(an_id(1))
    assert path.read_bytes() == first
    _store(home).remove(an_id(1))
    assert log_files(home) == []


def test_reading_and_listing_leave_a_torn_line_alone(home: Path) -> None:
    path = _keep(home, a_header())
    torn = path.read_bytes() + b'{"at":'
    path.write_bytes(torn)
    _store(home).read(an_id(1))
    list(_store(home).listed())
    assert path.read_bytes() == torn


@pytest.mark.parametrize("damage", [b"{}", b"\xff", b"\x00\x00", b"", b"[1]", b"canary"])
@pytest.mark.parametrize("line", [1, 2, 3, 4])
def test_a_damaged_line_is_named_and_left_as_it_is(home: Path, line: int, damage: bytes) -> None:
    path = _keep(home, a_header())
    lines = path.read_bytes().split(b"\n")
    lines[line - 1] = damage
    path.write_bytes(b"\n".join(lines))
    for attempt in (_store(home).open, _store(home).read):
        with pytest.raises(SessionUnreadable) as refused:
            attempt(an_id(1))
        assert refused.value.message.startswith(
            f"The session {an_id(1)} is damaged at line {line} of its log: "
        )
        assert refused.value.remedy == (
            f"Its lines are shown by: codexctl sessions show {an_id(1)} --json"
        )
        assert "canary" not in refused.value.message
    assert path.read_bytes() == b"\n".join(lines)
    assert len(_store(home).lines(an_id(1))) == 4
    (summary,) = _store(home).listed()
    assert (summary.header is None) == (line == 1)
    _store(home).remove(an_id(1))
    assert log_files(home) == []


def test_a_session_of_a_newer_version_is_refused_with_what_to_do(home: Path) -> None:
    path = _keep(home, a_header())
    path.write_bytes(path.read_bytes().replace(b'"codexctl_session":1', b'"codexctl_session":2'))
    for attempt in (_store(home).open, _store(home).read):
        with pytest.raises(SessionUnreadable) as refused:
            attempt(an_id(1))
        assert (refused.value.message, refused.value.remedy) == (
            f"The session {an_id(1)} was written by a newer codexctl: it is of version 2.",
            "Upgrade codexctl: pip install --upgrade codexctl-cli",
        )
    assert [summary.header for summary in _store(home).listed()] == [None]


def test_a_copy_under_another_id_is_no_session(home: Path) -> None:
    path = _keep(home, a_header())
    path.rename(path.with_name(path.name.replace(an_id(1), an_id(2))))
    with pytest.raises(SessionUnreadable, match="the id in it is not that of its file"):
        _store(home).open(an_id(2))
    assert [summary.header for summary in _store(home).listed()] == [None]


def test_records_of_kinds_that_a_newer_program_added_are_passed_over(home: Path) -> None:
    path = _keep(home, a_header(), ASKED)
    with path.open("ab") as file:
        file.write(b'{"at":"2026-01-02T03:04:05+00:00","record":"mood","mood":"blue"}\n')
    _, log = _store(home).open(an_id(1))
    with closing(log):
        log.append(ANSWERED)
    assert _store(home).read(an_id(1)).records == (ASKED, ANSWERED)
    assert b"mood" in path.read_bytes()


# What else can lie in the folder


def test_what_is_no_log_is_passed_over_and_left_alone(home: Path) -> None:
    kept = _keep(home, a_header())
    folder = home / "sessions"
    outside = home / "outside"
    outside.write_bytes(kept.read_bytes().replace(an_id(1).encode(), an_id(2).encode()))
    names = [f"2026-11-21T04-13-24_{an_id(number)}.jsonl" for number in range(2, 7)]
    (folder / names[0]).symlink_to(outside)
    (folder / names[1]).symlink_to(folder / "nowhere")
    (folder / names[2]).mkdir()
    os.mkfifo(folder / names[3])
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "s"))
        (folder / "s").rename(folder / names[4])
    for name in ("notes.txt", f"{an_id(7)}.jsonl", f"_{an_id(7)}.jsonl", f"x_{an_id(7)}", ".jsonl"):
        (folder / name).write_bytes(kept.read_bytes())
    before = sorted(folder.iterdir())
    assert [summary.session_id for summary in _store(home).listed()] == [an_id(1)]
    for number in range(2, 8):
        for attempt in (_store(home).open, _store(home).read, _store(home).remove):
            with pytest.raises(UsageError):
                attempt(an_id(number))
    assert sorted(folder.iterdir()) == before
    assert outside.exists()


def test_a_log_that_becomes_a_link_is_not_followed(home: Path) -> None:
    path = _keep(home, a_header())
    path.rename(home / "elsewhere")
    path.symlink_to(home / "elsewhere")
    with pytest.raises(UsageError):
        _store(home).open(an_id(1))


def test_a_file_in_the_place_of_the_folder_is_told(home: Path) -> None:
    home.mkdir()
    (home / "sessions").write_text("a file")
    store = _store(home)
    assert list(store.listed()) == []
    with pytest.raises(FileNotWritten):
        store.create(a_header()).append(ASKED)
    assert (home / "sessions").read_text() == "a file"


def test_a_log_that_is_removed_while_it_is_open_is_not_found_by_the_next(home: Path) -> None:
    path = _keep(home, a_header())
    _, log = _store(home).open(an_id(1))
    path.unlink()
    with closing(log), pytest.raises(UsageError):
        _store(home).open(an_id(1))


def test_a_very_long_log_is_listed_by_its_ends(home: Path) -> None:
    path = _keep(home, a_header(1), ASKED, ANSWERED)
    end = _keep(home, a_header(2), ASKED, STEP).read_bytes().split(b"\n", 2)[2]
    with path.open("ab") as file:
        file.truncate(10 << 40)  # takes no room: it is a hole
        file.write(b"\n" + end)
    os.utime(path, (0, 2_000_000_000))
    summary = next(_store(home).listed())
    assert (summary.session_id, summary.model, summary.first_words) == (
        an_id(1),
        STEP.model,
        "How are you?",
    )


@pytest.mark.parametrize("size", [1_000, 65_000, 66_000, 200_000, 5_000_000])
def test_the_last_model_is_found_behind_outputs_of_some_length(home: Path, size: int) -> None:
    after = ItemAdded(UserMessage("x" * size))
    _keep(home, a_header(), ASKED, STEP, after)
    (summary,) = _store(home).listed()
    assert summary.model == (STEP.model if size < 4_000_000 else None)


def test_a_step_that_is_torn_at_the_end_does_not_count(home: Path) -> None:
    path = _keep(home, a_header(), ASKED, STEP, STEP)
    content = path.read_bytes().replace(STEP.model.encode(), b"first", 1)
    path.write_bytes(content[:-1])
    (summary,) = _store(home).listed()
    assert summary.model == "first"


def test_what_takes_the_place_of_a_log_is_not_read(home: Path) -> None:
    home.mkdir()
    for make in (os.mkfifo, os.mkdir):
        path = home / make.__name__
        make(path)
        for attempt in (read_file, LockedFile.existing):
            with pytest.raises(OSError, match=r"it is no file|Is a directory"):
                attempt(path)


# Rights


def test_a_log_without_rights_is_told_and_listed() -> None:
    with ordinary_user() as folder:
        path = _keep(folder, a_header())
        path.chmod(0)
        with pytest.raises(FileNotWritten, match=r"could not be written: Permission denied\.$"):
            _store(folder).open(an_id(1))
        with pytest.raises(SessionUnreadable, match=r"could not be read: Permission denied\.$"):
            _store(folder).read(an_id(1))
        assert [summary.header for summary in _store(folder).listed()] == [None]


def test_a_folder_without_rights_is_told() -> None:
    with ordinary_user() as folder:
        _keep(folder, a_header())
        (folder / "sessions").chmod(0o500)
        with pytest.raises(FileNotWritten, match="could not be removed: Permission denied"):
            _store(folder).remove(an_id(1))
        (folder / "sessions").chmod(0)
        with pytest.raises(SessionUnreadable, match="could not be read: Permission denied"):
            next(_store(folder).listed())
        with pytest.raises(SessionUnreadable, match="could not be read: Permission denied"):
            _store(folder).open(an_id(1))
        (folder / "sessions").chmod(0o700)
        assert _store(folder).read(an_id(1)).records == (ASKED, ANSWERED, STEP)


def test_a_home_that_cannot_be_made_is_told() -> None:
    with ordinary_user() as folder:
        folder.chmod(0o500)
        with pytest.raises(FileNotWritten, match="could not be written: Permission denied"):
            _store(folder / "home").create(a_header()).append(ASKED)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_not_used(home: Path) -> None:
    (home / "sessions").mkdir(parents=True)
    os.chown(home / "sessions", 65_534, 65_534)
    with pytest.raises(FileNotWritten, match="belongs to another user"):
        _store(home).create(a_header()).append(ASKED)
    assert log_files(home) == []


# Full disks


@contextmanager
def _no_file_longer_than(size: int) -> Generator[None, None, None]:
    """Let a write take what fits and then fail, as on a disk that becomes full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_of_a_line_that_does_not_fit_nothing_is_left(home: Path) -> None:
    path = _keep(home, a_header())
    before = path.read_bytes()
    _, log = _store(home).open(an_id(1))
    with closing(log):
        with _no_file_longer_than(len(before) + 200), pytest.raises(FileNotWritten) as failed:
            log.append(CallBegun("c"), LONG, ANSWERED)
        assert failed.value.message == f"{path} could not be written: File too large."
        assert path.read_bytes() == before
        log.append(ANSWERED)
    assert _store(home).read(an_id(1)).records == (ASKED, ANSWERED, STEP, ANSWERED)


@pytest.mark.parametrize("room", [0, 1, 100, 300])
def test_of_a_session_that_cannot_be_begun_nothing_is_left(home: Path, room: int) -> None:
    with closing(_store(home).create(a_header())) as log:
        with _no_file_longer_than(room), pytest.raises(FileNotWritten):
            log.append(CallBegun("c"), LONG, is_durable=True)
        assert log_files(home) == []
        log.append(ASKED)  # there is room again
        assert _store(home).read(an_id(1)).records == (ASKED,)


def _append_for_ever(log: SessionLog, kept: list[SessionRecord]) -> None:
    while True:
        record = ItemAdded(UserMessage("x" * 997 * (len(kept) % 3)))
        log.append(record)
        kept.append(record)


def test_a_full_disk_loses_no_line_that_was_kept(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        log = _store(disk).create(a_header())
        kept: list[SessionRecord] = []
        with pytest.raises(FileNotWritten) as failed:
            _append_for_ever(log, kept)
        (path,) = log_files(disk)
        assert (failed.value.message, failed.value.remedy) == (
            f"{path} could not be written: No space left on device.",
            "Free some space and try again.",
        )
        assert len(kept) > 20
        assert list(_store(disk).read(an_id(1)).records) == kept
        with pytest.raises(FileNotWritten):
            _store(disk).create(a_header(2)).append(LONG)
        assert len(log_files(disk)) == 1
        log.close()
        _store(disk).remove(an_id(1))
        _keep(disk, a_header(3))


def test_sessions_of_a_read_only_disk_can_be_read(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        _keep(disk, a_header())
        make_read_only(disk)
        assert _store(disk).read(an_id(1)).records == (ASKED, ANSWERED, STEP)
        assert len(list(_store(disk).listed())) == 1
        for attempt in (
            lambda: _store(disk).open(an_id(1)),
            lambda: _store(disk).remove(an_id(1)),
            lambda: _store(disk).create(a_header(2)).append(ASKED),
        ):
            with pytest.raises(FileNotWritten, match="Read-only file system"):
                attempt()


def test_nothing_is_added_to_a_log_that_was_closed(home: Path) -> None:
    _keep(home, a_header())
    _, log = _store(home).open(an_id(1))
    log.close()
    with pytest.raises(FileNotWritten, match=r"could not be written: it is closed\.$"):
        log.append(ASKED)
    assert _store(home).read(an_id(1)).records == (ASKED, ANSWERED, STEP)


# Several processes

_HOLD = """
import sys
from pathlib import Path
from codexctl.testing.fakes.clock import FakeClock
from codexctl.adapters.sessions.store import FileSessionStore
_, log = FileSessionStore(Path(sys.argv[1]), FakeClock()).open(sys.argv[2])
print("open", flush=True)
sys.stdin.read()
"""

_BEGIN = """
import sys
from pathlib import Path
from codexctl.testing.fakes.clock import FakeClock
from tests.fakes.session_values import ASKED, a_header
from codexctl.adapters.sessions.store import FileSessionStore
from codexctl.domain.errors import SessionBusy
store = FileSessionStore(Path(sys.argv[1]), FakeClock())
log = store.create(a_header(int(sys.argv[2]), name="work"))
print("ready", flush=True)
sys.stdin.read(1)
try:
    log.append(ASKED)
except SessionBusy:
    print("refused", flush=True)
else:
    print("begun", flush=True)
sys.stdin.read()
"""


def _process(program: str, *words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, words)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=process_environment(),
        cwd=ROOT,
    )


def _says(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_session_is_open_in_one_process_until_that_is_killed(home: Path) -> None:
    _keep(home, a_header())
    with _process(_HOLD, home, an_id(1)) as other:
        assert _says(other) == "open"
        for attempt in (_store(home).open, _store(home).remove):
            with pytest.raises(SessionBusy) as refused:
                attempt(an_id(1))
            assert (refused.value.message, refused.value.remedy) == (
                f"The session {an_id(1)} is open in another codexctl.",
                f"Wait for its end, or go on from a copy with: --fork {an_id(1)}",
            )
        assert _store(home).read(an_id(1)).records == (ASKED, ANSWERED, STEP)
        other.kill()
    _store(home).open(an_id(1))[1].close()


def test_of_many_that_begin_a_name_at_once_one_gets_it(home: Path) -> None:
    processes = [_process(_BEGIN, home, number) for number in range(1, 6)]
    assert [_says(one) for one in processes] == ["ready"] * 5
    for one in processes:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    assert sorted(map(_says, processes)) == ["begun", *["refused"] * 4]
    for one in processes:
        with one:
            assert one.stdin is not None
            one.stdin.close()
    assert len(log_files(home)) == 1


def test_who_begins_a_name_does_not_wait_for_others_for_ever(home: Path) -> None:
    _keep(home, a_header(1, name="work"))
    store = FileSessionStore(home, FakeClock(), wait_seconds=0)
    with FileLock(home / "sessions" / "names.lock"), pytest.raises(SessionBusy) as refused:
        store.create(a_header(2, name="play")).append(ASKED)
    assert refused.value.message == "Another codexctl was beginning a session for 0 seconds."
    assert len(log_files(home)) == 1
    store.create(a_header(2)).append(ASKED)  # one without a name has nothing to wait for


def test_a_program_that_is_started_meanwhile_does_not_keep_the_session(home: Path) -> None:
    _keep(home, a_header())
    _, log = _store(home).open(an_id(1))
    waits = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(waits, stdin=subprocess.PIPE, close_fds=False):
        log.close()
        _store(home).open(an_id(1))[1].close()


def _torture(manner: str, kills: int) -> None:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        program = [sys.executable, "-m", "tests.integration.session_torture"]
        finished = subprocess.run(
            [*program, Path(folder, "home"), manner, str(kills)],
            capture_output=True,
            text=True,
            env=process_environment(),
            cwd=ROOT,
        )
    assert (finished.stdout, finished.stderr) == ("", "")


@pytest.mark.parametrize(("manner", "kills"), [("lines", 40), ("anywhere", 20)])
def test_a_killed_writer_loses_at_most_the_line_it_was_writing(manner: str, kills: int) -> None:
    _torture(manner, kills)


def test_a_log_that_is_interrupted_at_any_line_has_whole_lines_and_goes_on() -> None:
    _torture("interrupts", 9_999)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("manner", "kills"), [("lines", 1000), ("anywhere", 300)])
def test_writers_killed_very_often_lose_at_most_a_line(manner: str, kills: int) -> None:
    _torture(manner, kills)


_LOADED = """
import json, os, sys
from pathlib import Path
from codexctl.testing.fakes.clock import FakeClock
from tests.fakes.session_values import ASKED, a_header
there = set(sys.modules)
from codexctl.adapters.sessions.store import FileSessionStore
store = FileSessionStore(Path(sys.argv[1]), FakeClock())
log = store.create(a_header())
log.append(ASKED, is_durable=True)
log.close()
store.open("0001")[1].close()
slow = {"asyncio", "base64", "filelock", "inspect", "shutil", "subprocess", "tempfile", "uuid"}
print("loaded:", *sorted(slow & (set(sys.modules) - there)))
"""


def test_keeping_a_session_loads_nothing_slow(home: Path) -> None:
    with _process(_LOADED, home) as process:
        assert _says(process) == "loaded:"
