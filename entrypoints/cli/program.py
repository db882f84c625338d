"""One command from its words to its exit code; imports what a command needs when it runs."""

import io
import os
import signal
import sys
from argparse import Namespace
from collections.abc import Sequence
from contextlib import redirect_stdout
from types import FrameType

from codexctl.entrypoints.cli.arguments import load_command, parse
from codexctl.entrypoints.cli.exit_codes import DONE, OUTPUT_CLOSED
from codexctl.entrypoints.cli.failures import Terminated, failure_from
from codexctl.entrypoints.cli.surroundings import Surroundings
from codexctl.entrypoints.rendering.output import open_output
from codexctl.entrypoints.rendering.report import tell
from codexctl.entrypoints.rendering.screen import Screen
from codexctl.entrypoints.settings import wants_debug


def main() -> int:
    """Run the command that this process was started with, and return its exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        return run(sys.argv[1:], Surroundings.of_process())
    except BrokenPipeError:
        return OUTPUT_CLOSED
    finally:
        _let_go_of_outputs()


def run(arguments: Sequence[str], surroundings: Surroundings) -> int:
    """Run one command.

    Args:
        arguments: The words after ``codexctl``.
        surroundings: What it sees of its process.

    Returns:
        The exit code of the contract.

    Raises:
        BrokenPipeError: Nobody reads standard output any more.
    """
    screen = _screen(surroundings, "auto", quiet=False)
    verbose = wants_debug(surroundings.environment)
    try:
        options = _options(arguments, screen)
        if options is None:
            return DONE
        verbose = verbose or options.verbose
        screen = _screen(surroundings, options.color, quiet=options.quiet)
        return load_command(options.command)(options, screen, surroundings)
    except BrokenPipeError:
        raise
    except BaseException as error:  # noqa: BLE001 (the border of the process)
        failure = failure_from(error, verbose=verbose)
        tell(screen, failure)
        return failure.exit_code


def _options(arguments: Sequence[str], screen: Screen) -> Namespace | None:
    """Return the options; None if help or the version was asked for, which is printed here."""
    printed = io.StringIO()
    try:
        with redirect_stdout(printed):
            options = parse(arguments)
        options.words = tuple(arguments)  # for who is to be told what to type instead
        return options
    except SystemExit:  # argparse's way out of --help and --version
        screen.answer(printed.getvalue())
        return None


def _screen(surroundings: Surroundings, colour: str, *, quiet: bool) -> Screen:
    no_colour = bool(surroundings.environment.get("NO_COLOR"))
    out, err = (
        open_output(stream, colour=colour, no_colour=no_colour)
        for stream in (surroundings.stdout, surroundings.stderr)
    )
    return Screen(out, err, quiet=quiet)


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated


def _let_go_of_outputs() -> None:
    """Keep the interpreter from complaining, on its way out, of what cannot be written any more."""
    for stream in (sys.stdout, sys.stderr):
        if stream is None:
            continue
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
