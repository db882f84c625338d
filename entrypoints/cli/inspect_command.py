"""``codexctl inspect``: what a tape, a stream or a session log says, and how two tapes differ."""

import json
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, assert_never

from codexctl.domain.errors import UsageError
from codexctl.domain.session import Session
from codexctl.entrypoints.cli.exit_codes import DONE
from codexctl.entrypoints.cli.recorded_file import (
    LogData,
    StreamData,
    TapeData,
    name_of,
    recorded,
)
from codexctl.entrypoints.cli.surroundings import Surroundings
from codexctl.entrypoints.inspect_composition import (
    frames_on,
    inspected,
    log_in,
    read_frames,
    read_responses,
    tape_differences,
    tape_in,
)
from codexctl.entrypoints.rendering.screen import Screen

if TYPE_CHECKING:
    from codexctl.entrypoints.inspect_composition import Frame, LogContent, Tape

DIFFERENT = 1
"""Two tapes differ, as ``diff`` says it."""

_SEE_HELP = "See: codexctl inspect --help"


def run(options: Namespace, screen: Screen, surroundings: Surroundings) -> int:
    """Show the file, or the difference of two; see ``codexctl inspect --help``."""
    _check(options)
    if options.diff:
        return _compare(options, screen, surroundings)
    name = name_of(options.file)
    with recorded(options.file, surroundings.stdin) as found:
        match found:
            case StreamData(chunks) if options.frames:
                _show_frames(read_frames(chunks), screen, as_json=options.json)
            case StreamData(chunks):
                _show_responses(chunks, screen, name, as_json=options.json)
            case TapeData(data) if options.frames:
                _show_frames(frames_on(tape_in(data, name)), screen, as_json=options.json)
            case TapeData(data):
                _show_tape(tape_in(data, name), screen, as_json=options.json)
            case LogData() if options.frames:
                raise UsageError(
                    f"{name} is a session log, which holds no server-sent events.",
                    remedy="Leave out --frames.",
                )
            case LogData(data):
                _show_log(log_in(data, name), screen, as_json=options.json)
            case _:
                assert_never(found)
    return DONE


def _check(options: Namespace) -> None:
    if not options.diff and options.file is None:
        raise UsageError("The following arguments are required: FILE.", remedy=_SEE_HELP)
    if not options.diff:
        return
    if options.file is not None:
        raise UsageError("--diff takes two files, and this is a third.", remedy=_SEE_HELP)
    if options.frames:
        raise UsageError("--diff and --frames do not go together.", remedy=_SEE_HELP)
    if options.diff == ["-", "-"]:
        raise UsageError("Both tapes cannot come from standard input.", remedy="Name a file.")


def _compare(options: Namespace, screen: Screen, surroundings: Surroundings) -> int:
    from codexctl.entrypoints.rendering.tape_lines import (
        comparable,
        difference_object,
        difference_text,
    )

    first, second = (_tape(word, surroundings) for word in options.diff)
    is_different = False
    for found in tape_differences(first, second, comparable):
        is_different = True
        screen.answer(_line(difference_object(found)) if options.json else difference_text(found))
    if not is_different:
        screen.note("The tapes say the same.")
    return DIFFERENT if is_different else DONE


def _tape(word: str, surroundings: Surroundings) -> "Tape":
    with recorded(word, surroundings.stdin) as found:
        if isinstance(found, TapeData):
            return tape_in(found.data, name_of(word))
    raise UsageError(
        f"{name_of(word)} is no tape.", remedy="--diff compares what run --record writes."
    )


def _show_frames(frames: "Iterable[Frame]", screen: Screen, *, as_json: bool) -> None:
    for frame in frames:
        if as_json:
            line = {
                "event": frame.event,
                "data": frame.data,
                "id": frame.last_event_id,
                "retry": frame.retry_milliseconds,
            }
            screen.answer(_line(line))
        else:
            screen.answer(f"{frame.event}\n")
            screen.answer("".join(f"    {line}\n" for line in frame.data.split("\n")))


def _show_responses(chunks: Iterator[bytes], screen: Screen, name: str, *, as_json: bool) -> None:
    from codexctl.entrypoints.rendering.response_account import response_fields, response_lines

    number = 0
    for number, response in enumerate(read_responses(chunks), start=1):
        if as_json:
            screen.answer(_line({"type": "response", **response_fields(response)}))
        else:
            screen.answer("\n".join((f"response {number}", *response_lines(response))) + "\n\n")
    if number == 0:
        raise UsageError(
            f"{name} is no tape, no event stream and no session log.",
            remedy="inspect reads what run --record writes, a raw stream of event: and data: lines,"
            " and the files in sessions/.",
        )


def _show_tape(tape: "Tape", screen: Screen, *, as_json: bool) -> None:
    if as_json:
        from codexctl.entrypoints.rendering.tape_lines import tape_objects

        for fields in tape_objects(inspected(tape)):
            screen.answer(_line(fields))
        return
    from codexctl.entrypoints.rendering.tape_account import tape_texts

    for text in tape_texts(inspected(tape)):
        screen.answer(text)


def _show_log(log: "LogContent", screen: Screen, *, as_json: bool) -> None:
    if as_json:
        from codexctl.entrypoints.rendering.session_lines import (
            damage_object,
            header_object,
            record_object,
        )

        screen.answer(_line(header_object(log.header)))
        for line in log.lines:
            if line.record is not None:
                screen.answer(_line(record_object(line.record, line.at)))
            else:
                screen.answer(_line(damage_object(line.number, line.damage or "")))
        return
    from codexctl.entrypoints.rendering.session_account import account_lines

    moments = [line.at for line in log.lines if line.at is not None]
    session = Session(
        header=log.header,
        records=tuple(line.record for line in log.lines if line.record is not None),
        changed_at=moments[-1] if moments else log.header.created_at,
    )
    screen.answer("".join(f"{line}\n" for line in account_lines(session)))
    for line in log.lines:
        if line.damage is not None:
            screen.answer(f"line {line.number} is damaged: {line.damage}\n")


def _line(fields: Mapping[str, object]) -> str:
    return json.dumps(fields, ensure_ascii=False) + "\n"
