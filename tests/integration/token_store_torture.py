"""Kills writers of a store at any moment and looks at what they leave. Run as a program.

It is a process of its own, with one thread, because it forks: a child costs milliseconds then.

``python -m tests.integration.token_store_torture HOME KEYRING lines|anywhere KILLS``
"""

import os
import random
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any, TypeAlias

from tests.fakes.keyring_backend import FakeKeyring
from tests.fakes.stores import files_that_show, quick_store

from codexctl.adapters.token_store import encrypted_file
from codexctl.adapters.token_store.encrypted_file import EncryptedFileStore
from codexctl.adapters.token_store.keys import KeySourceName
from codexctl.domain.credentials import ApiKey, Secret, StoredLogin

_PACKAGE = str(Path(encrypted_file.__file__).parent)
_STEP_BYTES = 4

State: TypeAlias = dict[str, StoredLogin]
_FILE, _PASSPHRASE, _KEYRING = KeySourceName.FILE, KeySourceName.PASSPHRASE, KeySourceName.KEYRING
_PLAN: tuple[str | KeySourceName, ...] = (
    *("save canary-a", "save canary-b", _FILE, "save canary-a", _PASSPHRASE, "remove canary-b"),
    *(_KEYRING, _KEYRING, "save canary-b", _FILE, _FILE, "save canary-a", _PASSPHRASE, _FILE),
)
"""What a writer does, over and over: a source's name is a rekey to it."""


def _login(round_number: int, step: int) -> StoredLogin:
    return StoredLogin(credential=ApiKey(Secret(f"canary {round_number} {step}" * 20), "canary"))


@dataclass(frozen=True)
class Rig:
    """A home, and the keyring that outlives the processes."""

    home: Path
    keyring: Path

    def store(self) -> EncryptedFileStore:
        return quick_store(self.home, None, keyring=FakeKeyring(self.keyring))

    def state(self) -> State:
        """Read everything, as the next process would."""
        store = self.store()
        logins = {profile: store.load(profile) for profile in store.profiles()}
        return {profile: login for profile, login in logins.items() if login is not None}

    def perform(self, store: EncryptedFileStore, round_number: int, step: int) -> None:
        match _PLAN[step % len(_PLAN)]:
            case KeySourceName() as source:
                store.rekey(source)
            case words:
                verb, profile = words.split()
                if verb == "save":
                    store.save(profile, _login(round_number, step))
                else:
                    store.remove(profile)


def _after(state: State, round_number: int, step: int) -> State:
    """Return what a step makes of a state."""
    words = _PLAN[step % len(_PLAN)]
    if isinstance(words, KeySourceName):
        return state
    verb, profile = words.split()
    if verb == "save":
        return {**state, profile: _login(round_number, step)}
    return {name: login for name, login in state.items() if name != profile}


def _die_at(line: int) -> None:
    """Have this process killed before the given line of the package, counted from one."""
    passed = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:  # noqa: ANN401 (a trace function)
        nonlocal passed
        if not frame.f_code.co_filename.startswith(_PACKAGE):
            return None
        if event == "line":
            passed += 1
            if passed == line:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)


def _lines_of_a_plan(rig: Rig) -> int:
    passed = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:  # noqa: ANN401 (a trace function)
        nonlocal passed
        passed += event == "line"
        return trace if frame.f_code.co_filename.startswith(_PACKAGE) else None

    store = rig.store()
    sys.settrace(trace)
    for step in range(len(_PLAN)):
        rig.perform(store, 0, step)
    sys.settrace(None)
    return passed


def _in_child(rig: Rig, round_number: int, prepare: Callable[[], None]) -> tuple[int, int]:
    """Start a writer; return its process id and what it writes its steps to."""
    read, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        return child, read
    try:
        store = rig.store()
        prepare()
        for step in count():
            os.write(write, step.to_bytes(_STEP_BYTES, "big"))
            rig.perform(store, round_number, step)
    finally:
        os._exit(1)  # it has to be killed; anything else is a failure


def _kill_and_look(rig: Rig, round_number: int, line: int | None) -> None:
    before = rig.state()
    child, steps = _in_child(rig, round_number, lambda: _die_at(line) if line else None)
    seen = b""
    if line is None:
        seen = os.read(steps, _STEP_BYTES * random.randint(1, 20))
        for _ in range(random.randint(0, 20)):
            seen += os.read(steps, _STEP_BYTES)
        for _ in range(random.randint(0, 20_000)):
            pass  # so that the moment is not always that of a step's beginning
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL, f"the writer ended by itself: {status}"
    while more := os.read(steps, 65536):
        seen += more
    os.close(steps)
    states = [before]
    for step in range(len(seen) // _STEP_BYTES):
        states.append(_after(states[-1], round_number, step))
    assert rig.state() in states[-2:], f"neither old nor new after step {len(states) - 2}"
    assert files_that_show(rig.home) == []
    open_to_others = [path for path in rig.home.iterdir() if path.stat().st_mode & 0o077]
    assert open_to_others == []


def main() -> None:
    """Torture, and name the files that are left in the end if all went well."""
    home, keyring, manner, kills = sys.argv[1:]
    rig = Rig(Path(home), Path(keyring))
    lines = _lines_of_a_plan(rig)
    wanted = int(kills)
    for round_number in range(1, wanted + 1):
        # Spread over the plan, so that each run of the tests kills at other lines.
        line = int((round_number - random.random()) * lines / wanted) + 1
        _kill_and_look(rig, round_number, line if manner == "lines" else None)
    rig.store().rekey(KeySourceName.KEYRING)
    rig.store().save("canary-a", _login(0, 0))
    names = {path.name for path in rig.home.iterdir()} - {encrypted_file.LOCK_FILE}
    sys.stdout.write(" ".join(sorted(names)))


if __name__ == "__main__":
    main()
