"""The project's own tapes: what each one records, and how it is recorded and played.

They are recorded against the emulator by ``make record`` (``tests/record.py``), with counted ids
and made-up files, so that recording again gives the same bytes.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import vcr
from tests.fakes.entropy import FakeEntropy
from tests.fakes.notifier import FakeNotifier
from vcr.cassette import Cassette
from vcr.request import Request

from codexctl.application.run_conversation import Task
from codexctl.domain.conversation import AssistantMessage
from codexctl.domain.credentials import Secret
from codexctl.domain.models import ModelChoice, Provider
from codexctl.domain.run_events import RunEvent, TurnEnded
from codexctl.entrypoints.composition import RunOptions, build_container
from codexctl.entrypoints.settings import Settings

CASSETTES = Path(__file__).resolve().parents[1] / "cassettes"
BASE_URLS = {
    Provider.CHATGPT: "https://emulator.invalid/backend-api/codex",
    Provider.API: "https://emulator.invalid/v1",
}
"""What stands on the tapes in place of the emulator's address, which changes each time."""

FILES = {"README.md": "# A sample\n\nTwo lines.\n", "notes/today.txt": "Nothing yet.\n"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tape:
    """One recorded conversation.

    Attributes:
        name: Its file below ``cassettes/``, without the ending.
        provider: Which of the two services it was recorded against.
        scenario: What the emulator played.
        prompt: What was asked.
    """

    name: str
    provider: Provider
    scenario: str
    prompt: str

    @property
    def path(self) -> Path:
        """The tape's file."""
        return CASSETTES / f"{self.name}.yaml"


TAPES = tuple(
    Tape(name=f"responses/{folder}-{scenario}", provider=provider, scenario=scenario, prompt=prompt)
    for folder, provider in (("chatgpt", Provider.CHATGPT), ("api", Provider.API))
    for scenario, prompt in (
        ("answer", "Who are you?"),
        ("tool", "What is in this folder?"),
        ("reasoning", "Think about it."),
        ("parallel", "What does `notes/today.txt` say?"),
        ("unicode", "Say something in every script."),
    )
)


def lay_out(folder: Path) -> None:
    """Write the files that the tapes' tool calls are about."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def follow(tape: Tape, folder: Path, base_urls: dict[Provider, str]) -> list[RunEvent]:
    """Run the tape's conversation through the real adapters and return all that happened."""
    settings = Settings(
        base_urls=base_urls,
        originator="codexctl",
        access_token=Secret("made-up-token"),
        api_key=Secret("made-up-key"),
        ca_bundle=None,
        debug=False,
    )
    options = RunOptions(tools="all", working_folder=folder, idle_timeout_seconds=30.0)
    container = build_container(settings, options, FakeNotifier())
    # Counted ids; dependency-injector leaves the type of override open.
    container.entropy.override(FakeEntropy())  # pyright: ignore[reportUnknownMemberType]
    task = Task(
        prompt=tape.prompt,
        instructions="Answer briefly.",
        models=(ModelChoice("gpt-5.5", tape.provider),),
    )
    model = container.model()
    try:
        return list(container.run_conversation()(task))
    finally:
        model.close()


def messages(events: list[RunEvent]) -> list[str]:
    """Return what the model said, message by message."""
    return [
        item.text
        for event in events
        if isinstance(event, TurnEnded)
        for item in event.turn.items
        if isinstance(item, AssistantMessage)
    ]


@contextmanager
def playing(tape: Tape) -> Generator[Cassette, None, None]:
    """Answer requests from the tape; one that is not on it is refused, and nothing is sent."""
    player = vcr.VCR(match_on=("method", "uri", "body"), record_mode="none")
    with player.use_cassette(str(tape.path)) as cassette:
        yield cassette


@contextmanager
def recording(tape: Tape, address: str) -> Generator[Cassette, None, None]:
    """Record what goes to and from the emulator at ``address``; nothing secret or changing."""
    stand_in = "https://emulator.invalid"

    def anonymous(request: Any) -> Request:  # noqa: ANN401 (vcrpy leaves its types open)
        # The client sends its body as a file, which vcrpy would write down as a Python object.
        body = request.body.read() if hasattr(request.body, "read") else request.body
        make: Any = Request
        return make(request.method, request.uri.replace(address, stand_in), body, request.headers)

    recorder = vcr.VCR(
        match_on=("method", "uri", "body"),
        record_mode="all",
        filter_headers=[("authorization", "Bearer made-up"), ("user-agent", "codexctl")],
        before_record_request=anonymous,
    )
    tape.path.parent.mkdir(parents=True, exist_ok=True)
    tape.path.unlink(missing_ok=True)
    with recorder.use_cassette(str(tape.path)) as cassette:
        yield cassette


def bodies(cassette: Cassette) -> list[bytes]:
    """Return the streams on a tape."""
    found: list[Any] = [response["body"]["string"] for response in cassette.responses]
    return [body if isinstance(body, bytes) else body.encode() for body in found]
