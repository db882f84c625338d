"""Records the project's tapes with ``codexctl run --record``, plays them, keeps them in order."""

import re
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.command import Ran, api_environment, chatgpt_environment, run_here
from tests.tapes import EXAMPLE, Tape

from codexctl.adapters.cassettes.last_check import suspicious_places
from codexctl.adapters.cassettes.tape import Exchange, TapedResponse
from codexctl.adapters.cassettes.tape_file import read_tape, write_tape
from codexctl.domain.models import Provider
from codexctl.entrypoints.emulator import Emulator

FILES = {"README.md": "# A sample\n\nTwo lines.\n", "notes/today.txt": "Nothing yet.\n"}
"""What lies in the working folder of every recorded run."""

_STARTED_AT = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
_CONVERSATION = "00000000-0000-4000-8000-000000000001"
_ADDRESS = "https://emulator.invalid"
_FOLDER = "/home/user/project"
_FOLDER_LENGTH = 120
_VARYING = (
    (r"<current_date>[^<]*<", f"<current_date>{_STARTED_AT:%Y-%m-%d}<"),
    (r"Wall time: [0-9.]+ seconds", "Wall time: 0.0 seconds"),
    (r"codexctl/\S+ \(\w+\)", "codexctl"),  # the user-agent: our version, and the platform
)


def lay_out(folder: Path) -> Path:
    """Write the files that the recorded runs are about, and return their folder."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return folder


def record(tape: Tape, path: Path) -> Ran:
    """Record a tape's run against the emulator, so that each recording gives the same bytes.

    Args:
        tape: The row.
        path: Where its file is to be.
    """
    with TemporaryDirectory() as name, ExitStack() as stack:
        script = Path(name) / "script.yaml"
        script.write_text(tape.script, encoding="utf-8")
        emulator = stack.enter_context(
            Emulator(script=script) if tape.script else Emulator(scenarios=(tape.scenario,))
        )
        # The emulator counts tokens by the length of what it is sent, the folder's path included.
        top = Path(name).resolve()
        folder = lay_out(top / "w".ljust(_FOLDER_LENGTH - len(f"{top}/"), "w"))
        path.parent.mkdir(parents=True, exist_ok=True)
        ran = run_here(
            *("run", "--record", str(path), "--cd", str(folder), *tape.words),
            environment=_environment(tape, emulator),
        )
        _make_reproducible(path, folder=str(folder), address=emulator.issuer)
    return ran


def play(tape: Tape, path: Path, folder: Path, *words: str) -> Ran:
    """Play a tape to its end, which a run that does not ask for all that is on it fails at.

    Args:
        tape: The row.
        path: Where its file is.
        folder: The working folder; nothing has to be in it.
        words: Options of the output.
    """
    return run_here("run", "--replay", str(path), "--cd", str(folder), *words, *tape.words)


def complaints(root: Path, tapes: Iterable[Tape]) -> list[str]:
    """Return what is out of order below a project's folder, one clause each.

    Args:
        root: The project's folder, or a copy of it.
        tapes: The rows that there are tests for.
    """
    named = {f"{tape.name}.yaml" for tape in tapes}
    lying = (*(root / "cassettes").rglob("*.yaml"), *(root / EXAMPLE).rglob("tape*.yaml"))
    there = {path.relative_to(root).as_posix() for path in lying}
    return [
        *(f"{name} has no row in tests/tapes.py" for name in sorted(there - named)),
        *(f"{name} is missing; make record" for name in sorted(named - there)),
        *(
            f"{name} shows {what}"
            for name in sorted(there)
            for what in suspicious_places(
                read_tape(root / name), (root / name).read_bytes().decode(), _made_up_secrets()
            )
        ),
    ]


def _environment(tape: Tape, emulator: Emulator) -> dict[str, str]:
    if tape.provider is Provider.CHATGPT:
        service = chatgpt_environment(emulator.chatgpt_base_url)
    else:
        service = api_environment(emulator.api_base_url)
    # Without any program in reach, commands are run by sh on every machine, and requests say so.
    return {**service, "PATH": "/nowhere"}


def _made_up_secrets() -> tuple[str, ...]:
    return (
        chatgpt_environment("")["CODEXCTL_ACCESS_TOKEN"],
        api_environment("")["OPENAI_API_KEY"],
    )


def _make_reproducible(path: Path, *, folder: str, address: str) -> None:
    """Put fixed values where a tape has those of the moment and the machine."""
    text = path.read_bytes().decode()
    conversation = read_tape(path).facts.conversation_id
    assert conversation is not None
    for was, now in ((conversation, _CONVERSATION), (address, _ADDRESS), (folder, _FOLDER)):
        text = text.replace(was, now)
    for pattern, now in _VARYING:
        text = re.sub(pattern, now, text)
    path.write_bytes(text.encode())
    tape = read_tape(path)
    write_tape(
        path,
        replace(
            tape,
            recorded_by="codexctl",
            facts=replace(tape.facts, started_at=_STARTED_AT),
            exchanges=tuple(map(_without_moments, tape.exchanges)),
        ),
    )


def _without_moments(exchange: Exchange) -> Exchange:
    if not isinstance(exchange.answer, TapedResponse):
        return exchange
    answer = replace(exchange.answer, arrivals=(), began_at_milliseconds=0)
    return replace(exchange, answer=answer)
