"""The command line. Returns an exit code; imports what a command needs when it runs."""

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from codexctl.entrypoints.cli.arguments import load_command, parse
from codexctl.entrypoints.cli.failures import Terminated, failure_from
from codexctl.entrypoints.rendering.output import open_output
from codexctl.entrypoints.rendering.report import tell
from codexctl.entrypoints.rendering.screen import Screen

_OUTPUT_CLOSED = 141  # 128 + SIGPIPE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: The words after ``codexctl``; the process's own by default.

    Returns:
        The exit code of the contract.
    """
    signal.signal(signal.SIGTERM, _terminate)
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return _run(words)
    except SystemExit as wanted:  # argparse's way out of --help and --version
        return wanted.code if isinstance(wanted.code, int) else 0
    except BrokenPipeError:
        _forget_output()
        return _OUTPUT_CLOSED


def _run(words: list[str]) -> int:
    screen = _screen("auto", quiet=False)
    verbose = False
    try:
        options = parse(words)
        verbose = options.verbose
        screen = _screen(options.color, quiet=options.quiet)
        return load_command(options.command)(options, screen)
    except (BrokenPipeError, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 (the border of the process)
        failure = failure_from(error, verbose=verbose)
        tell(screen, failure)
        return failure.exit_code


def _screen(colour: str, *, quiet: bool) -> Screen:
    no_colour = bool(os.environ.get("NO_COLOR"))
    out, err = (
        open_output(stream and stream.buffer, colour=colour, no_colour=no_colour)
        for stream in (sys.stdout, sys.stderr)
    )
    return Screen(out, err, quiet=quiet)


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated


def _forget_output() -> None:
    """Keep the interpreter from flushing into the closed pipe on its way out."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
