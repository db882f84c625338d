"""``codexctl inspect``: what a recorded event stream says."""

import json
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from codexctl.domain.conversation import (
    AssistantMessage,
    ConversationItem,
    ProviderItem,
    Reasoning,
    ToolOutput,
    UserMessage,
)
from codexctl.domain.errors import CodexctlError, UsageError
from codexctl.domain.stream_events import ResponseStarted
from codexctl.domain.tools import ToolCall
from codexctl.domain.turn import FinishedTurn, InterruptedTurn, TurnAssembler
from codexctl.domain.values import dataclass
from codexctl.entrypoints.cli.prompt import standard_input
from codexctl.entrypoints.cli.surroundings import Surroundings
from codexctl.entrypoints.composition import decode_frame, read_frames
from codexctl.entrypoints.rendering.screen import Screen

if TYPE_CHECKING:
    from codexctl.entrypoints.composition import Frame

_READ_BYTES = 65_536


def run(options: Namespace, screen: Screen, surroundings: Surroundings) -> int:
    """Show the stream as the options say; see ``codexctl inspect --help``."""
    with _open(options.file, surroundings.stdin) as stream:
        frames = read_frames(_chunks(stream, options.file))
        if options.frames:
            _show_frames(frames, screen, as_json=options.json)
        else:
            _show_responses(frames, screen, as_json=options.json)
    return 0


def _show_frames(frames: "Iterator[Frame]", screen: Screen, *, as_json: bool) -> None:
    for frame in frames:
        if as_json:
            line = {
                "event": frame.event,
                "data": frame.data,
                "id": frame.last_event_id,
                "retry": frame.retry_milliseconds,
            }
            screen.answer(json.dumps(line, ensure_ascii=False) + "\n")
        else:
            screen.answer(f"{frame.event}\n")
            screen.answer("".join(f"    {line}\n" for line in frame.data.split("\n")))


@dataclass(slots=True)
class _Response:
    """One response of the stream, as far as it has been read."""

    assembler: TurnAssembler = field(default_factory=TurnAssembler)
    kinds: Counter[str] = field(default_factory=Counter[str])
    error: CodexctlError | None = None

    def turn(self) -> FinishedTurn | InterruptedTurn:
        turn = self.assembler.outcome()
        if isinstance(turn, InterruptedTurn) and self.error is not None:
            return InterruptedTurn(self.error, turn.items, turn.usage)
        return turn


def _show_responses(frames: "Iterator[Frame]", screen: Screen, *, as_json: bool) -> None:
    show = _json_line if as_json else _account
    count = 0
    for count, response in enumerate(_responses(frames), start=1):
        screen.answer(show(response, count))
    if count == 0:
        raise UsageError(
            "There are no server-sent events in it.",
            remedy="inspect reads raw event streams: lines of event: and data:.",
        )


def _responses(frames: "Iterator[Frame]") -> Iterator[_Response]:
    """Yield each response of the stream. A file may hold several, one after another."""
    response = _Response()
    try:
        for frame in frames:
            kind, event = decode_frame(frame)
            if response.assembler.is_over and isinstance(event, ResponseStarted):
                yield response
                response = _Response()
            response.kinds[kind] += 1
            response.assembler.take(event)
    except UsageError:  # the file, not what it says
        raise
    except CodexctlError as error:
        response.error = error
    if response.kinds or response.error:
        yield response


def _json_line(response: _Response, _number: int) -> str:
    turn = response.turn()
    line: dict[str, object] = {
        "type": "response",
        "status": "completed" if isinstance(turn, FinishedTurn) else "interrupted",
        "events": dict(response.kinds),
        "items": [_item_fields(item) for item in turn.items],
        "usage": asdict(turn.usage),
    }
    if isinstance(turn, FinishedTurn):
        line |= {"response_id": turn.response_id, "model": turn.model}
        line |= {"notices": list(turn.notices)}
    else:
        line["error"] = {"kind": type(turn.error).__name__, "message": turn.error.message}
    return json.dumps(line, ensure_ascii=False) + "\n"


def _account(response: _Response, number: int) -> str:
    """Return a response as a person reads it."""
    turn = response.turn()
    lines = [f"response {number}"]
    if isinstance(turn, FinishedTurn):
        lines.append(f"  completed  {turn.response_id or ''} {turn.model or ''}".rstrip())
        lines += [f"  note: {text}" for text in turn.notices]
    else:
        lines.append(f"  {type(turn.error).__name__}: {turn.error.message}")
    lines.append("  events")
    lines += [f"    {count:>6}  {kind}" for kind, count in response.kinds.items()]
    lines.append("  items")
    for item in turn.items:
        fields = _item_fields(item)
        lines.append(f"    {fields.pop('type')}")
        lines += [
            f"      {name}: {line}"
            for name, value in fields.items()
            for line in str(value).split("\n")
        ]
    usage = turn.usage
    lines.append(
        f"  tokens: {usage.input_tokens:,} in ({usage.cached_input_tokens:,} cached),"
        f" {usage.output_tokens:,} out ({usage.reasoning_output_tokens:,} reasoning)"
    )
    return "\n".join(lines) + "\n\n"


def _item_fields(item: ConversationItem) -> dict[str, object]:
    match item:
        case AssistantMessage(text=text):
            return {"type": "message", "text": text}
        case Reasoning(summary=summary):
            return {"type": "reasoning", "summary": "\n".join(summary)}
        case ToolCall():
            return {
                "type": f"{item.kind}_call",
                "tool": item.name,
                "call_id": item.call_id,
                "arguments": item.arguments,
            }
        case ProviderItem(kind):
            return {"type": kind}
        case UserMessage(text) | ToolOutput(text=text):
            return {"type": type(item).__name__, "text": text}


def _open(word: str, stdin: BinaryIO | None) -> AbstractContextManager[BinaryIO]:
    if word == "-":
        return nullcontext(standard_input(stdin))
    try:
        return Path(word).open("rb")
    except OSError as error:
        raise UsageError(
            f"{word} cannot be read: {error.strerror}.", remedy="Name a file, or - for stdin."
        ) from error


def _chunks(stream: BinaryIO, word: str) -> Iterator[bytes]:
    try:
        while chunk := stream.read(_READ_BYTES):
            yield chunk
    except OSError as error:
        raise UsageError(
            f"{word} cannot be read: {error.strerror}.", remedy="Name a file, or - for stdin."
        ) from error
