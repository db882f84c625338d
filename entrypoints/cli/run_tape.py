"""``run --record`` and ``run --replay``: the deck that the options ask for."""

import os
import shlex
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from codexctl.application.run_conversation import time_limit_reached
from codexctl.domain.errors import CodexctlError, UsageError
from codexctl.entrypoints.cli.failures import Terminated
from codexctl.entrypoints.cli.time_limit import OutOfTime
from codexctl.entrypoints.settings import Settings
from codexctl.entrypoints.tape_composition import (
    PlayingDeck,
    RecordingDeck,
    stopped_by,
    told_as,
)

if TYPE_CHECKING:
    from codexctl.entrypoints.tape_composition import TapeDeck


class OutputWasClosed(BaseException):
    """Nobody read the standard output of the recorded run any more, which ended it here.

    No :class:`BrokenPipeError`, which libraries take for one of the network.
    """


_STOPS: dict[str, type[BaseException]] = {
    **{stop.__name__: stop for stop in (KeyboardInterrupt, Terminated)},
    BrokenPipeError.__name__: OutputWasClosed,
}
_LONGEST_COMMAND = 400


def tape_deck(options: Namespace, settings: Settings, folder: Path) -> "TapeDeck":
    """Return what records the run or plays it.

    Args:
        options: The options of the run, one of ``record`` and ``replay`` among them.
        settings: The settings of this process.
        folder: The working folder of the tools, absolute.

    Raises:
        UsageError: The tape cannot be written, there is none, or ``-o`` would overwrite it.
        TapeUnreadable, TapeMismatch: The file is no tape of a run.
    """
    _check_last_message(options.output_last_message, options.record or options.replay)
    if options.replay is None:
        return RecordingDeck(
            Path(options.record), settings, folder, scrub_reasoning=options.scrub_reasoning
        )
    return PlayingDeck(
        Path(options.replay),
        folder,
        command_to_record(options.words, options.replay),
        stops=_STOPS,
        speed=options.replay_speed,
        is_live=options.live_tools,
    )


def _check_last_message(last_message: str | None, tape: str) -> None:
    if last_message is not None and os.path.realpath(last_message) == os.path.realpath(tape):
        raise UsageError(
            f"{last_message} cannot be both the tape and the file of the last message.",
            remedy="Name another file with -o.",
        )


def tell_the_end(deck: "TapeDeck", ended: BaseException) -> None:
    """Tell a deck what ended its run before it was done.

    Raises:
        BrokenPipeError: The run was played, and that is what ended the recorded one.
    """
    match ended:
        case OutputWasClosed():
            raise BrokenPipeError from ended
        case OutOfTime():
            deck.ended(told_as(time_limit_reached(ended.seconds)))
        case CodexctlError():
            deck.ended(told_as(ended))
        case _:
            deck.ended(stopped_by(ended))


def command_to_record(words: Sequence[str], tape: str) -> str:
    """Return the command that records a tape anew, for whoever played it.

    Args:
        words: The words of the command that played it, after ``codexctl``.
        tape: The tape's file, as it was named.
    """
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        name, is_joined, _ = word.partition("=")
        if word == "--":
            kept += (word, *rest)
        elif name == "--live-tools":
            continue
        elif name in ("--replay", "--replay-speed"):
            if not is_joined:
                next(rest, None)
            if name == "--replay":
                kept += ("--record", tape)
        else:
            kept.append(word)
    command = shlex.join(("codexctl", *kept))
    if len(command) > _LONGEST_COMMAND or not command.isprintable():
        return f"codexctl run --record {shlex.quote(tape)}, with the same prompt and options"
    return command
