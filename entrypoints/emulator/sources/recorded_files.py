"""A recording as a source of replies: a tape, or the bytes of one stream."""

from collections.abc import Sequence
from pathlib import Path

from codexctl.entrypoints.emulator.sources.recorded_stream import events_of, looks_like_a_stream
from codexctl.entrypoints.emulator.sources.recorded_tape import read_tape
from codexctl.entrypoints.emulator.sources.script import (
    OtherReply,
    RecordedStream,
    Script,
    ScriptedReply,
    Then,
)
from codexctl.entrypoints.emulator.sources.yaml_file import read_source

_YAML_ENDINGS = (".yaml", ".yml")


def read_recordings(files: Sequence[Path]) -> Script:
    """Read recordings that are played one after another.

    Raises:
        SourceMistake: one of them cannot be used.
    """
    scripts = [read_recording(file) for file in files]
    return Script(
        replies=tuple(reply for script in scripts for reply in script.replies),
        then=Then.REFUSE,
        others=tuple(other for script in scripts for other in script.others),
        noun="tape",
    )


def read_recording(file: Path) -> Script:
    """Read one recording.

    A file that ends in `.sse`, or looks like a stream without saying it is YAML, answers one
    request; anything else is a tape.

    Raises:
        SourceMistake: it cannot be used.
    """
    raw = read_source(file)
    ending = file.suffix.lower()
    if ending == ".sse" or (ending not in _YAML_ENDINGS and looks_like_a_stream(raw)):
        stream = ScriptedReply(place=file.name, answer=RecordedStream(pieces=events_of(raw)))
        return Script(replies=(stream,), then=Then.REFUSE)
    answers = read_tape(file, raw)
    replies = [answer.reply for answer in answers if _asks_for_a_response(answer)]
    return Script(
        replies=tuple(
            ScriptedReply(place=f"{file.name}, answer {number}", answer=reply)
            for number, reply in enumerate(replies, start=1)
        ),
        then=Then.REFUSE,
        others=tuple(answer for answer in answers if not _asks_for_a_response(answer)),
    )


def _asks_for_a_response(answer: OtherReply) -> bool:
    """Tell a request for a response; its host and base URL may be anybody's."""
    return answer.method == "POST" and answer.path.endswith("/responses")
